import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DocumentTable } from '../../src/blocks/table'
import { pathMatches } from '../../src/query/field-columns'
import { bothMatch, type Mask } from '../../src/query/mask'
import { parseQuery } from '../../src/query/parse'
import { compareValues, orderedValues } from '../../src/query/pipes/ordered-value'
import { createPipeline, type Pipeline, type TablePipeline } from '../../src/query/pipes/pipeline'
import type { RowPipes } from '../../src/query/pipes/row-pipes'
import { comparePositions } from '../../src/query/position'
import { parseQuantity } from '../../src/query/quantity'
import type { Aggregate, Pipe } from '../../src/query/syntax'
import { LEVELS } from '../../src/records/levels'
import { blocksOf, guarded, journalTables, mergedTables, recordsOf, sealedTables } from '../support/log-tables'
import type { OracleRecord } from '../support/oracle'

const NOW_MS = Date.UTC(2026, 10, 21, 10)
const RANGE = { fromMs: NOW_MS - 3 * 3_600_000, toMs: NOW_MS }
type Value = string | number | null

// Logs

const time = fc
  .integer({ min: RANGE.fromMs, max: RANGE.toMs })
  .chain((ms) =>
    fc.constantFrom<unknown>(
      new Date(ms).toISOString(),
      `${new Date(ms).toISOString().slice(0, -1)}456Z`,
      ms,
      new Date(ms - (ms % 60_000)).toISOString(),
    ),
  )
const level = fc.constantFrom<unknown>('info', 'INFO', 'error', 'warning', 'Warn', 30, 'debug', 'purple', null)
const word = fc.constantFrom('a', 'A', 'b', '', 'é', '漢', '1', '1.0', '200ms', '1.5s', '7', 'null', '10', '9')
const scalar = fc.oneof(word, fc.integer({ min: -5, max: 30 }), fc.constantFrom<unknown>(1.5, 200, 1e21, true, null))
const log = fc.record(
  {
    time,
    level,
    service: fc.constantFrom<unknown>('checkout', 'web', 'Web', 7, null),
    component: fc.constantFrom('web', 'edge'),
    status: fc.constantFrom<unknown>(200, 500, '500', 'error', null),
    duration: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.constantFrom<unknown>('12ms', '1.5s', 0.25)),
    n: fc.integer({ min: 0, max: 1_000_000 }),
    f: fc.constantFrom<unknown>(0.5, 1.25, 3, 1e300),
    x: scalar,
    metadata: fc.record({ x: scalar, y: scalar }, { requiredKeys: [] }),
    tags: fc.array(scalar, { maxLength: 3 }),
    id: fc.integer({ min: 0, max: 0xffffffff }).map((id) => id.toString(16).padStart(8, '0')),
  },
  { requiredKeys: [] },
)

/** Some members of a log, in some order, as an application sends them again and again. */
const batch = fc
  .array(
    fc.shuffledSubarray(['time', 'level', 'service', 'status', 'duration', 'n', 'f', 'x', 'metadata', 'tags', 'id']),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .chain((shapes) =>
    fc.array(
      fc.tuple(fc.constantFrom(...shapes), log).map(([names, members]) => {
        const chosen = Object.entries(members).sort(([left], [right]) => names.indexOf(left) - names.indexOf(right))
        const extra = names.length % 3 === 0 ? ['component'] : []
        return JSON.stringify(Object.fromEntries(chosen.filter(([name]) => [...names, ...extra].includes(name))))
      }),
      { minLength: 1, maxLength: 40 },
    ),
  )

// Pipes

const field = fc.constantFrom(
  ...['level', 'service', 'status', 'duration', 'n', 'f', 'x', 'X', 'y', 'metadata.x', 'tags', 'id', 'component'],
  ...['time', 'nothing', 'source'],
)
const by = fc.oneof(
  { weight: 1, arbitrary: fc.constant('') },
  { weight: 3, arbitrary: fc.array(field, { minLength: 1, maxLength: 3 }).map((names) => ` by ${names.join(', ')}`) },
)
const aggregate = fc.oneof(
  fc.constant('count()'),
  fc
    .tuple(fc.constantFrom('count', 'uniq', 'min', 'max', 'sum', 'avg', 'p50', 'p90', 'p95', 'p99'), field)
    .map(([name, of]) => `${name}(${of})`),
)
const tablePipes = fc.oneof(
  by.map((names) => `count${names}`),
  fc
    .tuple(fc.array(aggregate, { minLength: 1, maxLength: 4 }), by)
    .map(([all, names]) => `stats ${all.join(', ')}${names}`),
  fc.tuple(fc.integer({ min: 1, max: 20 }), field, field).map(([limit, one, other]) => `top ${limit} ${one}, ${other}`),
  fc
    .tuple(fc.constantFrom('', ' 1m', ' 1h', ' 7s', ' 1d'), field, fc.boolean())
    .map(([step, name, has]) => `timeline${step}${has ? ` by ${name}` : ''}`),
)
const rowStep = fc.oneof(
  fc.tuple(fc.constantFrom('', '-'), field).map(([sign, name]) => `sort ${sign}${name}`),
  fc.integer({ min: 1, max: 30 }).map((count) => `limit ${count}`),
  fc.array(field, { minLength: 1, maxLength: 2 }).map((names) => `dedup ${names.join(', ')}`),
)
const rowPipes = fc.array(rowStep, { minLength: 1, maxLength: 4 }).map((steps) => steps.join(' | '))

function pipesOf(text: string): readonly Pipe[] {
  const { pipes, diagnostics } = parseQuery(`| ${text}`)
  expect(diagnostics, text).toEqual([])
  return pipes
}

function created(pipes: readonly Pipe[], groupsMax = 10_000): Pipeline {
  const pipeline = createPipeline(pipes, { ...RANGE, groupsMax })
  if (!pipeline.ok) throw new Error(pipeline.problem.message)
  return pipeline.value
}

function tablePipeline(text: string, groupsMax?: number): TablePipeline {
  const pipeline = created(pipesOf(text), groupsMax)
  if (pipeline.answers !== 'table') throw new Error(`${text} makes no table`)
  return pipeline
}

function rowPipeline(text: string): RowPipes {
  const pipeline = created(pipesOf(text))
  if (pipeline.answers !== 'rows') throw new Error(`${text} gives no rows`)
  return pipeline
}

// The oracle: one record at a time

function fieldOf(record: OracleRecord, name: string): string | null {
  if (name === 'level') return LEVELS[record.level]
  if (name === 'time') return new Date(record.ms).toISOString()
  const system = record.system[name.toLowerCase()]
  if (system !== undefined) return system
  const values = record.leaves.filter(
    ({ path, kind, text }) => pathMatches(path, name) && kind !== 'array' && !(kind === 'literal' && text === 'null'),
  )
  return (values.find(({ path }) => path === name) ?? values[0])?.text ?? null
}

const ordered = (record: OracleRecord, name: string) => orderedValues(name)(fieldOf(record, name))

function groupsOf<T>(
  items: readonly T[],
  keyOf: (item: T) => readonly Value[],
): { key: readonly Value[]; items: T[] }[] {
  const groups = new Map<string, { key: readonly Value[]; items: T[] }>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(JSON.stringify(key)) ?? { key, items: [] }
    groups.set(JSON.stringify(key), group)
    group.items.push(item)
  }
  return [...groups.values()]
}

/** Groups of records, the largest first. */
function largestFirst(records: readonly OracleRecord[], names: readonly string[]) {
  const groups = groupsOf(records, (record) => names.map((name) => fieldOf(record, name)))
  return groups.sort(
    (left, right) =>
      right.items.length - left.items.length ||
      names
        .map((name, index) => {
          const toOrdered = orderedValues(name)
          const [one, other] = [left.key[index], right.key[index]].map((value) =>
            toOrdered(value === null ? null : String(value)),
          )
          return compareValues(one, other)
        })
        .find((order) => order !== 0) ||
      0,
  )
}

function aggregateOf({ name, field: of }: Aggregate, records: readonly OracleRecord[]): Value {
  if (of === undefined) return records.length
  const values = records.map((record) => ordered(record, of)).filter(({ text }) => text !== null)
  const numbers = values.flatMap(({ text }) => parseQuantity(text ?? '') ?? []).sort((left, right) => left - right)
  const shown = (value: (typeof values)[number] | undefined): Value =>
    of === 'level' ? (value?.text ?? null) : (value?.number ?? value?.text ?? null)
  const sum = numbers.reduce((total, number) => total + number, 0)
  values.sort((left, right) => compareValues(left, right))
  switch (name) {
    case 'count':
      return values.length
    case 'uniq':
      return new Set(values.map(({ text }) => text)).size
    case 'min':
      return shown(values[0])
    case 'max':
      return shown(values.at(-1))
    case 'sum':
      return numbers.length === 0 ? null : sum
    case 'avg':
      return numbers.length === 0 ? null : sum / numbers.length
    default:
      return numbers[Math.ceil((Number(name.slice(1)) * numbers.length) / 100) - 1] ?? null
  }
}

function tableAnswer(pipe: Pipe, records: readonly OracleRecord[]): Value[][] {
  switch (pipe.type) {
    case 'count': {
      const groups = largestFirst(records, pipe.by)
      if (pipe.by.length === 0) return [[records.length]]
      return groups.map(({ key, items }) => [...key, items.length])
    }
    case 'top':
      return largestFirst(records, pipe.fields)
        .slice(0, pipe.limit)
        .map(({ key, items }) => [...key, items.length])
    case 'stats': {
      const groups = pipe.by.length === 0 ? [{ key: [], items: records }] : largestFirst(records, pipe.by)
      return groups.map(({ key, items }) => [...key, ...pipe.aggregates.map((one) => aggregateOf(one, items))])
    }
    case 'timeline': {
      const stepMs = pipe.stepMs ?? DEFAULT_STEP_MS
      const names = pipe.by === undefined ? [] : [pipe.by]
      const all = largestFirst(records, names)
      const rows: Value[][] = []
      for (let ms = Math.floor(RANGE.fromMs / stepMs) * stepMs; ms <= RANGE.toMs; ms += stepMs) {
        const time = new Date(ms).toISOString()
        const inBucket = (record: OracleRecord): boolean => record.ms >= ms && record.ms < ms + stepMs
        if (names.length === 0) rows.push([time, records.filter(inBucket).length])
        else
          for (const { key, items } of all) {
            const count = items.filter(inBucket).length
            if (count > 0) rows.push([time, ...key, count])
          }
      }
      return rows
    }
    default:
      throw new Error(pipe.type)
  }
}

/** Three hours in at most 60 parts. */
const DEFAULT_STEP_MS = 5 * 60_000

function rowAnswer(pipes: readonly Pipe[], records: readonly OracleRecord[]): number[] {
  let rows = [...records].sort((left, right) => comparePositions(right, left))
  for (const pipe of pipes) {
    if (pipe.type === 'limit') rows = rows.slice(0, pipe.count)
    if (pipe.type === 'sort')
      rows = rows.toSorted((left, right) =>
        compareValues(ordered(left, pipe.field), ordered(right, pipe.field), pipe.descending),
      )
    if (pipe.type === 'dedup')
      rows = groupsOf(rows, (record) => pipe.fields.map((name) => fieldOf(record, name))).map(({ items }) => items[0])
  }
  return rows.map(({ seq }) => seq)
}

// What is compared

/** Which records match: decided by sequence number, so that it is the same in every table. */
const chosen = fc.constantFrom(1, 1, 2, 3, 1000)

function maskOf(table: DocumentTable, every: number): Mask {
  if (every === 1) return true
  const mask = Uint8Array.from(table.seqs(), (seq) => (seq % every === 0 ? 1 : 0))
  return mask.includes(1) ? bothMatch(true, mask) : false
}

interface World {
  readonly records: readonly OracleRecord[]
  /** The same logs in the journal, in segments, and in segments merged of segments. */
  readonly forms: readonly (readonly DocumentTable[])[]
}

function worldOf(batches: readonly (readonly string[])[], every: number): World {
  const blocks = blocksOf(batches, { nowMs: NOW_MS })
  const tables = journalTables(blocks)
  const records = recordsOf(tables).filter(({ seq }) => seq % every === 0)
  return { records, forms: [tables, sealedTables(blocks.inputs).map(({ table }) => table), mergedTables(blocks)] }
}

const batches = fc.array(batch, { minLength: 1, maxLength: 3 })

/** Sums of fractions depend on the order in which they are added. */
const rounded = (rows: readonly (readonly Value[])[]): Value[][] =>
  rows.map((row) => row.map((value) => (typeof value === 'number' ? Number(value.toPrecision(12)) : value)))

describe('pipes agree with an oracle that looks at one record at a time', { timeout: 600_000 }, () => {
  it('counts and computes the same, in blocks, segments and merged segments', () => {
    fc.assert(
      fc.property(batches, chosen, tablePipes, (logs, every, text) => {
        const { records, forms } = worldOf(logs, every)
        const [pipe] = pipesOf(text)
        const expected = rounded(tableAnswer(pipe, records))
        for (const tables of forms) {
          const pipeline = tablePipeline(text)
          for (const table of tables) pipeline.add(guarded(table, pipeline.columns(table)), maskOf(table, every))
          const { rows, truncated } = pipeline.result()
          expect({ rows: rounded(rows), truncated }, text).toEqual({ rows: expected, truncated: false })
        }
      }),
      { numRuns: 2500 },
    )
  })

  it('chooses and orders the same records', () => {
    fc.assert(
      fc.property(batches, chosen, rowPipes, fc.integer({ min: 1, max: 50 }), (logs, every, text, rowsMax) => {
        const { records, forms } = worldOf(logs, every)
        const expected = rowAnswer(pipesOf(text), records)
        for (const tables of forms) {
          const pipes = rowPipeline(text)
          const collector = pipes.collector<DocumentTable>(rowsMax)
          for (const table of tables) collector.add(table, guarded(table, pipes.columns(table)), maskOf(table, every))
          const { rows, hasMore, truncated } = collector.result()
          const seqs = rows.map(({ unit, row }) => unit.seqs()[row])
          const shown = expected.slice(0, rowsMax)
          expect({ seqs, hasMore, truncated }, text).toEqual({
            seqs: shown,
            hasMore: expected.length > rowsMax,
            truncated: false,
          })
        }
      }),
      { numRuns: 2500 },
    )
  })

  it('stops early only when what is left cannot change the answer', () => {
    const newest = (table: DocumentTable): number => table.maxTime
    fc.assert(
      fc.property(batches, rowPipes, fc.integer({ min: 1, max: 10 }), (logs, text, rowsMax) => {
        const { records, forms } = worldOf(logs, 1)
        const expected = rowAnswer(pipesOf(text), records).slice(0, rowsMax)
        for (const tables of forms) {
          const collector = rowPipeline(text).collector<DocumentTable>(rowsMax)
          for (const table of [...tables].sort((left, right) => newest(right) - newest(left)))
            if (!collector.isDecided(newest(table))) collector.add(table, table, true)
          expect(collector.result().rows.map(({ unit, row }) => unit.seqs()[row])).toEqual(expected)
        }
      }),
      { numRuns: 1500 },
    )
  })

  it('counts by headers what it counts by rows', () => {
    const counted = fc.constantFrom(
      ...['count', 'count by level', 'count by service', 'count by service, level', 'top 3 level, service'],
      ...[
        'stats count() by service',
        'timeline 1d by service',
        'timeline 1d',
        'count by x',
        'stats max(n)',
        'timeline 1m',
      ],
    )
    fc.assert(
      fc.property(batches, counted, fc.integer({ min: 0, max: 63 }), (logs, text, levelMask) => {
        const whole = tablePipeline(text)
        const quick = tablePipeline(text)
        for (const { header, table } of sealedTables(blocksOf(logs, { nowMs: NOW_MS }).inputs)) {
          const mask = table.levels().map((rank) => (levelMask >> rank) & 1)
          whole.add(table, mask)
          if (!quick.addCounts(header, levelMask)) quick.add(table, mask)
        }
        expect(quick.result()).toEqual(whole.result())
      }),
      { numRuns: 1500 },
    )
  })

  it('keeps every row in a sum when there are too many groups', () => {
    fc.assert(
      fc.property(batches, fc.integer({ min: 1, max: 5 }), (logs, groupsMax) => {
        const { records, forms } = worldOf(logs, 1)
        for (const tables of forms) {
          const pipeline = tablePipeline('count by x, n', groupsMax)
          for (const table of tables) pipeline.add(table, true)
          const { rows, truncated } = pipeline.result()
          expect(rows.reduce((sum, row) => sum + Number(row[2]), 0)).toBe(records.length)
          expect(truncated).toBe(rows.length > groupsMax)
        }
      }),
      { numRuns: 400 },
    )
  })
})
