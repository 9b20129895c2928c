export type ResultValue = string | number | null

/** The answer of a pipe that counts or computes. */
export interface ResultTable {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly ResultValue[])[]
  /** There were more groups or values than could be kept apart. */
  readonly truncated: boolean
}

/** A pipe that works on the answer of the pipe before it. */
export interface TableStep {
  readonly columns: readonly string[]
  readonly apply: (table: ResultTable) => ResultTable
}

/** The column that a name means: its whole name, in any case, or what stands before its parentheses. */
export function columnNamed(columns: readonly string[], name: string): number {
  const folded = name.toLowerCase()
  const exact = columns.indexOf(name)
  if (exact >= 0) return exact
  const same = columns.findIndex((column) => column.toLowerCase() === folded)
  return same >= 0 ? same : columns.findIndex((column) => column.toLowerCase().startsWith(`${folded}(`))
}
