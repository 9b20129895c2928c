import { bytesOfCell, type ColumnKind, cellStart, joinCells, type TextCells } from '../blocks/block'
import { foldCells } from '../blocks/case-patch'
import { type ColumnCells, cellCount, cellValue } from '../blocks/table'
import { foldText } from '../records/fold'
import { fromHexCells, type HexCells } from '../segments/hex-cells'
import { type CellTest, indexWithin, needlesOf } from './cell-test'
import { scanTemplates } from './template-scan'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/** Calls `mark` for every cell that passes, in order. */
export function scanColumn(cells: ColumnCells, kind: ColumnKind, test: CellTest, mark: (cell: number) => void): void {
  if (kind === 'literal' && test.skipsLiterals) return
  if (cells.form === 'integers') scanIntegers(cells.values, test, mark)
  else if (kind === 'number' && (test.number !== undefined || holdsStrings(cells))) scanNumbers(cells, test, mark)
  else if (cells.form === 'text') scanTexts(cells, test, mark)
  else if (cells.form === 'dictionary') scanDictionary(cells, (value) => passesAsValue(cells, value, test), mark)
  else scanHex(cells.hex, test, mark)
}

function scanTexts(
  { count, folded, templates, restore, cellsHolding }: Extract<ColumnCells, { form: 'text' }>,
  test: CellTest,
  mark: (cell: number) => void,
): void {
  const { needle } = test
  const needles = cellsHolding && needlesOf(test)
  const few = needles && cellsHolding?.(needles)
  if (few !== undefined && few.length * FEW_PARTS <= count) {
    for (const cell of few) if (passesRestored(restore(cell), test)) mark(cell)
    return
  }
  if (templates && needle && needle.length > 0) scanTemplates(templates, test, needle, restore, mark)
  else scanText(folded(), test, restore, mark)
}

/** Cells are folded one by one when they are at most one in so many. */
const FEW_PARTS = 8

function passesRestored(original: Uint8Array, test: CellTest): boolean {
  const { bytes, ends } = foldCells(joinCells(1, () => original)).cells
  return test.text(bytes, 0, ends[0], () => original)
}

function scanText(
  cells: TextCells,
  test: CellTest,
  restore: (cell: number) => Uint8Array,
  mark: (cell: number) => void,
): void {
  if (test.needle !== undefined && test.needle.length > 0) {
    scanForNeedle(cells, test, test.needle, restore, mark)
    return
  }
  let start = 0
  for (let cell = 0; cell < cells.count; cell++) {
    const end = cells.ends[cell]
    if (test.text(cells.bytes, start, end, () => restore(cell))) mark(cell)
    start = end + 1
  }
}

/** Hits after which it is looked at how near to each other they were. */
const HITS_LOOKED_AT = 32

/** Hits are near when they are fewer cells apart than this: a native call for each then costs more than a loop over bytes. */
const NEAR_CELLS = 8

/** Cells that are searched by the loop before the native search is tried again. */
const CELLS_BY_LOOP = 4096

/**
 * Tests only the cells that have the needle. Where they are few, a native search over all cells at once finds them; where
 * they are many, a loop over each cell's bytes does.
 */
function scanForNeedle(
  cells: TextCells,
  test: CellTest,
  needle: Uint8Array,
  restore: (cell: number) => Uint8Array,
  mark: (cell: number) => void,
): void {
  const haystack = Buffer.from(cells.bytes.buffer, cells.bytes.byteOffset, cells.bytes.length)
  const wanted = Buffer.from(needle.buffer, needle.byteOffset, needle.length)
  const take = (cell: number): void => {
    const { bytes, ends } = cells
    if (test.needleIsEnough || test.text(bytes, cellStart(cells, cell), ends[cell], () => restore(cell))) mark(cell)
  }
  for (let cell = 0; cell < cells.count; ) {
    const reached = takeNatively(cells, cell, haystack, wanted, take)
    if (reached === cells.count) return
    cell = reached - cell > HITS_LOOKED_AT * NEAR_CELLS ? reached : takeByLoop(cells, reached, needle, take)
  }
}

/** Takes the next HITS_LOOKED_AT cells that have the needle; answers the cell to go on with. */
function takeNatively(
  cells: TextCells,
  from: number,
  haystack: Buffer,
  wanted: Buffer,
  take: (cell: number) => void,
): number {
  let cell = from
  for (let hits = 0; hits < HITS_LOOKED_AT && cell < cells.count; hits++) {
    const at = haystack.indexOf(wanted, cellStart(cells, cell))
    if (at < 0) return cells.count
    cell = cellHolding(cells.ends, cell, at)
    take(cell++)
  }
  return cell
}

function takeByLoop(cells: TextCells, from: number, needle: Uint8Array, take: (cell: number) => void): number {
  const to = Math.min(from + CELLS_BY_LOOP, cells.count)
  let start = cellStart(cells, from)
  for (let cell = from; cell < to; cell++) {
    const end = cells.ends[cell]
    if (indexWithin(cells.bytes, needle, start, end) >= 0) take(cell)
    start = end + 1
  }
  return to
}

/** The first cell from `from` on that ends after `at`: in growing steps, then halving, since hits are often near. */
function cellHolding(ends: Uint32Array, from: number, at: number): number {
  let low = from
  let step = 1
  while (low + step < ends.length && ends[low + step] < at) {
    low += step
    step *= 2
  }
  let high = Math.min(low + step, ends.length - 1)
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ends[middle] < at) low = middle + 1
    else high = middle
  }
  return low
}

type DictionaryCells = Extract<ColumnCells, { form: 'dictionary' }>

/** Tests each value once, and then only looks at codes. */
function scanDictionary(
  { codes, folded }: DictionaryCells,
  passes: (value: number) => boolean,
  mark: (cell: number) => void,
): void {
  const passing = new Uint8Array(folded.count)
  let any = false
  for (let value = 0; value < folded.count; value++) {
    if (!passes(value)) continue
    passing[value] = 1
    any = true
  }
  if (!any) return
  for (let cell = 0; cell < codes.length; cell++) if (passing[codes[cell]] === 1) mark(cell)
}

const passesAsValue = ({ folded, values }: DictionaryCells, value: number, test: CellTest): boolean =>
  test.text(folded.bytes, cellStart(folded, value), folded.ends[value], () => bytesOfCell(values, value))

function scanIntegers(values: Float64Array, test: CellTest, mark: (cell: number) => void): void {
  for (let cell = 0; cell < values.length; cell++) {
    const value = values[cell]
    if (test.number !== undefined ? test.number(value, undefined) : passesAsText(String(value), test)) mark(cell)
  }
}

/** Numbers that are not stored as such, because they repeat, or their digits say more than a double can: `1.50`, `1e400`. */
function scanNumbers(cells: ColumnCells, test: CellTest, mark: (cell: number) => void): void {
  if (cells.form === 'dictionary') {
    scanDictionary(cells, (value) => passesAsNumber(decoder.decode(bytesOfCell(cells.values, value)), test), mark)
    return
  }
  const count = cellCount(cells)
  for (let cell = 0; cell < count; cell++) if (passesAsNumber(cellValue(cells, cell), test)) mark(cell)
}

/** A number that had to go stands among the others as the string that was put in its place, quotes and all. */
const holdsStrings = (cells: ColumnCells): boolean =>
  (cells.form === 'text' && cells.folded().bytes.includes(QUOTE)) ||
  (cells.form === 'dictionary' && cells.folded.bytes.includes(QUOTE))

const QUOTE = 0x22

/** The number as JSON. */
export function passesAsNumber(source: string, test: CellTest): boolean {
  if (source.startsWith('"')) return passesAsText(String(JSON.parse(source)), test)
  return test.number === undefined ? passesAsText(source, test) : test.number(Number(source), source)
}

/** Tests a value that is not stored as folded text. */
export function passesAsText(text: string, test: CellTest): boolean {
  const original = encoder.encode(text)
  const folded = foldText(text)
  const bytes = folded === text ? original : encoder.encode(folded)
  return test.text(bytes, 0, bytes.length, () => original)
}

/** Hexadecimal digits have no letter case here: they are stored in lower case, as they were sent. */
function scanHex(hex: HexCells, test: CellTest, mark: (cell: number) => void): void {
  const count = hex.bytes.length / hex.width
  const digits = test.needle === undefined ? '' : decoder.decode(test.needle)
  const plain = hex.layout === 'plain' && /^[0-9a-f]+$/.test(digits)
  if (plain && test.exact !== undefined) {
    scanHexExact(hex, digits, count, mark)
  } else if (plain && test.needleIsEnough && digits.length >= 3) {
    scanHexFragment(hex, digits, count, mark)
  } else {
    const text = fromHexCells(hex, count)
    scanText(text, test, (cell) => bytesOfCell(text, cell), mark)
  }
}

function scanHexExact(hex: HexCells, digits: string, count: number, mark: (cell: number) => void): void {
  if (digits.length !== hex.width * 2) return
  const haystack = Buffer.from(hex.bytes.buffer, hex.bytes.byteOffset, hex.bytes.length)
  const wanted = Buffer.from(digits, 'hex')
  for (let at = haystack.indexOf(wanted); at >= 0; at = haystack.indexOf(wanted, at + 1)) {
    if (at % hex.width === 0 && at / hex.width < count) mark(at / hex.width)
  }
}

/** A run of digits begins at the first or the second digit of a byte: both are looked for as bytes, then checked digit by digit. */
function scanHexFragment(hex: HexCells, digits: string, count: number, mark: (cell: number) => void): void {
  const found = new Set<number>()
  for (const skipped of [0, 1]) {
    const inner = digits.slice(skipped, digits.length - ((digits.length - skipped) % 2))
    if (inner.length < 2) continue
    const haystack = Buffer.from(hex.bytes.buffer, hex.bytes.byteOffset, hex.bytes.length)
    const wanted = Buffer.from(inner, 'hex')
    for (let at = haystack.indexOf(wanted); at >= 0; at = haystack.indexOf(wanted, at + 1)) {
      const cell = Math.floor(at / hex.width)
      if (found.has(cell) || !digitsStandAt(hex, cell, (at % hex.width) * 2 - skipped, digits)) continue
      found.add(cell)
    }
  }
  for (const cell of [...found].sort((left, right) => left - right)) if (cell < count) mark(cell)
}

function digitsStandAt(hex: HexCells, cell: number, position: number, digits: string): boolean {
  if (position < 0 || position + digits.length > hex.width * 2) return false
  for (let index = 0; index < digits.length; index++) {
    const byte = hex.bytes[cell * hex.width + ((position + index) >> 1)]
    const digit = (position + index) % 2 === 0 ? byte >> 4 : byte & 15
    if (digit !== Number.parseInt(digits[index], 16)) return false
  }
  return true
}
