/** A reader of segments written from docs/segment-format.md alone: nothing here comes from src/. */
import { createHash } from 'node:crypto'
import { crc32, zstdDecompressSync } from 'node:zlib'

interface Integers {
  readonly section: number
  readonly mode: 'base' | 'delta'
  readonly width: number
  readonly base: number
}

interface Texts {
  readonly text: number
  readonly lengths: Integers
}

interface Templates {
  readonly form: 'template'
  readonly templates: number
  readonly codes: Integers
  readonly numbers: readonly Integers[]
  readonly words: readonly Texts[]
  readonly patch: number
}

type Encoding =
  | Templates
  | { readonly form: 'text'; readonly text: number; readonly patch: number; readonly lengths: Integers }
  | { readonly form: 'dictionary'; readonly codes: number; readonly width: number; readonly values: number }
  | { readonly form: 'integers'; readonly part: Integers }
  | { readonly form: 'hex'; readonly bytes: number; readonly width: number; readonly layout: 'plain' | 'uuid' }

interface Column {
  readonly kind: string
  readonly cells: number
  readonly as: Encoding
  readonly filter?: number
  readonly sources?: number
}

interface Shape {
  readonly parts: readonly string[]
  readonly slots: readonly { readonly column: number; readonly form: number }[]
  readonly hidden: readonly number[]
}

interface Header {
  readonly rows: number
  readonly shapes: readonly Shape[]
  readonly sections: readonly (readonly [number, number, number, number])[]
  readonly times: Integers
  readonly nanos?: Integers
  readonly level: number
  readonly shapeOf?: Integers
  readonly columns: readonly Column[]
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

/** The documents of a segment, and whether its filters know all values of their columns. */
export function readForeign(file: Buffer): { readonly documents: string[]; readonly filtersHold: boolean } {
  if (file.toString('latin1', 0, 4) !== 'SLGS' || file[4] > 2) throw new Error('not a segment of version 1 or 2')
  const hash = createHash('sha256').update(file.subarray(0, -32)).digest()
  if (!hash.equals(file.subarray(-32))) throw new Error('damaged')
  const sectionsAt = 16 + file.readUInt32LE(8)
  const header: Header = JSON.parse(unpack(file.subarray(16, sectionsAt), file[5], file.readUInt32LE(12)).toString())
  const section = (index: number): Buffer => {
    const [offset, stored, length, codec] = header.sections[index]
    return unpack(file.subarray(sectionsAt + offset, sectionsAt + offset + stored), codec, length)
  }
  const columns = header.columns.map((column) => readColumn(column, section))
  const filtersHold = header.columns.every(
    ({ filter, as }, index) =>
      filter === undefined ||
      as.form === 'dictionary' ||
      columns[index].folded.every((value) => mayHold(section(filter), value)),
  )
  return { documents: readDocuments(header, columns, section), filtersHold }
}

function unpack(stored: Buffer, codec: number, length: number): Buffer {
  if (stored.length === 0 && length === 0) return stored
  const body = stored.subarray(0, -4)
  if (crc32(body) !== stored.readUInt32LE(body.length)) throw new Error('a section is damaged')
  const bytes = codec === 1 ? zstdDecompressSync(body) : body
  if (codec > 1 || bytes.length !== length) throw new Error('a section cannot be read')
  return bytes
}

function readIntegers(
  { section, mode, width, base }: Integers,
  count: number,
  read: (index: number) => Buffer,
): number[] {
  const bytes = read(section)
  let sum = base
  return Array.from({ length: count }, (_, index) => {
    let value = 0
    for (let plane = width - 1; plane >= 0; plane--) value = value * 256 + bytes[plane * count + index]
    if (mode === 'base') return value + base
    sum += value % 2 === 0 ? value / 2 : -(value + 1) / 2
    return sum
  })
}

interface Cells {
  readonly kind: string
  readonly values: readonly string[]
  readonly folded: readonly Buffer[]
  readonly sources: ReadonlyMap<number, string>
}

function readColumn(column: Column, read: (index: number) => Buffer): Cells {
  const { kind, cells, as } = column
  const sources = new Map<number, string>(
    column.sources === undefined ? [] : JSON.parse(read(column.sources).toString()),
  )
  if (as.form === 'text' || as.form === 'template') {
    const folded = as.form === 'text' ? readTexts(as, cells, read) : readTemplates(as, cells, read)
    return { kind, values: restored(folded, read(as.patch)), folded, sources }
  }
  const values = readCells(as, cells, read)
  return { kind, values, folded: values.map((value) => Buffer.from(value)), sources }
}

function readTexts({ text, lengths }: Texts, cells: number, read: (index: number) => Buffer): Buffer[] {
  const texts = split(read(text))
  const expected = readIntegers(lengths, cells, read)
  if (texts.some((cell, index) => cell.length !== expected[index])) throw new Error('lengths do not fit')
  return texts
}

function readTemplates(as: Templates, cells: number, read: (index: number) => Buffer): Buffer[] {
  const templates = split(read(as.templates))
  const codes = readIntegers(as.codes, cells, read)
  const countOf = (template: Buffer, mark: number): number => template.filter((byte) => byte === mark).length
  const cellsWith = (mark: number, place: number): number =>
    codes.filter((code) => countOf(templates[code], mark) > place).length
  const numbers = as.numbers.map((part, place) => readIntegers(part, cellsWith(0xfe, place), read).map(String))
  const words = as.words.map((part, place) => readTexts(part, cellsWith(0xfd, place), read))
  return codes.map((code) => {
    let number = 0
    let word = 0
    const parts = [...templates[code]].map((byte) => {
      if (byte === 0xfe) return Buffer.from(numbers[number++].shift() ?? '')
      return byte === 0xfd ? (words[word++].shift() ?? Buffer.of()) : Buffer.of(byte)
    })
    return Buffer.concat(parts)
  })
}

function readCells(as: Exclude<Encoding, Texts | Templates>, cells: number, read: (index: number) => Buffer): string[] {
  if (as.form === 'integers') return readIntegers(as.part, cells, read).map(String)
  if (as.form === 'dictionary') {
    const values = split(read(as.values)).map((value) => value.toString())
    const codes = read(as.codes)
    return Array.from({ length: cells }, (_, cell) => values[codes.readUIntLE(cell * as.width, as.width)])
  }
  const bytes = read(as.bytes)
  return Array.from({ length: cells }, (_, cell) => {
    const digits = bytes.toString('hex', cell * as.width, (cell + 1) * as.width)
    return as.layout === 'uuid' ? digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') : digits
  })
}

function split(bytes: Buffer): Buffer[] {
  const cells: Buffer[] = []
  for (let at = 0; at < bytes.length; at++) {
    const end = bytes.indexOf(0xff, at)
    cells.push(bytes.subarray(at, end))
    at = end
  }
  return cells
}

function restored(folded: readonly Buffer[], patch: Buffer): string[] {
  const texts = folded.map((cell) => cell.toString())
  let at = 0
  const next = (): number => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = patch[at++]
      value += (byte & 127) * shift
      if (byte < 128) return value
    }
  }
  for (let cell = 0; at < patch.length; ) {
    cell += next()
    let text = ''
    let copied = 0
    let place = 0
    for (let left = next(); left > 0; left--) {
      const step = next()
      place += Math.floor(step / 2)
      const [old] = folded[cell].toString('utf8', place)
      text += folded[cell].toString('utf8', copied, place)
      text += step % 2 === 1 ? String.fromCodePoint(next()) : old.toUpperCase()
      copied = place + Buffer.byteLength(old)
    }
    texts[cell] = text + folded[cell].toString('utf8', copied)
  }
  return texts
}

function mayHold(filter: Buffer, value: Buffer): boolean {
  let hash = 0x811c9dc5
  for (const byte of value) hash = Math.imul(hash ^ byte, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  const first = (hash ^ (hash >>> 16)) >>> 0
  const step = (Math.imul(first, 0x9e3779b1) | 1) >>> 0
  return [0, 1, 2, 3, 4, 5].every((probe) => {
    const bit = ((first + probe * step) % 2 ** 32) % (filter.length * 8)
    return (filter[bit >>> 3] & (1 << (bit & 7))) !== 0
  })
}

function readDocuments(header: Header, columns: readonly Cells[], read: (index: number) => Buffer): string[] {
  const times = readIntegers(header.times, header.rows, read)
  const nanos = header.nanos && readIntegers(header.nanos, header.rows, read)
  const shapeOf = header.shapeOf && readIntegers(header.shapeOf, header.rows, read)
  const levels = read(header.level)
  const used = columns.map(() => 0)
  return times.map((ms, row) => {
    const { parts, slots, hidden } = header.shapes[shapeOf?.[row] ?? 0]
    let text = parts[0]
    for (const [index, { column, form }] of slots.entries()) {
      if (column === -1) text += timeText(ms, nanos?.[row] ?? 0, form)
      else if (column === -2) text += form === 2 ? LEVELS[levels[row]].toUpperCase() : LEVELS[levels[row]]
      else text += cellText(columns[column], used[column]++)
      text += parts[index + 1]
    }
    for (const column of hidden) used[column]++
    return text
  })
}

function cellText({ kind, values, sources }: Cells, cell: number): string {
  if (kind !== 'string') return values[cell]
  return (sources.get(cell) ?? JSON.stringify(values[cell])).slice(1, -1)
}

function timeText(ms: number, nanos: number, form: number): string {
  if (form === 5) return `${ms}`
  if (form === 6) return `${ms / 1000}`
  const iso = new Date(ms).toISOString().slice(0, -1)
  const digits = `${nanos}`.padStart(6, '0')
  return `${[iso, iso.slice(0, -4), iso + digits.slice(0, 3), iso + digits][form - 1]}Z`
}
