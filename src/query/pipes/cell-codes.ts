import { bytesOfCell, type ColumnKind } from '../../blocks/block'
import { type ColumnCells, cellValue } from '../../blocks/table'
import { hashBytes } from '../../segments/token-filter'

/** Code of a row that has no value. */
export const NO_VALUE = 0

/** Texts and their codes. */
export class TextCodes {
  readonly texts: (string | null)[] = [null]
  readonly #codes = new Map<string, number>()

  /** A new code for a text, whether or not there is one. */
  add(text: string): number {
    return this.texts.push(text) - 1
  }

  /** The same code each time. */
  codeOf(text: string): number {
    const known = this.#codes.get(text) ?? this.add(text)
    this.#codes.set(text, known)
    return known
  }
}

/** Tells the code of each cell: equal cells have the same. Text is made of each different value only once. */
export function cellCoder(cells: ColumnCells, kind: ColumnKind, texts: TextCodes): (cell: number) => number {
  const codeOf = (cell: number): number => codeOfText(cellValue(cells, cell), kind, texts)
  switch (cells.form) {
    case 'dictionary':
      return rememberingValues(cells.codes, cells.values.count, codeOf)
    case 'integers':
      return rememberingNumbers(cells.values, codeOf)
    case 'text':
      return rememberingBytes(cells.restore, codeOf)
    case 'hex': {
      const { bytes, width } = cells.hex
      return rememberingBytes((cell) => bytes.subarray(cell * width, (cell + 1) * width), codeOf)
    }
  }
}

/** JSON's null is no value. */
const codeOfText = (text: string, kind: ColumnKind, texts: TextCodes): number =>
  kind === 'literal' && text === 'null' ? NO_VALUE : texts.add(text)

function rememberingValues(
  values: Uint8Array | Uint16Array,
  count: number,
  codeOf: (cell: number) => number,
): (cell: number) => number {
  const known = new Int32Array(count).fill(-1)
  return (cell) => {
    const value = values[cell]
    if (known[value] < 0) known[value] = codeOf(cell)
    return known[value]
  }
}

function rememberingNumbers(values: Float64Array, codeOf: (cell: number) => number): (cell: number) => number {
  const known = new Map<number, number>()
  return (cell) => {
    const code = known.get(values[cell]) ?? codeOf(cell)
    known.set(values[cell], code)
    return code
  }
}

/** A hash table that grows: making text of a cell costs several times what comparing its bytes does. */
function rememberingBytes(
  bytesOf: (cell: number) => Uint8Array,
  codeOf: (cell: number) => number,
): (cell: number) => number {
  const cells: number[] = []
  const hashes: number[] = []
  const codes: number[] = []
  let table = new Int32Array(256).fill(-1)
  const grow = (): void => {
    table = new Int32Array(table.length * 4).fill(-1)
    for (let entry = 0; entry < hashes.length; entry++) table[freeFrom(table, hashes[entry])] = entry
  }
  return (cell) => {
    const bytes = bytesOf(cell)
    const hash = hashBytes(bytes, 0, bytes.length)
    const last = table.length - 1
    let at = hash & last
    for (; table[at] >= 0; at = (at + 1) & last) {
      const entry = table[at]
      if (hashes[entry] === hash && sameBytes(bytesOf(cells[entry]), bytes)) return codes[entry]
    }
    const code = codeOf(cell)
    table[at] = cells.push(cell) - 1
    hashes.push(hash)
    codes.push(code)
    if (cells.length * 2 > table.length) grow()
    return code
  }
}

function freeFrom(table: Int32Array, hash: number): number {
  let at = hash & (table.length - 1)
  while (table[at] >= 0) at = (at + 1) & (table.length - 1)
  return at
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false
  return true
}

/** Text of a dictionary's value, or null for JSON's null. */
export function dictionaryText(
  cells: Extract<ColumnCells, { form: 'dictionary' }>,
  kind: ColumnKind,
  value: number,
): string | null {
  const text = decoder.decode(bytesOfCell(cells.values, value))
  return kind === 'literal' && text === 'null' ? null : text
}

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })
