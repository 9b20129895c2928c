import { type Block, type BlockColumn, cellStart, rowsOfColumn } from './block'

/** The rows of a block from `from` up to but not including `to`, as a block of their own with the same shapes and columns. */
export function sliceBlock(block: Block, from: number, to: number): Block {
  return {
    ...block,
    rows: to - from,
    times: block.times.slice(from, to),
    nanos: block.nanos?.slice(from, to),
    levels: block.levels.slice(from, to),
    shapeOf: block.shapeOf.slice(from, to),
    ...(block.seqs && { seqs: block.seqs.slice(from, to) }),
    ...(block.received && { received: block.received.slice(from, to) }),
    columns: block.columns.map((column, index) => {
      const rows = rowsOfColumn(block, index)
      return sliceColumn(column, firstCell(rows, from), firstCell(rows, to))
    }),
  }
}

function sliceColumn(column: BlockColumn, from: number, to: number): BlockColumn {
  const { cells, sources } = column
  const start = cellStart(cells, from)
  const ends = cells.ends.slice(from, to).map((end) => end - start)
  const bytes = cells.bytes.subarray(start, cellStart(cells, to))
  const kept = sources && [...sources].filter(([cell]) => cell >= from && cell < to)
  return {
    ...column,
    cells: { count: to - from, bytes, ends },
    sources: kept && kept.length > 0 ? new Map(kept.map(([cell, source]) => [cell - from, source])) : undefined,
  }
}

/** The first cell that belongs to `row` or a later one. */
function firstCell(rows: Uint32Array | undefined, row: number): number {
  if (rows === undefined) return row
  const cell = rows.findIndex((own) => own >= row)
  return cell < 0 ? rows.length : cell
}
