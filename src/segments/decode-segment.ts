import { createHash } from 'node:crypto'
import { CELL_END, cellStart, rowsOfColumn, shapeHas, type TextCells } from '../blocks/block'
import { foldCells, restoreCells } from '../blocks/case-patch'
import { type ColumnCells, type DocumentTable, foldedColumn, memoised } from '../blocks/table'
import { unpackSection } from './codec'
import { HASH_BYTES, PREAMBLE_BYTES, SEGMENT_MAGIC } from './encode-segment'
import { fromHexCells } from './hex-cells'
import { unpackIntegers } from './integers'
import type { SortedRows } from './merge'
import {
  type ColumnEncoding,
  type IntegerPart,
  SEGMENT_VERSION,
  type SegmentColumn,
  type SegmentHeader,
  type TextPart,
} from './segment'
import type { TemplateCells } from './template-cells'
import { fromTemplates, templatesOf, valueCounts } from './template-reader'

/** A header and where its sections begin in the segment. */
export interface LocatedHeader {
  readonly header: SegmentHeader
  readonly sectionsAt: number
}

/** Reads the beginning of a segment, or what the catalog keeps of it. Throws when it is not one, or newer than this reader. */
export function decodeHeader(bytes: Uint8Array): LocatedHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length < PREAMBLE_BYTES || view.getUint32(0, true) !== SEGMENT_MAGIC) throw new Error('not a segment')
  if (bytes[4] < 1 || bytes[4] > SEGMENT_VERSION)
    throw new Error(`segment version ${bytes[4]} is not known to this reader`)
  const stored = view.getUint32(8, true)
  const json = unpackSection(
    bytes[5],
    bytes.subarray(PREAMBLE_BYTES, PREAMBLE_BYTES + stored),
    view.getUint32(12, true),
  )
  const header: SegmentHeader = JSON.parse(new TextDecoder().decode(json))
  return { header, sectionsAt: PREAMBLE_BYTES + stored }
}

/** True when the segment's own hash fits its bytes. */
export function isIntact(segment: Uint8Array): boolean {
  if (segment.length < PREAMBLE_BYTES + HASH_BYTES) return false
  const digest = createHash('sha256')
    .update(segment.subarray(0, segment.length - HASH_BYTES))
    .digest()
  return digest.equals(segment.subarray(segment.length - HASH_BYTES))
}

/** Gives a section's unpacked bytes. Throws when it was not fetched. */
export type SectionReader = (section: number) => Uint8Array

/** Reads sections out of a whole segment in memory. */
export function sectionsOf(segment: Uint8Array, { header, sectionsAt }: LocatedHeader): SectionReader {
  return (section) => {
    const [offset, stored, length, codec] = header.sections[section]
    return unpackSection(codec, segment.subarray(sectionsAt + offset, sectionsAt + offset + stored), length)
  }
}

/** The segment as a table whose parts are unpacked when they are first needed. */
export function segmentTable(header: SegmentHeader, read: SectionReader): DocumentTable {
  const scalar = (part: IntegerPart, count: number): Float64Array =>
    unpackIntegers({ ...part, bytes: read(part.section) }, count)
  const times = memoised(() => scalar(header.times, header.rows))
  const seqs = memoised(() => scalar(header.seqs, header.rows))
  const received = memoised(() => scalar(header.received, header.rows))
  const levels = memoised(() => read(header.level))
  const nanos = memoised(() => header.nanos && new Uint32Array(scalar(header.nanos, header.rows)))
  const shapeOf = memoised(() =>
    header.shapeOf ? new Uint16Array(scalar(header.shapeOf, header.rows)) : new Uint16Array(header.rows),
  )
  const everyRowHas = (column: number): boolean => header.shapes.every((shape) => shapeHas(shape, column))
  return {
    rows: header.rows,
    minTime: header.minTime,
    maxTime: header.maxTime,
    shapes: header.shapes,
    columns: header.columns,
    times: () => times(0),
    nanos: () => nanos(0),
    levels: () => levels(0),
    shapeOf: () => shapeOf(0),
    seqs: () => seqs(0),
    received: () => received(0),
    cells: memoised((column) => decodeCells(header.columns[column], read)),
    rowsOf: memoised((column) =>
      everyRowHas(column)
        ? undefined
        : rowsOfColumn({ rows: header.rows, shapes: header.shapes, shapeOf: shapeOf(0) }, column),
    ),
    sources: memoised((column) => decodeSources(header.columns[column], read)),
  }
}

/** Everything in a segment as rows again, for merging. */
export function segmentRows(header: SegmentHeader, read: SectionReader): SortedRows {
  const table = segmentTable(header, read)
  return {
    rows: header.rows,
    times: table.times(),
    nanos: table.nanos(),
    seqs: table.seqs(),
    received: table.received(),
    levels: table.levels(),
    shapes: header.shapes,
    shapeOf: table.shapeOf(),
    columns: header.columns.map(({ name, kind, system }, index) => ({
      name,
      kind,
      system,
      cells: originalCells(header.columns[index], read),
      sources: table.sources(index),
    })),
  }
}

function decodeSources(column: SegmentColumn, read: SectionReader): ReadonlyMap<number, string> | undefined {
  if (column.sources === undefined) return undefined
  const entries: [number, string][] = JSON.parse(new TextDecoder().decode(read(column.sources)))
  return new Map(entries)
}

const unpackPart = (part: IntegerPart, count: number, read: SectionReader): Float64Array =>
  unpackIntegers({ ...part, bytes: read(part.section) }, count)

function decodeCells(column: SegmentColumn, read: SectionReader): ColumnCells {
  const { as } = column
  switch (as.form) {
    case 'text': {
      const cells = readText(as, column.cells, read)
      return foldedColumn({ count: column.cells, cells: () => cells, patch: () => read(as.patch) })
    }
    case 'template': {
      const templates = readTemplates(as, column.cells, read)
      const cells = (): TextCells => fromTemplates(templates)
      return foldedColumn({ count: column.cells, cells, patch: () => read(as.patch), templates })
    }
    case 'dictionary': {
      const values = textCells(read(as.values), as.count)
      const codes = read(as.codes)
      const wide = as.width === 2
      return { form: 'dictionary', values, folded: foldCells(values).cells, codes: wide ? uint16(codes) : codes }
    }
    case 'integers':
      return { form: 'integers', values: unpackPart(as.part, column.cells, read) }
    case 'hex':
      return { form: 'hex', hex: { layout: as.layout, width: as.width, bytes: read(as.bytes) } }
  }
}

function originalCells({ as, cells: count }: SegmentColumn, read: SectionReader): TextCells {
  switch (as.form) {
    case 'text':
      return restoreCells({ cells: readText(as, count, read), patch: read(as.patch) })
    case 'template':
      return restoreCells({ cells: fromTemplates(readTemplates(as, count, read)), patch: read(as.patch) })
    case 'dictionary':
      return dictionaryCells(
        textCells(read(as.values), as.count),
        as.width === 2 ? uint16(read(as.codes)) : read(as.codes),
      )
    case 'integers':
      return integerCells(unpackPart(as.part, count, read))
    case 'hex':
      return fromHexCells({ layout: as.layout, width: as.width, bytes: read(as.bytes) }, count)
  }
}

const readText = ({ text, lengths }: TextPart, count: number, read: SectionReader): TextCells => ({
  count,
  bytes: read(text),
  ends: endsOf(unpackPart(lengths, count, read)),
})

function readTemplates(
  as: Extract<ColumnEncoding, { form: 'template' }>,
  count: number,
  read: SectionReader,
): TemplateCells {
  const templates = textCells(read(as.templates), as.count)
  const codes = new Uint16Array(unpackPart(as.codes, count, read))
  const known = templatesOf({ templates })
  const numbersAt = memoised(() => valueCounts(known, codes, 'numbers'))
  const wordsAt = memoised(() => valueCounts(known, codes, 'words'))
  return {
    count,
    templates,
    codes,
    numberPlaces: as.numbers.length,
    wordPlaces: as.words.length,
    numbers: memoised((place) => unpackPart(as.numbers[place], numbersAt(0)[place], read)),
    words: memoised((place) => readText(as.words[place], wordsAt(0)[place], read)),
  }
}

/** Numbers as text: the engine joins them all at once, several times faster than one by one. */
function integerCells(values: Float64Array): TextCells {
  const joined = values.length === 0 ? '' : `${values.join(CELL_END_TEXT)}${CELL_END_TEXT}`
  const bytes = Buffer.from(joined, 'latin1')
  return textCells(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), values.length)
}

/** CELL_END as a character of latin1 text. */
const CELL_END_TEXT = String.fromCharCode(CELL_END)

function dictionaryCells(values: TextCells, codes: Uint8Array | Uint16Array): TextCells {
  const { bytes: source, ends: valueEnds } = values
  let size = 0
  for (let cell = 0; cell < codes.length; cell++) size += valueEnds[codes[cell]] + 1 - cellStart(values, codes[cell])
  const bytes = new Uint8Array(size)
  const ends = new Uint32Array(codes.length)
  let write = 0
  for (let cell = 0; cell < codes.length; cell++) {
    const code = codes[cell]
    const end = valueEnds[code]
    for (let at = code === 0 ? 0 : valueEnds[code - 1] + 1; at <= end; at++) bytes[write++] = source[at]
    ends[cell] = write - 1
  }
  return { count: codes.length, bytes, ends }
}

function endsOf(lengths: Float64Array): Uint32Array {
  const ends = new Uint32Array(lengths.length)
  let at = 0
  for (let cell = 0; cell < lengths.length; cell++) {
    at += lengths[cell]
    ends[cell] = at++
  }
  return ends
}

/** Finds the ends of cells again: the byte that ends a cell stands nowhere else. */
function textCells(bytes: Uint8Array, count: number): TextCells {
  const ends = new Uint32Array(count)
  let cell = 0
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === CELL_END) ends[cell++] = at
  if (cell !== count) throw new Error(`a column has ${cell} cells instead of ${count}`)
  return { count, bytes, ends }
}

function uint16(bytes: Uint8Array): Uint16Array {
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : new Uint8Array(bytes)
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2)
}
