import '../support/property-seed'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeBlock } from '../../src/blocks/block-bytes'
import { blockTable, type DocumentTable } from '../../src/blocks/table'
import { readBatch } from '../../src/formats/read-batch'
import { parseQuery } from '../../src/query/parse'
import { RecordWriter } from '../../src/query/record-json'
import { createRedactor } from '../../src/records/redact/redact'
import { compileRecordRules } from '../../src/rules/record-rules/compile-record-rules'
import type { StoredRecordRule } from '../../src/rules/record-rules/record-rule'
import { hashText, sampleOfPlace, sampleOfTrace } from '../../src/rules/record-rules/sample-hash'
import { journalTables, mergedTables, recordsOf, segmentTables } from '../support/log-tables'
import { MIXED_LOGS_MS, mixedLogs } from '../support/mixed-logs'
import { type OracleRecord, oracleMatches } from '../support/oracle'

const NOW_MS = MIXED_LOGS_MS + 3_600_000
const DAY_MS = 86_400_000
const BATCH_ID = 'batch-7'
const redactor = createRedactor({ kinds: new Set() })

const takenIn = (body: string, rules: readonly StoredRecordRule[]) =>
  readBatch(new TextEncoder().encode(body), 'application/x-ndjson', {
    ...{ receivedMs: NOW_MS, retentionMs: 30 * DAY_MS, redactor, source: 'http', batchId: BATCH_ID },
    recordRules: compileRecordRules(rules),
  })

const QUERIES = [
  ...['level:error', 'level>=warn', 'timeout', 'connection', '-timeout', 'service:*', 'status>=500 OR timeout', ''],
  ...['"status 500"', 'has:user', 'missing:service', '/tim.+out/', 'duration>100', 'level:info -connection'],
]

const effects = fc.oneof(
  fc.record({
    set: fc.record(
      {
        severity: fc.constantFrom('low', 'high'),
        category: fc.constantFrom('auth', 'payments'),
        tags: fc.subarray(['a', 'b', 'c"d'], { minLength: 1 }),
      },
      { requiredKeys: [] },
    ),
  }),
  fc.record({ drop: fc.constant(true as const) }),
  fc.record({ sample: fc.constantFrom(0.1, 0.25, 0.5, 0.9) }),
)

const ruleLists = fc
  .array(
    fc.record(
      { query: fc.constantFrom(...QUERIES), effect: effects, active_until_ms: fc.constantFrom(NOW_MS, NOW_MS + 1) },
      { requiredKeys: ['query', 'effect'] },
    ),
    { maxLength: 6 },
  )
  .map((rules) => rules.map((rule, index): StoredRecordRule => ({ id: `rul_${index}`, ...rule })))

interface Expected {
  readonly document: string
  readonly severity?: string | undefined
  readonly category?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly weight?: number | undefined
}

/** One record at a time, as plainly as the documentation says it. Answers the rule that takes it away, or what becomes of it. */
function judge(record: OracleRecord, place: number, rules: readonly StoredRecordRule[]): Expected | string {
  const matching = rules.filter(
    ({ query, active_until_ms: until = Infinity }) =>
      NOW_MS < until && oracleMatches(parseQuery(query).filter, record, NOW_MS),
  )
  const dropping = matching.find(({ effect }) => effect.drop)
  if (dropping !== undefined) return dropping.id
  const rate = Math.min(1, ...matching.map(({ effect }) => effect.sample ?? 1))
  const trace = record.system.trace_id
  const fraction =
    trace === undefined ? sampleOfPlace(hashText(BATCH_ID), place) : sampleOfTrace(new TextEncoder().encode(trace))
  if (rate < 1 && fraction >= rate) return matching.find(({ effect }) => effect.sample === rate)?.id ?? ''
  const sets = matching.flatMap(({ effect }) => effect.set ?? [])
  const tags = [...new Set(sets.flatMap((set) => set.tags ?? []))]
  return {
    document: record.document,
    severity: sets.findLast((set) => set.severity !== undefined)?.severity,
    category: sets.findLast((set) => set.category !== undefined)?.category,
    tags: tags.length > 0 ? tags : undefined,
    weight: rate < 1 ? 1 / rate : undefined,
  }
}

const shownIn = (tables: readonly DocumentTable[]): Expected[] =>
  tables
    .flatMap((table) => {
      const writer = new RecordWriter(table, 0)
      return Array.from({ length: table.rows }, (_, row) => ({ seq: table.seqs()[row], record: writer.write(row) }))
    })
    .sort((left, right) => left.seq - right.seq)
    .map(({ record }) => {
      const { severity, category, tags, weight } = JSON.parse(record)
      return { document: record.slice(record.indexOf('"body":') + 7, -1), severity, category, tags, weight }
    })

it('does to every record what a reader of the rules would do, and accounts for each, wherever it is stored', () => {
  fc.assert(
    fc.property(ruleLists, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 50 }), (rules, count, seed) => {
      const body = mixedLogs({ count, seed }).join('\n')
      const plain = takenIn(body, [])
      const ruled = takenIn(body, rules)
      const records = recordsOf(plain.blocks.map((bytes) => blockTable(decodeBlock(bytes), 1)))
      const verdicts = records.map((record, place) => judge(record, place, rules))
      const kept = verdicts.filter((verdict) => typeof verdict !== 'string')
      const taken = verdicts.filter((verdict) => typeof verdict === 'string')
      const inputs = ruled.blocks.map((bytes, index) => ({
        bytes,
        firstSeq: 1 + ruled.summaries.slice(0, index).reduce((sum, { rows }) => sum + rows, 0),
      }))
      expect(shownIn(journalTables({ inputs }))).toEqual(kept)
      expect(ruled.sampled).toEqual(
        Object.fromEntries([...new Set(taken)].map((id) => [id, taken.filter((other) => other === id).length])),
      )
      if (kept.length === 0) return
      expect(shownIn(segmentTables({ inputs }))).toEqual(kept)
      expect(shownIn(mergedTables({ inputs }))).toEqual(kept)
    }),
    { numRuns: 150 * Number(process.env.SLUICE_PROPERTY_TIMES ?? 1) },
  )
})
