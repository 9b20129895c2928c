import {
  MERGE_HEADER_BYTES_MAX,
  MERGE_SEGMENTS_MIN,
  MERGE_SHARE_OF_FULL,
  SEGMENT_BYTES_MAX,
  SEGMENT_DECODED_BYTES_MAX,
  SEGMENT_ROWS_MAX,
} from '../limits/limits'
import { decodeHeader, sectionsOf, segmentRows } from './decode-segment'
import { decodeErased, type ErasedRows } from './erased-rows'
import { fitsHash } from './fits-hash'
import { type SealedSegment, sealRows } from './seal'
import type { SegmentColumn, SegmentHeader } from './segment'

/** A segment is small below these. The catalog's query for them uses the same numbers. */
export const SMALL = {
  rows: SEGMENT_ROWS_MAX / MERGE_SHARE_OF_FULL,
  bytes: SEGMENT_BYTES_MAX / MERGE_SHARE_OF_FULL,
  decodedBytes: SEGMENT_DECODED_BYTES_MAX / MERGE_SHARE_OF_FULL,
  headerBytes: MERGE_HEADER_BYTES_MAX,
} as const

/** A small segment as the catalog describes it. */
export interface SmallSegment {
  readonly id: string
  readonly hash: string
  readonly rows: number
  readonly bytes: number
  readonly sealedMs: number
  readonly header: Uint8Array
  /** What was erased of it, as the catalog keeps it. */
  readonly mask: string | undefined
}

/**
 * Which of these segments to merge: as many as fit into one, none when that is too few to be worth it. What is chosen is
 * always more than what comes out, so that merging comes to an end.
 */
export function chooseForMerge(small: readonly SmallSegment[]): SmallSegment[] {
  const chosen: SmallSegment[] = []
  let rows = 0
  let bytes = 0
  let decoded = 0
  const candidates = small
    .map((segment) => ({ segment, decodedBytes: decodedBytesOf(segment) }))
    .filter(({ decodedBytes }) => decodedBytes < SMALL.decodedBytes)
  if (candidates.length < MERGE_SEGMENTS_MIN) return []
  for (const { segment, decodedBytes } of candidates) {
    const isFull =
      rows + segment.rows > SEGMENT_ROWS_MAX ||
      bytes + segment.bytes > SEGMENT_BYTES_MAX ||
      decoded + decodedBytes > SEGMENT_DECODED_BYTES_MAX
    if (isFull) break
    chosen.push(segment)
    rows += segment.rows
    bytes += segment.bytes
    decoded += decodedBytes
  }
  return chosen
}

function decodedBytesOf({ header }: SmallSegment): number {
  try {
    return estimateDecoded(decodeHeader(header).header)
  } catch {
    // Merging cannot read it either.
    return Number.POSITIVE_INFINITY
  }
}

/** About how many bytes a segment has when it is decoded: values of a dictionary count as often as they occur. */
const estimateDecoded = (header: SegmentHeader): number =>
  header.columns.reduce((sum, column) => sum + estimateCells(column, header), header.rows * 16)

function estimateCells({ as, cells }: SegmentColumn, { sections }: SegmentHeader): number {
  switch (as.form) {
    case 'text':
      return sections[as.text][2]
    case 'template':
      return cells * (sections[as.templates][2] / Math.max(1, as.count) + (as.numbers.length + as.words.length) * 8)
    case 'dictionary':
      return (cells * sections[as.values][2]) / Math.max(1, as.count)
    case 'integers':
      return cells * 16
    case 'hex':
      return cells * (as.width * 2 + 8)
  }
}

/** A whole segment, to be merged. */
export interface MergeSource {
  readonly id: string
  readonly hash: string
  /** Undefined when they are nowhere. */
  readonly bytes: Uint8Array | undefined
  readonly mask: string | undefined
}

export type Merged =
  | { readonly ok: true; readonly segments: readonly SealedSegment[] }
  | { readonly ok: false; readonly damaged: readonly string[] }

/** Makes one or more segments of the rows of these that were not erased. */
export function mergeSegments(
  sources: readonly MergeSource[],
  about: { readonly shard: number; readonly class: string },
): Merged {
  const damaged: string[] = []
  const inputs = sources.flatMap((source) => {
    const rows = readSource(source)
    if (rows === undefined) damaged.push(source.id)
    return rows ?? []
  })
  return damaged.length > 0 ? { ok: false, damaged } : { ok: true, segments: sealRows(inputs, about) }
}

/** The rows of a segment, and which of them were erased; undefined when it cannot be read. */
export function readSource({ hash, bytes, mask }: MergeSource) {
  if (bytes === undefined || !fitsHash(bytes, hash)) return undefined
  try {
    const located = decodeHeader(bytes)
    const block = segmentRows(located.header, sectionsOf(bytes, located))
    const erased: ErasedRows | undefined = mask === undefined ? undefined : decodeErased(mask, block.rows)
    return { block, seqs: block.seqs, received: block.received, erased }
  } catch {
    return undefined
  }
}
