import { describe, expect, it } from 'vitest'
import { decodeBlock } from '../../src/blocks/block-bytes'
import type { DocumentTable } from '../../src/blocks/table'
import { readBatch } from '../../src/formats/read-batch'
import { WHAT_IF_FIRINGS_MAX } from '../../src/limits/limits'
import { createRedactor } from '../../src/records/redact/redact'
import { compileRules } from '../../src/rules/compile-rules'
import { type Arrival, reconcile, takeArrivals, tick } from '../../src/rules/evaluate'
import { matchBlock } from '../../src/rules/match-table'
import { TriggerRule } from '../../src/rules/rule'
import { noRulesState } from '../../src/rules/rules-state'
import { WhatIf, type WhatIfOutcome } from '../../src/rules/what-if'
import { journalTables, mergedTables, segmentTables } from '../support/log-tables'
import { randomIntegers } from '../support/sample-logs'

const START_MS = Date.UTC(2026, 10, 21, 10)
const DAY_MS = 86_400_000
const redactor = createRedactor({ kinds: new Set() })

interface Batch {
  readonly atMs: number
  readonly logs: readonly object[]
}

function blocksOf(batches: readonly Batch[]) {
  let firstSeq = 1
  return batches.flatMap(({ atMs, logs }) => {
    const body = new TextEncoder().encode(logs.map((log) => JSON.stringify(log)).join('\n'))
    const settings = { receivedMs: atMs, retentionMs: 30 * DAY_MS, redactor, source: 'http' }
    const { blocks, summaries } = readBatch(body, 'application/x-ndjson', settings)
    return blocks.map((bytes, index) => {
      const input = { firstSeq, bytes, atMs }
      firstSeq += summaries[index].rows
      return input
    })
  })
}

const ruleOf = (trigger: object, more: object = {}): TriggerRule =>
  TriggerRule.parse({
    ...{ id: 'rul_x', version: 1, name: 'x', kind: 'trigger', query: 'level:error', trigger },
    ...{ actions: [{ type: 'incident', severity: 'low' }] },
    ...{ created_at: '2026-11-21T10:00:00Z', updated_at: '2026-11-21T10:00:00Z' },
    ...more,
  })

function tried(rule: TriggerRule, tables: readonly DocumentTable[], toMs: number): WhatIfOutcome<number> {
  const whatIf = WhatIf.of<number>(rule)
  if (!(whatIf instanceof WhatIf)) throw new Error(whatIf.detail)
  for (const table of tables.toReversed()) whatIf.add(table, true, (row) => table.seqs()[row])
  return whatIf.run(START_MS, toMs)
}

/** The firings of the engine itself, told of each batch as it comes. */
function live(rule: TriggerRule, batches: readonly Batch[], toMs: number) {
  const { compiled } = compileRules([rule])
  const state = noRulesState()
  reconcile(compiled, state, START_MS)
  const turns = blocksOf(batches).map(({ bytes, firstSeq, atMs }) => {
    const arrivals: Arrival[] = matchBlock(compiled, decodeBlock(bytes), firstSeq).matches.flatMap(
      (one) => one.arrivals,
    )
    return takeArrivals(compiled, state, arrivals, atMs)
  })
  return [...turns, tick(compiled, state, toMs)]
    .flatMap(({ transitions }) => transitions)
    .filter(({ what }) => what === 'fired')
    .map(({ atMs, key, count }) => ({ atMs, key, count }))
}

const TRIGGERS: readonly (readonly [string, object])[] = [
  ['match', { type: 'match' }],
  ['count', { type: 'count', count: 4, window: '30s', by: ['host'] }],
  ['absence', { type: 'absence', for: '20s' }],
  ['habit', { type: 'habit', factor: 2, least: '5s', by: ['host'] }],
  ['first_seen', { type: 'first_seen', field: 'code' }],
  ['ratio', { type: 'ratio', of: '', above: 0.4, window: '60s', least_total: 5, by: ['host'] }],
  ['change', { type: 'change', factor: 2, window: '30s', least: 3 }],
]

/** Batches at random moments, of random logs. */
function randomBatches(seed: number): Batch[] {
  const next = randomIntegers(seed)
  let atMs = START_MS
  return Array.from({ length: 40 }, () => {
    atMs += 1 + next(next(6) === 0 ? 40_000 : 4000)
    const logs = Array.from({ length: 1 + next(5) }, () => ({
      ...{ level: next(3) === 0 ? 'error' : 'info', host: `h${next(3)}`, code: next(12) },
      ...(next(10) === 0 && { host: null }),
    }))
    return { atMs, logs }
  })
}

describe('a what-if', () => {
  it.each(TRIGGERS)('of %s fires when the rule itself would have, wherever the records are stored', (_, trigger) => {
    let fired = 0
    for (let seed = 1; seed <= 20; seed++) {
      const batches = randomBatches(seed)
      const toMs = (batches.at(-1)?.atMs ?? START_MS) + 60_000
      const rule = ruleOf(trigger, seed % 2 === 0 ? { cooldown: '10s' } : {})
      const inputs = blocksOf(batches)
      const expected = live(rule, batches, toMs)
      fired += expected.length
      for (const tables of [journalTables({ inputs }), segmentTables({ inputs }), mergedTables({ inputs })]) {
        const { firings, firingsTotal } = tried(rule, tables, toMs)
        expect(firingsTotal, `seed ${seed}`).toBe(expected.length)
        // What happens to several groups in one moment has no order.
        const shown = firings.map(({ atMs, count }) => `${atMs} ${count}`)
        expect(shown.toSorted(), `seed ${seed}`).toEqual(
          expected.map(({ atMs, count }) => `${atMs} ${count}`).toSorted(),
        )
      }
    }
    expect(fired).toBeGreaterThan(4)
  })

  it('says when it was quiet, when it was told after all, and when it was over', () => {
    const errors = (atMs: number, count: number) => ({
      atMs,
      logs: Array.from({ length: count }, () => ({ level: 'error' })),
    })
    const rule = ruleOf({ type: 'count', count: 2, window: '10s' }, { cooldown: '60s' })
    const batches = [errors(START_MS, 2), errors(START_MS + 30_000, 2)]
    const { firings } = tried(rule, journalTables({ inputs: blocksOf(batches) }), START_MS + 300_000)
    expect(firings).toMatchObject([
      { toldMs: START_MS, quiet: undefined, resolvedMs: START_MS + 10_000, rows: [2, 1] },
      { atMs: START_MS + 30_000, toldMs: undefined, quiet: 'cooldown', resolvedMs: START_MS + 40_000, rows: [4, 3, 2] },
    ])
  })

  it('says why a rule would have been switched off', () => {
    const logs = Array.from({ length: 10_001 }, (_, n) => ({ level: 'error', code: n }))
    const { failure } = tried(
      ruleOf({ type: 'first_seen', field: 'code' }),
      journalTables({ inputs: blocksOf([{ atMs: START_MS, logs }]) }),
      START_MS + 1,
    )
    expect(failure).toMatchObject({ code: 'too_many_values' })
  })

  it('lists the first firings, and counts the others', () => {
    const batches = Array.from({ length: WHAT_IF_FIRINGS_MAX + 20 }, (_, n) => ({
      atMs: START_MS + n,
      logs: [{ level: 'error' }],
    }))
    const outcome = tried(ruleOf({ type: 'match' }), journalTables({ inputs: blocksOf(batches) }), START_MS + 10_000)
    expect(outcome).toMatchObject({ matched: batches.length, firingsTotal: batches.length })
    expect(outcome.firings).toHaveLength(WHAT_IF_FIRINGS_MAX)
  })
})
