import { expect, it } from 'vitest'
import {
  RETRY_MS_MAX,
  SEAL_AFTER_MS,
  SEAL_START_BYTES,
  SEAL_START_UNPACKED_BYTES,
  UPKEEP_EVERY_MS,
} from '../../src/limits/limits'
import { NOTHING_ELSE, nextWorkMs, retryPauseMs } from '../../src/tenant/schedule'
import { INITIAL_STATE } from '../../src/tenant/state'
import { afterPublishing, afterRetentionCall } from '../../src/tenant/transitions'

const NOW = 1_000_000_000
const journal = { ...INITIAL_STATE, journalRows: 1, oldestMs: NOW }

it('has nothing to do in an empty tenant', () => {
  expect(nextWorkMs(INITIAL_STATE, NOTHING_ELSE, NOW)).toBeUndefined()
})

it('works next at the first of what waits', () => {
  expect(nextWorkMs(journal, NOTHING_ELSE, NOW)).toBe(NOW + SEAL_AFTER_MS)
  expect(nextWorkMs(journal, { ...NOTHING_ELSE, garbageMs: NOW + 5 }, NOW)).toBe(NOW + 5)
  expect(nextWorkMs({ ...journal, upkeepMs: NOW + 3 }, { ...NOTHING_ELSE, garbageMs: NOW + 5 }, NOW)).toBe(NOW + 3)
})

it('works at once for what is overdue or was begun', () => {
  expect(nextWorkMs({ ...INITIAL_STATE, upkeepMs: NOW - 3 }, NOTHING_ELSE, NOW)).toBe(NOW)
  expect(nextWorkMs(INITIAL_STATE, { ...NOTHING_ELSE, hasChange: true }, NOW)).toBe(NOW)
  expect(nextWorkMs({ ...INITIAL_STATE, isExpiring: true }, NOTHING_ELSE, NOW)).toBe(NOW)
  expect(nextWorkMs({ ...INITIAL_STATE, sealedSegments: 1 }, NOTHING_ELSE, NOW)).toBe(NOW)
})

it('seals at once when the journal is large as it lies there, or unpacked', () => {
  expect(nextWorkMs({ ...journal, journalBytes: SEAL_START_BYTES }, NOTHING_ELSE, NOW)).toBe(NOW)
  expect(nextWorkMs({ ...journal, journalUnpackedBytes: SEAL_START_UNPACKED_BYTES }, NOTHING_ELSE, NOW)).toBe(NOW)
})

it('looks through the catalog after publishing, but not for each segment of a busy tenant', () => {
  const published = { segments: 1, bytes: 10, generation: 5 }
  expect(afterPublishing(INITIAL_STATE, published, NOW).upkeepMs).toBe(NOW)
  const busy = { ...INITIAL_STATE, lookedMs: NOW - 1000 }
  expect(afterPublishing(busy, published, NOW).upkeepMs).toBe(NOW - 1000 + UPKEEP_EVERY_MS)
})

it('removes what has expired once for each slot of the cron', () => {
  const called = afterRetentionCall(INITIAL_STATE, NOW)
  expect(called.isExpiring).toBe(true)
  const done = { ...called, isExpiring: false }
  expect(afterRetentionCall(done, NOW)).toBe(done)
  expect(afterRetentionCall(done, NOW + 1).isExpiring).toBe(true)
})

it('waits longer after each failure, up to a bound', () => {
  const pauses = Array.from({ length: 40 }, (_, index) => retryPauseMs(index + 1))
  expect(pauses).toEqual([...pauses].sort((left, right) => left - right))
  expect(pauses.at(-1)).toBe(RETRY_MS_MAX)
})
