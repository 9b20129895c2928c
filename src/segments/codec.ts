import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/**
 * How a section's bytes are stored. The number is on disk and never changes its meaning; new codecs take new numbers.
 */
export const CODEC = { raw: 0, zstd: 1 } as const

/** Level 3 packs logs within 5 % of level 9 at a quarter of its time. */
const ZSTD_LEVEL = 3

/** workerd counts the capacity of its output buffer against maxOutputLength, and grows it in steps beyond what is needed. */
const OUTPUT_SLACK = 1024 * 1024

/** Stores the bytes with the codec that makes them smaller. */
export function packSection(bytes: Uint8Array): { readonly codec: number; readonly bytes: Uint8Array } {
  if (bytes.length < 32) return { codec: CODEC.raw, bytes }
  const packed = zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } })
  return packed.length < bytes.length ? { codec: CODEC.zstd, bytes: packed } : { codec: CODEC.raw, bytes }
}

/** The bytes as they were before packSection. Throws when they are damaged or of another length than expected. */
export function unpackSection(codec: number, bytes: Uint8Array, length: number): Uint8Array {
  const unpacked = unpack(codec, bytes, length)
  if (unpacked.length !== length) throw new Error(`a section has ${unpacked.length} bytes instead of ${length}`)
  return unpacked
}

function unpack(codec: number, bytes: Uint8Array, length: number): Uint8Array {
  if (codec === CODEC.raw) return bytes
  if (codec === CODEC.zstd) return zstdDecompressSync(bytes, { maxOutputLength: length + OUTPUT_SLACK })
  throw new Error(`codec ${codec} is newer than this reader`)
}
