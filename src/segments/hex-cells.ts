import { CELL_END, type TextCells } from '../blocks/block'

/** How hexadecimal digits stand in the text: in one run, or as a UUID with its four dashes (RFC 9562). */
export type HexLayout = 'plain' | 'uuid'

export interface HexCells {
  readonly layout: HexLayout
  /** Bytes a cell. */
  readonly width: number
  readonly bytes: Uint8Array
}

const UUID_LENGTH = 36
const UUID_DASHES = [8, 13, 18, 23]

/** The column as raw bytes when every cell is lower-case hexadecimal of one even length (8–64 digits), or a UUID. */
export function toHexCells(cells: TextCells): HexCells | undefined {
  if (cells.count === 0) return undefined
  const length = cells.ends[0]
  const layout = length === UUID_LENGTH ? 'uuid' : 'plain'
  const digits = layout === 'uuid' ? 32 : length
  if (digits < 8 || digits > 64 || digits % 2 !== 0) return undefined
  const width = digits / 2
  const bytes = new Uint8Array(width * cells.count)
  for (let cell = 0, start = 0; cell < cells.count; cell++, start += length + 1) {
    if (cells.ends[cell] !== start + length) return undefined
    if (!readDigits(cells.bytes, start, length, layout, bytes, cell * width)) return undefined
  }
  return { layout, width, bytes }
}

/** Reads one cell's digits into `target`; false when it has something else. */
function readDigits(
  source: Uint8Array,
  start: number,
  length: number,
  layout: HexLayout,
  target: Uint8Array,
  at: number,
): boolean {
  let write = at
  for (let index = 0; index < length; index += 2) {
    if (layout === 'uuid' && UUID_DASHES.includes(index)) {
      if (source[start + index] !== 0x2d) return false
      index++
    }
    const value = (DIGIT[source[start + index]] << 4) | DIGIT[source[start + index + 1]]
    if (value < 0) return false
    target[write++] = value
  }
  return true
}

/** Writes one cell's digits; answers where they end. */
function writeDigits(hex: HexCells, cell: number, length: number, target: Uint8Array, at: number): number {
  let read = cell * hex.width
  let write = at
  for (let index = 0; index < length; index += 2) {
    if (hex.layout === 'uuid' && UUID_DASHES.includes(index)) {
      target[write++] = 0x2d
      index++
    }
    const value = hex.bytes[read++]
    target[write++] = CHARACTER[value >>> 4]
    target[write++] = CHARACTER[value & 15]
  }
  return write
}

/** One cell as text bytes. */
export function hexCellText(hex: HexCells, cell: number): Uint8Array {
  return fromHexCells(
    { ...hex, bytes: hex.bytes.subarray(cell * hex.width, (cell + 1) * hex.width) },
    1,
  ).bytes.subarray(0, -1)
}

/** The cells as text again. */
export function fromHexCells(hex: HexCells, count: number): TextCells {
  const length = hex.layout === 'uuid' ? UUID_LENGTH : hex.width * 2
  const bytes = new Uint8Array((length + 1) * count)
  const ends = new Uint32Array(count)
  let write = 0
  for (let cell = 0; cell < count; cell++) {
    write = writeDigits(hex, cell, length, bytes, write)
    ends[cell] = write
    bytes[write++] = CELL_END
  }
  return { count, bytes, ends }
}

const CHARACTER = [...'0123456789abcdef'].map((character) => character.charCodeAt(0))

/** Value of a digit's byte; −1, so that any combination is negative, for everything else. */
const DIGIT = new Int32Array(256).fill(-1)
for (const [value, byte] of CHARACTER.entries()) DIGIT[byte] = value
