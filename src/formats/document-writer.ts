import type { RecordProblem } from '../blocks/batch-builder'
import { BACKSLASH, BRACE_OPEN, BRACKET_OPEN, COLON, COMMA, NEWLINE, QUOTE } from '../blocks/json-text'
import { DOCUMENTS_BYTES_MAX } from '../limits/limits'
import { BodyTooLarge } from './format'

/** A member's name as it stands in a document, with its colon: made once, for names that are known. */
export const memberName = (name: string): Uint8Array => encoder.encode(`${JSON.stringify(name)}:`)

/**
 * Writes JSON documents one after the other, from the bytes of another format and without objects in between. Commas are put where
 * they belong. Text is taken as the UTF-8 that it is: what is none of it is found when the
 * document is read. Throws BodyTooLarge past DOCUMENTS_BYTES_MAX.
 */
export class DocumentWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0
  readonly #ends: number[] = []
  readonly #refused = new Map<number, RecordProblem>()

  /** `expected` is how many bytes there will be, about. */
  constructor(expected: number) {
    this.#bytes = new Uint8Array(Math.min(Math.max(expected, SMALLEST), DOCUMENTS_BYTES_MAX))
  }

  /** How many bytes have been written. */
  get length(): number {
    return this.#length
  }

  /** What has been written, one document after the other. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Where each document ends, the refused ones too: they have no bytes. */
  get ends(): readonly number[] {
    return this.#ends
  }

  /** Documents that could not be written, by their place among all. */
  get refused(): ReadonlyMap<number, RecordProblem> {
    return this.#refused
  }

  /** Forgets what was written after that many bytes: what turned out to be no value. */
  rewind(length: number): void {
    this.#length = length
  }

  /** A copy of what has been written since, to be put in again where it is needed once more. */
  copySince(length: number): Uint8Array {
    return this.#bytes.slice(length, this.#length)
  }

  beginObject(): void {
    this.#separate(1)
    this.#bytes[this.#length++] = BRACE_OPEN
  }

  endObject(): void {
    this.#room(1)
    this.#bytes[this.#length++] = 0x7d
  }

  beginArray(): void {
    this.#separate(1)
    this.#bytes[this.#length++] = BRACKET_OPEN
  }

  endArray(): void {
    this.#room(1)
    this.#bytes[this.#length++] = 0x5d
  }

  /** Ends a document: with the next value begins another. */
  endDocument(): void {
    this.#room(1)
    this.#bytes[this.#length++] = NEWLINE
    this.#ends.push(this.#length)
  }

  /** Takes back what was written of a document: it is none, and counts as one that was not taken. */
  refuseDocument(problem: RecordProblem): void {
    this.#length = this.#ends.at(-1) ?? 0
    this.#refused.set(this.#ends.length, problem)
    this.#ends.push(this.#length)
  }

  /** A member's name, which memberName has made. Its value must follow. */
  member(name: Uint8Array): void {
    this.#separate(name.length)
    this.#put(name, 0, name.length)
  }

  /** A member's name out of bytes. Its value must follow. */
  memberOf(source: Uint8Array, from: number, to: number): void {
    this.text(source, from, to)
    this.#room(1)
    this.#bytes[this.#length++] = COLON
  }

  /** A member's name that is a JSON string already, with its quotes. Its value must follow. */
  memberRaw(source: Uint8Array, from: number, to: number): void {
    this.raw(source, from, to)
    this.#room(1)
    this.#bytes[this.#length++] = COLON
  }

  /** A text, of which the source has the UTF-8. */
  text(source: Uint8Array, from: number, to: number): void {
    this.#separate(to - from + 2)
    let bytes = this.#bytes
    let write = this.#length
    bytes[write++] = QUOTE
    for (let read = from; read < to; read++) {
      const byte = source[read]
      if (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH) {
        bytes[write++] = byte
        continue
      }
      this.#length = write
      this.#room(to - read + ESCAPED_BYTES)
      bytes = this.#bytes
      write = putEscaped(bytes, write, byte)
    }
    bytes[write++] = QUOTE
    this.#length = write
  }

  /** Text of ours. */
  string(text: string): void {
    this.json(JSON.stringify(text))
  }

  /** JSON that is known to be valid, out of bytes. */
  raw(source: Uint8Array, from: number, to: number): void {
    this.#separate(to - from)
    this.#put(source, from, to)
  }

  /** JSON of ours: a number, `true`, `null`, digits that are too many for a number. */
  json(text: string): void {
    this.#separate(text.length * 3)
    if (text.length > SHORT) {
      this.#length += encoder.encodeInto(text, this.#bytes.subarray(this.#length)).written
      return
    }
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code > 0x7f) {
        this.#length += encoder.encodeInto(text.slice(index), this.#bytes.subarray(this.#length)).written
        return
      }
      this.#bytes[this.#length++] = code
    }
  }

  /** Bytes as text in lower-case hexadecimal. */
  hex(source: Uint8Array, from: number, to: number): void {
    this.#separate((to - from) * 2 + 2)
    this.#bytes[this.#length++] = QUOTE
    for (let read = from; read < to; read++) {
      this.#bytes[this.#length++] = HEX[source[read] >>> 4]
      this.#bytes[this.#length++] = HEX[source[read] & 0x0f]
    }
    this.#bytes[this.#length++] = QUOTE
  }

  /** Bytes as text in Base64 (RFC 4648, 4). */
  base64(source: Uint8Array, from: number, to: number): void {
    this.json(`"${Buffer.from(source.buffer, source.byteOffset + from, to - from).toString('base64')}"`)
  }

  /** An instant as text: RFC 3339 in UTC, with nine decimals. It is of the years 1970 to 9999. */
  instant(seconds: number, nanos: number): void {
    this.#separate(INSTANT_BYTES)
    if (seconds !== this.#second) this.#rememberSecond(seconds)
    this.#put(this.#secondText, 0, this.#secondText.length)
    const bytes = this.#bytes
    const start = this.#length
    let rest = nanos | 0
    for (let at = start + 8; at >= start; at--) {
      const next = (rest / 10) | 0
      bytes[at] = 0x30 + rest - next * 10
      rest = next
    }
    bytes[start + 9] = 0x5a
    bytes[start + 10] = QUOTE
    this.#length = start + 11
  }

  #second = Number.NaN
  #secondText: Uint8Array = new Uint8Array(0)

  /** Logs of one body are of few seconds. */
  #rememberSecond(seconds: number): void {
    this.#second = seconds
    this.#secondText = encoder.encode(`"${new Date(seconds * 1000).toISOString().slice(0, -4)}`)
  }

  /** Room for a value, and the comma before it unless it is the first. */
  #separate(size: number): void {
    this.#room(size + 1)
    const last = this.#length === 0 ? NEWLINE : this.#bytes[this.#length - 1]
    if (last === BRACE_OPEN || last === BRACKET_OPEN || last === COLON || last === NEWLINE) return
    this.#bytes[this.#length++] = COMMA
  }

  #put(source: Uint8Array, from: number, to: number): void {
    if (to - from > SHORT) {
      this.#bytes.set(source.subarray(from, to), this.#length)
      this.#length += to - from
      return
    }
    for (let read = from; read < to; read++) this.#bytes[this.#length++] = source[read]
  }

  #room(size: number): void {
    const needed = this.#length + size
    if (needed <= this.#bytes.length) return
    if (needed > DOCUMENTS_BYTES_MAX) throw tooManyBytes()
    const bytes = new Uint8Array(Math.min(Math.max(this.#bytes.length * 2, needed), DOCUMENTS_BYTES_MAX))
    bytes.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = bytes
  }
}

const tooManyBytes = (): BodyTooLarge =>
  new BodyTooLarge(
    { name: 'DOCUMENTS_BYTES_MAX', value: DOCUMENTS_BYTES_MAX },
    `The records have more than ${DOCUMENTS_BYTES_MAX} bytes as JSON, each with what it shares with others. Send fewer at once.`,
  )

const encoder = new TextEncoder()

const SMALLEST = 256

/** Up to here a loop costs less than a call. */
const SHORT = 48

/** The longest escape of one byte, and what an instant takes with its quotes. */
const ESCAPED_BYTES = 6
const INSTANT_BYTES = 32

const HEX = encoder.encode('0123456789abcdef')

/** What stands after the back-slash, for characters that have a short escape; JSON.stringify writes the same. */
const SHORT_ESCAPES = new Uint8Array(256)
for (const [meant, escaped] of [
  ['"', '"'],
  ['\\', '\\'],
  ['\b', 'b'],
  ['\f', 'f'],
  ['\n', 'n'],
  ['\r', 'r'],
  ['\t', 't'],
]) {
  SHORT_ESCAPES[meant.charCodeAt(0)] = escaped.charCodeAt(0)
}

function putEscaped(bytes: Uint8Array, at: number, byte: number): number {
  bytes[at] = BACKSLASH
  const short = SHORT_ESCAPES[byte]
  if (short !== 0) {
    bytes[at + 1] = short
    return at + 2
  }
  bytes[at + 1] = 0x75
  bytes[at + 2] = 0x30
  bytes[at + 3] = 0x30
  bytes[at + 4] = HEX[byte >>> 4]
  bytes[at + 5] = HEX[byte & 0x0f]
  return at + 6
}
