import { TAIL_BATCH_BYTES, TAIL_BATCH_ROWS, TAIL_WINDOW_BYTES } from '../limits/limits'
import type { Batch } from './pump-viewer'

/** A frame of records that is being filled. */
export interface DraftBatch {
  readonly texts: string[]
  /** Nothing from here on is in it. */
  readonly endSeq: number
  bytes: number
  nextSeq: number
  isFull: boolean
}

/** An empty frame for what follows a place. */
export const draftAt = (fromSeq: number, endSeq: number): DraftBatch => ({
  ...{ texts: [], endSeq, bytes: FRAME_BYTES },
  ...{ nextSeq: fromSeq, isFull: false },
})

/** A batch without records. */
export const NO_ROWS = { rows: 0, text: '', bytes: 0 }

/** The frame as it is sent. */
export const batchOf = ({ texts, bytes, nextSeq }: DraftBatch): Batch => ({
  rows: texts.length,
  text: texts.join(','),
  bytes,
  nextSeq,
})

/**
 * Adds a record; a frame that has no room for it ends before it. Answers a batch of its own for a record that no socket can be
 * sent.
 */
export function addRow(frame: DraftBatch, seq: number, text: string): 'added' | 'full' | Batch {
  if (seq >= frame.endSeq) {
    frame.nextSeq = frame.endSeq
    frame.isFull = true
    return 'full'
  }
  const bytes = Buffer.byteLength(text) + 1
  const isFirst = frame.texts.length === 0
  if (bytes > ROW_BYTES_MAX && isFirst)
    return { ...NO_ROWS, nextSeq: seq + 1, missing: { count: 1, reason: 'record_too_large' } }
  if (!isFirst && frame.bytes + bytes > TAIL_BATCH_BYTES) {
    frame.nextSeq = seq
    frame.isFull = true
    return 'full'
  }
  frame.texts.push(text)
  frame.bytes += bytes
  frame.nextSeq = seq + 1
  frame.isFull = frame.texts.length >= TAIL_BATCH_ROWS
  return frame.isFull ? 'full' : 'added'
}

/** A record that does not fit the window of any socket, with the frame around it. */
const ROW_BYTES_MAX = TAIL_WINDOW_BYTES - 1024

/** What a frame has beside its records. */
const FRAME_BYTES = 64
