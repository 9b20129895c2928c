import { createHash } from 'node:crypto'
import { type BlockColumn, cellText, type TextCells } from '../blocks/block'
import { type FoldedCells, foldCells } from '../blocks/case-patch'
import { memoised } from '../blocks/table'
import { packSection } from './codec'
import { type Dictionary, toDictionary } from './dictionary'
import { toHexCells } from './hex-cells'
import { packIntegers } from './integers'
import type { SortedRows } from './merge'
import {
  type ColumnEncoding,
  type IntegerPart,
  SEGMENT_VERSION,
  type Section,
  type SegmentColumn,
  type SegmentHeader,
  type TextPart,
} from './segment'
import { type TemplateCells, toTemplates } from './template-cells'
import { buildTokenFilter } from './token-filter'

export interface EncodedSegment {
  readonly header: SegmentHeader
  /** The header as stored, compressed: what the catalog keeps. */
  readonly headerBytes: Uint8Array
  readonly bytes: Uint8Array
  /** SHA-256 of all but the hash itself, hexadecimal. */
  readonly hash: string
}

/** `SLGS`, then version, codec of the header, two zero bytes, length of the header as stored and unpacked. */
export const SEGMENT_MAGIC = 0x53474c53
export const PREAMBLE_BYTES = 16
export const HASH_BYTES = 32

/** Encodes rows, already sorted by (time, seq) and all of one day and class, as an immutable segment. */
export function encodeSegment(
  rows: SortedRows,
  about: { readonly shard: number; readonly class: string },
): EncodedSegment {
  const sections = new SectionWriter()
  const integers: PutIntegers = (values) => {
    const { mode, width, base, bytes } = packIntegers(values)
    return { section: sections.put(bytes), mode, width, base }
  }
  // The columns that most queries read stand next to each other: one range covers them.
  const times = integers(rows.times)
  const level = sections.put(rows.levels)
  const shapeOf = rows.shapes.length > 1 ? integers(new Float64Array(rows.shapeOf)) : undefined
  const order = [...rows.columns.keys()].sort(
    (left, right) => coreRank(rows.columns[left]) - coreRank(rows.columns[right]),
  )
  const columns: SegmentColumn[] = []
  const dictionaryOf = memoised((column) => toDictionary(rows.columns[column].cells))
  for (const index of order) columns[index] = encodeColumn(rows.columns[index], sections, integers, dictionaryOf(index))
  const header: SegmentHeader = {
    version: SEGMENT_VERSION,
    rows: rows.rows,
    shard: about.shard,
    day: Math.floor(rows.times[0] / 86_400_000),
    class: about.class,
    minTime: rows.times[0],
    maxTime: rows.times[rows.rows - 1],
    ...seqBounds(rows.seqs),
    levels: countLevels(rows.levels),
    ...optional('services', countServices(rows, dictionaryOf)),
    shapes: rows.shapes,
    sections: sections.directory,
    times,
    ...optional('nanos', rows.nanos && integers(new Float64Array(rows.nanos))),
    seqs: integers(rows.seqs),
    received: integers(rows.received),
    level,
    ...optional('shapeOf', shapeOf),
    columns,
  }
  return assemble(header, sections)
}

/** Puts whole numbers into a section of their own. */
type PutIntegers = (values: Float64Array) => IntegerPart

function assemble(header: SegmentHeader, sections: SectionWriter): EncodedSegment {
  // Offsets count from the beginning of the sections, so that the header's own length does not move them.
  const json = new TextEncoder().encode(JSON.stringify(header))
  const packed = packSection(json)
  const bytes = new Uint8Array(PREAMBLE_BYTES + packed.bytes.length + sections.length + HASH_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, SEGMENT_MAGIC, true)
  bytes[4] = header.version
  bytes[5] = packed.codec
  view.setUint32(8, packed.bytes.length, true)
  view.setUint32(12, json.length, true)
  bytes.set(packed.bytes, PREAMBLE_BYTES)
  sections.copyTo(bytes, PREAMBLE_BYTES + packed.bytes.length)
  const hashed = bytes.subarray(0, bytes.length - HASH_BYTES)
  const digest = createHash('sha256').update(hashed).digest()
  bytes.set(digest, hashed.length)
  return {
    header,
    headerBytes: bytes.slice(0, PREAMBLE_BYTES + packed.bytes.length),
    bytes,
    hash: digest.toString('hex'),
  }
}

class SectionWriter {
  readonly directory: Section[] = []
  readonly #parts: Uint8Array[] = []
  length = 0

  put(bytes: Uint8Array): number {
    const packed = packSection(bytes)
    this.#parts.push(packed.bytes)
    this.directory.push([this.length, packed.bytes.length, bytes.length, packed.codec])
    this.length += packed.bytes.length
    return this.directory.length - 1
  }

  copyTo(target: Uint8Array, at: number): void {
    for (const [index, part] of this.#parts.entries()) target.set(part, at + this.directory[index][0])
  }
}

function coreRank(column: BlockColumn): number {
  if (!column.system) return 2
  return column.name === 'service' ? 0 : column.name === 'message' ? 1 : 2
}

function encodeColumn(
  column: BlockColumn,
  sections: SectionWriter,
  integers: PutIntegers,
  dictionary: Dictionary | undefined,
): SegmentColumn {
  const { name, kind, system, cells, sources } = column
  const about = { name, kind, system, cells: cells.count }
  const spelled = sources && { sources: sections.put(new TextEncoder().encode(JSON.stringify([...sources]))) }
  return { ...about, ...encodeCells(column, sections, integers, dictionary), ...spelled }
}

function encodeCells(
  { kind, cells }: BlockColumn,
  sections: SectionWriter,
  integers: PutIntegers,
  dictionary: Dictionary | undefined,
): { as: ColumnEncoding; filter?: number } {
  if (dictionary) {
    const { values, codes } = dictionary
    const width = values.count <= 256 ? 1 : 2
    const codeBytes =
      width === 1 ? new Uint8Array(codes) : new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength)
    return {
      as: {
        form: 'dictionary',
        codes: sections.put(codeBytes),
        width,
        values: sections.put(values.bytes),
        count: values.count,
      },
    }
  }
  if (kind === 'number') {
    const numbers = toIntegers(cells)
    if (numbers) return { as: { form: 'integers', part: integers(numbers) } }
  }
  if (kind === 'string') {
    const hex = toHexCells(cells)
    if (hex) {
      const filter = sections.put(buildTokenFilter(cells))
      return { as: { form: 'hex', bytes: sections.put(hex.bytes), width: hex.width, layout: hex.layout }, filter }
    }
  }
  const folded = foldCells(cells)
  const filter =
    kind === 'string' && looksLikeIds(folded.cells) ? { filter: sections.put(buildTokenFilter(folded.cells)) } : {}
  const templates = kind === 'string' ? toTemplates(folded.cells) : undefined
  const as = templates
    ? encodeTemplates(templates, folded.patch, sections, integers)
    : encodeText(folded, sections, integers)
  return { as, ...filter }
}

const encodeText = ({ cells, patch }: FoldedCells, sections: SectionWriter, integers: PutIntegers): ColumnEncoding => ({
  form: 'text',
  text: sections.put(cells.bytes),
  patch: sections.put(patch),
  lengths: integers(lengthsOf(cells)),
})

function encodeTemplates(
  { templates, codes, numberPlaces, wordPlaces, numbers, words }: TemplateCells,
  patch: Uint8Array,
  sections: SectionWriter,
  integers: PutIntegers,
): ColumnEncoding {
  return {
    form: 'template',
    templates: sections.put(templates.bytes),
    count: templates.count,
    codes: integers(new Float64Array(codes)),
    numbers: Array.from({ length: numberPlaces }, (_, place) => integers(numbers(place))),
    words: Array.from({ length: wordPlaces }, (_, place) => encodeWords(words(place), sections, integers)),
    patch: sections.put(patch),
  }
}

const encodeWords = (cells: TextCells, sections: SectionWriter, integers: PutIntegers): TextPart => ({
  text: sections.put(cells.bytes),
  lengths: integers(lengthsOf(cells)),
})

/** Bytes of each cell, so that a reader need not look for the ends. */
function lengthsOf(cells: TextCells): Float64Array {
  const lengths = new Float64Array(cells.count)
  for (let cell = 0, start = 0; cell < cells.count; cell++) {
    lengths[cell] = cells.ends[cell] - start
    start = cells.ends[cell] + 1
  }
  return lengths
}

/** Short values without spaces, hardly ever repeated, are looked up whole: they get a token filter. */
function looksLikeIds(cells: TextCells): boolean {
  return cells.count >= 64 && cells.bytes.length < cells.count * 65 && cells.bytes.subarray(0, 2048).indexOf(0x20) < 0
}

/** The cells as numbers when each is a whole number that a double holds and prints exactly as it was sent. */
function toIntegers(cells: TextCells): Float64Array | undefined {
  const values = new Float64Array(cells.count)
  let start = 0
  for (let cell = 0; cell < cells.count; cell++) {
    const end = cells.ends[cell]
    const negative = cells.bytes[start] === 0x2d
    const first = negative ? start + 1 : start
    const digits = end - first
    if (digits < 1 || digits > 15 || (cells.bytes[first] === 0x30 && (digits > 1 || negative))) return undefined
    let value = 0
    for (let at = first; at < end; at++) {
      const digit = cells.bytes[at] - 0x30
      if (digit < 0 || digit > 9) return undefined
      value = value * 10 + digit
    }
    values[cell] = negative ? -value : value
    start = end + 1
  }
  return values
}

function seqBounds(seqs: Float64Array): Pick<SegmentHeader, 'minSeq' | 'maxSeq'> {
  let minSeq = Number.POSITIVE_INFINITY
  let maxSeq = 0
  for (let row = 0; row < seqs.length; row++) {
    if (seqs[row] < minSeq) minSeq = seqs[row]
    if (seqs[row] > maxSeq) maxSeq = seqs[row]
  }
  return { minSeq, maxSeq }
}

function countLevels(levels: Uint8Array): number[] {
  const counts = [0, 0, 0, 0, 0, 0]
  for (const level of levels) counts[level]++
  return counts
}

/** Few enough to keep in the header. */
const COUNTED_SERVICES_MAX = 64

function countServices(
  rows: SortedRows,
  dictionaryOf: (column: number) => Dictionary | undefined,
): Record<string, number[]> | undefined {
  const index = rows.columns.findIndex((column) => column.system && column.name === 'service')
  if (index < 0) return undefined
  const dictionary = dictionaryOf(index)
  if (!dictionary || dictionary.values.count > COUNTED_SERVICES_MAX) return undefined
  const has = rows.shapes.map(
    (shape) => shape.hidden.includes(index) || shape.slots.some((slot) => slot.column === index),
  )
  const counts = Array.from({ length: dictionary.values.count }, () => [0, 0, 0, 0, 0, 0])
  let cell = 0
  for (let row = 0; row < rows.rows; row++) {
    if (has[rows.shapeOf[row]]) counts[dictionary.codes[cell++]][rows.levels[row]]++
  }
  return Object.fromEntries(counts.map((byLevel, value) => [cellText(dictionary.values, value), byLevel]))
}

/** A property that is left out rather than undefined. */
function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  const entry: { [P in K]?: V } = {}
  if (value !== undefined) entry[key] = value
  return entry
}
