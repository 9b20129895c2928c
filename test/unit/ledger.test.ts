import { expect, it } from 'vitest'
import { SAMPLED_RULES_MAX } from '../../src/limits/limits'
import { type AppendPorts, appendBatch } from '../../src/tenant/append'
import type { Provenance, Receipt } from '../../src/tenant/contract'
import { EMPTY_LEDGER, imbalance, recordSampled, rejectedTotal, sumOf, totalOf } from '../../src/tenant/ledger'
import { INITIAL_STATE, type TenantState } from '../../src/tenant/state'
import { randomIntegers } from '../support/sample-logs'

/** The object's account, with nothing around it. */
function account() {
  let state: TenantState = INITIAL_STATE
  const batches = new Map<string, { fingerprint: string; receipt: Receipt }>()
  const ports: AppendPorts = {
    readState: () => state,
    putState: (next) => {
      state = next
    },
    findBatch: (id) => batches.get(id),
    putBatch: (id, fingerprint, receipt) => void batches.set(id, { fingerprint, receipt }),
    putBlock: () => undefined,
    findKnownIds: () => [],
    putKnownIds: () => 0,
    refusalFor: () => undefined,
    takeLimits: () => ({ ok: true, limits: [], tail: '', rowsWritten: 0 }),
    evaluateRules: () => ({ tail: '', rowsWritten: 0 }),
    noteArrivals: () => '',
  }
  return { ports, ledger: () => state.ledger }
}

it('adds up to what was received, whatever rules leave out, is refused or comes again', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const next = randomIntegers(seed)
    const { ports, ledger } = account()
    const expected = { received: 0, stored: 0, sampled: 0, rejected: 0, duplicate: 0 }
    const first = new Map<string, Receipt>()
    for (let batch = 0; batch < 40; batch++) {
      const [rows, refused] = [next(4), next(3)]
      const sampled = { ...(next(2) === 0 && { rul_a: 1 + next(5) }), ...(next(3) === 0 && { rul_b: 1 + next(5) }) }
      const received = rows + refused + sumOf(sampled)
      const batchId = `b${next(25)}`
      const by: Provenance = {
        ...{ tenantId: 'ten_a', host: '', keyId: `key_${next(2)}`, address: '', settingsVersion: 0 },
        ...{ batchId, minted: false, fingerprint: 'f', received, bytesIn: 10, errors: [], sampled },
        rejected: refused === 0 ? {} : { invalid_json: refused },
        blocks: rows === 0 ? [] : [{ rows, minTime: 0, maxTime: 0 }],
      }
      const outcome = appendBatch(ports, rows === 0 ? [] : [new Uint8Array(16)], by, 1)
      if (!outcome.ok) return expect.fail(outcome.refusal.kind)
      expected.received += received
      expected.sampled += sumOf(sampled)
      expected.rejected += refused
      expected[outcome.replayed ? 'duplicate' : 'stored'] += rows
      if (outcome.replayed) expect(outcome.receipt).toEqual(first.get(batchId))
      else expect(outcome.receipt).toMatchObject({ accepted: rows, rejected: refused })
      if (!outcome.replayed) expect(outcome.receipt.sampled ?? 0).toBe(sumOf(sampled))
      if (!first.has(batchId) && rows + sumOf(sampled) > 0) first.set(batchId, outcome.receipt)
    }
    const total = totalOf(ledger())
    expect(imbalance(total), `seed ${seed}`).toBe(0)
    const { received, stored, duplicate, sampled } = total
    expect({ received, stored, duplicate, sampled, rejected: rejectedTotal(total) }, `seed ${seed}`).toEqual(expected)
    expect(sumOf(ledger().sampledBy)).toBe(sampled)
  }
})

it('counts rules one by one, and those beyond the limit together', () => {
  let ledger = EMPTY_LEDGER
  for (let rule = 0; rule < SAMPLED_RULES_MAX + 20; rule++) ledger = recordSampled(ledger, { [`rul_${rule}`]: 2 })
  ledger = recordSampled(ledger, { rul_0: 1 })
  expect(ledger.sampledBy).toMatchObject({ rul_0: 3, rul_1: 2, other: 40 })
  expect(sumOf(ledger.sampledBy)).toBe(2 * (SAMPLED_RULES_MAX + 20) + 1)
})

it('is as it was in an account from before there were rules', () => {
  expect(recordSampled(EMPTY_LEDGER, {})).toBe(EMPTY_LEDGER)
  expect(EMPTY_LEDGER.sampledBy).toBeUndefined()
})
