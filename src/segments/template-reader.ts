import { CELL_END, cellStart, type TextCells } from '../blocks/block'
import { NUMBER_MARK, type TemplateCells, WORD_MARK } from './template-cells'

/** A template in the form in which texts are written from it. */
export interface Template {
  readonly bytes: Uint8Array
  /** How many values of each kind stand in it. */
  readonly numbers: number
  readonly words: number
}

/** The templates of a column, one by one. */
export function templatesOf({ templates }: Pick<TemplateCells, 'templates'>): Template[] {
  return Array.from({ length: templates.count }, (_, index) => {
    const bytes = templates.bytes.subarray(cellStart(templates, index), templates.ends[index])
    return { bytes, numbers: countOf(bytes, NUMBER_MARK), words: countOf(bytes, WORD_MARK) }
  })
}

const countOf = (bytes: Uint8Array, mark: number): number =>
  bytes.reduce((count, byte) => (byte === mark ? count + 1 : count), 0)

/** How many values stand at each place of a text, over all cells: entry n counts the cells that have more than n. */
export function valueCounts(
  templates: readonly Template[],
  codes: Uint16Array,
  kind: 'numbers' | 'words',
): readonly number[] {
  const cells = new Uint32Array(templates.length)
  for (let cell = 0; cell < codes.length; cell++) cells[codes[cell]]++
  const places = templates.reduce((most, template) => Math.max(most, template[kind]), 0)
  return Array.from({ length: places }, (_, place) =>
    templates.reduce((sum, template, code) => (template[kind] > place ? sum + cells[code] : sum), 0),
  )
}

/** Goes through the cells of a column in order, and writes those that are wanted. */
export class TemplateReader {
  readonly templates: readonly Template[]
  /** What `write` wrote; it is written over by the next one. */
  bytes: Uint8Array
  readonly #cells: TemplateCells
  /** The values of each place, once they are asked for. */
  readonly #numbers: Float64Array[] = []
  readonly #words: TextCells[] = []
  /** The next value of each place. */
  readonly #nextNumber: Uint32Array
  readonly #nextWord: Uint32Array

  constructor(cells: TemplateCells, room = 1024) {
    this.templates = templatesOf(cells)
    this.bytes = new Uint8Array(room)
    this.#cells = cells
    this.#nextNumber = new Uint32Array(cells.numberPlaces)
    this.#nextWord = new Uint32Array(cells.wordPlaces)
  }

  /** Reads the number at one place of whatever cell is the present one. */
  numberAt(place: number): () => number {
    const values = this.#numbersAt(place)
    const next = this.#nextNumber
    return () => values[next[place]]
  }

  /** Goes from the present cell, which has this template, to the next. */
  skip({ numbers, words }: Template): void {
    for (let place = 0; place < numbers; place++) this.#nextNumber[place]++
    for (let place = 0; place < words; place++) this.#nextWord[place]++
  }

  /** Writes the present cell into `bytes` from `at` on; answers where it ends. */
  write({ bytes: template, numbers, words }: Template, at: number): number {
    this.#makeRoom(at + template.length + numbers * NUMBER_BYTES_MAX + this.#wordBytes(words) + 1)
    const out = this.bytes
    let write = at
    const next = this.#nextNumber
    let number = 0
    let word = 0
    for (let read = 0; read < template.length; read++) {
      const byte = template[read]
      if (byte === NUMBER_MARK) {
        write = writeNumber(out, write, this.#numbersAt(number)[next[number]])
        number++
      } else if (byte === WORD_MARK) write = this.#writeWord(word++, write)
      else out[write++] = byte
    }
    return write
  }

  #writeWord(place: number, at: number): number {
    const cells = this.#wordsAt(place)
    const word = this.#nextWord[place]
    let write = at
    for (let read = cellStart(cells, word); read < cells.ends[word]; read++) this.bytes[write++] = cells.bytes[read]
    return write
  }

  #numbersAt(place: number): Float64Array {
    this.#numbers[place] ??= this.#cells.numbers(place)
    return this.#numbers[place]
  }

  #wordsAt(place: number): TextCells {
    this.#words[place] ??= this.#cells.words(place)
    return this.#words[place]
  }

  #wordBytes(words: number): number {
    let bytes = 0
    for (let place = 0; place < words; place++) {
      const cells = this.#wordsAt(place)
      const word = this.#nextWord[place]
      bytes += cells.ends[word] - cellStart(cells, word)
    }
    return bytes
  }

  #makeRoom(size: number): void {
    if (size <= this.bytes.length) return
    const larger = new Uint8Array(size * 2)
    larger.set(this.bytes)
    this.bytes = larger
  }
}

/** A number here has at most 15 digits. */
const NUMBER_BYTES_MAX = 15

/** So much room is taken for a text before its length is known. */
const USUAL_TEXT_BYTES = 64

/** The texts again. */
export function fromTemplates(cells: TemplateCells): TextCells {
  const reader = new TemplateReader(cells, cells.count * USUAL_TEXT_BYTES)
  const { codes } = cells
  const ends = new Uint32Array(cells.count)
  let at = 0
  for (let cell = 0; cell < codes.length; cell++) {
    const template = reader.templates[codes[cell]]
    at = reader.write(template, at)
    reader.skip(template)
    ends[cell] = at
    reader.bytes[at++] = CELL_END
  }
  return { count: cells.count, bytes: reader.bytes.subarray(0, at), ends }
}

/** Below this, whole numbers are divided as such, which is several times faster than as doubles. */
const SMALL = 1_000_000_000

function writeNumber(out: Uint8Array, at: number, value: number): number {
  if (value < SMALL) return writeDigits(out, at, at + digitsOf(value), value)
  const high = Math.floor(value / SMALL)
  const end = writeNumber(out, at, high)
  return writeDigits(out, end, end + SMALL_DIGITS, value - high * SMALL)
}

/** Digits that are needed for all numbers below SMALL. */
const SMALL_DIGITS = 9

function digitsOf(value: number): number {
  let digits = 1
  for (let limit = 10; value >= limit; limit *= 10) digits++
  return digits
}

/** Fills out[from, to) with the number's last digits. */
function writeDigits(out: Uint8Array, from: number, to: number, value: number): number {
  let rest = value | 0
  for (let write = to - 1; write >= from; write--) {
    const tenth = (rest / 10) | 0
    out[write] = 0x30 + rest - tenth * 10
    rest = tenth
  }
  return to
}
