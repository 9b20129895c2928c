import { type Block, type BlockColumn, bytesOfCell, joinCells, rowsOfColumn } from './block'
import { compactBlock } from './compact-block'

/** Some rows of a block, named in ascending order, as a block of their own: with the shapes and columns that they need. */
export function pickRows(block: Block, rows: Uint32Array): Block {
  const isPicked = new Uint8Array(block.rows)
  for (const row of rows) isPicked[row] = 1
  const wanted = (_: unknown, row: number): boolean => isPicked[row] === 1
  return compactBlock({
    ...block,
    rows: rows.length,
    times: block.times.filter(wanted),
    nanos: block.nanos?.filter(wanted),
    levels: block.levels.filter(wanted),
    shapeOf: block.shapeOf.filter(wanted),
    ...(block.seqs && { seqs: block.seqs.filter(wanted) }),
    ...(block.received && { received: block.received.filter(wanted) }),
    columns: block.columns.map((column, index) => pickCells(column, cellsOfRows(block, index, isPicked))),
  })
}

/** The cells that the picked rows have in a column. */
function cellsOfRows(block: Block, column: number, isPicked: Uint8Array): Uint32Array {
  const rows = rowsOfColumn(block, column)
  const { count } = block.columns[column].cells
  const picked = new Uint32Array(count)
  let length = 0
  for (let cell = 0; cell < count; cell++) if (isPicked[rows === undefined ? cell : rows[cell]]) picked[length++] = cell
  return picked.subarray(0, length)
}

function pickCells(column: BlockColumn, picked: Uint32Array): BlockColumn {
  const { cells, sources } = column
  const kept = new Map<number, string>()
  if (sources !== undefined) {
    for (const [place, cell] of picked.entries()) {
      const source = sources.get(cell)
      if (source !== undefined) kept.set(place, source)
    }
  }
  return {
    ...column,
    cells: joinCells(picked.length, (place) => bytesOfCell(cells, picked[place])),
    sources: kept.size > 0 ? kept : undefined,
  }
}
