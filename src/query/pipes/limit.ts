import type { TableStep } from './result-table'

/** `limit 10` on a result. */
export const limitStep = (columns: readonly string[], count: number): TableStep => ({
  columns,
  apply: (table) => ({ ...table, rows: table.rows.slice(0, count) }),
})
