import { createHash } from 'node:crypto'
import { ARCHIVE_CHECK_BYTES, ARCHIVE_OBJECT_BYTES_MAX, ARCHIVE_SEGMENTS_MAX } from '../limits/limits'
import type { PackMember, PackPlace, Stored } from './change'
import { fitsHash } from './fits-hash'

/**
 * An archive object: eight bytes of magic, segments one after another, a directory in JSON, and a trailer of fixed size
 * from which everything else is found. docs/segment-format.md describes it.
 */
const PACK_MAGIC = new TextEncoder().encode('SLGPACK1')

/** Offset and length of the directory (32 bits each, little-endian), its SHA-256, and the magic again. */
export const TRAILER_BYTES = 4 + 4 + 32 + PACK_MAGIC.length

/** What an archive object says of itself. */
export interface PackDirectory {
  readonly version: 1
  readonly tenant: string
  readonly day: number
  readonly class: string
  readonly segments: readonly {
    readonly id: string
    readonly offset: number
    readonly length: number
    readonly hash: string
  }[]
}

/** An archive object before its segments' bytes are read: everything about it follows from their list. */
export interface PackPlan {
  /** Hexadecimal; names the object. Segments never change, so the directory's hash stands for the whole. */
  readonly hash: string
  readonly length: number
  readonly directory: PackDirectory
  readonly places: readonly PackPlace[]
  /** Directory and trailer, as they end the object. */
  readonly end: Uint8Array
}

/** As many of these segments as make up one archive object. */
export function chooseForPack(cold: readonly PackMember[]): PackMember[] {
  let bytes = PACK_MAGIC.length + TRAILER_BYTES
  const end = cold.findIndex((member, index) => {
    bytes += member.bytes + DIRECTORY_ENTRY_BYTES_MAX
    return index > 0 && (index >= ARCHIVE_SEGMENTS_MAX || bytes > ARCHIVE_OBJECT_BYTES_MAX)
  })
  return end < 0 ? [...cold] : cold.slice(0, end)
}

/** An id, a hash and two numbers, with their names. */
const DIRECTORY_ENTRY_BYTES_MAX = 200

/** Lays an archive object out. The same segments give the same object. */
export function planPack(
  members: readonly PackMember[],
  about: { readonly tenantId: string; readonly day: number; readonly class: string },
): PackPlan {
  let at = PACK_MAGIC.length
  const segments = members.map(({ id, hash, bytes }) => {
    const entry = { id, offset: at, length: bytes, hash }
    at += bytes
    return entry
  })
  const directory: PackDirectory = { version: 1, tenant: about.tenantId, day: about.day, class: about.class, segments }
  const text = new TextEncoder().encode(JSON.stringify(directory))
  const digest = createHash('sha256').update(text).digest()
  const end = new Uint8Array(text.length + TRAILER_BYTES)
  end.set(text)
  const view = new DataView(end.buffer, text.length)
  view.setUint32(0, at, true)
  view.setUint32(4, text.length, true)
  end.set(digest, text.length + 8)
  end.set(PACK_MAGIC, text.length + 40)
  const places = segments.map(({ id, offset }) => ({ id, offset }))
  return { hash: digest.toString('hex').slice(0, 32), length: at + end.length, directory, places, end }
}

/** Finds an archive object's directory from its last TRAILER_BYTES. Throws when it is none. */
export function readTrailer(trailer: Uint8Array): {
  readonly offset: number
  readonly length: number
  readonly hash: string
} {
  const magic = trailer.subarray(TRAILER_BYTES - PACK_MAGIC.length)
  if (trailer.length !== TRAILER_BYTES || !sameBytes(magic, PACK_MAGIC)) throw new Error('not an archive object')
  const view = new DataView(trailer.buffer, trailer.byteOffset, trailer.length)
  return {
    offset: view.getUint32(0, true),
    length: view.getUint32(4, true),
    hash: Buffer.from(trailer.subarray(8, 40)).toString('hex'),
  }
}

/** Where archive objects are written. */
export interface PackPorts {
  /** Whole segments, in the order of the ids; undefined where one is not there. */
  readSegments(members: readonly PackMember[]): Promise<(Uint8Array | undefined)[]>
  hasObject(key: string): Promise<boolean>
  /** Creates the object, unless it is there. Nothing of it is ever seen before the last chunk is in. */
  createObject(key: string, length: number, chunks: AsyncIterable<Uint8Array>): Promise<void>
  readObject(key: string, from: number, to: number): Promise<Uint8Array | undefined>
  deleteObject(key: string): Promise<void>
}

/**
 * Writes an archive object and reads it back. Answers which segments are damaged where they are now: these cannot be
 * archived. Throws when the object is not what it should be; it is deleted first, and another try writes it again.
 */
export async function storePack(ports: PackPorts, key: string, plan: PackPlan): Promise<Stored> {
  if (!(await ports.hasObject(key))) {
    const damaged: string[] = []
    try {
      await ports.createObject(key, plan.length, packChunks(ports, plan, damaged))
    } catch (error) {
      if (damaged.length > 0) return { ok: false, damaged }
      throw error
    }
  }
  if (await isStored(ports, key, plan)) return { ok: true }
  await ports.deleteObject(key)
  throw new Error(`the archive object ${key} does not read back as it was written`)
}

async function* packChunks(ports: PackPorts, plan: PackPlan, damaged: string[]): AsyncIterable<Uint8Array> {
  yield PACK_MAGIC
  for (const run of runsOf(plan)) {
    const found = await ports.readSegments(run.map(({ id, hash, length }) => ({ id, hash, bytes: length })))
    for (const [index, { id, hash, length }] of run.entries()) {
      const bytes = found[index]
      if (bytes?.length !== length || !fitsHash(bytes, hash)) damaged.push(id)
    }
    if (damaged.length > 0) throw new Error('a segment to be archived is damaged')
    for (const bytes of found) if (bytes !== undefined) yield bytes
  }
  yield plan.end
}

type Entry = PackDirectory['segments'][number]

/** Neighbours that are read in one piece. */
function runsOf({ directory }: PackPlan): Entry[][] {
  const runs: Entry[][] = []
  let bytes = 0
  for (const entry of directory.segments) {
    const run = runs.at(-1)
    if (run !== undefined && bytes + entry.length <= ARCHIVE_CHECK_BYTES) run.push(entry)
    else {
      runs.push([entry])
      bytes = 0
    }
    bytes += entry.length
  }
  return runs
}

/** Reads everything back: what is deleted from D1 after this is nowhere else. */
async function isStored(ports: PackPorts, key: string, plan: PackPlan): Promise<boolean> {
  const end = await ports.readObject(key, plan.length - plan.end.length, plan.length)
  if (end === undefined || !sameBytes(end, plan.end)) return false
  const magic = await ports.readObject(key, 0, PACK_MAGIC.length)
  if (magic === undefined || !sameBytes(magic, PACK_MAGIC)) return false
  for (const run of runsOf(plan)) {
    const from = run[0].offset
    const last = run[run.length - 1]
    const bytes = await ports.readObject(key, from, last.offset + last.length)
    const isWhole = run.every(
      ({ offset, length, hash }) => bytes && fitsHash(bytes.subarray(offset - from, offset - from + length), hash),
    )
    if (!isWhole) return false
  }
  return true
}

const sameBytes = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0
