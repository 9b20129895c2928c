import { byteOrderMark } from '../../blocks/json-text'

/** One message among several: its bytes, without what frames it. */
export interface Frame {
  readonly from: number
  readonly to: number
  /** It says that it is longer than what is there. */
  readonly isCutShort: boolean
}

/** The most digits of a length that anybody sends: a message of ten megabytes. */
const LENGTH_DIGITS_MAX = 8

/**
 * Finds the messages in a stream of syslog (RFC 6587): each with its length in bytes before it, or each on its own line. Which
 * of the two a message has is seen from its beginning, so that one wrong length does not cost those after it.
 */
export function* syslogFrames(bytes: Uint8Array): Generator<Frame> {
  let at = byteOrderMark(bytes)
  while (at < bytes.length) {
    const counted = countedFrame(bytes, at)
    const frame = counted ?? lineFrame(bytes, at)
    at = counted ? frame.to : frame.to + 1
    const trimmed = trimFrame(bytes, frame)
    if (trimmed.to > trimmed.from) yield trimmed
  }
}

/** `83 <34>1 …`: a length, a space, and then what begins like a message. */
function countedFrame(bytes: Uint8Array, start: number): Frame | undefined {
  let at = start
  let length = 0
  while (isDigit(bytes[at]) && at - start < LENGTH_DIGITS_MAX) length = length * 10 + bytes[at++] - 0x30
  if (at === start || bytes[start] === 0x30 || bytes[at] !== 0x20 || bytes[at + 1] !== 0x3c) return undefined
  if (!isDigit(bytes[at + 2])) return undefined
  const to = at + 1 + length
  return { from: at + 1, to: Math.min(to, bytes.length), isCutShort: to > bytes.length }
}

function lineFrame(bytes: Uint8Array, start: number): Frame {
  let at = start
  // Some senders end a message with NUL (RFC 6587, 3.4.2).
  while (at < bytes.length && bytes[at] !== 0x0a && bytes[at] !== 0) at++
  return { from: start, to: at, isCutShort: false }
}

/** Lengths include the line's end, and senders on Windows write both of its characters. */
function trimFrame(bytes: Uint8Array, frame: Frame): Frame {
  let { from, to } = frame
  while (to > from && isLineEnd(bytes[to - 1])) to--
  while (from < to && isLineEnd(bytes[from])) from++
  return { ...frame, from, to }
}

const isLineEnd = (byte: number): boolean => byte === 0x0a || byte === 0x0d || byte === 0

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39
