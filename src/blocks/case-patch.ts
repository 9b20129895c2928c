import { foldCodePoint } from '../records/fold'
import { CELL_END, cellStart, type TextCells } from './block'

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
  const source = cells.bytes
  let folded = new Uint8Array(source.length)
  const ends = new Uint32Array(cells.count)
  const patch = new VarintWriter()
  const changes = new VarintWriter()
  let write = 0
  let cell = 0
  let lastChanged = 0
  let count = 0
  let last = 0
  let start = 0
  for (let read = 0; read < source.length; read++) {
    const byte = source[read]
    if (byte < 0x41 || (byte > 0x5a && byte < 0x80)) {
      folded[write++] = byte
    } else if (byte < 0x80) {
      changes.put((write - start - last) * 2)
      last = write - start
      count++
      folded[write++] = byte + 0x20
    } else if (byte === CELL_END) {
      folded[write] = CELL_END
      ends[cell] = write++
      if (count > 0) {
        patch.put(cell - lastChanged)
        patch.put(count)
        patch.append(changes)
        lastChanged = cell
        count = 0
      }
      last = 0
      start = write
      cell++
    } else {
      const length = sequenceLength(byte)
      const codePoint = decodeCodePoint(source, read, length)
      const plain = foldCodePoint(codePoint)
      if (plain !== codePoint) {
        changes.put((write - start - last) * 2 + 1)
        changes.put(codePoint)
        last = write - start
        count++
      }
      // A folded code point may take a byte more than the original (Ⱥ, U+023A, folds to U+2C65).
      if (write + 4 + source.length - read > folded.length) folded = enlarged(folded)
      write += encodeCodePoint(plain, folded, write)
      read += length - 1
    }
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

/** The bytes of one cell as they were before folding. */
export function restoreCell(folded: FoldedCells, index: Int32Array, cell: number): Uint8Array {
  const { cells, patch } = folded
  const start = cellStart(cells, cell)
  const bytes = cells.bytes.subarray(start, cells.ends[cell])
  if (index[cell] < 0) return bytes
  const reader = new VarintReader(patch, index[cell])
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
  const { cells, patch } = folded
  if (patch.length === 0) return cells
  const index = indexPatch(patch, cells.count)
  const ends = new Uint32Array(cells.count)
  let bytes = new Uint8Array(cells.bytes.length + 64)
  let write = 0
  for (let cell = 0; cell < cells.count; cell++) {
    const restored = restoreCell(folded, index, cell)
    if (write + restored.length + 1 > bytes.length) bytes = enlarged(bytes)
    bytes.set(restored, write)
    write += restored.length
    ends[cell] = write
    bytes[write++] = CELL_END
  }
  return { count: cells.count, bytes: bytes.subarray(0, write), ends }
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

  /** Moves everything out of `other` to the end of this. */
  append(other: VarintWriter): void {
    while (this.#length + other.#length > this.#bytes.length) this.#bytes = enlarged(this.#bytes)
    for (let index = 0; index < other.#length; index++) this.#bytes[this.#length++] = other.#bytes[index]
    other.#length = 0
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
