import { TIME_SLOT } from '../blocks/block'
import type { Table } from '../blocks/table'
import { formatInstant } from '../records/time'
import type { CellTest } from './cell-test'
import { passesAsText } from './column-scan'
import { namedTerm } from './column-term'
import type { TableHead } from './field-columns'
import type { Mask } from './mask'
import type { Comparison, Test } from './syntax'
import {
  ALL_LEVELS,
  anyTerm,
  BLANK,
  type Context,
  EVERYTHING,
  FilterFailure,
  intersect,
  OPEN,
  type Term,
  type TimeRange,
} from './term'
import { compiledTest, textOf } from './term-values'
import { parseTime } from './values'

/** Half of what `around:` shows: enough to see what led to a failure and what it led to. */
export const AROUND_MS = 5 * 60_000

/** Rows within a range of time. */
export function timeTerm(range: TimeRange): Term {
  const from = range.fromMs ?? Number.NEGATIVE_INFINITY
  const to = range.toMs ?? Number.POSITIVE_INFINITY
  const evaluate = (table: Table): Mask => {
    if (table.minTime >= from && table.maxTime <= to) return true
    if (table.minTime > to || table.maxTime < from) return false
    const times = table.times()
    const mask = new Uint8Array(table.rows)
    for (let row = 0; row < table.rows; row++) mask[row] = times[row] >= from && times[row] <= to ? 1 : 0
    return mask
  }
  const columns = ({ minTime, maxTime }: TableHead): number[] =>
    (minTime >= from && maxTime <= to) || minTime > to || maxTime < from ? [] : [TIME_SLOT]
  const exactLevels = ({ minTime, maxTime }: TableHead): number | undefined => {
    if (minTime >= from && maxTime <= to) return ALL_LEVELS
    return minTime > to || maxTime < from ? 0 : undefined
  }
  return { ...BLANK, evaluate, columns, exactLevels, range }
}

/** The times that compare so to a bound, in whole milliseconds as all bounds are. */
export function rangeOf(comparison: Comparison, ms: number): TimeRange {
  if (comparison === '>' || comparison === '>=') return { fromMs: comparison === '>' ? ms + 1 : ms, toMs: undefined }
  return { fromMs: undefined, toMs: comparison === '<' ? ms - 1 : ms }
}

/** The record's time; as text it is what answers show, or what was sent under that name. */
export function timeFieldTerm(name: string, test: Test, context: Context): Term {
  switch (test.op) {
    case 'exists':
      return EVERYTHING
    case 'eq': {
      const ms = timeOf(test, context)
      return timeTerm({ fromMs: ms, toMs: ms })
    }
    case 'compare':
      return timeTerm(rangeOf(test.comparison, timeOfText(test.value.text, context)))
    case 'range': {
      const { low, high } = test
      const above = low.text === undefined ? OPEN : rangeOf(low.inclusive ? '>=' : '>', timeOfText(low.text, context))
      const below =
        high.text === undefined ? OPEN : rangeOf(high.inclusive ? '<=' : '<', timeOfText(high.text, context))
      return timeTerm(intersect(above, below))
    }
    default: {
      const cellTest = compiledTest(test, context)
      return anyTerm([timeTextTerm(cellTest), namedTerm([name], cellTest)])
    }
  }
}

function timeTextTerm(test: CellTest): Term {
  const evaluate = (table: Table): Mask => {
    const times = table.times()
    const nanos = table.nanos()
    const mask = new Uint8Array(table.rows)
    for (let row = 0; row < table.rows; row++)
      mask[row] = passesAsText(formatInstant({ ms: times[row], nanos: nanos?.[row] ?? 0 }), test) ? 1 : 0
    return mask
  }
  return { ...BLANK, evaluate, columns: () => [TIME_SLOT] }
}

/** The point in time that a term names, in milliseconds. */
export const timeOf = (test: Test, context: Context): number => timeOfText(textOf(test, context), context)

function timeOfText(text: string, { nowMs, span: at }: Context): number {
  const ms = parseTime(text, nowMs)
  if (ms !== undefined) return Math.floor(ms)
  throw new FilterFailure({
    code: 'invalid_value',
    message: `"${text}" is not a time: write 2h, 2026-11-21 or 2026-11-21T10:00Z`,
    span: at,
  })
}
