import { describe, expect, it } from 'vitest'
import { decodeBlock } from '../../src/blocks/block-bytes'
import type { DocumentTable } from '../../src/blocks/table'
import { blockTable } from '../../src/blocks/table'
import { readBatch } from '../../src/formats/read-batch'
import { RECORD_BYTES_MAX } from '../../src/limits/limits'
import { compileFilter } from '../../src/query/filter'
import { matchingRows } from '../../src/query/mask'
import { parseQuery } from '../../src/query/parse'
import { createPipeline } from '../../src/query/pipes/pipeline'
import { RecordWriter } from '../../src/query/record-json'
import { createRedactor } from '../../src/records/redact/redact'
import { compileRecordRules } from '../../src/rules/record-rules/compile-record-rules'
import { readRecordRules, type StoredRecordRule } from '../../src/rules/record-rules/record-rule'
import { journalTables, mergedTables, segmentTables } from '../support/log-tables'
import { RECEIVED_MS } from '../support/read-back'
import { randomIntegers } from '../support/sample-logs'

const DAY_MS = 86_400_000
const redactor = createRedactor({ kinds: new Set() })

function take(logs: readonly (object | string)[], rules: readonly StoredRecordRule[], batchId = 'batch-1') {
  const body = logs.map((log) => (typeof log === 'string' ? log : JSON.stringify(log))).join('\n')
  return readBatch(new TextEncoder().encode(body), 'application/x-ndjson', {
    ...{ receivedMs: RECEIVED_MS, retentionMs: 30 * DAY_MS, redactor, source: 'http', batchId },
    recordRules: compileRecordRules(rules),
  })
}

const shown = (tables: readonly DocumentTable[]) =>
  tables.flatMap((table) => {
    const writer = new RecordWriter(table, 0)
    return Array.from({ length: table.rows }, (_, row) => JSON.parse(writer.write(row)))
  })

const tablesOf = (batch: ReturnType<typeof take>) => batch.blocks.map((bytes) => blockTable(decodeBlock(bytes), 1))

const TAGGING: StoredRecordRule = {
  id: 'rul_auth',
  query: 'login',
  effect: { set: { severity: 'high', category: 'auth', tags: ['sign-in', 'people'] } },
}

describe('what a rule has set', () => {
  const logs = [
    { message: 'login failed', severity: 'low', tags: ['own'] },
    { message: 'cart emptied', tags: ['own', 'sign-in'] },
    { message: 'login done', component: 'web' },
  ]
  const batch = take(logs, [TAGGING, { id: 'rul_half', query: 'message:*done', effect: { sample: 0.999999999 } }])
  const inputs = batch.blocks.map((bytes) => ({ bytes, firstSeq: 1 }))
  const forms = {
    journal: journalTables({ inputs }),
    segment: segmentTables({ inputs }),
    merged: mergedTables({ inputs }),
  }

  it.each(Object.entries(forms))('is shown beside the body, which stays as it was sent (%s)', (_, tables) => {
    expect(
      shown(tables).map(({ severity, category, tags, weight, body }) => [severity, category, tags, weight, body]),
    ).toEqual([
      ['high', 'auth', ['sign-in', 'people'], undefined, logs[0]],
      [undefined, undefined, undefined, undefined, logs[1]],
      ['high', 'auth', ['sign-in', 'people'], 1 / 0.999999999, logs[2]],
    ])
  })

  it.each([
    ['severity:high', [0, 2]],
    ['severity:low', [0]],
    ['category:auth', [0, 2]],
    ['-category:auth', [1]],
    ['tags:people', [0, 2]],
    ['tags:sign-in', [0, 1, 2]],
    ['tags:(people OR own)', [0, 1, 2]],
    ['has:tags', [0, 1, 2]],
    ['has:category', [0, 2]],
    ['weight:>1', [2]],
    ['weight>1', [2]],
    ['missing:weight', [0, 1]],
  ])('is found by %s wherever it is stored', (query, rows) => {
    const compiled = compileFilter(parseQuery(query).filter, RECEIVED_MS)
    if (!compiled.ok) throw new Error(compiled.problem.message)
    for (const tables of Object.values(forms)) {
      expect(tables.flatMap((table) => [...matchingRows(compiled.filter.evaluate(table), table.rows)])).toEqual(rows)
    }
  })

  it('counts more than what was sent under its name, in columns and groups', () => {
    for (const [table] of Object.values(forms)) {
      expect(new RecordWriter(table, 0).writeFields(0, ['severity', 'tags', 'weight'])).toContain(
        '"severity":"high","tags":["sign-in","people"],"weight":null',
      )
      const made = createPipeline(parseQuery('* | count by severity').pipes, {
        fromMs: 0,
        toMs: RECEIVED_MS,
        groupsMax: 10,
      })
      if (!made.ok || made.value.answers !== 'table') throw new Error('no table')
      made.value.add(table, true)
      expect(made.value.result().rows).toContainEqual(['high', 2])
    }
  })
})

describe('sampling', () => {
  const traced = Array.from({ length: 4000 }, (_, index) => ({
    n: index,
    trace_id: `${index % 1000}`.padStart(32, '0'),
  }))
  const rule: StoredRecordRule = { id: 'rul_some', query: '', effect: { sample: 0.2 } }

  it('keeps a trace whole, in every batch, and about as many as it says', () => {
    const first = shown(tablesOf(take(traced, [rule], 'a')))
    const again = shown(tablesOf(take(traced, [rule], 'b')))
    expect(again.map(({ body }) => body)).toEqual(first.map(({ body }) => body))
    const traces = new Set(first.map(({ trace_id }) => trace_id))
    expect(first).toHaveLength(4 * traces.size)
    expect(traces.size).toBeGreaterThan(150)
    expect(traces.size).toBeLessThan(250)
    expect(new Set(first.map(({ weight }) => weight))).toEqual(new Set([5]))
  })

  it('keeps a trace by all rules when the one that keeps least keeps it', () => {
    const rules: StoredRecordRule[] = [rule, { id: 'rul_few', query: '', effect: { sample: 0.05 } }]
    const few = new Set(shown(tablesOf(take(traced, rules))).map(({ trace_id }) => trace_id))
    const some = new Set(shown(tablesOf(take(traced, [rule]))).map(({ trace_id }) => trace_id))
    expect([...few].every((trace) => some.has(trace))).toBe(true)
    expect(few.size).toBeLessThan(some.size)
    expect(take(traced, rules).sampled).toEqual({ rul_few: 4000 - 4 * few.size })
  })

  it('keeps the same records of a batch that comes again, and others of another batch', () => {
    const plain = Array.from({ length: 2000 }, (_, n) => ({ n }))
    const kept = (batchId: string) => shown(tablesOf(take(plain, [rule], batchId))).map(({ body }) => body.n)
    expect(kept('a')).toEqual(kept('a'))
    expect(kept('a')).not.toEqual(kept('b'))
    expect(kept('a').length).toBeGreaterThan(300)
    expect(kept('a').length).toBeLessThan(500)
  })
})

describe('a batch', () => {
  it('of which everything is dropped has no block, and says which rule took what', () => {
    const batch = take(
      [{ message: 'a' }, { message: 'b' }, { message: 'a' }],
      [
        { id: 'rul_a', query: 'a', effect: { drop: true } },
        { id: 'rul_all', query: '', effect: { drop: true } },
      ],
    )
    expect(batch).toMatchObject({
      received: 3,
      blocks: [],
      summaries: [],
      sampled: { rul_a: 2, rul_all: 1 },
      rejected: [],
    })
  })

  it('is taken as if a rule whose pattern costs too much were not there, and the rule is named', () => {
    const next = randomIntegers(7)
    const message = () => Array.from({ length: 40 }, () => 'abcdefgh'[next(8)]).join('')
    const logs = Array.from({ length: 3000 }, () => ({ message: message() }))
    // Each branch remembers something else of the last bytes: over random letters every byte leads to a new state.
    const branches = Array.from({ length: 20 }, (_, index) => `[a${'bcdefgh'[index % 7]}].{${40 - index}}`)
    const batch = take(logs, [
      { id: 'rul_costly', query: `~"(${branches.join('|')})[QX]"`, effect: { drop: true } },
      { id: 'rul_cheap', query: '', effect: { set: { category: 'x' } } },
    ])
    expect(batch.failedRules).toMatchObject([{ rule: 'rul_costly', code: 'regex_too_costly' }])
    expect(shown(tablesOf(batch)).map(({ category }) => category)).toEqual(logs.map(() => 'x'))
  })

  it('refuses by its own place a record that no longer fits, whatever was dropped before it', () => {
    const secret = 'a@b.cc '
    const big = { message: secret.repeat(Math.floor((RECORD_BYTES_MAX - 100) / secret.length)) }
    const body = [{ message: 'drop' }, { message: 'drop' }, big, { message: 'keep' }]
    const bytes = new TextEncoder().encode(body.map((log) => JSON.stringify(log)).join('\n'))
    const batch = readBatch(bytes, 'application/x-ndjson', {
      ...{ receivedMs: RECEIVED_MS, retentionMs: DAY_MS, source: 'http', batchId: 'x' },
      redactor: createRedactor({ kinds: new Set(['email']) }),
      recordRules: compileRecordRules([{ id: 'rul_drop', query: 'message:=drop', effect: { drop: true } }]),
    })
    expect(batch.rejected).toMatchObject([{ index: 2, code: 'record_too_large' }])
    expect(batch.sampled).toEqual({ rul_drop: 2 })
    expect(shown(tablesOf(batch)).map(({ message }) => message)).toEqual(['keep'])
  })

  it('of a thousand shapes loses nothing when each of them is marked for half of its records', () => {
    const logs = Array.from({ length: 3000 }, (_, n) => ({ [`key_${n % 1000}_${'x'.repeat(200)}`]: n, odd: n % 2 }))
    const batch = take(logs, [{ id: 'rul_odd', query: 'odd:1', effect: { set: { tags: ['odd'], category: 'c' } } }])
    expect(batch.rejected).toEqual([])
    expect(shown(tablesOf(batch)).map(({ body, tags }) => [body, tags])).toEqual(
      logs.map((log) => [log, log.odd === 1 ? ['odd'] : undefined]),
    )
  })
})

describe('rules of a settings document', () => {
  it('are read without those that another version of the code wrote', () => {
    const rule = { id: 'rul_x', query: 'a', effect: { drop: true } }
    expect(readRecordRules({ record_rules: [rule, { id: 'rul_y', effect: { paint: 'red' } }, 7] })).toEqual([rule])
    expect(readRecordRules({ record_rules: 'none' })).toEqual([])
    expect(readRecordRules({})).toEqual([])
  })

  it('are left out where their query cannot be read', () => {
    const rules = [
      { id: 'rul_x', query: 'a | count', effect: {} },
      { id: 'rul_y', query: '(a', effect: {} },
    ]
    expect(compileRecordRules([...rules, { id: 'rul_z', query: 'a', effect: {} }]).map(({ id }) => id)).toEqual([
      'rul_z',
    ])
  })

  it('hold until the moment at which they were to end', () => {
    const until = (active_until_ms: number) =>
      take([{ a: 1 }], [{ id: 'rul_t', query: '', effect: { drop: true }, active_until_ms }])
    expect(until(RECEIVED_MS).sampled).toEqual({})
    expect(until(RECEIVED_MS + 1).sampled).toEqual({ rul_t: 1 })
  })
})
