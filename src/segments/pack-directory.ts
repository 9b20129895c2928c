import { createHash } from 'node:crypto'
import { compress, decompress } from '../blocks/zstd'

/**
 * Where in an archive object each part of each segment is. The object is eight bytes of magic, the pieces in the order in
 * which the directory lists them, the directory, and a trailer. docs/segment-format.md describes it.
 */
export interface PackDirectory {
  readonly version: 2
  readonly tenant: string
  readonly day: number
  readonly class: string
  readonly segments: readonly PackedSegment[]
  readonly stripes: readonly PackStripe[]
}

/** A segment as it can be put together again from its pieces. */
export interface PackedSegment {
  readonly id: string
  readonly hash: string
  readonly length: number
}

/** Segments whose parts stand side by side: the next so many of the directory. */
export interface PackStripe {
  readonly segments: number
  readonly groups: readonly PackGroup[]
}

/** Pieces that the same queries read. */
export interface PackGroup {
  readonly name: string
  /** Three numbers for each piece: index of the segment in the directory, where in the segment it begins, its length. */
  readonly pieces: readonly number[]
}

/** Begins and ends every archive object whose segments stand side by side. */
export const PACK_MAGIC = new TextEncoder().encode('SLGPACK2')

/** Offset, stored and unpacked length of the directory (32 bits each, little-endian), its SHA-256, and the magic. */
export const PACK_TRAILER_BYTES = 4 + 4 + 4 + 32 + PACK_MAGIC.length

/** Numbers that describe a piece. */
export const PIECE_NUMBERS = 3

/** Level 3 takes milliseconds for the largest directory, which is written once. */
const ZSTD_LEVEL = 3

/** Where the directory of an object with so many bytes of segments begins. */
export const directoryOffset = (segmentBytes: number): number => PACK_MAGIC.length + segmentBytes

/** How many bytes of segments an object has whose directory begins here. */
export const packedBytes = (directoryAt: number): number => directoryAt - PACK_MAGIC.length

/** Directory and trailer, as they end an object. */
export function encodePackEnd(directory: PackDirectory): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(directory))
  const frame = compress(text, ZSTD_LEVEL)
  const bytes = directory.segments.reduce((sum, { length }) => sum + length, 0)
  const end = new Uint8Array(frame.length + PACK_TRAILER_BYTES)
  end.set(frame)
  const view = new DataView(end.buffer, frame.length)
  view.setUint32(0, directoryOffset(bytes), true)
  view.setUint32(4, frame.length, true)
  view.setUint32(8, text.length, true)
  end.set(createHash('sha256').update(text).digest(), frame.length + 12)
  end.set(PACK_MAGIC, frame.length + 44)
  return end
}

/** Where the directory of an object is, by the object's last PACK_TRAILER_BYTES. Throws when it is none. */
export function readPackTrailer(trailer: Uint8Array): {
  readonly offset: number
  readonly stored: number
  readonly length: number
  readonly hash: Uint8Array
} {
  if (trailer.length !== PACK_TRAILER_BYTES || Buffer.compare(trailer.subarray(44), PACK_MAGIC) !== 0)
    throw new Error('not an archive object')
  const view = new DataView(trailer.buffer, trailer.byteOffset, trailer.length)
  const [offset, stored, length] = [0, 4, 8].map((at) => view.getUint32(at, true))
  return { offset, stored, length, hash: trailer.subarray(12, 44) }
}

/** Reads the end of an object, from where its directory begins. Throws when that is not what stands there. */
export function decodePackEnd(end: Uint8Array, directoryAt: number): PackDirectory {
  const { offset, stored, length, hash } = readPackTrailer(end.subarray(Math.max(0, end.length - PACK_TRAILER_BYTES)))
  if (offset !== directoryAt || stored + PACK_TRAILER_BYTES !== end.length)
    throw new Error('the directory of an archive object is not where it should be')
  const text = decompress(end.subarray(0, stored), length)
  if (!createHash('sha256').update(text).digest().equals(hash))
    throw new Error('the directory of an archive object is damaged')
  const directory: PackDirectory = JSON.parse(new TextDecoder().decode(text))
  if (directory.version !== 2) throw new Error(`archive objects of version ${directory.version} are not known here`)
  return directory
}

/** A directory by segment: for each piece, sorted, where in the segment it begins, where it ends, where in the object it is. */
export type PackIndex = ReadonlyMap<string, Uint32Array>

/** Makes the places in a directory quick to find. */
export function indexPack({ segments, stripes }: PackDirectory): PackIndex {
  const found = segments.map((): [from: number, to: number, at: number][] => [])
  let at = PACK_MAGIC.length
  for (const { pieces } of stripes.flatMap(({ groups }) => groups)) {
    for (let next = 0; next < pieces.length; next += PIECE_NUMBERS) {
      const [segment, from, length] = pieces.slice(next, next + PIECE_NUMBERS)
      found[segment].push([from, from + length, at])
      at += length
    }
  }
  const sorted = found.map((pieces) => Uint32Array.from(pieces.sort(([left], [right]) => left - right).flat()))
  return new Map(segments.map(({ id }, index) => [id, sorted[index]]))
}

/** Where in the object a range of a segment stands; undefined when it is not in one piece there. */
export function findInPack(index: PackIndex, segmentId: string, from: number, to: number): number | undefined {
  const pieces = index.get(segmentId)
  if (pieces === undefined) return undefined
  let low = 0
  let high = pieces.length / PIECE_NUMBERS
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (pieces[middle * PIECE_NUMBERS] <= from) low = middle
    else high = middle
  }
  const [begins, ends, at] = pieces.subarray(low * PIECE_NUMBERS)
  return begins <= from && to <= ends ? at + from - begins : undefined
}

/** A part of an object, and of a segment in it. */
export interface PieceOfPack {
  /** In the segment. */
  readonly from: number
  readonly length: number
  /** In the object. */
  readonly at: number
}

/** The pieces that a segment is put together from, in their order; none when it is not in the object. */
export function piecesInPack(index: PackIndex, segmentId: string): PieceOfPack[] {
  const pieces = index.get(segmentId) ?? new Uint32Array(0)
  return Array.from({ length: pieces.length / PIECE_NUMBERS }, (_, piece) => {
    const [from, to, at] = pieces.subarray(piece * PIECE_NUMBERS)
    return { from, length: to - from, at }
  })
}

/** A segment as it was, of its pieces; undefined when one is missing, or they are not the whole of it. */
export function joinPieces(
  length: number,
  pieces: readonly PieceOfPack[],
  bytesOf: (piece: PieceOfPack, index: number) => Uint8Array | undefined,
): Uint8Array | undefined {
  const segment = new Uint8Array(length)
  let end = 0
  for (const [index, piece] of pieces.entries()) {
    const bytes = bytesOf(piece, index)
    if (bytes?.length !== piece.length || piece.from !== end || end + bytes.length > length) return undefined
    segment.set(bytes, end)
    end += bytes.length
  }
  return end === length ? segment : undefined
}
