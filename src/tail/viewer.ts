import * as z from 'zod'
import { TAIL_LAG_RECORDS_MAX, TAIL_WINDOW_BYTES, TAIL_WINDOW_ENTRIES_MAX } from '../limits/limits'

const Count = z.int().min(0)

/** Why records were left out. */
const GapReason = z.enum(['slow_reader', 'rate', 'record_too_large', 'segment_unavailable'])
export type GapReason = z.infer<typeof GapReason>

/**
 * How far a tail is. It is kept on the socket itself, where it outlives the object's memory, and so it is input: another
 * version of the code may have written it.
 */
export const Viewer = z.object({
  /** The client's number of its subscription. */
  sub: Count,
  /** The first sequence number that was not looked at. */
  nextSeq: Count,
  isPaused: z.boolean(),
  /** What came before this is replayed, however long that takes: nothing of it is left out because it is late. */
  replayToSeq: Count,
  /** How many records there were to replay, when that began. */
  replayRecords: Count,
  /** Records that are being left out and were not told yet. */
  gap: z.object({ fromSeq: Count, count: Count, reason: GapReason }).optional(),
  /** What was sent and not acknowledged: the last sequence number of it, and bytes, in the order of sending. */
  unacknowledged: z.array(z.tuple([Count, Count])),
  /** Records that matched, and those of them that were sent. */
  matched: Count,
  sent: Count,
  /** The tail ends when it has come this far; undefined for one that goes on. */
  stopSeq: Count.optional(),
})
export type Viewer = Readonly<z.infer<typeof Viewer>>

/** From where a subscription begins. */
export interface Start {
  readonly sub: number
  readonly nextSeq: number
  /** The next sequence number that a record will get. */
  readonly headSeq: number
  readonly stopSeq?: number | undefined
}

/** A subscription at its beginning. What was sent for the one before and is still on its way stays accounted for. */
export function beginViewer({ sub, nextSeq, headSeq, stopSeq }: Start, before?: Viewer): Viewer {
  return replayFrom(
    {
      ...{ sub, isPaused: false, matched: 0, sent: 0, nextSeq, replayToSeq: 0, replayRecords: 0 },
      unacknowledged: before?.unacknowledged ?? [],
      ...(stopSeq !== undefined && { stopSeq }),
    },
    { nextSeq, headSeq },
  )
}

/** The viewer going on from a place: everything between it and the newest is replayed. */
export function replayFrom(
  { gap: _, ...viewer }: Viewer,
  { nextSeq, headSeq }: { readonly nextSeq: number; readonly headSeq: number },
): Viewer {
  const records = Math.max(0, headSeq - nextSeq)
  return { ...viewer, isPaused: false, nextSeq, replayToSeq: records > 0 ? headSeq : 0, replayRecords: records }
}

/** The viewer as its client wants to see nothing more for now. */
export const pauseViewer = (viewer: Viewer): Viewer => ({ ...viewer, isPaused: true })

/** Goes on: behind a cursor that the client names, or where it was. What is being left out already stays left out. */
export function resumeViewer(viewer: Viewer, afterSeq: number | undefined, headSeq: number): Viewer {
  if (afterSeq !== undefined) return replayFrom(viewer, { nextSeq: afterSeq + 1, headSeq })
  return viewer.gap === undefined
    ? replayFrom(viewer, { nextSeq: viewer.nextSeq, headSeq })
    : { ...viewer, isPaused: false }
}

/** Bytes on their way to the client, as far as it has said. */
export const unacknowledgedBytes = ({ unacknowledged }: Viewer): number =>
  unacknowledged.reduce((sum, [, bytes]) => sum + bytes, 0)

/** Whether so many bytes more stay within what one socket may have. */
export const hasRoom = (viewer: Viewer, bytes: number): boolean =>
  unacknowledgedBytes(viewer) + bytes <= TAIL_WINDOW_BYTES

/** After a frame of records was sent. */
export function afterSending(
  viewer: Viewer,
  { rows, bytes, nextSeq }: { readonly rows: number; readonly bytes: number; readonly nextSeq: number },
): Viewer {
  return {
    ...viewer,
    nextSeq,
    matched: viewer.matched + rows,
    sent: viewer.sent + rows,
    unacknowledged: withEntry(viewer.unacknowledged, [nextSeq - 1, bytes]),
  }
}

/** After the client has said that it has everything up to a cursor that it was sent. */
export function afterAcknowledging(viewer: Viewer, seq: number): Viewer {
  const last = viewer.unacknowledged.findLastIndex(([sentSeq]) => sentSeq <= seq)
  return last < 0 ? viewer : { ...viewer, unacknowledged: viewer.unacknowledged.slice(last + 1) }
}

/** Records are left out from here on, until the newest is reached. */
export const beginGap = (viewer: Viewer, reason: GapReason): Viewer => ({
  ...viewer,
  gap: { fromSeq: viewer.nextSeq, count: 0, reason },
})

/** So many matches before `nextSeq` are left out too. */
export const widenGap = (viewer: Viewer, { count, nextSeq }: { readonly count: number; readonly nextSeq: number }) =>
  viewer.gap === undefined
    ? viewer
    : {
        ...viewer,
        nextSeq,
        matched: viewer.matched + count,
        gap: { ...viewer.gap, count: viewer.gap.count + count },
      }

/** The gap was told, or there was nothing in it. */
export const endGap = ({ gap: _, ...viewer }: Viewer): Viewer => viewer

/** Whether a tail that cannot be sent more now is so late that it goes on from the newest. */
export const isTooLate = ({ nextSeq, replayToSeq }: Viewer, headSeq: number): boolean =>
  nextSeq >= replayToSeq && headSeq - nextSeq > TAIL_LAG_RECORDS_MAX

/**
 * A replay that has come to its end is live. What came while it ran is replayed as well, as long as that gets less: a reader
 * that is faster than the stream sees all of it.
 */
export function settleReplay(viewer: Viewer, headSeq: number): Viewer {
  const { nextSeq, replayToSeq, replayRecords } = viewer
  if (replayToSeq === 0 || nextSeq < replayToSeq) return viewer
  const left = headSeq - nextSeq
  if (left > TAIL_LAG_RECORDS_MAX && left <= replayRecords / 2)
    return { ...viewer, replayToSeq: headSeq, replayRecords: left }
  return { ...viewer, replayToSeq: 0, replayRecords: 0 }
}

type Entry = Viewer['unacknowledged'][number]

/** Where there are too many steps, the two last before this one become one: it is acknowledged with the later of them. */
function withEntry(entries: readonly Entry[], entry: Entry): Entry[] {
  if (entries.length < TAIL_WINDOW_ENTRIES_MAX) return [...entries, entry]
  const merged: Entry[] = []
  for (let index = 0; index < entries.length; index += 2) {
    const [, bytes] = entries[index]
    const next = entries.at(index + 1)
    merged.push(next === undefined ? entries[index] : [next[0], bytes + next[1]])
  }
  return [...merged, entry]
}
