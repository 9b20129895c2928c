import type { Table } from '../../blocks/table'
import type { TableHead } from '../field-columns'
import type { Mask } from '../mask'
import type { CountedHeader } from './header-counts'
import type { ResultTable } from './result-table'

/** A pipe that turns records into a table of numbers. */
export interface Aggregation {
  /** The columns of its answer. */
  readonly resultColumns: readonly string[]
  /** What it reads of a table: indexes of columns, and TIME_SLOT or LEVEL_SLOT for times or levels. */
  columns(head: TableHead): number[]
  /** Adds the rows of a table that match. Tables may come in any order. */
  add(table: Table, mask: Mask): void
  /**
   * Adds all rows of a segment that have one of the levels (a bit mask of ranks) by what its header says. False, and nothing
   * is added, when that is not enough.
   */
  addCounts(header: CountedHeader, levelMask: number): boolean
  result(): ResultTable
}
