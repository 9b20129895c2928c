import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { KnownIds } from '../../durable-objects/tenant/known-ids'
import { KNOWN_ID_MS, KNOWN_IDS_MAX, KNOWN_IDS_ROW_BYTES } from '../../src/limits/limits'
import { tenantStub } from '../../src/tenant-stub'

const NOW_MS = Date.UTC(2026, 10, 21)

const tables = (sql: SqlStorage): number =>
  sql.exec("SELECT name FROM sqlite_master WHERE name GLOB 'known_ids_*'").toArray().length

/** In the storage of an object of its own. */
const within = (name: string, use: (sql: SqlStorage) => void): Promise<void> =>
  runInDurableObject(tenantStub(env, `ten_${name}`), (_object, { storage }) => use(storage.sql))

describe('ids that are known', () => {
  it('are found for a day and forgotten after two, across starts of the object', () =>
    within('days', (sql) => {
      const first = new KnownIds(sql)
      first.put(['a', 'b'], NOW_MS)
      expect(first.find(['b', 'c', 'a'], NOW_MS + KNOWN_ID_MS - 1)).toEqual(['b', 'a'])
      expect(first.find(['a'], NOW_MS + KNOWN_ID_MS)).toEqual([])
      const second = new KnownIds(sql)
      expect(second.find(['a', 'x'], NOW_MS + 1)).toEqual(['a'])
      for (let day = 1; day <= 5; day++) {
        second.put([`day ${day}`], NOW_MS + day * KNOWN_ID_MS)
        expect(tables(sql)).toBeLessThanOrEqual(2)
      }
      expect(new KnownIds(sql).find(['day 5', 'day 3'], NOW_MS + 5 * KNOWN_ID_MS)).toEqual(['day 5'])
    }))

  it('are at most so many that memory is bounded, the newest of them', () =>
    within('many', (sql) => {
      const known = new KnownIds(sql)
      const batch = (number: number): string[] => Array.from({ length: 50_000 }, (_, n) => `${number}-${n}`)
      const batches = KNOWN_IDS_MAX / 50_000
      for (let number = 0; number <= batches; number++) known.put(batch(number), NOW_MS + number)
      expect(tables(sql)).toBe(2)
      expect(known.find(['0-0', `${batches}-49999`, `${batches / 2 + 1}-1`], NOW_MS + batches)).toEqual([
        `${batches}-49999`,
        `${batches / 2 + 1}-1`,
      ])
    }))

  it('take few rows, none of them too large', () =>
    within('rows', (sql) => {
      const known = new KnownIds(sql)
      expect(
        known.put(
          Array.from({ length: 1000 }, (_, n) => `id-${n}`),
          NOW_MS,
        ),
      ).toBe(1)
      const hostile = Array.from({ length: 20_000 }, (_, n) => `${'\u0001'.repeat(90)}${n}`)
      expect(known.put(hostile, NOW_MS)).toBeGreaterThan(1)
      const [{ size }] = sql.exec<{ size: number }>('SELECT max(length(ids)) AS size FROM known_ids_1').toArray()
      expect(size).toBeLessThanOrEqual(KNOWN_IDS_ROW_BYTES + 2)
      expect(known.find([hostile[0], hostile[19_999]], NOW_MS)).toHaveLength(2)
    }))
})
