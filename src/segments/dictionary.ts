import { CELL_END, type TextCells } from '../blocks/block'
import { hashBytes } from './token-filter'

/** A column of few distinct values: each value once, and a code for each cell. */
export interface Dictionary {
  readonly values: TextCells
  readonly codes: Uint16Array
}

/** More distinct values than this are not worth a code of two bytes and a table in memory. */
const VALUES_MAX = 4096
/** Longer values are rare in columns that repeat, and hashing them would cost more than it saves. */
const VALUE_BYTES_MAX = 256

/** The column as a dictionary, or undefined when its values repeat too little. */
export function toDictionary(cells: TextCells): Dictionary | undefined {
  const valuesMax = Math.min(VALUES_MAX, Math.max(16, cells.count >>> 2))
  const table = new Int32Array(16384).fill(-1)
  const codes = new Uint16Array(cells.count)
  const firsts: number[] = []
  const { bytes, ends } = cells
  let start = 0
  for (let cell = 0; cell < cells.count; cell++) {
    const end = ends[cell]
    if (end - start > VALUE_BYTES_MAX) return undefined
    let at = hashBytes(bytes, start, end) & 16383
    for (;;) {
      const code = table[at]
      if (code < 0) {
        if (firsts.length >= valuesMax || tooVaried(firsts.length, cell)) return undefined
        table[at] = firsts.length
        codes[cell] = firsts.length
        firsts.push(cell)
        break
      }
      if (sameCell(cells, firsts[code], start, end)) {
        codes[cell] = code
        break
      }
      at = (at + 1) & 16383
    }
    start = end + 1
  }
  return { values: pick(cells, firsts), codes }
}

/** Gives up early: a column that is mostly new values at its beginning will not repeat later. */
const tooVaried = (distinct: number, seen: number): boolean => seen >= 512 && distinct > seen / 2

function sameCell(cells: TextCells, cell: number, from: number, to: number): boolean {
  const start = cell === 0 ? 0 : cells.ends[cell - 1] + 1
  if (cells.ends[cell] - start !== to - from) return false
  for (let index = 0; index < to - from; index++)
    if (cells.bytes[start + index] !== cells.bytes[from + index]) return false
  return true
}

function pick(cells: TextCells, chosen: readonly number[]): TextCells {
  const parts = chosen.map((cell) => cells.bytes.subarray(cell === 0 ? 0 : cells.ends[cell - 1] + 1, cells.ends[cell]))
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length + 1, 0))
  const ends = new Uint32Array(parts.length)
  let at = 0
  for (const [index, part] of parts.entries()) {
    bytes.set(part, at)
    at += part.length
    ends[index] = at
    bytes[at++] = CELL_END
  }
  return { count: chosen.length, bytes, ends }
}
