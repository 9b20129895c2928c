import { isLevelName } from './known-field'
import { compareValues, type OrderedValue, orderedValues } from './ordered-value'
import type { ResultValue, TableStep } from './result-table'

/** `sort -column` on a result: stable, so that what is equal stays as it was. */
export function sortStep(columns: readonly string[], column: number, descending: boolean): TableStep {
  const toOrdered = orderedValues(columns[column])
  const orderOf = (value: ResultValue): OrderedValue =>
    typeof value === 'number' && !isLevelName(columns[column])
      ? { text: String(value), number: value }
      : toOrdered(value === null ? null : String(value))
  return {
    columns,
    apply: (table) => {
      const keyed = table.rows.map((row) => ({ row, key: orderOf(row[column]) }))
      keyed.sort((left, right) => compareValues(left.key, right.key, descending))
      return { ...table, rows: keyed.map(({ row }) => row) }
    },
  }
}
