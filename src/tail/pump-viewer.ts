import { TAIL_WINDOW_BYTES } from '../limits/limits'
import {
  afterSending,
  beginGap,
  endGap,
  type GapReason,
  hasRoom,
  isTooLate,
  settleReplay,
  type Viewer,
  widenGap,
} from './viewer'

/** Some of what follows a place in the log, for one query and one sight. */
export interface Batch {
  /** The matches before `nextSeq`, or the first of them. */
  readonly rows: number
  /** As they are sent, with commas between them. */
  readonly text: string
  readonly bytes: number
  /** What was looked at ends before this. */
  readonly nextSeq: number
  /** Matches before `nextSeq` that cannot be sent at all; there are no rows then. */
  readonly missing?: { readonly count: number; readonly reason: GapReason }
}

/** What pumping one tail asks of its surroundings. All of it is synchronous; `undefined` is for what is not at hand now. */
export interface PumpPorts {
  /** The next sequence number that a record will get. */
  readonly headSeq: number
  /** What follows a place, which is before the head. */
  batchAt(fromSeq: number): Batch | undefined
  /** How many match between a place and one that follows it. */
  countAt(fromSeq: number): { readonly count: number; readonly nextSeq: number } | undefined
  /** Whether this tail may go on for now, or others come first. */
  isMyTurn(): boolean
  /** Whether all tails together, and the line to this one, can take more. */
  canSend(): boolean
  sendRows(viewer: Viewer, batch: Batch): void
  sendGap(viewer: Viewer, gap: ToldGap): void
}

/** Matches that a client is told of and not sent: those behind `afterSeq`, up to and with `toSeq`. */
export interface ToldGap {
  readonly afterSeq: number
  readonly toSeq: number
  readonly count: number
  readonly reason: GapReason
}

/**
 * Brings a tail as near to the head as may be now. Each match between where it was and where it is then was sent once, or
 * counted in a gap. Answers where it is.
 */
export function pumpViewer(start: Viewer, ports: PumpPorts): Viewer {
  const end = Math.min(ports.headSeq, start.stopSeq ?? ports.headSeq)
  let viewer = start
  while (!viewer.isPaused && viewer.nextSeq < end) {
    const next = step(viewer, ports)
    if (next === undefined) return viewer
    viewer = settleReplay(next, ports.headSeq)
  }
  return viewer.isPaused || viewer.gap === undefined ? viewer : tellGap(viewer, ports)
}

/** One step ahead; undefined when there is none to be made now. */
function step(viewer: Viewer, ports: PumpPorts): Viewer | undefined {
  if (!ports.isMyTurn()) return undefined
  if (viewer.gap !== undefined) {
    const skipped = ports.countAt(viewer.nextSeq)
    return skipped && widenGap(viewer, skipped)
  }
  const batch = ports.batchAt(viewer.nextSeq)
  if (batch === undefined) return undefined
  if (batch.missing !== undefined) return tellMissing(viewer, batch, batch.missing, ports)
  if (batch.rows === 0) return { ...viewer, nextSeq: batch.nextSeq }
  const canSend = ports.canSend()
  if (canSend && hasRoom(viewer, batch.bytes)) {
    ports.sendRows(viewer, batch)
    return afterSending(viewer, batch)
  }
  if (isTooLate(viewer, ports.headSeq)) return beginGap(viewer, canSend ? 'slow_reader' : 'rate')
  return undefined
}

function tellMissing(
  viewer: Viewer,
  { nextSeq }: Batch,
  { count, reason }: NonNullable<Batch['missing']>,
  ports: PumpPorts,
): Viewer | undefined {
  if (!ports.canSend()) return undefined
  ports.sendGap(viewer, { afterSeq: viewer.nextSeq - 1, toSeq: nextSeq - 1, count, reason })
  return { ...viewer, nextSeq, matched: viewer.matched + count }
}

/** A gap is told once it has come to its end, and there is room for more than itself. */
function tellGap(viewer: Viewer, ports: PumpPorts): Viewer {
  const { gap, nextSeq } = viewer
  if (gap === undefined || gap.count === 0) return endGap(viewer)
  if (!ports.canSend() || !hasRoom(viewer, TAIL_WINDOW_BYTES / 2)) return viewer
  ports.sendGap(viewer, { afterSeq: gap.fromSeq - 1, toSeq: nextSeq - 1, count: gap.count, reason: gap.reason })
  return endGap(viewer)
}
