import type { TableStep } from './result-table'

/** `dedup a, b` on a result: the first row of each combination. */
export const dedupStep = (columns: readonly string[], by: readonly number[]): TableStep => ({
  columns,
  apply: (table) => {
    const seen = new Set<string>()
    const isFirst = (key: string): boolean => !seen.has(key) && seen.add(key) !== undefined
    return { ...table, rows: table.rows.filter((row) => isFirst(JSON.stringify(by.map((column) => row[column])))) }
  },
})
