import { BodyFailure } from './format'

/** How a field stands on the wire (protobuf.dev, encoding). Groups are of proto2, and none of ours has one. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/** The tag that a field of this number and wire type begins with. */
export const tagOf = (field: number, wire: number): number => (field << 3) | wire

/**
 * Walks the bytes of a protobuf message without making anything of them. What is not whole or not protobuf is a BodyFailure: no
 * length is believed that reaches outside of what it stands in.
 */
export class ProtobufReader {
  readonly bytes: Uint8Array
  /** What is read next. */
  at = 0
  /** The halves of what `varint64` and `fixed64` read. */
  low = 0
  high = 0
  readonly #view: DataView

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** The tag of the next field of a message that ends at `end`. */
  tag(end: number): number {
    const byte = this.bytes[this.at]
    if (byte < 0x80 && this.at < end) {
      this.at++
      return byte
    }
    this.varint64(end)
    if (this.high !== 0 || this.low < 8) throw new BodyFailure(`At byte ${this.at}: no field has this tag.`)
    return this.low
  }

  /** Where the field of bytes ends whose length is read next. */
  lengthEnd(end: number): number {
    const byte = this.bytes[this.at]
    let length = byte
    if (byte < 0x80 && this.at < end) this.at++
    else {
      this.varint64(end)
      length = this.high === 0 ? this.low : end
    }
    const fieldEnd = this.at + length
    if (fieldEnd > end)
      throw new BodyFailure(`At byte ${this.at}: a field of ${length} bytes does not fit into what it stands in.`)
    return fieldEnd
  }

  /** Reads a varint into `low` and `high`. */
  varint64(end: number): void {
    let low = 0
    let high = 0
    for (let index = 0; index < VARINT_BYTES_MAX; index++) {
      if (this.at >= end) throw cutShort(this.at)
      const byte = this.bytes[this.at++]
      const bits = byte & 0x7f
      if (index < 4) low |= bits << (7 * index)
      else if (index === 4) {
        low |= bits << 28
        high = bits >>> 4
      } else if (index < 9) high |= bits << (7 * index - 32)
      else high |= bits << 31
      if (byte < 0x80) {
        this.low = low >>> 0
        this.high = high >>> 0
        return
      }
    }
    throw new BodyFailure(`At byte ${this.at}: a varint has more than ${VARINT_BYTES_MAX} bytes.`)
  }

  /** A varint that is a small number: an enumeration, a count, a boolean. What is larger is cut to 32 bits. */
  uint32(end: number): number {
    const byte = this.bytes[this.at]
    if (byte < 0x80 && this.at < end) {
      this.at++
      return byte
    }
    this.varint64(end)
    return this.low
  }

  /** A varint as the digits of the signed number that it is. */
  int64Digits(end: number): string {
    this.varint64(end)
    if (this.high < 0x20_0000) return String(this.high * 2 ** 32 + this.low)
    return BigInt.asIntN(64, (BigInt(this.high) << 32n) | BigInt(this.low)).toString()
  }

  /** Reads eight bytes into `low` and `high`. */
  fixed64(end: number): void {
    if (this.at + 8 > end) throw cutShort(this.at)
    this.low = this.#view.getUint32(this.at, true)
    this.high = this.#view.getUint32(this.at + 4, true)
    this.at += 8
  }

  fixed32(end: number): number {
    if (this.at + 4 > end) throw cutShort(this.at)
    this.at += 4
    return this.#view.getUint32(this.at - 4, true)
  }

  double(end: number): number {
    if (this.at + 8 > end) throw cutShort(this.at)
    this.at += 8
    return this.#view.getFloat64(this.at - 8, true)
  }

  /** Passes over a field that is not known. `known` has a bit for each field that is: those have another wire type. */
  skip(tag: number, end: number, known: number): void {
    const field = tag >>> 3
    if (field < 32 && (known >>> field) & 1)
      throw new BodyFailure(`At byte ${this.at}: field ${field} has the wire type ${tag & 7}.`)
    switch (tag & 7) {
      case WIRE.varint:
        this.varint64(end)
        return
      case WIRE.fixed64:
        this.fixed64(end)
        return
      case WIRE.bytes:
        this.at = this.lengthEnd(end)
        return
      case WIRE.fixed32:
        this.fixed32(end)
        return
      default:
        throw new BodyFailure(`At byte ${this.at}: there is no wire type ${tag & 7}.`)
    }
  }
}

/** A bit for each of the fields of a message, for `skip`. */
export const fieldsOf = (...fields: readonly number[]): number => fields.reduce((bits, field) => bits | (1 << field), 1)

/** Seven bits in each make 64. */
const VARINT_BYTES_MAX = 10

const cutShort = (at: number): BodyFailure => new BodyFailure(`At byte ${at}: the message is cut short.`)
