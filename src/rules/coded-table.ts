import { type Block, bytesOfCell, joinCells, type TextCells } from '../blocks/block'
import { foldCells } from '../blocks/case-patch'
import { blockTable, type ColumnCells, type DocumentTable, memoised } from '../blocks/table'
import { cellsWithNeedle, findNeedles, type NeedleSet } from '../query/needle-set'

/**
 * A block as a table in which columns of few different short values, such as services and statuses, are dictionaries: many
 * rules ask about the same column, and each then looks at every value once.
 */
export function codedTable(block: Block, firstSeq: number, needles: NeedleSet): DocumentTable {
  const table = blockTable(block, firstSeq)
  const cells = memoised((column): ColumnCells => {
    const sent = block.columns[column].cells
    return dictionaryOf(sent) ?? searched(table.cells(column), sent, needles)
  })
  return { ...table, cells }
}

/** The cells, that are searched for the texts of all rules together when the first of them is asked for. */
function searched(cells: ColumnCells, sent: TextCells, needles: NeedleSet): ColumnCells {
  if (cells.form !== 'text' || needles.needles.length === 0) return cells
  const found = memoised(() => findNeedles(needles, sent))
  const cellsHolding = (texts: readonly Uint8Array[]): readonly number[] | undefined => {
    if (!texts.every((text) => needles.numberOf.has(text))) return undefined
    const all = found(0)
    return all && cellsWithNeedle(needles, all, texts)
  }
  return { ...cells, cellsHolding }
}

/** More different values are text. They fit a byte, and are met early or not worth it. */
const VALUES_MAX = 64

/** Longer values hardly repeat. On average, end bytes included. */
const CELL_BYTES_MAX = 32

/** Fewer cells are looked at one by one. */
const CELLS_MIN = 32

const SLOTS = VALUES_MAX * 4

/** The cells as a dictionary; undefined where they are too many, too long or too different. */
function dictionaryOf(cells: TextCells): ColumnCells | undefined {
  const { count, bytes, ends } = cells
  if (count < CELLS_MIN || bytes.length > count * CELL_BYTES_MAX) return undefined
  const codes = new Uint8Array(count)
  const slots = new Int16Array(SLOTS).fill(-1)
  const firsts: number[] = []
  let start = 0
  for (let cell = 0; cell < count; cell++) {
    const end = ends[cell]
    let slot = hashOf(bytes, start, end)
    while (slots[slot] >= 0 && !isSame(cells, firsts[slots[slot]], start, end)) slot = (slot + 1) % SLOTS
    if (slots[slot] < 0) {
      if (firsts.length === VALUES_MAX) return undefined
      slots[slot] = firsts.push(cell) - 1
    }
    codes[cell] = slots[slot]
    start = end + 1
  }
  const values = joinCells(firsts.length, (code) => bytesOfCell(cells, firsts[code]))
  return { form: 'dictionary', codes, values, folded: foldCells(values).cells }
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = to - from
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193)
  return ((hash ^ (hash >>> 15)) >>> 0) % SLOTS
}

function isSame({ bytes, ends }: TextCells, cell: number, from: number, to: number): boolean {
  const start = cell === 0 ? 0 : ends[cell - 1] + 1
  if (ends[cell] - start !== to - from) return false
  for (let at = 0; at < to - from; at++) if (bytes[start + at] !== bytes[from + at]) return false
  return true
}
