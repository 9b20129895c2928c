import { DEPTH_REFUSED } from '../limits/limits'
import { DocumentWriter } from './document-writer'
import { BodyFailure, type OpenedBody } from './format'
import { openTranscript } from './transcript'
import { isFull } from './write-record'

/** JSON spells out the names that MessagePack packs. */
const GROWTH = 2

/** The extension that MessagePack itself has: a time. */
const TIMESTAMP = -1

/**
 * Writes the records of a MessagePack body (github.com/msgpack/msgpack/blob/master/spec.md) as documents: an array of maps, or
 * maps one after another. Integers keep all digits, times become RFC 3339, bytes Base64. What is no map is refused alone;
 * a body that ends too soon is refused whole, as JSON is.
 */
export function openMsgpack(body: Uint8Array): OpenedBody {
  const writer = new DocumentWriter(body.length * GROWTH)
  const reader = new MsgpackReader(body, writer)
  while (!reader.isAtEnd && !isFull(writer)) {
    const count = reader.arrayLength()
    if (count === undefined) reader.record()
    else for (let index = 0; index < count && !isFull(writer); index++) reader.record()
  }
  return openTranscript(writer)
}

class MsgpackReader {
  readonly #body: Uint8Array
  readonly #view: DataView
  readonly #writer: DocumentWriter
  #at = 0
  /** Writes names that are no texts. */
  #names: { readonly reader: MsgpackReader; readonly writer: DocumentWriter } | undefined

  constructor(body: Uint8Array, writer: DocumentWriter) {
    this.#body = body
    this.#view = new DataView(body.buffer, body.byteOffset, body.byteLength)
    this.#writer = writer
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#body.length
  }

  /** The length of the array that begins here, which is then passed over; undefined where none does. */
  arrayLength(): number | undefined {
    const type = this.#body[this.#at]
    if ((type & 0xf0) !== 0x90 && type !== 0xdc && type !== 0xdd) return undefined
    this.#at++
    return this.#length(type, 0x90, 0xdc)
  }

  record(): void {
    const at = this.#at
    const type = this.#body[at]
    const isMap = (type & 0xf0) === 0x80 || type === 0xde || type === 0xdf
    this.#value(1)
    if (isMap) this.#writer.endDocument()
    else this.#writer.refuseDocument({ code: 'invalid_record', detail: 'a log is a map', at })
  }

  #value(depth: number): void {
    if (depth > DEPTH_REFUSED) throw new BodyFailure(`The nesting is deeper than ${DEPTH_REFUSED}.`)
    const type = this.#take(1)[0]
    if (type <= 0x7f) this.#writer.json(`${type}`)
    else if (type >= 0xe0) this.#writer.json(`${type - 256}`)
    else if (type <= 0x8f || type >= 0xde) this.#map(this.#length(type, 0x80, 0xde), depth)
    else if (type <= 0x9f || type >= 0xdc) this.#array(this.#length(type, 0x90, 0xdc), depth)
    else if (type <= 0xbf || type >= 0xd9) this.#text(type)
    else this.#scalar(type)
  }

  #scalar(type: number): void {
    const word = WORDS.get(type)
    if (word !== undefined) this.#writer.json(word)
    else if (type === 0xc1) throw new BodyFailure(`At byte ${this.#at - 1}: this is no MessagePack.`)
    else if (type <= 0xc6) this.#bytes(this.#unsigned(1 << (type - 0xc4)))
    else if (type <= 0xc9) this.#extension(this.#unsigned(1 << (type - 0xc7)))
    else if (type <= 0xd3) this.#writer.json(this.#number(type))
    else this.#extension(1 << (type - 0xd4))
  }

  /** Names need not be texts in MessagePack; in JSON they are. */
  #map(count: number, depth: number): void {
    this.#writer.beginObject()
    for (let index = 0; index < count; index++) {
      this.#name(depth)
      this.#value(depth + 1)
    }
    this.#writer.endObject()
  }

  #name(depth: number): void {
    const type = this.#body[this.#at]
    if ((type & 0xe0) === 0xa0 || (type >= 0xd9 && type <= 0xdb)) {
      this.#at++
      const { from, to } = this.#textSpan(type)
      this.#writer.memberOf(this.#body, from, to)
      return
    }
    if (isContainer(type)) throw new BodyFailure(`At byte ${this.#at}: the name of a member is no map and no array.`)
    const { reader, writer } = this.#namesWriter()
    writer.rewind(0)
    reader.#at = this.#at
    reader.#value(depth + 1)
    this.#at = reader.#at
    this.#writer.memberOf(writer.bytes, 0, writer.length)
  }

  /** Made once: a map of numbers may have a million of them. */
  #namesWriter() {
    if (this.#names !== undefined) return this.#names
    const writer = new DocumentWriter(0)
    this.#names = { reader: new MsgpackReader(this.#body, writer), writer }
    return this.#names
  }

  #array(count: number, depth: number): void {
    this.#writer.beginArray()
    for (let index = 0; index < count; index++) this.#value(depth + 1)
    this.#writer.endArray()
  }

  #text(type: number): void {
    const { from, to } = this.#textSpan(type)
    this.#writer.text(this.#body, from, to)
  }

  #textSpan(type: number): { readonly from: number; readonly to: number } {
    const length = type <= 0xbf ? type & 0x1f : this.#unsigned(1 << (type - 0xd9))
    this.#take(length)
    return { from: this.#at - length, to: this.#at }
  }

  #bytes(length: number): void {
    this.#take(length)
    this.#writer.base64(this.#body, this.#at - length, this.#at)
  }

  #extension(length: number): void {
    const type = this.#view.getInt8(this.#needed(1))
    this.#at++
    const from = this.#needed(length)
    this.#at += length
    if (type === TIMESTAMP && (length === 4 || length === 8 || length === 12)) {
      this.#time(from, length)
      return
    }
    this.#writer.json(`{"extension":${type},"base64":"${base64(this.#body, from, this.#at)}"}`)
  }

  #time(from: number, length: number): void {
    const view = this.#view
    if (length === 4) {
      this.#instant(view.getUint32(from), 0)
      return
    }
    if (length === 12) {
      this.#instant(Number(view.getBigInt64(from + 4)), view.getUint32(from))
      return
    }
    const packed = view.getBigUint64(from)
    this.#instant(Number(packed & 0x3ffffffffn), Number(packed >> 34n))
  }

  /** A time that no calendar has is refused with its record, by its name. */
  #instant(seconds: number, nanos: number): void {
    if (seconds >= SECONDS_MIN && seconds <= SECONDS_MAX && nanos < 1e9) this.#writer.instant(seconds, nanos)
    else this.#writer.json(`"${seconds}.${String(nanos).padStart(9, '0')}"`)
  }

  #number(type: number): string {
    const at = this.#needed(NUMBER_BYTES[type - 0xca])
    this.#at = at + NUMBER_BYTES[type - 0xca]
    const view = this.#view
    if (type === 0xca) return floatJson(view.getFloat32(at))
    if (type === 0xcb) return floatJson(view.getFloat64(at))
    if (type === 0xcf) return `${view.getBigUint64(at)}`
    if (type === 0xd3) return `${view.getBigInt64(at)}`
    if (type === 0xd0) return `${view.getInt8(at)}`
    if (type === 0xd1) return `${view.getInt16(at)}`
    if (type === 0xd2) return `${view.getInt32(at)}`
    this.#at = at
    return `${this.#unsigned(NUMBER_BYTES[type - 0xca])}`
  }

  /** A length: in the type itself, or in the two or four bytes after it. */
  #length(type: number, fix: number, wide: number): number {
    if (type === wide) return this.#unsigned(2)
    return type === wide + 1 ? this.#unsigned(4) : type - fix
  }

  #unsigned(bytes: number): number {
    let value = 0
    for (const byte of this.#take(bytes)) value = value * 256 + byte
    return value
  }

  #take(bytes: number): Uint8Array {
    const from = this.#needed(bytes)
    this.#at = from + bytes
    return this.#body.subarray(from, this.#at)
  }

  /** Where the next bytes stand, if they are there. */
  #needed(bytes: number): number {
    if (this.#at + bytes > this.#body.length) throw new BodyFailure('The MessagePack ends too soon.')
    return this.#at
  }
}

const WORDS: ReadonlyMap<number, string> = new Map([
  [0xc0, 'null'],
  [0xc2, 'false'],
  [0xc3, 'true'],
])

/** Of float32 0xca to int64 0xd3. */
const NUMBER_BYTES = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8] as const

/** From the year 0 to 9999. */
const SECONDS_MIN = -62_167_219_200
const SECONDS_MAX = 253_402_300_799

const isContainer = (type: number): boolean => (type & 0xe0) === 0x80 || (type >= 0xdc && type <= 0xdf)

/** JSON has no NaN and no infinity: they are the texts that they are called by. */
const floatJson = (value: number): string => (Number.isFinite(value) ? JSON.stringify(value) : `"${value}"`)

const base64 = (body: Uint8Array, from: number, to: number): string =>
  Buffer.from(body.buffer, body.byteOffset + from, to - from).toString('base64')
