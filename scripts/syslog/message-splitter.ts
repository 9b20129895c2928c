/** The longest message that is taken in one piece; what goes on past it is the next message. The service takes no larger record. */
export const MESSAGE_BYTES_MAX = 256 * 1024

const NEWLINE = 0x0a
const SPACE = 0x20
const LESS_THAN = 0x3c
const LENGTH_DIGITS_MAX = 7

/**
 * Finds the messages of one TCP connection (RFC 6587) as they come in: each with its length before it, or each on its own line,
 * or ended with NUL. What begins like neither is a line.
 */
export class MessageSplitter {
  #rest: Buffer = Buffer.alloc(0)

  /** The messages that are whole now. */
  push(chunk: Buffer): Buffer[] {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const messages: Buffer[] = []
    for (let cut = nextMessage(bytes); cut !== undefined; cut = nextMessage(bytes)) {
      const message = withoutLineEnd(bytes.subarray(cut.from, cut.to))
      if (message.length > 0) messages.push(message)
      bytes = bytes.subarray(cut.next)
    }
    // A copy, so that a few bytes do not hold the memory of a whole chunk.
    this.#rest = Buffer.from(bytes)
    return messages
  }

  /** What is left when the connection ends: a message that nobody will end any more. */
  end(): Buffer[] {
    const message = withoutLineEnd(this.#rest)
    this.#rest = Buffer.alloc(0)
    return message.length > 0 ? [message] : []
  }
}

interface Cut {
  readonly from: number
  readonly to: number
  readonly next: number
}

/** Undefined until it is whole. */
function nextMessage(bytes: Buffer): Cut | undefined {
  const start = countedStart(bytes)
  if (start === 'unsure') return undefined
  if (start !== undefined) {
    const to = start.from + Math.min(start.length, MESSAGE_BYTES_MAX)
    return to <= bytes.length ? { from: start.from, to, next: to } : undefined
  }
  const end = lineEnd(bytes)
  if (end >= 0 && end <= MESSAGE_BYTES_MAX) return { from: 0, to: end, next: end + 1 }
  if (bytes.length <= MESSAGE_BYTES_MAX) return undefined
  return { from: 0, to: MESSAGE_BYTES_MAX, next: MESSAGE_BYTES_MAX }
}

/** Python ends its messages with NUL, all others with a line's end (RFC 6587, 3.4.2). */
function lineEnd(bytes: Buffer): number {
  const newline = bytes.indexOf(NEWLINE)
  const nul = (newline < 0 ? bytes : bytes.subarray(0, newline)).indexOf(0)
  return nul < 0 ? newline : nul
}

/** Where a counted message begins and how long it is; unsure while its length may still be coming in. */
function countedStart(bytes: Buffer): { readonly from: number; readonly length: number } | 'unsure' | undefined {
  const [, digits] = /^([1-9]\d*)/.exec(bytes.toString('latin1', 0, LENGTH_DIGITS_MAX + 1)) ?? []
  if (digits === undefined || digits.length > LENGTH_DIGITS_MAX) return undefined
  const at = digits.length
  if (bytes.length < at + 2) return 'unsure'
  return bytes[at] === SPACE && bytes[at + 1] === LESS_THAN ? { from: at + 1, length: Number(digits) } : undefined
}

function withoutLineEnd(message: Buffer): Buffer {
  let end = message.length
  while (end > 0 && (message[end - 1] === NEWLINE || message[end - 1] === 0x0d || message[end - 1] === 0)) end--
  return message.subarray(0, end)
}
