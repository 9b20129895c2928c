import { cellValue, type Table } from '../blocks/table'
import type { TableHead } from './field-columns'
import type { Filter } from './filter'
import { type Mask, matchingRows } from './mask'

/**
 * The same filter for the records of one service: those whose service is exactly this text. A term `service:x` finds more:
 * any letter case, and what was sent as `metadata.service` beside another name.
 */
export const ofService = (filter: Filter, service: string): Filter => ({
  ...filter,
  columns: (head) => [...new Set([...filter.columns(head), ...serviceColumns(head)])],
  exactLevels: () => undefined,
  evaluate: (table) => rowsOfService(table, filter.evaluate(table), service),
})

const serviceColumns = ({ columns }: TableHead): number[] =>
  columns.flatMap(({ name, system }, column) => (system && name === 'service' ? [column] : []))

function rowsOfService(table: Table, among: Mask, service: string): Mask {
  if (among === false) return false
  const mask = new Uint8Array(table.rows)
  for (const column of serviceColumns(table)) {
    const isSame = cellTest(table, column, service)
    const cellOf = cellsByRow(table, column)
    for (const row of matchingRows(among, table.rows)) {
      const cell = cellOf(row)
      if (cell >= 0 && isSame(cell)) mask[row] = 1
    }
  }
  return mask
}

/** Looks at each value of a dictionary once. */
function cellTest(table: Table, column: number, service: string): (cell: number) => boolean {
  const cells = table.cells(column)
  if (cells.form !== 'dictionary') return (cell) => cellValue(cells, cell) === service
  const known = new Map<number, boolean>()
  return (cell) => {
    const code = cells.codes[cell]
    const isSame = known.get(code) ?? cellValue(cells, cell) === service
    known.set(code, isSame)
    return isSame
  }
}

/** The cell of a row; −1 where it has none. */
function cellsByRow(table: Table, column: number): (row: number) => number {
  const rows = table.rowsOf(column)
  if (rows === undefined) return (row) => row
  const cells = new Int32Array(table.rows).fill(-1)
  for (const [cell, row] of rows.entries()) cells[row] = cell
  return (row) => cells[row]
}
