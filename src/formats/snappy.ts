/**
 * Snappy, as google/snappy describes it: format_description.txt for blocks, framing_format.txt for streams. Both functions throw
 * a RangeError for what would become too large, before it does, and an Error for what is no snappy data.
 */

/** The bytes of one block, which says at its beginning how many they are. */
export function unsnap(compressed: Uint8Array, bytesMax: number): Uint8Array {
  const { length, at } = readLength(compressed)
  if (length > bytesMax) throw new RangeError(`more than ${bytesMax} bytes`)
  // No element of three bytes makes more than 64: what claims more is a lie, and no room is made for it.
  if (length > (compressed.length - at) * ELEMENT_BYTES_MAX) throw new Error('it is cut short')
  const output = new Uint8Array(length)
  if (unsnapInto(compressed, at, output) !== length) throw new Error('it is cut short')
  return output
}

/** The bytes of a stream of chunks. */
export function unframeSnappy(stream: Uint8Array, bytesMax: number): Uint8Array {
  if (!STREAM_IDENTIFIER.every((byte, index) => stream[index] === byte)) throw new Error('no stream identifier')
  const chunks: Uint8Array[] = []
  let total = 0
  for (let at = 0; at < stream.length; ) {
    if (at + 4 > stream.length) throw new Error('a chunk is cut short')
    const kind = stream[at]
    const size = stream[at + 1] | (stream[at + 2] << 8) | (stream[at + 3] << 16)
    const chunk = stream.subarray(at + 4, at + 4 + size)
    if (chunk.length < size) throw new Error('a chunk is cut short')
    const bytes = readChunk(kind, chunk, bytesMax - total)
    total += bytes.length
    if (total > bytesMax) throw new RangeError(`more than ${bytesMax} bytes`)
    if (bytes.length > 0) chunks.push(bytes)
    at += 4 + size
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
}

const STREAM_IDENTIFIER = [0xff, 0x06, 0x00, 0x00, ...Array.from('sNaPpY', (letter) => letter.charCodeAt(0))]

/** What a chunk of a stream holds before compression. */
const CHUNK_BYTES_MAX = 65_536

const ELEMENT_BYTES_MAX = 64

function readChunk(kind: number, chunk: Uint8Array, bytesMax: number): Uint8Array {
  if (kind === 0xff || kind >= 0x80) return NOTHING
  if (kind > 0x01) throw new Error(`chunks of the kind ${kind} are not known`)
  if (chunk.length < 4) throw new Error('a chunk is cut short')
  const content = chunk.subarray(4)
  const bytes = kind === 0x01 ? content : unsnap(content, Math.min(bytesMax, CHUNK_BYTES_MAX))
  const wanted = (chunk[0] | (chunk[1] << 8) | (chunk[2] << 16) | (chunk[3] << 24)) >>> 0
  if (maskedChecksum(bytes) !== wanted) throw new Error('a checksum is wrong')
  return bytes
}

const NOTHING = new Uint8Array(0)

function readLength(compressed: Uint8Array): { length: number; at: number } {
  let length = 0
  for (let at = 0; at < 5; at++) {
    const byte = compressed[at]
    if (byte === undefined) break
    length += (byte & 0x7f) * 2 ** (7 * at)
    if (byte < 0x80 && length < 2 ** 32) return { length, at: at + 1 }
  }
  throw new Error('it has no length')
}

/** Answers how many bytes were written: as many as there is room for, if the data is whole. */
function unsnapInto(compressed: Uint8Array, from: number, output: Uint8Array): number {
  let read = from
  let write = 0
  while (read < compressed.length) {
    const tag = compressed[read++]
    if ((tag & 3) === 0) {
      let size = tag >>> 2
      if (size >= 60) {
        const count = size - 59
        size = 0
        for (let index = 0; index < count; index++) size += compressed[read++] * 2 ** (8 * index)
      }
      size++
      if (!(read + size <= compressed.length && write + size <= output.length))
        throw new Error('a literal is cut short')
      if (size <= SHORT) for (let index = 0; index < size; index++) output[write + index] = compressed[read + index]
      else output.set(compressed.subarray(read, read + size), write)
      read += size
      write += size
      continue
    }
    let size: number
    let offset: number
    if ((tag & 3) === 1) {
      size = ((tag >>> 2) & 7) + 4
      offset = ((tag >>> 5) << 8) | compressed[read]
      read += 1
    } else {
      size = (tag >>> 2) + 1
      const isShort = (tag & 3) === 2
      offset = compressed[read] | (compressed[read + 1] << 8)
      if (!isShort) offset = (offset | (compressed[read + 2] << 16) | (compressed[read + 3] << 24)) >>> 0
      read += isShort ? 2 : 4
    }
    if (read > compressed.length || offset === 0 || offset > write || write + size > output.length)
      throw new Error('a copy points outside')
    // What is copied may reach into what the copy itself writes.
    for (let index = 0; index < size; index++) output[write + index] = output[write - offset + index]
    write += size
  }
  return write
}

/** Up to here a loop costs less than a call. */
const SHORT = 32

/** CRC-32C (Castagnoli), turned by 15 bits and shifted, as the stream format has it. */
function maskedChecksum(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let at = 0; at < bytes.length; at++) crc = CASTAGNOLI[(crc ^ bytes[at]) & 0xff] ^ (crc >>> 8)
  crc = ~crc >>> 0
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

const CASTAGNOLI = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})
