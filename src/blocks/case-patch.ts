import { foldCodePoint } from '../records/fold'
import { bytesOfCell, CELL_END, cellStart, joinCells, type TextCells } from './block'

/**
 * Text cells with their letter case taken out, and what puts it back. Search compares folded bytes, so that a native
 * indexOf ignores case; only what is shown is restored.
 *
 * The patch is a stream of varints: for each cell that changed, the distance from the cell before that changed, the number
 * of changes, and for each the distance in folded bytes from the change before, times two, plus one when a code point
 * follows (the original is not ASCII).
 */
export interface FoldedCells {
  readonly cells: TextCells
  readonly patch: Uint8Array
}

export function foldCells(cells: TextCells): FoldedCells {
  return foldInPlace(cells) ?? foldMoving(cells)
}

/** Folding that moves no byte, which is nearly all of it. Undefined when a folded code point has another length. */
function foldInPlace(cells: TextCells): FoldedCells | undefined {
  // Not slice(): that of a Buffer is a view, and the original would be folded.
  const folded = new Uint8Array(cells.bytes)
  const patch = new PatchWriter()
  let start = 0
  for (let cell = 0; cell < cells.count; cell++) {
    const end = cells.ends[cell]
    for (let at = nextToFold(folded, start, end); at < end; at = nextToFold(folded, at, end)) {
      const length = foldAt(folded, at, at - start, patch)
      if (length < 0) return undefined
      at += length
    }
    patch.endCell(cell)
    start = end + 1
  }
  return { cells: { count: cells.count, bytes: folded, ends: cells.ends }, patch: patch.bytes() }
}

/** The next byte that is an upper-case letter or begins a longer code point. */
function nextToFold(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && (bytes[at] < 0x41 || (bytes[at] > 0x5a && bytes[at] < 0x80))) at++
  return at
}

/** Folds the code point at `at`; answers its length, or −1 when folding would change that. */
function foldAt(bytes: Uint8Array, at: number, position: number, patch: PatchWriter): number {
  const byte = bytes[at]
  if (byte < 0x80) {
    patch.changeCase(position)
    bytes[at] = byte + 0x20
    return 1
  }
  const length = sequenceLength(byte)
  const codePoint = decodeCodePoint(bytes, at, length)
  const plain = foldCodePoint(codePoint)
  if (plain === codePoint) return length
  if (encodedLength(plain) !== length) return -1
  patch.changeCodePoint(position, codePoint)
  encodeCodePoint(plain, bytes, at)
  return length
}

function foldMoving(cells: TextCells): FoldedCells {
  const source = cells.bytes
  // A folded code point may take a byte more than the original (Ⱥ, U+023A, folds to U+2C65).
  const folded = new Uint8Array(source.length * 2)
  const ends = new Uint32Array(cells.count)
  const patch = new PatchWriter()
  let read = 0
  let write = 0
  for (let cell = 0; cell < cells.count; cell++) {
    const start = write
    while (read < cells.ends[cell]) {
      const length = sequenceLength(source[read])
      const codePoint = length === 1 ? source[read] : decodeCodePoint(source, read, length)
      const plain = foldCodePoint(codePoint)
      if (plain !== codePoint && length === 1) patch.changeCase(write - start)
      else if (plain !== codePoint) patch.changeCodePoint(write - start, codePoint)
      write += encodeCodePoint(plain, folded, write)
      read += length
    }
    patch.endCell(cell)
    ends[cell] = write
    folded[write++] = CELL_END
    read++
  }
  return { cells: { count: cells.count, bytes: folded.subarray(0, write), ends }, patch: patch.bytes() }
}

/** Where each cell's changes begin in the patch; −1 for a cell without. Built once, then cells are restored one by one. */
export function indexPatch(patch: Uint8Array, cellCount: number): Int32Array {
  const index = new Int32Array(cellCount).fill(-1)
  const reader = new VarintReader(patch)
  let cell = 0
  while (reader.at < patch.length) {
    cell += reader.next()
    index[cell] = reader.at
    const count = reader.next()
    for (let change = 0; change < count; change++) if (reader.next() % 2 === 1) reader.next()
  }
  return index
}

/** The bytes of one cell as they were before folding: `bytes` are those after it. */
export function restoreCell(bytes: Uint8Array, patch: Uint8Array, index: Int32Array, cell: number): Uint8Array {
  if (index[cell] < 0) return bytes
  return restoreLetters(bytes, patch, index[cell]) ?? restoreCodePoints(bytes, new VarintReader(patch, index[cell]))
}

/** Puts capitals back, which is all there is to do for most cells; undefined where a code point has to be put back. */
function restoreLetters(bytes: Uint8Array, patch: Uint8Array, from: number): Uint8Array | undefined {
  const count = patch[from]
  if (count >= 0x80) return undefined
  // Not slice(): that of a Buffer is a view.
  const restored = new Uint8Array(bytes)
  for (let change = 0, position = 0; change < count; change++) {
    const step = patch[from + 1 + change]
    // The lowest bit says that a code point follows, the highest that this is a larger number.
    if ((step & 0x81) !== 0) return undefined
    position += step >>> 1
    restored[position] -= 0x20
  }
  return restored
}

function restoreCodePoints(bytes: Uint8Array, reader: VarintReader): Uint8Array {
  const count = reader.next()
  const restored = new Uint8Array(bytes.length + count * 4)
  let read = 0
  let write = 0
  let position = 0
  for (let change = 0; change < count; change++) {
    const step = reader.next()
    position += Math.floor(step / 2)
    restored.set(bytes.subarray(read, position), write)
    write += position - read
    read = position
    if (step % 2 === 0) {
      restored[write++] = bytes[read++] - 0x20
    } else {
      write += encodeCodePoint(reader.next(), restored, write)
      read += sequenceLength(bytes[read])
    }
  }
  restored.set(bytes.subarray(read), write)
  return restored.subarray(0, write + bytes.length - read)
}

/** All cells as they were before folding. */
export function restoreCells(folded: FoldedCells): TextCells {
  if (folded.patch.length === 0) return folded.cells
  return restoreInPlace(folded) ?? restoreMoving(folded)
}

/** Restoring that moves no byte; undefined when an original code point has another length. */
function restoreInPlace({ cells, patch }: FoldedCells): TextCells | undefined {
  const bytes = new Uint8Array(cells.bytes)
  const reader = new VarintReader(patch)
  for (let cell = 0; reader.at < patch.length; ) {
    cell += reader.next()
    let at = cellStart(cells, cell)
    for (let left = reader.next(); left > 0; left--) {
      const step = reader.next()
      at += step >>> 1
      if ((step & 1) === 0) {
        bytes[at] -= 0x20
        continue
      }
      const codePoint = reader.next()
      if (encodedLength(codePoint) !== sequenceLength(cells.bytes[at])) return undefined
      encodeCodePoint(codePoint, bytes, at)
    }
  }
  return { count: cells.count, bytes, ends: cells.ends }
}

function restoreMoving(folded: FoldedCells): TextCells {
  const { cells, patch } = folded
  const index = indexPatch(patch, cells.count)
  return joinCells(cells.count, (cell) => restoreCell(bytesOfCell(cells, cell), patch, index, cell))
}

/** Collects the changes of a cell and writes them when the cell ends. */
class PatchWriter {
  readonly #patch = new VarintWriter()
  #changes = new Uint32Array(64)
  #length = 0
  #count = 0
  #last = 0
  #lastChanged = 0

  changeCase(position: number): void {
    this.#push((position - this.#last) * 2)
    this.#last = position
    this.#count++
  }

  changeCodePoint(position: number, original: number): void {
    this.#push((position - this.#last) * 2 + 1)
    this.#push(original)
    this.#last = position
    this.#count++
  }

  endCell(cell: number): void {
    if (this.#count === 0) return
    this.#patch.put(cell - this.#lastChanged)
    this.#patch.put(this.#count)
    for (let index = 0; index < this.#length; index++) this.#patch.put(this.#changes[index])
    this.#lastChanged = cell
    this.#length = 0
    this.#count = 0
    this.#last = 0
  }

  bytes(): Uint8Array {
    return this.#patch.bytes()
  }

  #push(value: number): void {
    if (this.#length === this.#changes.length) {
      const larger = new Uint32Array(this.#length * 2)
      larger.set(this.#changes)
      this.#changes = larger
    }
    this.#changes[this.#length++] = value
  }
}

class VarintWriter {
  #bytes = new Uint8Array(256)
  #length = 0

  put(value: number): void {
    if (this.#length + 5 > this.#bytes.length) this.#bytes = enlarged(this.#bytes)
    let rest = value
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#bytes[this.#length++] = rest
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }
}

class VarintReader {
  readonly #bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.at = at
  }

  next(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.at++]
      if (byte === undefined) throw new Error('a case patch ends too early')
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
  }
}

function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1
  if (lead < 0xe0) return 2
  return lead < 0xf0 ? 3 : 4
}

function decodeCodePoint(bytes: Uint8Array, at: number, length: number): number {
  if (length === 2) return ((bytes[at] & 0x1f) << 6) | (bytes[at + 1] & 0x3f)
  if (length === 3) return ((bytes[at] & 0x0f) << 12) | ((bytes[at + 1] & 0x3f) << 6) | (bytes[at + 2] & 0x3f)
  return (
    ((bytes[at] & 0x07) << 18) | ((bytes[at + 1] & 0x3f) << 12) | ((bytes[at + 2] & 0x3f) << 6) | (bytes[at + 3] & 0x3f)
  )
}

function encodedLength(codePoint: number): number {
  if (codePoint < 0x80) return 1
  if (codePoint < 0x800) return 2
  return codePoint < 0x10000 ? 3 : 4
}

/** Writes UTF-8; answers how many bytes. */
function encodeCodePoint(codePoint: number, target: Uint8Array, at: number): number {
  if (codePoint < 0x80) {
    target[at] = codePoint
    return 1
  }
  if (codePoint < 0x800) {
    target[at] = 0xc0 | (codePoint >> 6)
    target[at + 1] = 0x80 | (codePoint & 0x3f)
    return 2
  }
  if (codePoint < 0x10000) {
    target[at] = 0xe0 | (codePoint >> 12)
    target[at + 1] = 0x80 | ((codePoint >> 6) & 0x3f)
    target[at + 2] = 0x80 | (codePoint & 0x3f)
    return 3
  }
  target[at] = 0xf0 | (codePoint >> 18)
  target[at + 1] = 0x80 | ((codePoint >> 12) & 0x3f)
  target[at + 2] = 0x80 | ((codePoint >> 6) & 0x3f)
  target[at + 3] = 0x80 | (codePoint & 0x3f)
  return 4
}

function enlarged(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(bytes.length * 2 + 64)
  larger.set(bytes)
  return larger
}
