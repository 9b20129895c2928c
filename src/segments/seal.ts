import { decodeBlock } from '../blocks/block-bytes'
import { blockTable, timeBounds } from '../blocks/table'
import {
  COLUMNS_MAX,
  SEGMENT_BYTES_MAX,
  SEGMENT_DECODED_BYTES_MAX,
  SEGMENT_ROWS_MAX,
  SEGMENT_SLOTS_MAX,
} from '../limits/limits'
import type { RetentionRules } from '../tenant/retention-rules'
import { boundColumns } from './bound-columns'
import { compileRetention } from './compile-retention'
import { decodeHeader, isIntact, sectionsOf, segmentRows } from './decode-segment'
import { type EncodedSegment, encodeSegment } from './encode-segment'
import type { ErasedRows } from './erased-rows'
import { journalInput, type MergeInput, mergeRows, rowNumbers, type SortedRows } from './merge'

/** A block of the journal on its way into segments. */
export interface SealInput {
  readonly firstSeq: number
  readonly bytes: Uint8Array
}

/** A segment ready to be kept, with what the catalog says about it. */
export interface SealedSegment {
  /** `seg_` and the beginning of the hash: the same rows sealed again by the same code are the same segment. */
  readonly id: string
  readonly bytes: Uint8Array
  readonly headerBytes: Uint8Array
  readonly hash: string
  readonly shard: number
  readonly day: number
  readonly class: string
  readonly rows: number
  readonly minTime: number
  readonly maxTime: number
  readonly minSeq: number
  readonly maxSeq: number
  /** Bit mask of the level ranks that occur. */
  readonly levels: number
}

/** What all of the segments have in common. */
export interface SealAbout {
  readonly shard: number
  /** The retention class of all records, where no rules say it of each. */
  readonly class: string
  readonly rules?: RetentionRules | undefined
}

const DAY_MS = 86_400_000

/**
 * Turns journal blocks into segments: merges, sorts, splits by day and retention class, encodes, then decodes again and compares. Throws when
 * the comparison fails: the journal then stays as it is.
 */
export function sealBlocks(inputs: readonly SealInput[], about: SealAbout): SealedSegment[] {
  return sealRows(
    inputs.map(({ firstSeq, bytes }) => journalInput(decodeBlock(bytes), firstSeq)),
    about,
  )
}

/** The same for rows from anywhere, as merging segments needs it. Erased rows are left out. */
export function sealRows(
  inputs: readonly (MergeInput & { readonly erased?: ErasedRows | undefined })[],
  about: SealAbout,
): SealedSegment[] {
  const days = inputs.some(({ erased }) => erased) ? keptByDay(inputs) : selectionsByDay(inputs)
  const { shard } = about
  const bounded = boundColumns(inputs, { columns: COLUMNS_MAX, slots: SEGMENT_SLOTS_MAX })
  return byClass(inputs, days, about).flatMap(({ rows, class: name }) =>
    divide(rows, partsFor(bounded, rows.length)).flatMap((part) =>
      sealSelection(bounded, part, { shard, class: name }),
    ),
  )
}

interface ClassedRows {
  readonly class: string
  readonly rows: Uint32Array
}

/** The rows of each day by their retention class, where there are policies that tell records apart. */
function byClass(inputs: readonly MergeInput[], days: readonly Uint32Array[], about: SealAbout): ClassedRows[] {
  const { rules, class: name } = about
  if (rules === undefined || rules.rules.length === 0) return days.map((rows) => ({ class: name, rows }))
  const classes = classesOf(inputs, rules)
  return days.flatMap((rows) => {
    const groups = Map.groupBy(rows, (row) => classes[row])
    return [...groups]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([own, members]) => ({ class: own, rows: Uint32Array.from(members) }))
  })
}

/** The retention class of each row, over all inputs, by these rules. */
function classesOf(inputs: readonly MergeInput[], rules: RetentionRules): string[] {
  const retention = compileRetention(rules)
  return inputs.flatMap(({ block, seqs, received }) => {
    const { outcomeOf } = retention.judge(blockTable({ ...block, receivedMs: 0, seqs, received }, 0))
    return Array.from(outcomeOf, (outcome) => retention.outcomes[outcome].class)
  })
}

/** In how many segments so many of the rows will be, as far as can be told before they are merged. */
function partsFor(inputs: readonly MergeInput[], rows: number): number {
  const all = inputs.reduce((sum, { block }) => sum + block.rows, 0)
  const bytes = inputs.reduce((sum, { block }) => sum + decodedBytes(block), 0)
  return Math.ceil(Math.max(rows / SEGMENT_ROWS_MAX, (bytes * rows) / all / SEGMENT_DECODED_BYTES_MAX))
}

/** The selection in so many parts of nearly one length. */
function divide(selection: Uint32Array, parts: number): Uint32Array[] {
  const ends = Array.from({ length: parts + 1 }, (_, part) => Math.round((selection.length * part) / parts))
  return ends.slice(1).map((end, part) => selection.subarray(ends[part], end))
}

/** Row indexes of each day without the rows that were erased. */
function keptByDay(inputs: readonly (MergeInput & { readonly erased?: ErasedRows | undefined })[]): Uint32Array[] {
  const gone = new Uint8Array(inputs.reduce((sum, { block }) => sum + block.rows, 0))
  let at = 0
  for (const { block, erased } of inputs) {
    if (erased) gone.set(erased, at)
    at += block.rows
  }
  return selectionsByDay(inputs)
    .map((selection) => selection.filter((row) => gone[row] === 0))
    .filter((selection) => selection.length > 0)
}

function sealSelection(
  inputs: readonly MergeInput[],
  selection: Uint32Array,
  about: { readonly shard: number; readonly class: string },
): SealedSegment[] {
  const rows = mergeRows(inputs, selection)
  const segment = fits(rows) ? encodeSegment(rows, about) : undefined
  if (segment === undefined || (segment.bytes.length > SEGMENT_BYTES_MAX && rows.rows > 1)) {
    return divide(selection, 2).flatMap((part) => sealSelection(inputs, part, about))
  }
  verify(rows, segment)
  return [describe(segment)]
}

function fits(rows: SortedRows): boolean {
  if (rows.rows <= 1) return true
  return rows.rows <= SEGMENT_ROWS_MAX && decodedBytes(rows) <= SEGMENT_DECODED_BYTES_MAX
}

const decodedBytes = ({ rows, columns }: Pick<SortedRows, 'rows' | 'columns'>): number =>
  columns.reduce((sum, column) => sum + column.cells.bytes.length, rows * 16)

/** Row indexes of each day, over all inputs, in order of the inputs. */
function selectionsByDay(inputs: readonly MergeInput[]): Uint32Array[] {
  const { minTime, maxTime } = boundsOf(inputs)
  const rows = inputs.reduce((sum, { block }) => sum + block.rows, 0)
  if (Math.floor(minTime / DAY_MS) === Math.floor(maxTime / DAY_MS)) return [rowNumbers(rows)]
  const days = new Map<number, number[]>()
  let at = 0
  for (const { block } of inputs) {
    for (const time of block.times) {
      const day = Math.floor(time / DAY_MS)
      const known = days.get(day)
      if (known) known.push(at++)
      else days.set(day, [at++])
    }
  }
  return [...days].sort(([left], [right]) => left - right).map(([, found]) => Uint32Array.from(found))
}

function boundsOf(inputs: readonly MergeInput[]): { minTime: number; maxTime: number } {
  const bounds = inputs.map(({ block }) => timeBounds(block.times))
  return {
    minTime: bounds.reduce((least, { minTime }) => Math.min(least, minTime), Number.POSITIVE_INFINITY),
    maxTime: bounds.reduce((most, { maxTime }) => Math.max(most, maxTime), Number.NEGATIVE_INFINITY),
  }
}

/** What was encoded must decode to exactly the rows that went in. */
function verify(rows: SortedRows, segment: EncodedSegment): void {
  const located = decodeHeader(segment.bytes)
  if (!isIntact(segment.bytes)) throw new Error('a new segment does not fit its hash')
  const back = segmentRows(located.header, sectionsOf(segment.bytes, located))
  const scalarsAgree =
    sameNumbers(rows.times, back.times) &&
    sameNumbers(rows.seqs, back.seqs) &&
    sameNumbers(rows.received, back.received)
  const nanosAgree = rows.nanos === undefined || (back.nanos !== undefined && sameNumbers(rows.nanos, back.nanos))
  const shapesAgree = sameNumbers(rows.levels, back.levels) && sameNumbers(rows.shapeOf, back.shapeOf)
  const cellsAgree = rows.columns.every((column, index) =>
    sameBytes(column.cells.bytes, back.columns[index].cells.bytes),
  )
  const textsAgree = textOf(rows) === textOf(back)
  if (!(scalarsAgree && nanosAgree && shapesAgree && cellsAgree && textsAgree))
    throw new Error('a new segment does not decode to its rows')
}

/** What a segment keeps as JSON: shapes, names of columns, and strings that were spelled in an unusual way. */
const textOf = ({ shapes, columns }: SortedRows): string =>
  JSON.stringify([shapes, columns.map(({ name, kind, system, sources }) => [name, kind, system, ...(sources ?? [])])])

function describe({ header, headerBytes, bytes, hash }: EncodedSegment): SealedSegment {
  const { shard, day, rows, minTime, maxTime, minSeq, maxSeq } = header
  const levels = header.levels.reduce((mask, count, rank) => (count > 0 ? mask | (1 << rank) : mask), 0)
  const id = `seg_${hash.slice(0, 26)}`
  return {
    id,
    bytes,
    headerBytes,
    hash,
    shard,
    day,
    class: header.class,
    rows,
    minTime,
    maxTime,
    minSeq,
    maxSeq,
    levels,
  }
}

const sameBytes = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0

type Numbers = Float64Array | Uint32Array | Uint16Array | Uint8Array

const sameNumbers = (left: Numbers, right: Numbers): boolean =>
  sameBytes(
    new Uint8Array(left.buffer, left.byteOffset, left.byteLength),
    new Uint8Array(right.buffer, right.byteOffset, right.byteLength),
  )
