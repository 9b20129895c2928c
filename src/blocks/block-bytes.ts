import type { Block, BlockColumn, ColumnKind, Shape, TextCells } from './block'
import { unpackBlock } from './packed-block'

/**
 * The block as bytes, as it travels to the tenant object and lies in the journal:
 * `SLB2`, the sections (each aligned to 8 bytes), the header as JSON, its length as a 32-bit integer. Little-endian.
 * Sections in order: times (f64), nanos (u32, if any), levels (u8), shapes of rows (u16, if more than one shape), sequence
 * numbers and times of receipt (f64, if they differ from row to row), then for each column the cells' lengths (`width` bytes
 * each: a third fewer bytes for a compressor to leave than ends) and their bytes.
 */
const MAGIC = 0x32424c53

/** The same with the cells' ends (u32) in place of their lengths. Journals may still hold such blocks. */
const MAGIC_WITH_ENDS = 0x31424c53

interface Header {
  readonly rows: number
  readonly received: number
  readonly nanos: boolean
  readonly perRow: boolean
  readonly shapes: readonly Shape[]
  readonly columns: readonly HeaderColumn[]
}

interface HeaderColumn {
  readonly name: string
  readonly kind: ColumnKind
  readonly system: boolean
  readonly cells: number
  readonly bytes: number
  /** Bytes of a cell's length: 1, 2 or 4. */
  readonly width: number
  readonly sources?: readonly (readonly [number, string])[]
}

export function encodeBlock(block: Block): Uint8Array {
  const lengths = block.columns.map(({ cells }) => lengthsOf(cells))
  const header: Header = {
    rows: block.rows,
    received: block.receivedMs,
    nanos: block.nanos !== undefined,
    perRow: block.seqs !== undefined && block.received !== undefined,
    shapes: block.shapes,
    columns: block.columns.map((column, index) => headerColumn(column, lengths[index].BYTES_PER_ELEMENT)),
  }
  const headerBytes = new TextEncoder().encode(JSON.stringify(header))
  const sections = [
    bytesOf(block.times),
    ...(block.nanos ? [bytesOf(block.nanos)] : []),
    block.levels,
    ...(block.shapes.length > 1 ? [bytesOf(block.shapeOf)] : []),
    ...(block.seqs && block.received ? [bytesOf(block.seqs), bytesOf(block.received)] : []),
    ...block.columns.flatMap((column, index) => [bytesOf(lengths[index]), column.cells.bytes]),
  ]
  const size = sections.reduce((sum, section) => sum + aligned(section.length), 8) + headerBytes.length + 4
  const out = new Uint8Array(size)
  const view = new DataView(out.buffer)
  view.setUint32(0, MAGIC, true)
  let at = 8
  for (const section of sections) {
    out.set(section, at)
    at += aligned(section.length)
  }
  out.set(headerBytes, at)
  view.setUint32(size - 4, headerBytes.length, true)
  return out
}

/** Reads what encodeBlock wrote, packed or not. The columns are views of `bytes`. Throws on anything else: a journal row is never half a block. */
export function decodeBlock(bytes: Uint8Array): Block {
  const unpacked = unpackBlock(bytes)
  const whole = unpacked.byteOffset % 8 === 0 ? unpacked : new Uint8Array(unpacked)
  const view = new DataView(whole.buffer, whole.byteOffset, whole.length)
  const magic = whole.length < 12 ? 0 : view.getUint32(0, true)
  if (magic !== MAGIC && magic !== MAGIC_WITH_ENDS) throw new Error('not a block')
  const headerLength = view.getUint32(whole.length - 4, true)
  const header: Header = JSON.parse(
    new TextDecoder().decode(whole.subarray(whole.length - 4 - headerLength, whole.length - 4)),
  )
  let at = 8
  const take = (length: number): Place => {
    const offset = whole.byteOffset + at
    at += aligned(length)
    return { buffer: whole.buffer, offset }
  }
  const { rows } = header
  const times = take(rows * 8)
  const nanos = header.nanos ? take(rows * 4) : undefined
  const levels = take(rows)
  const shapeOf = header.shapes.length > 1 ? take(rows * 2) : undefined
  const seqs = header.perRow ? take(rows * 8) : undefined
  const received = header.perRow ? take(rows * 8) : undefined
  return {
    seqs: seqs && new Float64Array(seqs.buffer, seqs.offset, rows),
    received: received && new Float64Array(received.buffer, received.offset, rows),
    rows,
    receivedMs: header.received,
    times: new Float64Array(times.buffer, times.offset, rows),
    nanos: nanos && new Uint32Array(nanos.buffer, nanos.offset, rows),
    levels: new Uint8Array(levels.buffer, levels.offset, rows),
    shapes: header.shapes,
    shapeOf: shapeOf ? new Uint16Array(shapeOf.buffer, shapeOf.offset, rows) : new Uint16Array(rows),
    columns: header.columns.map((column): BlockColumn => {
      const count = column.cells
      const width = magic === MAGIC ? column.width : Uint32Array.BYTES_PER_ELEMENT
      const spans = take(count * width)
      const text = take(column.bytes)
      return {
        name: column.name,
        kind: column.kind,
        system: column.system,
        cells: {
          count,
          ends: magic === MAGIC ? endsFrom(spans, width, count) : new Uint32Array(spans.buffer, spans.offset, count),
          bytes: new Uint8Array(text.buffer, text.offset, column.bytes),
        },
        sources: column.sources && new Map(column.sources),
      }
    }),
  }
}

function headerColumn(column: BlockColumn, width: number): HeaderColumn {
  const { name, kind, system, cells, sources } = column
  const header = { name, kind, system, cells: cells.count, bytes: cells.bytes.length, width }
  return sources ? { ...header, sources: [...sources] } : header
}

type Lengths = Uint8Array | Uint16Array | Uint32Array

/** The cells' lengths in the narrowest integers that hold them all. */
function lengthsOf({ count, ends }: TextCells): Lengths {
  const longest = longestOf(ends, count)
  const lengths =
    longest < 0x100 ? new Uint8Array(count) : longest < 0x10000 ? new Uint16Array(count) : new Uint32Array(count)
  fillLengths(lengths, ends, count)
  return lengths
}

function longestOf(ends: Uint32Array, count: number): number {
  let longest = 0
  for (let cell = 0, start = 0; cell < count; cell++) {
    if (ends[cell] - start > longest) longest = ends[cell] - start
    start = ends[cell] + 1
  }
  return longest
}

function fillLengths(lengths: Lengths, ends: Uint32Array, count: number): void {
  for (let cell = 0, start = 0; cell < count; cell++) {
    lengths[cell] = ends[cell] - start
    start = ends[cell] + 1
  }
}

/** Where a section stands. */
interface Place {
  readonly buffer: ArrayBufferLike
  readonly offset: number
}

function endsFrom({ buffer, offset }: Place, width: number, count: number): Uint32Array {
  if (width === 1) return sumUp(new Uint8Array(buffer, offset, count))
  if (width === 2) return sumUp(new Uint16Array(buffer, offset, count))
  return sumUp(new Uint32Array(buffer, offset, count))
}

function sumUp(lengths: Lengths): Uint32Array {
  const ends = new Uint32Array(lengths.length)
  for (let cell = 0, at = 0; cell < lengths.length; cell++) {
    at += lengths[cell]
    ends[cell] = at++
  }
  return ends
}

const bytesOf = (array: Float64Array | Lengths): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

/** Typed arrays must begin at multiples of their element's size. */
const aligned = (length: number): number => (length + 7) & ~7
