/**
 * A block is a columnar batch of records, in memory, in the journal or (sealed) in a segment.
 *
 * Each record has a shape: the literal JSON between its values. A column holds, cell by cell, the values that stand under
 * one path with one type, for just those rows whose shape has a slot for it. Shape and cells rebuild the document as sent.
 */
export interface Block {
  readonly rows: number
  readonly receivedMs: number
  /** Milliseconds since 1970, one a row. */
  readonly times: Float64Array
  /** The part below a millisecond, 0–999,999 ns, one a row; absent while all are zero. */
  readonly nanos: Uint32Array | undefined
  /** Level ranks, one a row: index into LEVELS. */
  readonly levels: Uint8Array
  readonly shapes: readonly Shape[]
  /** Index into `shapes`, one a row. */
  readonly shapeOf: Uint16Array
  readonly columns: readonly BlockColumn[]
  /** Sequence numbers, when they do not just count up from the block's first. */
  readonly seqs?: Float64Array | undefined
  /** When each row was received, when that differs from row to row. */
  readonly received?: Float64Array | undefined
}

/** What kind of JSON value a column's cells are. `literal` is true, false or null; `json` is an array, or what is nested too deep. */
export type ColumnKind = 'string' | 'number' | 'literal' | 'json'

/** The columns that the system itself reads: what they mean does not depend on the path they were sent under. */
export type SystemColumn =
  | 'service'
  | 'message'
  | 'trace_id'
  | 'span_id'
  | 'source'
  | 'category'
  | 'severity'
  | 'tags'
  /** How many records a sampled one stands for, as a number. */
  | 'weight'
  | 'rest'

export interface BlockColumn {
  /** Dotted path of a field, or the name of a system column. */
  readonly name: string
  readonly kind: ColumnKind
  readonly system: boolean
  readonly cells: TextCells
  /** Cells whose string was sent in another spelling than JSON.stringify's (`\/`, `\u00e9`, a lone surrogate): their source. */
  readonly sources: ReadonlyMap<number, string> | undefined
}

/** Cells as UTF-8 (strings unescaped, everything else as JSON source), each followed by a CELL_END byte. */
export interface TextCells {
  readonly count: number
  readonly bytes: Uint8Array
  /** Where the CELL_END byte of each cell stands. */
  readonly ends: Uint32Array
}

/** Never part of UTF-8, so no search string spans two cells. */
export const CELL_END = 0xff

/** One way in which records are laid out: `parts[0] slot[0] parts[1] slot[1] … parts[n]`. */
export interface Shape {
  readonly parts: readonly string[]
  readonly slots: readonly Slot[]
  /** System columns in which rows of this shape have a cell that is not written into the document. */
  readonly hidden: readonly number[]
}

export interface Slot {
  /** Index of the column, or TIME_SLOT or LEVEL_SLOT when the value is rebuilt from the row's time or level. */
  readonly column: number
  /** With TIME_SLOT a TimeForm, with LEVEL_SLOT a LevelForm, else 0. */
  readonly form: number
  /** Dotted path in the document. */
  readonly path: string
}

export const TIME_SLOT = -1
export const LEVEL_SLOT = -2

/** How a time stands in the document when it can be rebuilt from the row's time. 0: it cannot, and has a column. */
export const TIME_FORM = {
  column: 0,
  isoMs: 1,
  iso: 2,
  isoMicros: 3,
  isoNanos: 4,
  epochMs: 5,
  epochSeconds: 6,
} as const

/** How a level stands in the document when it can be rebuilt from the row's rank. 0: it cannot, and has a column. */
export const LEVEL_FORM = { column: 0, lower: 1, upper: 2 } as const

/** What kind of scalar this JSON source is, if it is no string. */
export const compactKind = (source: string): 'literal' | 'number' => (/^[tfn]/.test(source) ? 'literal' : 'number')

/** Where a cell begins in `bytes`. */
export const cellStart = (cells: TextCells, index: number): number => (index === 0 ? 0 : cells.ends[index - 1] + 1)

/** The cell's bytes, as a view. */
export const bytesOfCell = (cells: TextCells, index: number): Uint8Array =>
  cells.bytes.subarray(cellStart(cells, index), cells.ends[index])

/** The cell as text. */
export const cellText = (cells: TextCells, index: number): string => utf8.decode(bytesOfCell(cells, index))

const utf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/** Cells put together from the bytes of each. */
export function joinCells(count: number, bytesOf: (cell: number) => Uint8Array): TextCells {
  let bytes = new Uint8Array(count * 16 + 64)
  const ends = new Uint32Array(count)
  let write = 0
  for (let cell = 0; cell < count; cell++) {
    const part = bytesOf(cell)
    if (write + part.length + 1 > bytes.length) {
      const larger = new Uint8Array(bytes.length * 2 + part.length)
      larger.set(bytes)
      bytes = larger
    }
    bytes.set(part, write)
    write += part.length
    ends[cell] = write
    bytes[write++] = CELL_END
  }
  return { count, bytes: bytes.subarray(0, write), ends }
}

/** Does a row of this shape have a cell in the column? */
export function shapeHas(shape: Shape, column: number): boolean {
  return shape.hidden.includes(column) || shape.slots.some((slot) => slot.column === column)
}

/**
 * The rows that have a cell in each column, in order: entry i is the row of cell i. Undefined means every row, so that the
 * common case costs nothing.
 */
export function rowsOfColumn(
  block: Pick<Block, 'rows' | 'shapes' | 'shapeOf'>,
  column: number,
): Uint32Array | undefined {
  const has = block.shapes.map((shape) => shapeHas(shape, column))
  if (has.every(Boolean)) return undefined
  const rows = new Uint32Array(block.rows)
  let count = 0
  for (let row = 0; row < block.rows; row++) if (has[block.shapeOf[row]]) rows[count++] = row
  return rows.subarray(0, count)
}
