import { type ColumnCells, cellCount, cellValue, type Table } from '../../blocks/table'
import type { Mask } from '../mask'
import { sourcesByShape } from './field-sources'
import { isLevelName, isTimeName } from './known-field'

/**
 * The field's value in each row that matches as a number, NaN where it has none. Undefined when some of its values are no
 * numbers that a double can hold: then they have to be looked at one by one.
 */
export function numbersOfField(table: Table, name: string, mask: Mask): Float64Array | undefined {
  if (isLevelName(name) || isTimeName(name)) return undefined
  const sources = sourcesByShape(table, name)
  const columns = new Set(sources.flat().map(({ column }) => column))
  for (const { column, inside } of sources.flat())
    if (column < 0 || inside || table.columns[column].kind !== 'number') return undefined
  const numbers = new Float64Array(table.rows).fill(Number.NaN)
  const shapeOf = table.shapeOf()
  for (const column of columns) {
    const asked = sources.map((some) => some[0]?.column === column)
    const rows = table.rowsOf(column)
    const cells = table.cells(column)
    if (cells.form === 'integers' && rows === undefined && asked.every(Boolean)) return cells.values
    const numberOf = numberReader(cells)
    const count = cellCount(cells)
    for (let cell = 0; cell < count; cell++) {
      const row = rows === undefined ? cell : rows[cell]
      if (!asked[shapeOf[row]] || (mask !== true && (mask === false || mask[row] === 0))) continue
      numbers[row] = numberOf(cell)
      if (!Number.isFinite(numbers[row])) return undefined
    }
  }
  return numbers
}

function numberReader(cells: ColumnCells): (cell: number) => number {
  if (cells.form === 'integers') return (cell) => cells.values[cell]
  if (cells.form !== 'dictionary') return (cell) => Number(cellValue(cells, cell))
  const known = new Float64Array(cells.values.count).fill(Number.NaN)
  return (cell) => {
    const value = cells.codes[cell]
    if (Number.isNaN(known[value])) known[value] = Number(cellValue(cells, cell))
    return known[value]
  }
}
