import { type Block, type BlockColumn, cellStart, type Shape, type TextCells } from '../blocks/block'

/** Records in their final order, (time, seq), ready to be encoded. */
export interface SortedRows extends Omit<Block, 'receivedMs' | 'seqs' | 'received'> {
  readonly seqs: Float64Array
  readonly received: Float64Array
}

/** Rows of a block or a decoded segment, with what the tenant object said about them. */
export interface MergeInput {
  readonly block: Omit<Block, 'receivedMs' | 'seqs' | 'received'>
  /** Sequence numbers, one a row. */
  readonly seqs: Float64Array
  readonly received: Float64Array
}

/** A journal block and the sequence number of its first row as an input for merging. */
export function journalInput(block: Block, firstSeq: number): MergeInput {
  return {
    block,
    seqs: block.seqs ?? countingFrom(firstSeq, block.rows),
    received: block.received ?? new Float64Array(block.rows).fill(block.receivedMs),
  }
}

/** `first`, `first` + 1, … */
export function countingFrom(first: number, count: number): Float64Array {
  const numbers = new Float64Array(count)
  for (let index = 0; index < count; index++) numbers[index] = first + index
  return numbers
}

/** 0, 1, … */
export function rowNumbers(count: number): Uint32Array {
  const numbers = new Uint32Array(count)
  for (let row = 0; row < count; row++) numbers[row] = row
  return numbers
}

/** Which rows of the inputs to take: an index into all rows, input after input. */
export type Selection = Uint32Array

/** Merges blocks into one run of rows sorted by (time, seq). `selected` holds the rows to take, in any order. */
export function mergeRows(inputs: readonly MergeInput[], selected?: Selection): SortedRows {
  const all = gatherScalars(inputs)
  const order = sortedOrder(all, selected ?? rowNumbers(all.times.length))
  const { shapes, shapeMaps, columns, columnMaps } = unify(inputs)
  const rows = order.length
  const shapeOf = new Uint16Array(rows)
  for (let row = 0; row < rows; row++) {
    const at = order[row]
    const input = all.inputOf[at]
    shapeOf[row] = shapeMaps[input][inputs[input].block.shapeOf[all.localRow[at]]]
  }
  return {
    rows,
    times: gatherFloat(all.times, order),
    nanos: all.nanos && gatherUint32(all.nanos, order),
    seqs: gatherFloat(all.seqs, order),
    received: gatherFloat(all.received, order),
    levels: gatherUint8(all.levels, order),
    shapes,
    shapeOf,
    columns: columns.map((column, index) =>
      mergeColumn(
        column,
        inputs,
        columnMaps.map((map) => map.indexOf(index)),
        order,
        all,
      ),
    ),
  }
}

interface Scalars {
  readonly times: Float64Array
  readonly nanos: Uint32Array | undefined
  readonly seqs: Float64Array
  readonly received: Float64Array
  readonly levels: Uint8Array
  readonly inputOf: Uint16Array
  readonly localRow: Uint32Array
  /** Of each input: which columns each of its shapes has a cell in. */
  readonly members: readonly Uint8Array[]
}

function gatherScalars(inputs: readonly MergeInput[]): Scalars {
  const total = inputs.reduce((sum, input) => sum + input.block.rows, 0)
  const hasNanos = inputs.some((input) => input.block.nanos !== undefined)
  const all = {
    times: new Float64Array(total),
    nanos: hasNanos ? new Uint32Array(total) : undefined,
    seqs: new Float64Array(total),
    received: new Float64Array(total),
    levels: new Uint8Array(total),
    inputOf: new Uint16Array(total),
    localRow: new Uint32Array(total),
    members: inputs.map(({ block }) => membersOf(block)),
  }
  let at = 0
  for (const [index, { block, seqs, received }] of inputs.entries()) {
    all.times.set(block.times, at)
    if (block.nanos) all.nanos?.set(block.nanos, at)
    all.seqs.set(seqs, at)
    all.received.set(received, at)
    all.levels.set(block.levels, at)
    all.inputOf.fill(index, at, at + block.rows)
    for (let row = 0; row < block.rows; row++) all.localRow[at + row] = row
    at += block.rows
  }
  return all
}

function sortedOrder(all: Scalars, selected: Selection): Uint32Array {
  const { times, nanos, seqs } = all
  const byTime = nanos === undefined && isAscending(seqs, selected) ? orderByTime(times, selected) : undefined
  if (byTime) return byTime
  const before = (left: number, right: number): number =>
    times[left] - times[right] || (nanos ? nanos[left] - nanos[right] : 0) || seqs[left] - seqs[right]
  const order = selected.slice()
  for (let index = 1; index < order.length; index++) {
    if (before(order[index - 1], order[index]) > 0) return order.sort(before)
  }
  return order
}

/** True when the numbers at these places go up. */
function isAscending(numbers: Float64Array, places: Uint32Array): boolean {
  for (let index = 1; index < places.length; index++)
    if (numbers[places[index - 1]] >= numbers[places[index]]) return false
  return true
}

/**
 * Rows that stand in the order of seq, in the order of (time, seq). Each row becomes one number, its time and then its place,
 * because the engine sorts numbers ten times faster than it calls a comparison. Undefined where such a number would lose
 * digits: the rows of a segment are of one day, but those of a journal need not be.
 */
function orderByTime(times: Float64Array, selected: Selection): Uint32Array | undefined {
  if (isSorted(times, selected)) return selected
  const rows = selected.length
  const { least, most } = boundsOf(times, selected)
  if ((most - least + 1) * rows > Number.MAX_SAFE_INTEGER) return undefined
  const keys = new Float64Array(rows)
  for (let place = 0; place < rows; place++) keys[place] = (times[selected[place]] - least) * rows + place
  keys.sort()
  const order = new Uint32Array(rows)
  for (let index = 0; index < rows; index++) order[index] = selected[keys[index] % rows]
  return order
}

function boundsOf(times: Float64Array, places: Uint32Array): { least: number; most: number } {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (const place of places) {
    const time = times[place]
    if (time < least) least = time
    if (time > most) most = time
  }
  return { least, most }
}

function isSorted(times: Float64Array, places: Uint32Array): boolean {
  for (let index = 1; index < places.length; index++) if (times[places[index - 1]] > times[places[index]]) return false
  return true
}

interface Unified {
  readonly shapes: Shape[]
  readonly columns: Pick<BlockColumn, 'name' | 'kind' | 'system'>[]
  /** For each input: its shape and column indexes → the merged ones. */
  readonly shapeMaps: number[][]
  readonly columnMaps: number[][]
}

function unify(inputs: readonly MergeInput[]): Unified {
  const columns: Pick<BlockColumn, 'name' | 'kind' | 'system'>[] = []
  const columnIndex = new Map<string, number>()
  const shapes: Shape[] = []
  const shapeIndex = new Map<string, number>()
  const columnMaps: number[][] = []
  const shapeMaps: number[][] = []
  for (const { block } of inputs) {
    const seen = new Map<string, number>()
    const columnMap = block.columns.map(({ name, kind, system }) => {
      // Two columns of one name and kind are the first and second member of that name in a document.
      const base = `${system} ${kind} ${name}`
      const occurrence = seen.get(base) ?? 0
      seen.set(base, occurrence + 1)
      return intern(columnIndex, `${occurrence} ${base}`, () => columns.push({ name, kind, system }) - 1)
    })
    columnMaps.push(columnMap)
    shapeMaps.push(
      block.shapes.map((shape) => {
        const slots = shape.slots.map((slot) => ({
          ...slot,
          column: slot.column < 0 ? slot.column : columnMap[slot.column],
        }))
        const moved = { parts: shape.parts, slots, hidden: shape.hidden.map((column) => columnMap[column]) }
        return intern(shapeIndex, JSON.stringify(moved), () => shapes.push(moved) - 1)
      }),
    )
  }
  return { shapes, columns, columnMaps, shapeMaps }
}

function intern(index: Map<string, number>, key: string, create: () => number): number {
  const known = index.get(key)
  if (known !== undefined) return known
  const created = create()
  index.set(key, created)
  return created
}

/** Copies a column's cells in the order of the rows. Neighbours that stay neighbours are copied as one piece. */
function mergeColumn(
  column: Pick<BlockColumn, 'name' | 'kind' | 'system'>,
  inputs: readonly MergeInput[],
  localColumns: readonly number[],
  order: Uint32Array,
  all: Scalars,
): BlockColumn {
  const sources = inputs.map((input, index) =>
    localColumns[index] < 0 ? undefined : input.block.columns[localColumns[index]],
  )
  const cellOf = inputs.map((input, index) => cellIndexOf(input, all.members[index], localColumns[index]))
  const { cellCount, byteCount } = measure(order, all, sources, cellOf)
  const bytes = new Uint8Array(byteCount)
  const ends = new Uint32Array(cellCount)
  const spelled = new Map<number, string>()
  let write = 0
  let cell = 0
  for (let row = 0; row < order.length; ) {
    const at = order[row]
    const input = all.inputOf[at]
    const source = sources[input]
    const index = cellOf[input]
    const first = source === undefined ? -1 : cellAt(index, all.localRow[at])
    if (source === undefined || first < 0) {
      row++
      continue
    }
    // Where times are mixed, most rows have no neighbour.
    const run = order[row + 1] === at + 1 ? runLength(order, row, all, index) : 1
    const { cells } = source
    const from = cellStart(cells, first)
    const to = cells.ends[first + run - 1] + 1
    copyBytes(cells.bytes, from, to, bytes, write)
    if (run === 1) ends[cell] = write + to - from - 1
    else copyEnds(cells.ends, first, run, ends, cell, write - from)
    if (source.sources !== undefined) copySources(source.sources, first, run, spelled, cell)
    write += to - from
    cell += run
    row += run
  }
  const cells: TextCells = { count: cellCount, bytes, ends }
  return { ...column, cells, sources: spelled.size > 0 ? spelled : undefined }
}

// Loops have functions of their own where they are hot: the engine optimises a short function once, and a loop inside a
// long one anew at every call.

/** How many rows from `row` on are neighbours in the same input, cell by cell. */
function runLength(order: Uint32Array, row: number, all: Scalars, index: Int32Array | undefined): number {
  const at = order[row]
  const input = all.inputOf[at]
  const first = cellAt(index, all.localRow[at])
  const most = order.length - row
  let run = 1
  while (run < most && order[row + run] === at + run && all.inputOf[at + run] === input) {
    if (cellAt(index, all.localRow[at + run]) !== first + run) break
    run++
  }
  return run
}

function copyBytes(source: Uint8Array, from: number, to: number, target: Uint8Array, at: number): void {
  if (to - from > 64) {
    target.set(source.subarray(from, to), at)
    return
  }
  const shift = at - from
  for (let read = from; read < to; read++) target[read + shift] = source[read]
}

function copyEnds(
  source: Uint32Array,
  from: number,
  count: number,
  target: Uint32Array,
  at: number,
  shift: number,
): void {
  for (let index = 0; index < count; index++) target[at + index] = source[from + index] + shift
}

function copySources(
  source: ReadonlyMap<number, string>,
  from: number,
  count: number,
  target: Map<number, string>,
  at: number,
): void {
  for (let index = 0; index < count; index++) {
    const spelling = source.get(from + index)
    if (spelling !== undefined) target.set(at + index, spelling)
  }
}

function measure(
  order: Uint32Array,
  all: Scalars,
  sources: readonly (BlockColumn | undefined)[],
  cellOf: readonly (Int32Array | undefined)[],
): { cellCount: number; byteCount: number } {
  let cellCount = 0
  let byteCount = 0
  for (let row = 0; row < order.length; row++) {
    const at = order[row]
    const input = all.inputOf[at]
    const source = sources[input]
    if (source === undefined) continue
    const cell = cellAt(cellOf[input], all.localRow[at])
    if (cell < 0) continue
    cellCount++
    byteCount += source.cells.ends[cell] + 1 - cellStart(source.cells, cell)
  }
  return { cellCount, byteCount }
}

const cellAt = (index: Int32Array | undefined, row: number): number => (index === undefined ? row : index[row])

/** Cell of each row, −1 where it has none; undefined when every row has one. */
function cellIndexOf({ block }: MergeInput, members: Uint8Array, column: number): Int32Array | undefined {
  if (column < 0) return undefined
  const width = block.columns.length
  if (block.shapes.every((_, shape) => members[shape * width + column] === 1)) return undefined
  const index = new Int32Array(block.rows)
  let cell = 0
  for (let row = 0; row < block.rows; row++) {
    index[row] = members[block.shapeOf[row] * width + column] === 1 ? cell++ : -1
  }
  return index
}

/** Which columns each shape of a block has a cell in: shape after shape, one byte a column. */
function membersOf({ shapes, columns }: MergeInput['block']): Uint8Array {
  const members = new Uint8Array(shapes.length * columns.length)
  for (const [index, { slots, hidden }] of shapes.entries()) {
    const from = index * columns.length
    for (const { column } of slots) if (column >= 0) members[from + column] = 1
    for (const column of hidden) members[from + column] = 1
  }
  return members
}

const gatherFloat = (values: Float64Array, order: Uint32Array): Float64Array => {
  const out = new Float64Array(order.length)
  for (let index = 0; index < order.length; index++) out[index] = values[order[index]]
  return out
}

const gatherUint8 = (values: Uint8Array, order: Uint32Array): Uint8Array => {
  const out = new Uint8Array(order.length)
  for (let index = 0; index < order.length; index++) out[index] = values[order[index]]
  return out
}

const gatherUint32 = (values: Uint32Array, order: Uint32Array): Uint32Array => {
  const out = new Uint32Array(order.length)
  for (let index = 0; index < order.length; index++) out[index] = values[order[index]]
  return out
}
