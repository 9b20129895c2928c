import { SECTION_CACHE_BYTES_MAX } from '../limits/limits'
import { isSound, unpackSection } from '../segments/codec'
import type { LocatedHeader, SectionReader } from '../segments/decode-segment'
import { coreLength } from '../segments/section-ranges'
import { BoundedCache } from './bounded-cache'
import type { CatalogSegment } from './d1/catalog'
import { type PayloadRange, readPayloadRanges } from './d1/payload'
import { readHotSegment } from './kv/segments'
import { readObject } from './r2/archive'

/** Sections as stored, by tenant, segment and number. They never change, so they may stay as long as there is room. */
const isolateSections = new BoundedCache<Uint8Array>(SECTION_CACHE_BYTES_MAX)

/** What a query read, by store. */
export interface BytesRead {
  memory: number
  kv: number
  d1: number
  r2: number
}

export interface SectionStores {
  readonly cache: KVNamespace
  readonly payload: D1Database
  readonly archive: R2Bucket | undefined
  readonly tenantId: string
  /** Where sections are remembered; the isolate's own memory unless a reader brings one. */
  readonly memory?: BoundedCache<Uint8Array>
}

export interface SectionRequest {
  readonly segment: CatalogSegment
  readonly located: LocatedHeader
  readonly sections: readonly number[]
}

/**
 * Fetches sections of segments: from the isolate's memory, from KV where a whole half is wanted, else exactly their bytes
 * from D1 or R2. Answers in the order of the requests; undefined where a segment's bytes are nowhere.
 */
export async function fetchSections(
  stores: SectionStores,
  requests: readonly SectionRequest[],
  read: BytesRead,
): Promise<(SectionReader | undefined)[]> {
  const missing = requests.map((request) => missingSections(stores, request, read))
  const wanted = await Promise.all(requests.map((request, index) => fetchHot(stores, request, missing[index], read)))
  const ranges = requests.flatMap((request, index) =>
    request.segment.place === 'd1' ? rangesOf(request, wanted[index]).map((range) => ({ index, range })) : [],
  )
  const found = await readHere(
    stores,
    ranges.map(({ range }) => range),
  )
  for (const [number, { index, range }] of ranges.entries()) {
    const bytes = found[number]
    if (bytes === undefined) continue
    read.d1 += bytes.length
    keepSections(stores, requests[index], wanted[index], { bytes, from: range.from })
  }
  await Promise.all(requests.map((request, index) => fetchArchived(stores, request, wanted[index], read)))
  return requests.map((request) => readerOf(stores, request))
}

/** Ranges from D1. When it does not answer, nothing is there: the answer will say that it is partial. */
const readHere = (stores: SectionStores, ranges: readonly PayloadRange[]): Promise<(Uint8Array | undefined)[]> =>
  readPayloadRanges(stores.payload, stores.tenantId, ranges).catch(() => ranges.map(() => undefined))

const memoryOf = ({ memory }: SectionStores): BoundedCache<Uint8Array> => memory ?? isolateSections

const keyOf = (tenantId: string, segmentId: string, section: number): string => `${tenantId}/${segmentId}/${section}`

function missingSections(
  stores: SectionStores,
  { segment, located, sections: asked }: SectionRequest,
  read: BytesRead,
): number[] {
  return [...new Set(asked)].filter((section) => {
    const known = memoryOf(stores).get(keyOf(stores.tenantId, segment.id, section))
    if (known !== undefined) read.memory += known.length
    return known === undefined && located.header.sections[section][1] > 0
  })
}

/** KV has whole halves only: each is worth reading when most of it is wanted. Answers what is still missing. */
async function fetchHot(
  stores: SectionStores,
  request: SectionRequest,
  wanted: readonly number[],
  read: BytesRead,
): Promise<number[]> {
  const { segment, located } = request
  const split = coreLength(located.header)
  const isCore = (section: number): boolean => located.header.sections[section][0] < split
  const restLength = segment.bytes - located.sectionsAt - split
  const halves = [
    { name: 'core', from: located.sectionsAt, length: split, sections: wanted.filter(isCore) },
    { name: 'rest', from: located.sectionsAt + split, length: restLength, sections: wanted.filter((n) => !isCore(n)) },
  ] as const
  const missing = await Promise.all(halves.map((half) => fetchHalf(stores, request, half, read)))
  return missing.flat()
}

interface Half {
  readonly name: 'core' | 'rest'
  /** Where in the segment it begins. */
  readonly from: number
  readonly length: number
  readonly sections: readonly number[]
}

/** One half; answers the sections that are still missing. KV is never the truth: what is damaged there is missing. */
async function fetchHalf(
  stores: SectionStores,
  request: SectionRequest,
  { name, from, length, sections }: Half,
  read: BytesRead,
): Promise<readonly number[]> {
  const bytesWanted = sections.reduce((sum, section) => sum + request.located.header.sections[section][1], 0)
  if (bytesWanted * 2 < length || sections.length === 0) return sections
  const bytes = await readHotSegment(stores.cache, stores.tenantId, request.segment.id, name)
  if (bytes === undefined) return sections
  read.kv += bytes.length
  const kept = keepSections(stores, request, sections, { bytes, from })
  return sections.filter((section) => !kept.includes(section))
}

async function fetchArchived(
  stores: SectionStores,
  request: SectionRequest,
  wanted: readonly number[],
  read: BytesRead,
): Promise<void> {
  const { segment } = request
  if (segment.place !== 'r2' || segment.archiveKey === undefined || stores.archive === undefined) return
  const key = segment.archiveKey
  for (const range of rangesOf(request, wanted)) {
    const from = segment.archiveOffset + range.from
    const bytes = await readObject(stores.archive, key, from, segment.archiveOffset + range.to).catch(() => undefined)
    if (bytes === undefined) continue
    read.r2 += bytes.length
    keepSections(stores, request, wanted, { bytes, from: range.from })
  }
}

/** Byte ranges of the segment that hold the sections; neighbours are read as one. */
function rangesOf({ segment, located }: SectionRequest, wanted: readonly number[]): PayloadRange[] {
  const places = wanted
    .map((section) => located.header.sections[section])
    .map(([offset, stored]) => ({ from: located.sectionsAt + offset, to: located.sectionsAt + offset + stored }))
    .sort((left, right) => left.from - right.from)
  const ranges: PayloadRange[] = []
  for (const place of places) {
    const last = ranges.at(-1)
    if (last !== undefined && last.to === place.from) ranges[ranges.length - 1] = { ...last, to: place.to }
    else ranges.push({ segmentId: segment.id, ...place })
  }
  return ranges
}

/** Bytes that begin somewhere in a segment. */
interface Piece {
  readonly bytes: Uint8Array
  readonly from: number
}

/** A section's part of a piece; undefined when the piece does not hold the whole of it. */
function sliceOf({ located }: SectionRequest, section: number, piece: Piece): Uint8Array | undefined {
  const [offset, stored] = located.header.sections[section]
  const start = located.sectionsAt + offset - piece.from
  if (start < 0 || start + stored > piece.bytes.length) return undefined
  return piece.bytes.subarray(start, start + stored)
}

/** Remembers the sections that a piece holds whole and undamaged, and answers which these are. */
function keepSections(stores: SectionStores, request: SectionRequest, wanted: readonly number[], piece: Piece): number[] {
  return wanted.filter((section) => {
    const bytes = sliceOf(request, section, piece)
    if (bytes === undefined || !isSound(bytes)) return false
    // A copy, so that a small section does not keep a large piece in memory.
    memoryOf(stores).put(keyOf(stores.tenantId, request.segment.id, section), bytes.slice(), bytes.length)
    return true
  })
}

/** Unpacks sections when they are read. Undefined when one is missing or damaged: the segment cannot be searched. */
function readerOf(
  stores: SectionStores,
  { segment, located, sections: asked }: SectionRequest,
): SectionReader | undefined {
  const held = new Map<number, Uint8Array>()
  for (const section of asked) {
    const stored = located.header.sections[section][1]
    const bytes = stored === 0 ? new Uint8Array(0) : memoryOf(stores).get(keyOf(stores.tenantId, segment.id, section))
    if (bytes === undefined) return undefined
    held.set(section, bytes)
  }
  return (section) => {
    const bytes = held.get(section)
    if (bytes === undefined) throw new Error(`section ${section} of ${segment.id} was not asked for`)
    const [, , length, codec] = located.header.sections[section]
    return unpackSection(codec, bytes, length)
  }
}
