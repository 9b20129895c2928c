import { compress, decompress } from './zstd'

/**
 * A block as it travels and lies in the journal: compressed if that is worth it. `SLBZ`, the block's own length as a 32-bit
 * little-endian integer, then one zstd frame (RFC 8878). Anything else is a block as it is.
 */
const MAGIC = 0x5a424c53
const PREAMBLE_BYTES = 8

/** A third of the bytes for a fifth of a millisecond per 150 kB: less than writing, reading and freeing the pages costs. */
const ZSTD_LEVEL = 1

/** For smaller blocks a compressor's own set-up costs more than the pages that it saves. */
const WORTH_PACKING_BYTES = 65_536

export function packBlock(block: Uint8Array): Uint8Array {
  if (block.length < WORTH_PACKING_BYTES) return block
  const frame = compress(block, ZSTD_LEVEL)
  const packed = new Uint8Array(PREAMBLE_BYTES + frame.length)
  if (packed.length >= block.length) return block
  const view = new DataView(packed.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, block.length, true)
  packed.set(frame, PREAMBLE_BYTES)
  return packed
}

/** The block as it was before packBlock. Throws when the frame is damaged or of another length than it says. */
export function unpackBlock(bytes: Uint8Array): Uint8Array {
  if (!isPacked(bytes)) return bytes
  const length = unpackedLength(bytes)
  const block = decompress(bytes.subarray(PREAMBLE_BYTES), length)
  if (block.length !== length) throw new Error(`a block has ${block.length} bytes instead of ${length}`)
  return new Uint8Array(block.buffer, block.byteOffset, block.length)
}

/** The first bytes of a block, packed or not, that tell how long it is unpacked. */
export const PACKED_HEAD_BYTES = PREAMBLE_BYTES + 1

/** How many bytes the block has when it is unpacked. Of a block of `size` bytes, its head is enough. */
export const unpackedLength = (bytes: Uint8Array, size: number = bytes.length): number =>
  isPacked(bytes) ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true) : size

const isPacked = (bytes: Uint8Array): boolean =>
  bytes.length > PREAMBLE_BYTES && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === MAGIC
