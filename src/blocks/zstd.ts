import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** workerd counts the capacity of its output buffer against maxOutputLength, and grows it in steps beyond what is needed. */
const OUTPUT_SLACK = 1024 * 1024

/** One zstd frame (RFC 8878). */
export const compress = (bytes: Uint8Array, level: number): Uint8Array =>
  zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } })

/** The bytes of a frame that are known to be `length` long. Throws when it is damaged, or far longer. */
export const decompress = (frame: Uint8Array, length: number): Uint8Array =>
  zstdDecompressSync(frame, { maxOutputLength: length + OUTPUT_SLACK })
