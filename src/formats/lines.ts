import { byteOrderMark, NEWLINE } from '../blocks/json-text'

/** Where a line stands in a body, without its end. */
export interface Line {
  readonly from: number
  readonly to: number
}

const CARRIAGE_RETURN = 0x0d

/** The lines of a body that hold something. A line may end with CRLF. */
export function* readLines(body: Uint8Array): Generator<Line> {
  let at = byteOrderMark(body)
  while (at < body.length) {
    const newline = body.indexOf(NEWLINE, at)
    const next = newline < 0 ? body.length : newline
    const to = next > at && body[next - 1] === CARRIAGE_RETURN ? next - 1 : next
    if (!isBlank(body, at, to)) yield { from: at, to }
    at = next + 1
  }
}

function isBlank(body: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (body[at] !== 0x20 && body[at] !== 0x09) return false
  return true
}
