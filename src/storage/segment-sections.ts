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
const sections = new BoundedCache<Uint8Array>(SECTION_CACHE_BYTES_MAX)

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
  const wanted = requests.map((request) => missingSections(stores.tenantId, request, read))
  const fromKv = await Promise.all(requests.map((request, index) => fetchHot(stores, request, wanted[index], read)))
  const ranges = requests.flatMap((request, index) =>
    fromKv[index] || request.segment.place !== 'd1'
      ? []
      : rangesOf(request, wanted[index]).map((range) => ({ index, range })),
  )
  const found = await readHere(
    stores,
    ranges.map(({ range }) => range),
  )
  for (const [number, { index, range }] of ranges.entries()) {
    const bytes = found[number]
    if (bytes === undefined) continue
    read.d1 += bytes.length
    keepSections(stores.tenantId, requests[index], wanted[index], { bytes, from: range.from })
  }
  const archived = requests.map(
    (request, index) => !fromKv[index] && fetchArchived(stores, request, wanted[index], read),
  )
  await Promise.all(archived)
  return requests.map((request) => readerOf(stores.tenantId, request))
}

/** Ranges from D1. When it does not answer, nothing is there: the answer will say that it is partial. */
const readHere = (stores: SectionStores, ranges: readonly PayloadRange[]): Promise<(Uint8Array | undefined)[]> =>
  readPayloadRanges(stores.payload, stores.tenantId, ranges).catch(() => ranges.map(() => undefined))

const keyOf = (tenantId: string, segmentId: string, section: number): string => `${tenantId}/${segmentId}/${section}`

function missingSections(
  tenantId: string,
  { segment, located, sections: asked }: SectionRequest,
  read: BytesRead,
): number[] {
  return [...new Set(asked)].filter((section) => {
    const known = sections.get(keyOf(tenantId, segment.id, section))
    if (known !== undefined) read.memory += known.length
    return known === undefined && located.header.sections[section][1] > 0
  })
}

/** KV has whole halves only: worth reading when most of one is wanted. */
async function fetchHot(
  stores: SectionStores,
  request: SectionRequest,
  wanted: readonly number[],
  read: BytesRead,
): Promise<boolean> {
  if (wanted.length === 0) return true
  const { segment, located } = request
  const split = coreLength(located.header)
  const inCore = wanted.every((section) => located.header.sections[section][0] < split)
  const inRest = wanted.every((section) => located.header.sections[section][0] >= split)
  if (!inCore && !inRest) return false
  const bytesWanted = wanted.reduce((sum, section) => sum + located.header.sections[section][1], 0)
  const half = inCore ? 'core' : 'rest'
  const halfBytes = inCore ? split : segment.bytes - located.sectionsAt - split
  if (bytesWanted * 2 < halfBytes) return false
  const bytes = await readHotSegment(stores.cache, stores.tenantId, segment.id, half)
  if (bytes === undefined || bytes.length < (inCore ? split : 1)) return false
  read.kv += bytes.length
  const from = located.sectionsAt + (inCore ? 0 : split)
  // KV is never the truth: what is damaged there is read from where it is not.
  const isWhole = wanted.every((section) => isSound(sliceOf(request, section, { bytes, from })))
  if (isWhole) keepSections(stores.tenantId, request, wanted, { bytes, from })
  return isWhole
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
    keepSections(stores.tenantId, request, wanted, { bytes, from: range.from })
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

function keepSections(tenantId: string, request: SectionRequest, wanted: readonly number[], piece: Piece): void {
  for (const section of wanted) {
    const bytes = sliceOf(request, section, piece)
    // A copy, so that a small section does not keep a large piece in memory.
    if (bytes) sections.put(keyOf(tenantId, request.segment.id, section), bytes.slice(), bytes.length)
  }
}

/** Unpacks sections when they are read. Undefined when one is missing: the segment cannot be searched. */
function readerOf(tenantId: string, { segment, located, sections: asked }: SectionRequest): SectionReader | undefined {
  const held = new Map<number, Uint8Array>()
  for (const section of asked) {
    const stored = located.header.sections[section][1]
    const bytes = stored === 0 ? new Uint8Array(0) : sections.get(keyOf(tenantId, segment.id, section))
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
