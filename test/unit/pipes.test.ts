import { describe, expect, it } from 'vitest'
import type { DocumentTable } from '../../src/blocks/table'
import { compileFilter } from '../../src/query/filter'
import { parseQuery } from '../../src/query/parse'
import { NumbersCollector } from '../../src/query/pipes/collectors'
import { createPipeline, type PipelineProblem, type TablePipeline } from '../../src/query/pipes/pipeline'
import type { ResultTable } from '../../src/query/pipes/result-table'
import type { RowPipes } from '../../src/query/pipes/row-pipes'
import { niceStepMs } from '../../src/query/pipes/time-buckets'
import { blocksOf, journalTables, sealedTables } from '../support/log-tables'

const NOW_MS = Date.UTC(2026, 10, 21, 10)
const HOUR_MS = 3_600_000
const GROUPS_MAX = 1000

const at = (minutes: number): string => new Date(NOW_MS - HOUR_MS + minutes * 60_000).toISOString()

const create = (text: string, options = {}) =>
  createPipeline(parseQuery(text).pipes, {
    fromMs: NOW_MS - HOUR_MS,
    toMs: NOW_MS - 1,
    groupsMax: GROUPS_MAX,
    ...options,
  })

function tablePipeline(text: string, options = {}): TablePipeline {
  const created = create(text, options)
  if (!created.ok || created.value.answers !== 'table') throw new Error(`${text} makes no table`)
  return created.value
}

function rowPipes(text: string): RowPipes {
  const created = create(text)
  if (!created.ok || created.value.answers !== 'rows') throw new Error(`${text} gives no rows`)
  return created.value
}

function problemOf(text: string, options = {}): PipelineProblem {
  const created = create(text, options)
  if (created.ok) throw new Error(`${text} has no problem`)
  return created.problem
}

const tablesOf = (logs: readonly unknown[]): DocumentTable[] =>
  journalTables(blocksOf([logs.map((log) => JSON.stringify(log))], { nowMs: NOW_MS }))

function answer(logs: readonly unknown[], text: string, options = {}): ResultTable {
  const compiled = compileFilter(parseQuery(text).filter, NOW_MS)
  if (!compiled.ok) throw new Error(compiled.problem.message)
  const pipeline = tablePipeline(text, options)
  for (const table of tablesOf(logs)) pipeline.add(table, compiled.filter.evaluate(table))
  return pipeline.result()
}

/** Which records the pipes leave, counted from 1. */
function chosen(logs: readonly unknown[], text: string, rowsMax = 100): { ns: number[]; hasMore: boolean } {
  const collector = rowPipes(text).collector<string>(rowsMax)
  const tables = new Map(tablesOf(logs).map((table, index) => [`table ${index}`, table]))
  for (const [unit, table] of tables) collector.add(unit, table, true)
  const { rows, hasMore } = collector.result()
  return { ns: rows.map(({ row }) => row + 1), hasMore }
}

const REQUESTS = [
  { time: at(1), level: 'error', service: 'web', http: { route: '/a' }, duration_ms: 10 },
  { time: at(2), level: 'info', service: 'web', http: { route: '/a' }, duration_ms: 30 },
  { time: at(2), level: 'error', service: 'edge', http: { route: '/b' }, duration_ms: 20 },
  { time: at(4), level: 'error', service: 'web', http: { route: '/b' }, duration_ms: 500 },
]

describe('count', () => {
  it('counts by a field, the largest group first', () => {
    expect(answer(REQUESTS, 'level:error | count by service')).toEqual({
      columns: ['service', 'count'],
      rows: [
        ['web', 2],
        ['edge', 1],
      ],
      truncated: false,
    })
  })

  it('answers 0 when nothing matches, and no group', () => {
    expect(answer(REQUESTS, 'nothing | count').rows).toEqual([[0]])
    expect(answer(REQUESTS, 'nothing | count by service').rows).toEqual([])
  })

  it('shows what is missing, or null, as null, after equal counts of values', () => {
    const logs = [{ x: null }, { y: 1 }, { x: 'a' }, { x: 'a' }, { x: 'b' }, { x: 'b' }]
    expect(answer(logs, '| count by x').rows).toEqual([
      ['a', 2],
      ['b', 2],
      [null, 2],
    ])
  })

  it('keeps letter case, and takes a text and a number of the same digits as one', () => {
    const logs = [{ x: 1 }, { x: '1' }, { x: 'A' }, { x: 'A' }, { x: 'A' }, { x: 'a' }]
    expect(answer(logs, '| count by x').rows).toEqual([
      ['A', 3],
      ['1', 2],
      ['a', 1],
    ])
  })

  it('takes the value under exactly the name, then the first that fits', () => {
    const logs = [
      { metadata: { ip: 'inner' }, ip: 'outer' },
      { metadata: { ip: 'inner' } },
      { metadata: { ip: 'inner' }, ip: null },
    ]
    expect(answer(logs, '| count by ip').rows).toEqual([
      ['inner', 2],
      ['outer', 1],
    ])
  })

  it('takes the first value of an array', () => {
    expect(answer([{ tags: ['a', 'b'] }, { tags: [null, 'a'] }, { tags: [] }], '| count by tags').rows).toEqual([
      ['a', 2],
      [null, 1],
    ])
  })

  it('looks into records that have too many fields for columns', () => {
    const wide = Object.fromEntries(Array.from({ length: 1100 }, (_, index) => [`field_${index}`, index]))
    const logs = [
      { ...wide, service: 'web', x: 'a' },
      { service: 'web', x: 'a' },
    ]
    expect(answer(logs, '| count by service, x').rows).toEqual([['web', 'a', 2]])
  })

  it('puts what there is no room for under (others), last, and says so', () => {
    const logs = [...'abcccc'].map((x) => ({ x }))
    expect(answer(logs, '| count by x', { groupsMax: 2 })).toEqual({
      columns: ['x', 'count'],
      rows: [
        ['a', 1],
        ['b', 1],
        ['(others)', 4],
      ],
      truncated: true,
    })
  })
})

describe('top', () => {
  it('answers with the commonest combinations', () => {
    expect(answer(REQUESTS, '| top 2 service http.route').rows).toEqual(
      [
        ['edge', '/b', 1],
        ['web', '/a', 2],
      ].reverse(),
    )
  })
})

describe('stats', () => {
  it('computes, and its answer can be sorted by a bare name and cut', () => {
    const text = '| stats count(), p95(duration_ms) by http.route | sort -p95 | limit 1'
    expect(answer(REQUESTS, text)).toEqual({
      columns: ['http.route', 'count()', 'p95(duration_ms)'],
      rows: [['/b', 2, 500]],
      truncated: false,
    })
  })

  it('knows units, and leaves out what is no number', () => {
    const logs = [{ d: '1.5s' }, { d: 500 }, { d: 'slow' }, { d: true }, { d: null }, {}]
    expect(answer(logs, '| stats sum(d), avg(d), count(d), uniq(d), p50(d)').rows).toEqual([[2000, 1000, 4, 4, 500]])
  })

  it('finds extremes as sort does: numbers before texts, levels by severity', () => {
    const logs = [{ x: 'b', level: 'error' }, { x: 10, level: 'info' }, { x: 9, level: 'fatal' }, { x: 'a' }]
    expect(answer(logs, '| stats min(x), max(x), min(level), max(level)').rows).toEqual([[9, 'b', 'info', 'fatal']])
    expect(answer(logs, '| stats min(nothing), sum(x), avg(level)').rows).toEqual([[null, 19, null]])
  })

  it('takes numbers too large for a double as texts', () => {
    const [table] = journalTables(blocksOf([['{"x":1e400}', '{"x":2}']], { nowMs: NOW_MS }))
    const pipeline = tablePipeline('| stats max(x), sum(x), count(x)')
    pipeline.add(table, true)
    expect(pipeline.result().rows).toEqual([['1e400', 2, 2]])
  })

  it('counts different values up to the most there may be', () => {
    const logs = Array.from({ length: 50 }, (_, x) => ({ x }))
    expect(answer(logs, '| stats uniq(x)', { groupsMax: 20 })).toMatchObject({ rows: [[20]], truncated: true })
    expect(answer(logs, '| stats uniq(x)', { groupsMax: 50 })).toMatchObject({ rows: [[50]], truncated: false })
  })

  it('has no more percentile values than there is room for, and says so', () => {
    const numbers = new NumbersCollector({ left: 3 })
    for (const value of [5, 1, 3, 100]) numbers.addNumber(0, value)
    expect([numbers.percentile(0, 50), numbers.percentile(0, 99), numbers.percentile(1, 50)]).toEqual([3, 5, null])
    expect(numbers.isTruncated).toBe(true)
  })

  it('counts nothing of a table of which something cannot be read', () => {
    const [table] = tablesOf(REQUESTS)
    const damaged = {
      ...table,
      cells: (column: number) => {
        if (table.columns[column].name === 'duration_ms') throw new Error('damaged')
        return table.cells(column)
      },
    }
    const pipeline = tablePipeline('| stats count(), max(duration_ms)')
    expect(() => pipeline.add(damaged, true)).toThrow('damaged')
    expect(pipeline.result().rows).toEqual([[0, null]])
  })
})

describe('timeline', () => {
  const fourMinutes = { fromMs: NOW_MS - HOUR_MS, toMs: NOW_MS - HOUR_MS + 5 * 60_000 - 1 }

  it('lists every bucket of the range, the empty ones too', () => {
    expect(answer(REQUESTS, '| timeline 1m', fourMinutes).rows).toEqual([
      [at(0), 0],
      [at(1), 1],
      [at(2), 2],
      [at(3), 0],
      [at(4), 1],
    ])
  })

  it('lists the groups that a bucket has', () => {
    expect(answer(REQUESTS, '| timeline 2m by service', fourMinutes)).toEqual({
      columns: ['time', 'service', 'count'],
      rows: [
        [at(0), 'web', 1],
        [at(2), 'web', 1],
        [at(2), 'edge', 1],
        [at(4), 'web', 1],
      ],
      truncated: false,
    })
  })

  it('lists only buckets with rows where there would be too many', () => {
    const text = '| timeline 1s'
    expect(answer(REQUESTS, text).rows).toHaveLength(3)
    expect(answer(REQUESTS, text, fourMinutes).rows).toHaveLength(300)
  })

  it('refuses a step that is far too small for the range', () => {
    const text = 'level:error | timeline 1ms'
    expect(problemOf(text, { fromMs: NOW_MS - 24 * HOUR_MS })).toEqual({
      code: 'query_syntax',
      message: expect.stringContaining('none for `30m`'),
      span: { from: 12, to: text.length },
    })
  })

  it.each([
    [10_000, 1000],
    [61_000, 2000],
    [HOUR_MS, 60_000],
    [3 * HOUR_MS, 5 * 60_000],
    [24 * HOUR_MS, 30 * 60_000],
    [7 * 24 * HOUR_MS, 3 * HOUR_MS],
    [30 * 24 * HOUR_MS, 12 * HOUR_MS],
    [3650 * 24 * HOUR_MS, 16 * 7 * 24 * HOUR_MS],
  ])('chooses a step for %i ms', (rangeMs, stepMs) => {
    const fromMs = Date.UTC(2026, 0, 1)
    expect(niceStepMs({ fromMs, toMs: fromMs + rangeMs - 1 })).toBe(stepMs)
  })
})

describe('pipes on a result', () => {
  const logs = [{ x: 10 }, { x: 9 }, { x: 'b' }, {}, { x: 'a' }]

  it('sorts numbers before texts, and what is missing last in both directions', () => {
    const xs = (text: string): unknown[] => answer(logs, `| count by x | ${text} | fields x`).rows.flat()
    expect(xs('sort x')).toEqual(['9', '10', 'a', 'b', null])
    expect(xs('sort -x')).toEqual(['b', 'a', '10', '9', null])
  })

  it('takes columns in any order, and rows apart', () => {
    expect(answer(REQUESTS, '| count by service, level | dedup service | fields count, service')).toEqual({
      columns: ['count', 'service'],
      rows: [
        [2, 'web'],
        [1, 'edge'],
      ],
      truncated: false,
    })
  })

  it.each([
    ['| count by service | sort nothing', 'the result has no column `nothing`; it has service, count'],
    ['| count | fields a', 'the result has no column `a`; it has count'],
    ['| count by a | count', '`count` needs records'],
    ['| limit 5 | count', '`limit` cannot stand before `count`'],
    ['| dedup a | stats count()', '`dedup` cannot stand before `stats`'],
  ])('explains what it cannot do: %s', (text, message) => {
    expect(problemOf(text)).toMatchObject({ code: 'query_syntax', message: expect.stringContaining(message) })
  })

  it('says that patterns are not available', () => {
    expect(problemOf('error | patterns')).toMatchObject({ code: 'not_available', span: { from: 6, to: 16 } })
    expect(problemOf('error | limit 5 | patterns')).toMatchObject({ code: 'not_available' })
  })
})

describe('counts in a segment header', () => {
  const [{ header }] = sealedTables(blocksOf([REQUESTS.map((log) => JSON.stringify(log))], { nowMs: NOW_MS }).inputs)
  const ERROR = 1 << 4

  it('answer counts by level and service without the segment', () => {
    const pipeline = tablePipeline('| count by service')
    expect(pipeline.addCounts(header, ERROR)).toBe(true)
    expect(pipeline.result().rows).toEqual([
      ['web', 2],
      ['edge', 1],
    ])
  })

  it('leave everything else to the rows', () => {
    for (const text of ['| count by http.route', '| timeline 1m', '| stats max(duration_ms)']) {
      const pipeline = tablePipeline(text)
      const before = pipeline.result()
      expect(pipeline.addCounts(header, ERROR), text).toBe(false)
      expect(pipeline.result()).toEqual(before)
    }
  })

  it('do not speak for a service that is not a text', () => {
    const logs = ['{"service":"web"}', '{"service":7}']
    const [sealed] = sealedTables(blocksOf([logs], { nowMs: NOW_MS }).inputs)
    expect(tablePipeline('| count by service').addCounts(sealed.header, 0b111111)).toBe(false)
  })
})

describe('rows', () => {
  const logs = [
    { n: 1, time: at(1), level: 'error', d: '1s', user: 'a' },
    { n: 2, time: at(2), level: 'info', d: 20, user: 'b' },
    { n: 3, time: at(3), level: 'fatal', d: 300, user: 'a' },
    { n: 4, time: at(4), level: 'info', user: 'b' },
  ]

  it('are sorted by value, ties newest first', () => {
    expect(chosen(logs, '| sort d').ns).toEqual([2, 3, 1, 4])
    expect(chosen(logs, '| sort -d').ns).toEqual([1, 3, 2, 4])
    expect(chosen(logs, '| sort -level').ns).toEqual([3, 1, 4, 2])
    expect(chosen(logs, '| sort time').ns).toEqual([1, 2, 3, 4])
  })

  it('are deduplicated: the newest of each stays, or the first in the order that was asked for', () => {
    expect(chosen(logs, '| dedup user').ns).toEqual([4, 3])
    expect(chosen(logs, '| sort -d | dedup user').ns).toEqual([1, 2])
    expect(chosen(logs, '| dedup user, level').ns).toEqual([4, 3, 1])
  })

  it('go through the pipes in their order', () => {
    expect(chosen(logs, '| sort d | limit 2').ns).toEqual([2, 3])
    expect(chosen(logs, '| limit 2 | sort d').ns).toEqual([3, 4])
  })

  it('say when the page has no room for all', () => {
    expect(chosen(logs, '| sort d', 2)).toEqual({ ns: [2, 3], hasMore: true })
    expect(chosen(logs, '| sort d | limit 2', 2)).toEqual({ ns: [2, 3], hasMore: false })
  })

  it('need no collector when only the newest are wanted', () => {
    expect(rowPipes('| fields a, b | limit 20 | limit 10')).toMatchObject({
      fields: ['a', 'b'],
      rowLimit: 10,
      needsCollector: false,
    })
    expect(rowPipes('| sort a').needsCollector).toBe(true)
    expect(rowPipes('')).toMatchObject({ fields: undefined, rowLimit: undefined, needsCollector: false })
  })

  it('are kept to choose from up to a number, and it is said when that was too few', () => {
    const created = create('| dedup n', { groupsMax: 3 })
    if (!created.ok || created.value.answers !== 'rows') throw new Error('no rows')
    const collector = created.value.collector<number>(100)
    for (const table of tablesOf(logs)) collector.add(1, table, true)
    expect(collector.result()).toMatchObject({ rows: { length: 3 }, truncated: true })
  })
})
