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
  let write = 0
  for (let cell = 0, start = 0; cell < cells.count; cell++, start += length + 1) {
    if (cells.ends[cell] !== start + length) return undefined
    for (let index = 0; index < length; ) {
      if (layout === 'uuid' && UUID_DASHES.includes(index)) {
        if (cells.bytes[start + index] !== 0x2d) return undefined
        index++
        continue
      }
      const value = (DIGIT[cells.bytes[start + index]] << 4) | DIGIT[cells.bytes[start + index + 1]]
      if (value < 0) return undefined
      bytes[write++] = value
      index += 2
    }
  }
  return { layout, width, bytes }
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
  let read = 0
  let write = 0
  for (let cell = 0; cell < count; cell++) {
    for (let index = 0; index < length; ) {
      if (hex.layout === 'uuid' && UUID_DASHES.includes(index)) {
        bytes[write++] = 0x2d
        index++
        continue
      }
      const value = hex.bytes[read++]
      bytes[write++] = CHARACTER[value >>> 4]
      bytes[write++] = CHARACTER[value & 15]
      index += 2
    }
    ends[cell] = write
    bytes[write++] = CELL_END
  }
  return { count, bytes, ends }
}

const CHARACTER = [...'0123456789abcdef'].map((character) => character.charCodeAt(0))

/** Value of a digit's byte; −1, so that any combination is negative, for everything else. */
const DIGIT = new Int32Array(256).fill(-1)
for (const [value, byte] of CHARACTER.entries()) DIGIT[byte] = value
