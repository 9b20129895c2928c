import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Position } from './position'

/** Where a page ended, and what the pages after it may still see. */
export interface Cursor {
  /** The next page begins right after this record. */
  readonly after: Position
  /** Records with this sequence number and later ones arrived after the first page was made. */
  readonly nextSeq: number
  readonly fromMs: number
  readonly toMs: number
  /** What the first page took for now. */
  readonly nowMs: number
  /** Records that the pages so far had together. */
  readonly taken: number
}

/** A cursor for the next page of exactly this query, as opaque text. `secret` is the tenant's. */
export function signCursor(cursor: Cursor, queryKey: string, secret: string): string {
  const payload = Buffer.from(
    JSON.stringify([
      1,
      cursor.after.ms,
      cursor.after.nanos,
      cursor.after.seq,
      cursor.nextSeq,
      cursor.fromMs,
      cursor.toMs,
      cursor.taken,
      cursor.nowMs,
    ]),
  )
  return `${payload.toString('base64url')}.${signature(payload.toString('base64url'), queryKey, secret).toString('base64url')}`
}

/** What a cursor says; undefined when it is none of ours, or belongs to another query or tenant. */
export function readCursor(text: string, queryKey: string, secret: string): Cursor | undefined {
  const [payload = '', signed = ''] = text.split('.')
  const expected = signature(payload, queryKey, secret)
  const given = Buffer.from(signed, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  return claimedCursor(text)
}

/** What a text says that may be a cursor: for who learns only later whether it is signed. */
export function claimedCursor(text: string): Cursor | undefined {
  const numbers = numbersIn(text.split('.')[0])
  if (numbers === undefined) return undefined
  const [version, ms, nanos, seq, nextSeq, fromMs, toMs, taken, nowMs] = numbers
  return version === 1 ? { after: { ms, nanos, seq }, nextSeq, fromMs, toMs, taken, nowMs } : undefined
}

function numbersIn(payload: string): readonly number[] | undefined {
  try {
    const values: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    return Array.isArray(values) && values.length === NUMBERS && values.every(Number.isFinite) ? values : undefined
  } catch {
    return undefined
  }
}

/** So many numbers a cursor is made of. */
const NUMBERS = 9

const signature = (payload: string, queryKey: string, secret: string): Buffer =>
  createHmac('sha256', secret)
    .update(createHash('sha256').update(queryKey).digest())
    .update(payload)
    .digest()
    .subarray(0, 18)
