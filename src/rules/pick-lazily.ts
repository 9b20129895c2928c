import { type Block, type BlockColumn, bytesOfCell, joinCells, rowsOfColumn, type TextCells } from '../blocks/block'

/**
 * Some rows of a block, named in ascending order, as a block with the same shapes and columns. A column's cells are only
 * copied when it is read: a filter reads few of them. Numbers of the first row and on are in `seqs`.
 */
export function pickLazily(block: Block, rows: Uint32Array, firstSeq: number): Block {
  const pick = (values: Float64Array): Float64Array => picked(values, new Float64Array(rows.length), rows)
  const { seqs, received, nanos } = block
  return {
    ...block,
    rows: rows.length,
    times: pick(block.times),
    nanos: nanos && picked(nanos, new Uint32Array(rows.length), rows),
    levels: picked(block.levels, new Uint8Array(rows.length), rows),
    shapeOf: picked(block.shapeOf, new Uint16Array(rows.length), rows),
    seqs: seqs ? pick(seqs) : numbers(rows, firstSeq),
    received: received && pick(received),
    columns: block.columns.map((column, index) => new PickedColumn(column, () => cellsOf(block, index, rows))),
  }
}

function picked<Values extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(
  values: Values,
  into: Values,
  rows: Uint32Array,
): Values {
  for (let place = 0; place < rows.length; place++) into[place] = values[rows[place]]
  return into
}

function numbers(rows: Uint32Array, firstSeq: number): Float64Array {
  const seqs = new Float64Array(rows.length)
  for (let place = 0; place < rows.length; place++) seqs[place] = firstSeq + rows[place]
  return seqs
}

/** A column of the rows that were picked, copied when it is first read. */
class PickedColumn implements BlockColumn {
  readonly name: BlockColumn['name']
  readonly kind: BlockColumn['kind']
  readonly system: boolean
  readonly #column: BlockColumn
  readonly #cellsOf: () => Uint32Array
  #picked: Uint32Array | undefined
  #cells: TextCells | undefined

  constructor(column: BlockColumn, cells: () => Uint32Array) {
    this.name = column.name
    this.kind = column.kind
    this.system = column.system
    this.#column = column
    this.#cellsOf = cells
  }

  get cells(): TextCells {
    const picked = this.#pick()
    const { cells } = this.#column
    this.#cells ??= joinCells(picked.length, (place) => bytesOfCell(cells, picked[place]))
    return this.#cells
  }

  get sources(): ReadonlyMap<number, string> | undefined {
    const { sources } = this.#column
    if (sources === undefined) return undefined
    const kept = new Map<number, string>()
    for (const [place, cell] of this.#pick().entries()) {
      const source = sources.get(cell)
      if (source !== undefined) kept.set(place, source)
    }
    return kept
  }

  #pick(): Uint32Array {
    this.#picked ??= this.#cellsOf()
    return this.#picked
  }
}

/** The cells that rows have in a column, in their order. */
function cellsOf(block: Block, column: number, rows: Uint32Array): Uint32Array {
  const own = rowsOfColumn(block, column)
  if (own === undefined) return rows
  const cells = new Uint32Array(rows.length)
  let count = 0
  let cell = 0
  for (const row of rows) {
    while (cell < own.length && own[cell] < row) cell++
    if (own[cell] === row) cells[count++] = cell
  }
  return cells.subarray(0, count)
}
