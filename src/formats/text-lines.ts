import type { BatchBuilder } from '../blocks/batch-builder'
import { byteOrderMark, NEWLINE } from '../blocks/json-text'
import type { AfterRecord, ReadOutcome, Rejection } from './json-documents'

const CARRIAGE_RETURN = 0x0d

/** Takes each line of plain text as a record. Empty lines are no records; a line may end with CRLF. */
export function readTextLines(body: Uint8Array, builder: BatchBuilder, afterRecord: AfterRecord): ReadOutcome {
  const rejected: Rejection[] = []
  let received = 0
  let at = byteOrderMark(body)
  while (at < body.length) {
    const newline = body.indexOf(NEWLINE, at)
    const next = newline < 0 ? body.length : newline
    const end = next > at && body[next - 1] === CARRIAGE_RETURN ? next - 1 : next
    if (!isBlank(body, at, end)) {
      const problem = builder.addLine(at, end)
      if (problem) rejected.push({ ...problem, index: received })
      received++
      const stop = afterRecord(received)
      if (stop) return { received, rejected, broken: stop }
    }
    at = next + 1
  }
  return { received, rejected, broken: undefined }
}

function isBlank(body: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (body[at] !== 0x20 && body[at] !== 0x09) return false
  return true
}
