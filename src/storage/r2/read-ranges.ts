import { ARCHIVE_GAP_BYTES_MAX, ARCHIVE_READ_BYTES_MAX } from '../../limits/limits'
import { readObject } from './archive'

/** Bytes of an object. */
export interface ObjectRange {
  readonly from: number
  readonly to: number
}

/** What was found of many ranges. */
export interface FoundRanges {
  /** In the order of the ranges, as views of what was read; undefined where the object is missing or ends before. */
  readonly pieces: readonly (Uint8Array | undefined)[]
  /** With what stood between them. */
  readonly bytesRead: number
}

/** Reads many ranges of an object in few answers: neighbours, and those with little between them, come together. */
export async function readRanges(bucket: R2Bucket, key: string, ranges: readonly ObjectRange[]): Promise<FoundRanges> {
  const reads = joinRanges(ranges)
  const answers = await Promise.all(
    reads.map((read) => readObject(bucket, key, read.from, read.to).catch(() => undefined)),
  )
  const pieces: (Uint8Array | undefined)[] = ranges.map(() => undefined)
  for (const [number, { from, ranges: own }] of reads.entries()) {
    const bytes = answers[number]
    for (const index of own) {
      const range = ranges[index]
      if (bytes && range.to - from <= bytes.length) pieces[index] = bytes.subarray(range.from - from, range.to - from)
    }
  }
  return { pieces, bytesRead: answers.reduce((sum, bytes) => sum + (bytes?.length ?? 0), 0) }
}

interface JoinedRange extends ObjectRange {
  /** Which of the ranges it covers. */
  readonly ranges: readonly number[]
}

function joinRanges(ranges: readonly ObjectRange[]): JoinedRange[] {
  const order = [...ranges.keys()].sort((left, right) => ranges[left].from - ranges[right].from)
  const joined: JoinedRange[] = []
  for (const index of order) {
    const { from, to } = ranges[index]
    const last = joined.at(-1)
    const isNear =
      last !== undefined && from - last.to <= ARCHIVE_GAP_BYTES_MAX && to - last.from <= ARCHIVE_READ_BYTES_MAX
    if (last !== undefined && isNear) {
      joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, to), ranges: [...last.ranges, index] }
    } else joined.push({ from, to, ranges: [index] })
  }
  return joined
}
