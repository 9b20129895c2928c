import { type BlockColumn, cellStart, cellText, joinCells, type Shape } from '../blocks/block'
import { compactBlock } from '../blocks/compact-block'
import { documentText, stringSource } from '../blocks/document'
import type { MergeInput } from './merge'

type Rows = MergeInput['block']

/** What a segment may have. */
export interface Bounds {
  readonly columns: number
  /** Members over all shapes. */
  readonly slots: number
}

/** System columns that records kept whole may bring. */
const SPARE_COLUMNS = 10

/**
 * The same records in no more columns and shapes than a segment may have. When there are more, the rarest shapes give way:
 * their records are kept whole in the column `rest`, beside the system columns that they have. A tenant that invents a
 * member name for every record then costs no more than others.
 */
export function boundColumns<T extends MergeInput>(inputs: readonly T[], bounds: Bounds): readonly T[] {
  if (areFew(inputs, bounds)) return inputs
  const kept = keptShapes(inputs, bounds)
  return inputs.map((input, index) => {
    const isKept = input.block.shapes.map((_, shape) => kept.has(`${index} ${shape}`))
    return isKept.every(Boolean) ? input : { ...input, block: withWholeRows(input.block, isKept) }
  })
}

function areFew(inputs: readonly MergeInput[], bounds: Bounds): boolean {
  const columns = new Set(inputs.flatMap(({ block }) => columnKeys(block)))
  const slots = inputs.reduce((sum, { block }) => sum + block.shapes.reduce((own, shape) => own + cost(shape), 0), 0)
  return columns.size <= bounds.columns && slots <= bounds.slots
}

const cost = (shape: Shape): number => shape.slots.length + 1

/** What a column is merged by: two of one name and kind are the first and second member of that name. */
function columnKeys({ columns }: Rows): string[] {
  const seen = new Map<string, number>()
  return columns.map(({ name, kind, system }) => {
    const key = `${system} ${kind} ${name}`
    const occurrence = seen.get(key) ?? 0
    seen.set(key, occurrence + 1)
    return `${occurrence} ${key}`
  })
}

interface Candidate {
  rows: number
  readonly shape: Shape
  readonly columns: readonly string[]
  /** `input shape` of each place where it occurs. */
  readonly places: string[]
}

/** The places of those shapes that may stay, the commonest first. */
function keptShapes(inputs: readonly MergeInput[], bounds: Bounds): Set<string> {
  const columns = new Set<string>()
  const kept = new Set<string>()
  let slots = 0
  for (const { shape, columns: wanted, places } of candidates(inputs).sort((left, right) => right.rows - left.rows)) {
    const fresh = new Set(wanted.filter((key) => !columns.has(key)))
    const fits = columns.size + fresh.size <= bounds.columns - SPARE_COLUMNS && slots + cost(shape) <= bounds.slots
    if (!fits) continue
    for (const key of fresh) columns.add(key)
    for (const place of places) kept.add(place)
    slots += cost(shape)
  }
  return kept
}

function candidates(inputs: readonly MergeInput[]): Candidate[] {
  const known = new Map<string, Candidate>()
  for (const [index, { block }] of inputs.entries()) {
    const keys = columnKeys(block)
    const rows = new Uint32Array(block.shapes.length)
    for (let row = 0; row < block.rows; row++) rows[block.shapeOf[row]]++
    for (const [at, shape] of block.shapes.entries()) {
      const columns = columnsOf(shape).map((column) => keys[column])
      const text = JSON.stringify([
        shape.parts,
        columns,
        shape.slots.map(({ column, form }) => (column < 0 ? form : 0)),
      ])
      const candidate = known.get(text) ?? { rows: 0, shape, columns, places: [] }
      candidate.rows += rows[at]
      candidate.places.push(`${index} ${at}`)
      known.set(text, candidate)
    }
  }
  return [...known.values()]
}

/** The columns in which a row of this shape has a cell. */
const columnsOf = (shape: Shape): number[] => [
  ...shape.slots.map(({ column }) => column).filter((column) => column >= 0),
  ...shape.hidden,
]

/** The block with the rows of those shapes that are not kept written out into its column `rest`. */
function withWholeRows(block: Rows, isKept: readonly boolean[]): Rows {
  const ownRest = block.columns.findIndex(({ name, system }) => system && name === 'rest')
  const columns = ownRest < 0 ? [...block.columns, NO_REST] : block.columns
  const rest = ownRest < 0 ? block.columns.length : ownRest
  const shapes = block.shapes.map((shape, index) => (isKept[index] ? shape : wholeShape(shape, columns, rest)))
  const inColumns = block.shapes.map(columnsOf)
  const pieces = columns.map((): Piece[] => [])
  const cursor = new Uint32Array(columns.length)
  for (let row = 0; row < block.rows; row++) {
    const shape = block.shapeOf[row]
    if (!isKept[shape]) pieces[rest].push(documentOf(block, row, cursor))
    for (const column of inColumns[shape]) {
      const cell = cursor[column]++
      if (isKept[shape] || (columns[column].system && column !== rest)) pieces[column].push(cell)
    }
  }
  return compactBlock({ ...block, shapes, columns: columns.map((column, index) => pieced(column, pieces[index])) })
}

/** A cell of the column as it was, or the text of a new one. */
type Piece = number | string

const NO_REST: BlockColumn = {
  name: 'rest',
  kind: 'json',
  system: true,
  cells: { count: 0, bytes: new Uint8Array(0), ends: new Uint32Array(0) },
  sources: undefined,
}

const wholeShape = (shape: Shape, columns: readonly BlockColumn[], rest: number): Shape => ({
  parts: ['', ''],
  slots: [{ column: rest, form: 0, path: '' }],
  hidden: columnsOf(shape).filter((column) => columns[column].system && column !== rest),
})

function pieced(column: BlockColumn, pieces: readonly Piece[]): BlockColumn {
  const { cells, sources } = column
  const encoder = new TextEncoder()
  const kept = new Map<number, string>()
  for (const [cell, piece] of pieces.entries()) {
    const source = typeof piece === 'number' ? sources?.get(piece) : undefined
    if (source !== undefined) kept.set(cell, source)
  }
  const bytesOf = (cell: number): Uint8Array => {
    const piece = pieces[cell]
    if (typeof piece === 'string') return encoder.encode(piece)
    return cells.bytes.subarray(cellStart(cells, piece), cells.ends[piece])
  }
  return { ...column, cells: joinCells(pieces.length, bytesOf), sources: kept.size > 0 ? kept : undefined }
}

function documentOf(block: Rows, row: number, cursor: Uint32Array): string {
  return documentText({
    ms: block.times[row],
    nanos: block.nanos?.[row] ?? 0,
    levelRank: block.levels[row],
    shape: block.shapes[block.shapeOf[row]],
    source: (column) => sourceOf(block.columns[column], cursor[column]),
  })
}

function sourceOf({ kind, cells, sources }: BlockColumn, cell: number): string {
  const spelled = sources?.get(cell)
  if (spelled !== undefined) return spelled.slice(1, -1)
  const text = cellText(cells, cell)
  return kind === 'string' ? stringSource(text) : text
}
