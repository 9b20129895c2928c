import { PACK_CACHE_PIECES_MAX } from '../../limits/limits'
import type { PackMember } from '../../segments/change'
import {
  decodePackEnd,
  findInPack,
  indexPack,
  joinPieces,
  type PackIndex,
  PIECE_NUMBERS,
  piecesInPack,
} from '../../segments/pack-directory'
import { BoundedCache } from '../bounded-cache'
import { readObject } from './archive'
import { isColumnPack } from './keys'
import { readRanges } from './read-ranges'

/** Directories of archive objects. They never change, so they may stay as long as there is room. */
const isolatePacks = new BoundedCache<PackIndex>(PACK_CACHE_PIECES_MAX)

/** Where archive objects are, and where their directories are remembered: the isolate's own memory if not said otherwise. */
export interface ArchiveReader {
  readonly archive: R2Bucket
  readonly packs?: BoundedCache<PackIndex>
}

/** Finds a range of a segment in an archive object; undefined when it is not in one piece there. */
export type FindInObject = (segment: ArchivedPlace, from: number, to: number) => number | undefined

/** What the catalog says of a segment's place. */
interface ArchivedPlace {
  readonly id: string
  readonly offset: number
}

/** How to find things in an archive object, and how many bytes it took to learn that. Finds nothing without a directory. */
export async function openPack(
  reader: ArchiveReader,
  key: string,
  offset: number,
): Promise<{ readonly find: FindInObject; readonly bytesRead: number }> {
  if (!isColumnPack(key)) return { find: (segment, from) => segment.offset + from, bytesRead: 0 }
  const { index, bytesRead } = await readIndex(reader, key, offset)
  return { find: index === undefined ? () => undefined : finderIn(index), bytesRead }
}

/** The directory of an object, which begins at the offset; undefined when it is missing or damaged. */
async function readIndex(
  { archive, packs = isolatePacks }: ArchiveReader,
  key: string,
  offset: number,
): Promise<{ readonly index: PackIndex | undefined; readonly bytesRead: number }> {
  const known = packs.get(key)
  if (known !== undefined) return { index: known, bytesRead: 0 }
  const end = await readObject(archive, key, offset, undefined).catch(() => undefined)
  const index = end && indexOrNone(end, offset)
  if (index !== undefined) packs.put(key, index, weightOf(index))
  return { index, bytesRead: end?.length ?? 0 }
}

const finderIn =
  (index: PackIndex): FindInObject =>
  ({ id }, from, to) =>
    findInPack(index, id, from, to)

function indexOrNone(end: Uint8Array, offset: number): PackIndex | undefined {
  try {
    return indexPack(decodePackEnd(end, offset))
  } catch {
    return undefined
  }
}

const weightOf = (index: PackIndex): number =>
  [...index.values()].reduce((sum, pieces) => sum + 1 + pieces.length / PIECE_NUMBERS, 0)

/** Whole segments out of an archive object, in the order of the members; undefined where one is not there. */
export async function readPackedSegments(
  archive: R2Bucket,
  key: string,
  members: readonly PackMember[],
): Promise<(Uint8Array | undefined)[]> {
  const pieces = await piecesOf(archive, key, members)
  const ranges = pieces.flat().map(({ at, length }) => ({ from: at, to: at + length }))
  const found = await readRanges(archive, key, ranges)
  let next = 0
  return members.map(({ bytes }, index) => {
    const first = next
    next += pieces[index].length
    return joinPieces(bytes, pieces[index], (_, number) => found.pieces[first + number])
  })
}

async function piecesOf(archive: R2Bucket, key: string, members: readonly PackMember[]) {
  if (!isColumnPack(key)) return members.map(({ offset = 0, bytes }) => [{ from: 0, length: bytes, at: offset }])
  const { index } = await readIndex({ archive }, key, members[0]?.offset ?? 0)
  return members.map(({ id }) => (index === undefined ? [] : piecesInPack(index, id)))
}
