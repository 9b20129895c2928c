import type { HexCells } from '../segments/hex-cells'
import { hexCellText } from '../segments/hex-cells'
import type { TemplateCells } from '../segments/template-cells'
import { type Block, bytesOfCell, type ColumnKind, rowsOfColumn, type Shape, type TextCells } from './block'
import { foldCells, indexPatch, restoreCell, restoreCells } from './case-patch'
import { documentText, stringSource } from './document'

/**
 * What a query sees of a block or a segment: the same rows and columns, however they are stored. Parts are decoded when
 * they are first asked for.
 */
export interface Table {
  readonly rows: number
  /** No row is outside of these. */
  readonly minTime: number
  readonly maxTime: number
  readonly shapes: readonly Shape[]
  readonly columns: readonly ColumnInfo[]
  times(): Float64Array
  /** Undefined while all are zero. */
  nanos(): Uint32Array | undefined
  levels(): Uint8Array
  shapeOf(): Uint16Array
  seqs(): Float64Array
  received(): Float64Array
  cells(column: number): ColumnCells
  /** Row of each cell; undefined when every row has one. */
  rowsOf(column: number): Uint32Array | undefined
}

export interface ColumnInfo {
  readonly name: string
  readonly kind: ColumnKind
  readonly system: boolean
}

/** The cells of a column in the form in which they can be compared fastest. */
export type ColumnCells =
  | {
      readonly form: 'text'
      readonly count: number
      readonly folded: () => TextCells
      /** The cell as it was sent. Who has its folded text at hand gives it. */
      readonly restore: (cell: number, text?: Uint8Array) => Uint8Array
      /** The folded texts as templates and values, if they are stored so: most are found without being written out. */
      readonly templates?: TemplateCells | undefined
      /** The cells in which one of these folded texts stands, in order, if the column was searched for all of them at once. */
      readonly cellsHolding?: ((texts: readonly Uint8Array[]) => readonly number[] | undefined) | undefined
    }
  | {
      readonly form: 'dictionary'
      readonly codes: Uint8Array | Uint16Array
      /** Each value once, folded, and as it was sent. */
      readonly folded: TextCells
      readonly values: TextCells
    }
  | { readonly form: 'integers'; readonly values: Float64Array }
  | { readonly form: 'hex'; readonly hex: HexCells }

/** How many cells the column has. */
export function cellCount(cells: ColumnCells): number {
  switch (cells.form) {
    case 'text':
      return cells.count
    case 'dictionary':
      return cells.codes.length
    case 'integers':
      return cells.values.length
    case 'hex':
      return cells.hex.bytes.length / cells.hex.width
  }
}

/** One cell as text, as it was sent (strings unescaped). */
export function cellValue(cells: ColumnCells, cell: number): string {
  switch (cells.form) {
    case 'text':
      return utf8.decode(cells.restore(cell))
    case 'dictionary':
      return utf8.decode(bytesOfCell(cells.values, cells.codes[cell]))
    case 'integers':
      return String(cells.values[cell])
    case 'hex':
      return utf8.decode(hexCellText(cells.hex, cell))
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/** Reads whole rows of a table; keeps what it had to work out for the next row. */
export class RowReader {
  readonly #table: Table
  readonly #sources: (column: number) => ReadonlyMap<number, string> | undefined
  readonly #cellOfRow = new Map<number, Int32Array | undefined>()

  constructor(table: Table & { sources(column: number): ReadonlyMap<number, string> | undefined }) {
    this.#table = table
    this.#sources = (column) => table.sources(column)
  }

  /** The document as it was sent, as JSON text. */
  document(row: number): string {
    const table = this.#table
    return documentText({
      ms: table.times()[row],
      nanos: table.nanos()?.[row] ?? 0,
      levelRank: table.levels()[row],
      shape: table.shapes[table.shapeOf()[row]],
      source: (column) => this.#source(column, row),
    })
  }

  /** Text of the row's cell in a column, or undefined when it has none. */
  value(column: number, row: number): string | undefined {
    const cell = this.cell(column, row)
    return cell < 0 ? undefined : cellValue(this.#table.cells(column), cell)
  }

  /** Index of the row's cell in a column; −1 when it has none. */
  cell(column: number, row: number): number {
    if (!this.#cellOfRow.has(column)) this.#cellOfRow.set(column, cellOfRow(this.#table, column))
    const index = this.#cellOfRow.get(column)
    return index === undefined ? row : index[row]
  }

  #source(column: number, row: number): string {
    const cell = this.cell(column, row)
    const spelled = this.#sources(column)?.get(cell)
    if (spelled !== undefined) return spelled.slice(1, -1)
    const text = cellValue(this.#table.cells(column), cell)
    return this.#table.columns[column].kind === 'string' ? stringSource(text) : text
  }
}

function cellOfRow(table: Table, column: number): Int32Array | undefined {
  const rows = table.rowsOf(column)
  if (rows === undefined) return undefined
  const index = new Int32Array(table.rows).fill(-1)
  for (let cell = 0; cell < rows.length; cell++) index[rows[cell]] = cell
  return index
}

/** A table with the spellings that its columns' text does not tell. */
export interface DocumentTable extends Table {
  sources(column: number): ReadonlyMap<number, string> | undefined
}

/** A block of the journal as a table. `firstSeq` is the sequence number of its first row. */
export function blockTable(block: Block, firstSeq: number): DocumentTable {
  const { minTime, maxTime } = timeBounds(block.times)
  const cells = memoised((column) => blockCells(block.columns[column].cells))
  const rowsOf = memoised((column) => rowsOfColumn(block, column))
  const seqs = memoised(() => block.seqs ?? Float64Array.from({ length: block.rows }, (_, row) => firstSeq + row))
  const received = memoised(() => block.received ?? new Float64Array(block.rows).fill(block.receivedMs))
  return {
    rows: block.rows,
    minTime,
    maxTime,
    shapes: block.shapes,
    columns: block.columns,
    times: () => block.times,
    nanos: () => block.nanos,
    levels: () => block.levels,
    shapeOf: () => block.shapeOf,
    seqs: () => seqs(0),
    received: () => received(0),
    cells,
    rowsOf,
    sources: (column) => block.columns[column].sources,
  }
}

/** The earliest and the latest of some times. */
export function timeBounds(times: Float64Array): { readonly minTime: number; readonly maxTime: number } {
  let minTime = Number.POSITIVE_INFINITY
  let maxTime = Number.NEGATIVE_INFINITY
  for (const time of times) {
    if (time < minTime) minTime = time
    if (time > maxTime) maxTime = time
  }
  return { minTime, maxTime }
}

function blockCells(cells: TextCells): ColumnCells {
  const folded = memoised(() => foldCells(cells).cells)
  return { form: 'text', count: cells.count, folded: () => folded(0), restore: (cell) => bytesOfCell(cells, cell) }
}

/** When this many cells of a column were restored one by one, the rest is restored at once. */
const SINGLE_RESTORES_MAX = 512

/** Folded cells whose letter case is restored when it is asked for; the patch is only read then. */
export function foldedColumn({
  count,
  cells,
  patch,
  templates,
}: {
  readonly count: number
  readonly cells: () => TextCells
  readonly patch: () => Uint8Array
  readonly templates?: TemplateCells
}): ColumnCells {
  const written = memoised(cells)
  const changes = memoised(patch)
  const index = memoised(() => indexPatch(changes(0), count))
  const restored = memoised(() => restoreCells({ cells: written(0), patch: changes(0) }))
  let singles = 0
  const restore = (cell: number, text?: Uint8Array): Uint8Array => {
    if (text) return restoreCell(text, changes(0), index(0), cell)
    return singles++ < SINGLE_RESTORES_MAX
      ? restoreCell(bytesOfCell(written(0), cell), changes(0), index(0), cell)
      : bytesOfCell(restored(0), cell)
  }
  return { form: 'text', count, folded: () => written(0), restore, templates }
}

/** Computes each answer once. */
export function memoised<T>(compute: (key: number) => T): (key: number) => T {
  const known = new Map<number, { readonly answer: T }>()
  return (key) => {
    const found = known.get(key)
    if (found !== undefined) return found.answer
    const answer = compute(key)
    known.set(key, { answer })
    return answer
  }
}
