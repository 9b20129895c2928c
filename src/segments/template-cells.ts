import { CELL_END, type TextCells } from '../blocks/block'

/**
 * A column of texts that follow few patterns: each text is a template and the values in it. Tokens with a digit are values,
 * everything else is the template: `user 72074 in 425 ms` is `user N in N ms` with 72074 and 425. (CLP, Rodrigues et al., OSDI
 * 2021, splits logs in this way.)
 */
export interface TemplateCells {
  readonly count: number
  /** Each template once. NUMBER_MARK and WORD_MARK stand for values. */
  readonly templates: TextCells
  /** The template of each cell. */
  readonly codes: Uint16Array
  /** How many numbers and words a text has at most. */
  readonly numberPlaces: number
  readonly wordPlaces: number
  /** The numbers at one place of the texts: one for each cell that has so many, in the order of the cells. */
  readonly numbers: (place: number) => Float64Array
  /** The same for values that are not plain numbers. */
  readonly words: (place: number) => TextCells
}

/** Stands for a whole number as a double prints it: no sign, no leading zero, at most 15 digits. Never part of UTF-8. */
export const NUMBER_MARK = 0xfe

/** Stands for any other text. Never part of UTF-8. */
export const WORD_MARK = 0xfd

/** How many values of a kind a cell may have. Texts with more are kept whole. */
const VALUES_MAX = 16

/** Longer texts are stack traces and documents: kept whole. */
const TEXT_BYTES_MAX = 1024

/** Templates of a column. Texts that follow others are kept whole. */
const TEMPLATES_MAX = 1024

/** After so many cells a column shows whether its texts follow patterns … */
const LOOKED_AT_CELLS = 1024

/** … which they do not when there are more templates than this. */
const TEMPLATES_AT_FIRST_MAX = 256

/** Digits of a number that a double holds exactly, whatever they are. */
const DIGITS_MAX = 15

/** The column as templates and values, or undefined when that would not make it smaller. */
export function toTemplates(cells: TextCells): TemplateCells | undefined {
  const builder = new TemplateBuilder(cells)
  const { bytes, ends } = cells
  let start = 0
  for (let cell = 0; cell < cells.count; cell++) {
    const end = ends[cell]
    builder.add(cell, scanText(bytes, start, end, builder.scan), start, end)
    if (cell === LOOKED_AT_CELLS && builder.templateCount > TEMPLATES_AT_FIRST_MAX) return undefined
    start = end + 1
  }
  return builder.isWorthIt() ? builder.finish() : undefined
}

/** What a text consists of: its template's bytes and where its values are. Used again for each text. */
interface Scan {
  readonly template: Uint8Array
  length: number
  hash: number
  readonly numbers: Float64Array
  numberCount: number
  /** Two a word: where it begins and ends. */
  readonly words: Uint32Array
  wordCount: number
}

/** Splits a text; false when it has too much of anything. */
function scanText(bytes: Uint8Array, from: number, to: number, scan: Scan): boolean {
  scan.numberCount = 0
  scan.wordCount = 0
  if (to - from > TEXT_BYTES_MAX) return false
  const { template } = scan
  let write = 0
  let hash = HASH_SEED
  for (let at = from; at < to; ) {
    const tokenAt = at
    const writeBefore = write
    const hashBefore = hash
    let digits = 0
    let letters = 0
    // The token is written as if it were no value, which most are not.
    for (; at < to; at++) {
      const kind = KINDS[bytes[at]]
      if (kind === SEPARATOR) break
      if (kind === DIGIT) digits++
      else letters++
      template[write++] = bytes[at]
      hash = Math.imul(hash ^ bytes[at], HASH_PRIME)
    }
    if (digits > 0) {
      const isNumber = letters === 0 && digits <= DIGITS_MAX && (bytes[tokenAt] !== ZERO || digits === 1)
      if (!(isNumber ? pushNumber(scan, bytes, tokenAt, at) : pushWord(scan, tokenAt, at))) return false
      const mark = isNumber ? NUMBER_MARK : WORD_MARK
      write = writeBefore
      template[write++] = mark
      hash = Math.imul(hashBefore ^ mark, HASH_PRIME)
    }
    if (at < to) {
      template[write++] = bytes[at]
      hash = Math.imul(hash ^ bytes[at], HASH_PRIME)
      at++
    }
  }
  scan.length = write
  scan.hash = hash
  return true
}

/** FNV-1a, 32 bits (draft-eastlake-fnv). */
const HASH_SEED = 0x811c9dc5
const HASH_PRIME = 0x01000193

const ZERO = 0x30
const SEPARATOR = 0
const DIGIT = 1
const LETTER = 2

/** ASCII letters and everything beyond ASCII make words. */
const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= ZERO && byte <= 0x39) return DIGIT
  const lower = byte | 0x20
  return byte >= 0x80 || (lower >= 0x61 && lower <= 0x7a) ? LETTER : SEPARATOR
})

function pushNumber(scan: Scan, bytes: Uint8Array, from: number, to: number): boolean {
  if (scan.numberCount === VALUES_MAX) return false
  let value = 0
  for (let at = from; at < to; at++) value = value * 10 + bytes[at] - ZERO
  scan.numbers[scan.numberCount++] = value
  return true
}

function pushWord(scan: Scan, from: number, to: number): boolean {
  if (scan.wordCount === VALUES_MAX) return false
  scan.words[scan.wordCount * 2] = from
  scan.words[scan.wordCount * 2 + 1] = to
  scan.wordCount++
  return true
}

/** The template of texts that are kept whole. */
const WHOLE = 0

const TABLE_SLOTS = 4096

/** Numbers the templates, and collects values by their place in the text. */
class TemplateBuilder {
  readonly scan: Scan = {
    template: new Uint8Array(TEXT_BYTES_MAX + 1),
    length: 0,
    hash: 0,
    numbers: new Float64Array(VALUES_MAX),
    numberCount: 0,
    words: new Uint32Array(VALUES_MAX * 2),
    wordCount: 0,
  }
  readonly #cells: TextCells
  readonly #codes: Uint16Array
  readonly #table = new Int32Array(TABLE_SLOTS).fill(-1)
  readonly #templates: Uint8Array[] = [Uint8Array.of(WORD_MARK)]
  readonly #numbers: Float64Array[] = []
  readonly #numberCounts = new Uint32Array(VALUES_MAX)
  /** Two a word: where it begins and ends in the column's bytes. */
  readonly #words: Uint32Array[] = []
  readonly #wordCounts = new Uint32Array(VALUES_MAX)
  #wordBytes = 0

  constructor(cells: TextCells) {
    this.#cells = cells
    this.#codes = new Uint16Array(cells.count)
  }

  get templateCount(): number {
    return this.#templates.length
  }

  add(cell: number, isSplit: boolean, from: number, to: number): void {
    const code = isSplit ? this.#codeOf() : WHOLE
    this.#codes[cell] = code
    if (code === WHOLE) {
      this.#pushWord(0, from, to)
      return
    }
    const { numbers, numberCount, words, wordCount } = this.scan
    for (let place = 0; place < numberCount; place++) this.#pushNumber(place, numbers[place])
    for (let place = 0; place < wordCount; place++) this.#pushWord(place, words[place * 2], words[place * 2 + 1])
  }

  /** Values that are no numbers are stored as text, and gain nothing. */
  isWorthIt(): boolean {
    return this.#cells.count > 0 && this.#wordBytes * 2 < this.#cells.bytes.length
  }

  finish(): TemplateCells {
    return {
      count: this.#cells.count,
      templates: joinParts(this.#templates.length, (index) => this.#templates[index]),
      codes: this.#codes,
      numberPlaces: this.#numbers.length,
      wordPlaces: this.#words.length,
      numbers: (place) => this.#numbers[place].subarray(0, this.#numberCounts[place]),
      words: (place) => this.#wordsAt(this.#words[place], this.#wordCounts[place]),
    }
  }

  #wordsAt(spans: Uint32Array, count: number): TextCells {
    const { bytes } = this.#cells
    return joinParts(count, (word) => bytes.subarray(spans[word * 2], spans[word * 2 + 1]))
  }

  #codeOf(): number {
    const { template, length, hash } = this.scan
    let at = (hash ^ (hash >>> 15)) & (TABLE_SLOTS - 1)
    for (; this.#table[at] >= 0; at = (at + 1) & (TABLE_SLOTS - 1)) {
      if (isBeginning(this.#templates[this.#table[at]], template, length)) return this.#table[at]
    }
    if (this.#templates.length === TEMPLATES_MAX) return WHOLE
    this.#table[at] = this.#templates.length
    return this.#templates.push(template.slice(0, length)) - 1
  }

  #pushNumber(place: number, value: number): void {
    if (place === this.#numbers.length) this.#numbers.push(new Float64Array(this.#cells.count))
    this.#numbers[place][this.#numberCounts[place]++] = value
  }

  #pushWord(place: number, from: number, to: number): void {
    if (place === this.#words.length) this.#words.push(new Uint32Array(this.#cells.count * 2))
    const at = this.#wordCounts[place]++ * 2
    this.#words[place][at] = from
    this.#words[place][at + 1] = to
    this.#wordBytes += to - from
  }
}

/** True when `whole` is the first `length` bytes of the other. */
function isBeginning(whole: Uint8Array, bytes: Uint8Array, length: number): boolean {
  if (whole.length !== length) return false
  for (let index = 0; index < length; index++) if (whole[index] !== bytes[index]) return false
  return true
}

function joinParts(count: number, part: (index: number) => Uint8Array): TextCells {
  const ends = new Uint32Array(count)
  let size = 0
  for (let index = 0; index < count; index++) {
    size += part(index).length
    ends[index] = size++
  }
  const bytes = new Uint8Array(size).fill(CELL_END)
  for (let index = 0; index < count; index++) bytes.set(part(index), index === 0 ? 0 : ends[index - 1] + 1)
  return { count, bytes, ends }
}
