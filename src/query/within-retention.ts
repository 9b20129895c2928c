import { TIME_SLOT } from '../blocks/block'
import type { Table } from '../blocks/table'
import type { Retention } from '../segments/compile-retention'
import type { TableHead } from './field-columns'
import type { Filter } from './filter'
import { bothMatch, type Mask } from './mask'

const DAY_MS = 86_400_000

/** The earliest time that any clock of ours can tell. */
const EARLIEST_MS = -8.64e15

/** No record before this is visible to anybody, whatever policy holds for it. */
export const oldestVisibleMs = ({ longestDays }: Pick<Retention, 'longestDays'>, nowMs: number): number =>
  Math.max(EARLIEST_MS, nowMs - longestDays * DAY_MS)

/**
 * The same filter for the records that have not expired at a moment. Where all are kept equally long it is the filter itself:
 * the range of the search says it already. Nothing is asked of tables that are younger than the shortest retention.
 */
export function withinRetention(filter: Filter, retention: Retention, nowMs: number): Filter {
  if (retention.isUniform) return filter
  const youngMs = nowMs - retention.shortestDays * DAY_MS
  const isYoung = ({ minTime }: Pick<TableHead, 'minTime'>): boolean => minTime >= youngMs
  return {
    ...filter,
    columns: (head) =>
      isYoung(head)
        ? filter.columns(head)
        : [...new Set([...filter.columns(head), ...retention.columns(head), TIME_SLOT])],
    exactLevels: (head) => (isYoung(head) ? filter.exactLevels(head) : undefined),
    evaluate: (table) => {
      const matches = filter.evaluate(table)
      return matches === false || isYoung(table) ? matches : bothMatch(matches, visibleRows(table, retention, nowMs))
    },
  }
}

/** Which rows of a table have not expired at a moment. */
export function visibleRows(table: Table, retention: Retention, nowMs: number): Mask {
  const { outcomeOf, held } = retention.judge(table)
  if (held === true) return true
  const oldestMs = Float64Array.from(retention.outcomes, ({ days }) => nowMs - days * DAY_MS)
  const times = table.times()
  const mask = new Uint8Array(table.rows)
  for (let row = 0; row < table.rows; row++)
    mask[row] = times[row] >= oldestMs[outcomeOf[row]] || (held !== false && held[row] === 1) ? 1 : 0
  return mask
}
