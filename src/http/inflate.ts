import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { unframeSnappy } from '../formats/snappy'
import { ZSTD_FRAMES_MAX } from '../limits/limits'

/** The compressions that a body may have. */
export type Coding = 'gzip' | 'deflate' | 'br' | 'zstd' | 'snappy'

/** What became of compressed bytes. `too_large` comes without having made more than the bound. */
export type Inflated =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'damaged'; readonly reason: string }

/** Undoes one compression, and never makes more than `bytesMax` bytes, whatever the data claims. */
export function inflate(coding: Coding, compressed: Uint8Array, bytesMax: number): Inflated {
  try {
    return INFLATERS[coding](compressed, bytesMax)
  } catch (error) {
    // zlib answers a RangeError for output over maxOutputLength and an Error for bad data, in workerd and in Node.
    if (error instanceof RangeError) return { kind: 'too_large' }
    return { kind: 'damaged', reason: error instanceof Error ? error.message.toLowerCase() : 'unknown' }
  }
}

/** The compression that the first bytes show. No text and no JSON can begin like these. */
export function sniffCoding(bytes: Uint8Array): Coding | undefined {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip'
  if (bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd) return 'zstd'
  return undefined
}

type Inflater = (compressed: Uint8Array, bytesMax: number) => Inflated

const INFLATERS: Record<Coding, Inflater> = {
  /** All members of it: gzip files that were put one after the other are a gzip file. */
  gzip: (compressed, bytesMax) => ({ kind: 'bytes', bytes: gunzipSync(compressed, { maxOutputLength: bytesMax }) }),
  deflate: (compressed, bytesMax) =>
    inflateWhole(hasZlibHeader(compressed) ? inflateSync : inflateRawSync, compressed, bytesMax),
  br: (compressed, bytesMax) => inflateWhole(brotliDecompressSync, compressed, bytesMax),
  zstd: inflateFrames,
  /** With its framing: the stream format, as everybody but Loki and Prometheus has it. */
  snappy: (compressed, bytesMax) => ({ kind: 'bytes', bytes: unframeSnappy(compressed, bytesMax) }),
}

type Decompress = (compressed: Uint8Array, options: { maxOutputLength: number; info: true }) => unknown

/** RFC 9110 says zlib, and many senders leave its two bytes away. They hold the method and are a multiple of 31. */
const hasZlibHeader = ([first, second]: Uint8Array): boolean =>
  (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0

/** One compressed stream, and nothing behind it: zlib would leave the rest out without a word. */
function inflateWhole(decompress: Decompress, compressed: Uint8Array, bytesMax: number): Inflated {
  const { bytes, consumed } = inflateFirst(decompress, compressed, bytesMax)
  if (consumed === compressed.length) return { kind: 'bytes', bytes }
  return { kind: 'damaged', reason: `${compressed.length - consumed} bytes follow the end of the compressed data` }
}

/** Frame by frame: parallel compressors write several, and zlib reads only the first. */
function inflateFrames(compressed: Uint8Array, bytesMax: number): Inflated {
  const outputs: Uint8Array[] = []
  let offset = 0
  let total = 0
  while (offset < compressed.length) {
    if (outputs.length === ZSTD_FRAMES_MAX)
      return { kind: 'damaged', reason: `it has more than ${ZSTD_FRAMES_MAX} frames` }
    const { bytes, consumed } = inflateFirst(
      zstdDecompressSync,
      compressed.subarray(offset),
      Math.max(1, bytesMax - total),
    )
    if (consumed === 0) return { kind: 'damaged', reason: `no frame begins at byte ${offset}` }
    outputs.push(bytes)
    offset += consumed
    total += bytes.length
    if (total > bytesMax) return { kind: 'too_large' }
  }
  return { kind: 'bytes', bytes: outputs.length === 1 ? outputs[0] : Buffer.concat(outputs) }
}

/** The first stream or frame of the data, and how many bytes it took. The types of zlib do not know what `info` does. */
function inflateFirst(
  decompress: Decompress,
  compressed: Uint8Array,
  bytesMax: number,
): { bytes: Uint8Array; consumed: number } {
  const result = decompress(compressed, { maxOutputLength: bytesMax, info: true })
  if (!hasInfo(result)) throw new Error('zlib answered without its info')
  return { bytes: result.buffer, consumed: result.engine.bytesWritten }
}

const hasInfo = (result: unknown): result is { buffer: Uint8Array; engine: { bytesWritten: number } } =>
  typeof result === 'object' && result !== null && 'buffer' in result && 'engine' in result
