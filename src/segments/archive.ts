import { createHash } from 'node:crypto'
import {
  ARCHIVE_CHECK_BYTES,
  ARCHIVE_DIRECTORY_BYTES_MAX,
  ARCHIVE_OBJECT_BYTES_MAX,
  ARCHIVE_SEGMENTS_MAX,
} from '../limits/limits'
import type { PackMember, PackPlace, Stored } from './change'
import { fitsHash } from './fits-hash'
import {
  decodePackEnd,
  directoryOffset,
  encodePackEnd,
  indexPack,
  joinPieces,
  PACK_MAGIC,
  type PackDirectory,
  type PackedSegment,
  type PackStripe,
  PIECE_NUMBERS,
  piecesInPack,
} from './pack-directory'
import { type CutSegment, cutSegment, layOutPack } from './pack-layout'

/** What an archive object is to hold. */
export interface PackRequest {
  readonly tenantId: string
  readonly day: number
  readonly class: string
  readonly members: readonly PackMember[]
}

/** What is known of an archive object before anything of its segments is read: all of it follows from their list. */
export interface PackPlan {
  /** Hexadecimal; names the object. Segments never change, so their hashes stand for the whole. */
  readonly hash: string
  readonly places: readonly PackPlace[]
}

/** As many of these segments as make up one archive object. */
export function chooseForPack(cold: readonly PackMember[]): PackMember[] {
  let bytes = ARCHIVE_DIRECTORY_BYTES_MAX
  const end = cold.findIndex((member, index) => {
    bytes += member.bytes
    return index > 0 && (index >= ARCHIVE_SEGMENTS_MAX || bytes > ARCHIVE_OBJECT_BYTES_MAX)
  })
  return end < 0 ? [...cold] : cold.slice(0, end)
}

/** Names an archive object. The same segments give the same one. The catalog notes where its directory begins. */
export function planPack({ tenantId, day, class: retentionClass, members }: PackRequest): PackPlan {
  const named = [PACK_VERSION, tenantId, day, retentionClass, members.map(({ id, hash }) => [id, hash])]
  const offset = directoryOffset(members.reduce((sum, { bytes }) => sum + bytes, 0))
  return {
    hash: createHash('sha256').update(JSON.stringify(named)).digest('hex').slice(0, 32),
    places: members.map(({ id }) => ({ id, offset })),
  }
}

/** Of what planPack names, so that another way to write objects gets other names. */
const PACK_VERSION = 2

/** Where archive objects are written. */
export interface PackPorts {
  /** Headers as the catalog keeps them, in the order of the ids; undefined where there is none. */
  readHeaders(ids: readonly string[]): Promise<(Uint8Array | undefined)[]>
  /** Whole segments, in the order of the members; undefined where one is not there. */
  readSegments(members: readonly PackMember[]): Promise<(Uint8Array | undefined)[]>
  hasObject(key: string): Promise<boolean>
  /** Creates the object, unless it is there. Nothing of it is ever seen before the last chunk is in. */
  createObject(key: string, length: number, chunks: AsyncIterable<Uint8Array>): Promise<void>
  /** A range of an object, to its end when `to` is undefined. Undefined when there is no such object or range. */
  readObject(key: string, from: number, to: number | undefined): Promise<Uint8Array | undefined>
  deleteObject(key: string): Promise<void>
}

/**
 * Writes an archive object and reads it back. Answers which segments are damaged where they are now: these cannot be
 * archived. Throws when the object is not what it should be; it is deleted first, and another try writes it again.
 */
export async function storePack(ports: PackPorts, key: string, request: PackRequest): Promise<Stored> {
  if (!(await ports.hasObject(key))) {
    const written = await writePack(ports, key, request)
    if (!written.ok) return written
  }
  if (await isStored(ports, key, request)) return { ok: true }
  await ports.deleteObject(key)
  throw new Error(`the archive object ${key} does not read back as it was written`)
}

async function writePack(ports: PackPorts, key: string, request: PackRequest): Promise<Stored> {
  const damaged: string[] = []
  const segments = await cutAll(ports, request.members, damaged)
  if (damaged.length > 0) return { ok: false, damaged }
  const directory = layOutPack(segments, request)
  const end = encodePackEnd(directory)
  const bytes = segments.reduce((sum, { length }) => sum + length, 0)
  const chunks = packChunks(ports, { directory, end, members: request.members }, damaged)
  try {
    await ports.createObject(key, directoryOffset(bytes) + end.length, chunks)
  } catch (error) {
    if (damaged.length > 0) return { ok: false, damaged }
    throw error
  }
  return { ok: true }
}

/** Headers read at a time: those of a thousand columns are tens of kilobytes each. */
const HEADERS_AT_A_TIME = 50

async function cutAll(ports: PackPorts, members: readonly PackMember[], damaged: string[]): Promise<CutSegment[]> {
  const segments: CutSegment[] = []
  for (let next = 0; next < members.length; next += HEADERS_AT_A_TIME) {
    const some = members.slice(next, next + HEADERS_AT_A_TIME)
    const headers = await ports.readHeaders(some.map(({ id }) => id))
    for (const [index, { id, hash, bytes }] of some.entries()) {
      const cut = cutOrNot({ id, hash, length: bytes }, headers[index])
      if (cut === undefined) damaged.push(id)
      else segments.push(cut)
    }
  }
  return segments
}

function cutOrNot(segment: PackedSegment, header: Uint8Array | undefined): CutSegment | undefined {
  try {
    return header && cutSegment(segment, header)
  } catch {
    return undefined
  }
}

interface WrittenPack {
  readonly directory: PackDirectory
  readonly end: Uint8Array
  readonly members: readonly PackMember[]
}

async function* packChunks(
  ports: PackPorts,
  { directory, end, members }: WrittenPack,
  damaged: string[],
): AsyncIterable<Uint8Array> {
  yield PACK_MAGIC
  let first = 0
  for (const stripe of directory.stripes) {
    yield await fillStripe(ports, { stripe, first, members }, damaged)
    first += stripe.segments
  }
  yield end
}

/** Puts a stripe together in memory, out of segments that are read a few at a time. */
async function fillStripe(
  ports: PackPorts,
  { stripe, first, members }: { stripe: PackStripe; first: number; members: readonly PackMember[] },
  damaged: string[],
): Promise<Uint8Array> {
  const own = members.slice(first, first + stripe.segments)
  const bytes = new Uint8Array(own.reduce((sum, member) => sum + member.bytes, 0))
  const pieces = piecesBySegment(stripe, first)
  for (const run of runsOf(own)) {
    const found = await ports.readSegments(run.map(({ member }) => member))
    for (const [position, { member, index }] of run.entries()) {
      const segment = found[position]
      if (segment?.length !== member.bytes || !fitsHash(segment, member.hash)) damaged.push(member.id)
      else for (const { from, length, at } of pieces[index]) bytes.set(segment.subarray(from, from + length), at)
    }
    if (damaged.length > 0) throw new Error('a segment to be archived is damaged')
  }
  return bytes
}

/** Where in the stripe the pieces of each of its segments go. */
function piecesBySegment({ segments, groups }: PackStripe, first: number) {
  const places = Array.from({ length: segments }, (): { from: number; length: number; at: number }[] => [])
  let at = 0
  for (const { pieces } of groups) {
    for (let next = 0; next < pieces.length; next += PIECE_NUMBERS) {
      const [segment, from, length] = pieces.slice(next, next + PIECE_NUMBERS)
      places[segment - first].push({ from, length, at })
      at += length
    }
  }
  return places
}

interface Indexed {
  readonly member: PackMember
  readonly index: number
}

/** Segments that are read in one go. */
function runsOf(members: readonly PackMember[]): Indexed[][] {
  const runs: Indexed[][] = []
  let bytes = 0
  for (const [index, member] of members.entries()) {
    const run = runs.at(-1)
    if (run !== undefined && bytes + member.bytes <= ARCHIVE_CHECK_BYTES) run.push({ member, index })
    else {
      runs.push([{ member, index }])
      bytes = 0
    }
    bytes += member.bytes
  }
  return runs
}

/** Reads everything back as a reader would: what is deleted elsewhere after this is nowhere else. */
async function isStored(ports: PackPorts, key: string, request: PackRequest): Promise<boolean> {
  const directory = await readBack(ports, key, request)
  if (directory === undefined || !isFor(directory, request)) return false
  const index = indexPack(directory)
  let first = 0
  let at = PACK_MAGIC.length
  for (const { segments } of directory.stripes) {
    const own = directory.segments.slice(first, first + segments)
    const end = at + own.reduce((sum, { length }) => sum + length, 0)
    const bytes = await ports.readObject(key, at, end)
    const from = at
    const isWhole = own.every(({ id, hash, length }) => {
      const segment = joinPieces(length, piecesInPack(index, id), (piece) =>
        bytes?.subarray(piece.at - from, piece.at - from + piece.length),
      )
      return segment !== undefined && fitsHash(segment, hash)
    })
    if (!isWhole) return false
    first += segments
    at = end
  }
  return first === request.members.length
}

async function readBack(ports: PackPorts, key: string, { members }: PackRequest): Promise<PackDirectory | undefined> {
  const magic = await ports.readObject(key, 0, PACK_MAGIC.length)
  if (magic === undefined || Buffer.compare(magic, PACK_MAGIC) !== 0) return undefined
  const directoryAt = directoryOffset(members.reduce((sum, { bytes }) => sum + bytes, 0))
  const end = await ports.readObject(key, directoryAt, undefined)
  try {
    return end && decodePackEnd(end, directoryAt)
  } catch {
    return undefined
  }
}

function isFor(directory: PackDirectory, { tenantId, day, class: retentionClass, members }: PackRequest): boolean {
  const { tenant, day: ownDay, class: ownClass, segments } = directory
  if (tenant !== tenantId || ownDay !== day || ownClass !== retentionClass) return false
  return (
    segments.length === members.length &&
    members.every(({ id, hash, bytes }, index) => {
      const segment = segments[index]
      return segment.id === id && segment.hash === hash && segment.length === bytes
    })
  )
}
