import type { TableStep } from './result-table'

/** `fields a, b` on a result: only these columns, in this order. */
export function fieldsStep(columns: readonly string[], chosen: readonly number[]): TableStep {
  const names = chosen.map((column) => columns[column])
  return {
    columns: names,
    apply: (table) => ({
      ...table,
      columns: names,
      rows: table.rows.map((row) => chosen.map((column) => row[column])),
    }),
  }
}
