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
 * Fetches sections of segments: from the isolate's memory, from KV where most of a half is wanted, else exactly their bytes
 * from D1 or R2. Answers in the order of the requests; undefined where sections are nowhere, or damaged.
 */
export async function fetchSections(
  stores: SectionStores,
  requests: readonly SectionRequest[],
  read: BytesRead,
): Promise<(SectionReader | undefined)[]> {
  const fetches = requests.map((request) => beginFetch(stores, request, read))
  await Promise.all(fetches.map((fetch) => fetchHot(stores, fetch, read)))
  await fetchHere(stores, fetches, read)
  await Promise.all(fetches.map((fetch) => fetchArchived(stores, fetch, read)))
  return fetches.map(readerOf)
}

/** A request on its way. What was found is held here: the memory may drop it meanwhile. */
interface Fetch {
  readonly request: SectionRequest
  readonly found: Map<number, Uint8Array>
}

const memoryOf = ({ memory }: SectionStores): BoundedCache<Uint8Array> => memory ?? isolateSections

const keyOf = (tenantId: string, segmentId: string, section: number): string => `${tenantId}/${segmentId}/${section}`

function beginFetch(stores: SectionStores, request: SectionRequest, read: BytesRead): Fetch {
  const found = new Map<number, Uint8Array>()
  for (const section of request.sections) {
    const isEmpty = request.located.header.sections[section][1] === 0
    const known = isEmpty
      ? new Uint8Array(0)
      : memoryOf(stores).get(keyOf(stores.tenantId, request.segment.id, section))
    if (known === undefined || found.has(section)) continue
    read.memory += known.length
    found.set(section, known)
  }
  return { request, found }
}

const missingFrom = ({ request, found }: Fetch): number[] =>
  [...new Set(request.sections)].filter((section) => !found.has(section))

/** KV has whole halves only: each is worth reading when most of it is wanted. */
async function fetchHot(stores: SectionStores, fetch: Fetch, read: BytesRead): Promise<void> {
  const { segment, located } = fetch.request
  const split = coreLength(located.header)
  const wanted = missingFrom(fetch)
  const isCore = (section: number): boolean => located.header.sections[section][0] < split
  const restLength = segment.bytes - located.sectionsAt - split
  const halves: readonly Half[] = [
    { name: 'core', from: located.sectionsAt, length: split, sections: wanted.filter(isCore) },
    { name: 'rest', from: located.sectionsAt + split, length: restLength, sections: wanted.filter((n) => !isCore(n)) },
  ]
  await Promise.all(halves.map((half) => fetchHalf(stores, fetch, half, read)))
}

interface Half {
  readonly name: 'core' | 'rest'
  /** Where in the segment it begins. */
  readonly from: number
  readonly length: number
  readonly sections: readonly number[]
}

async function fetchHalf(
  stores: SectionStores,
  fetch: Fetch,
  { name, from, length, sections }: Half,
  read: BytesRead,
): Promise<void> {
  const { segment, located } = fetch.request
  const bytesWanted = sections.reduce((sum, section) => sum + located.header.sections[section][1], 0)
  if (sections.length === 0 || bytesWanted * 2 < length) return
  const bytes = await readHotSegment(stores.cache, stores.tenantId, segment.id, name)
  if (bytes === undefined) return
  read.kv += bytes.length
  keepSections(stores, fetch, { bytes, from })
}

/** The rest from D1, all segments in one go. When it does not answer, nothing is there. */
async function fetchHere(stores: SectionStores, fetches: readonly Fetch[], read: BytesRead): Promise<void> {
  const wanted = fetches
    .filter(({ request }) => request.segment.place === 'd1')
    .flatMap((fetch) => rangesOf(fetch).map((range) => ({ fetch, range })))
  const ranges = wanted.map(({ range }) => range)
  const pieces = await readPayloadRanges(stores.payload, stores.tenantId, ranges).catch(() => [])
  for (const [index, bytes] of pieces.entries()) {
    if (bytes === undefined) continue
    read.d1 += bytes.length
    keepSections(stores, wanted[index].fetch, { bytes, from: wanted[index].range.from })
  }
}

async function fetchArchived(stores: SectionStores, fetch: Fetch, read: BytesRead): Promise<void> {
  const { place, archiveKey, archiveOffset } = fetch.request.segment
  if (place !== 'r2' || archiveKey === undefined || stores.archive === undefined) return
  for (const range of rangesOf(fetch)) {
    const [from, to] = [archiveOffset + range.from, archiveOffset + range.to]
    const bytes = await readObject(stores.archive, archiveKey, from, to).catch(() => undefined)
    if (bytes === undefined) continue
    read.r2 += bytes.length
    keepSections(stores, fetch, { bytes, from: range.from })
  }
}

/** Byte ranges of the segment that hold what is missing; neighbours are read as one. */
function rangesOf(fetch: Fetch): PayloadRange[] {
  const { segment, located } = fetch.request
  const places = missingFrom(fetch)
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

/** Keeps what is missing and stands in a piece whole and undamaged. */
function keepSections(stores: SectionStores, fetch: Fetch, piece: Piece): void {
  const { segment, located } = fetch.request
  for (const section of missingFrom(fetch)) {
    const [offset, stored] = located.header.sections[section]
    const start = located.sectionsAt + offset - piece.from
    if (start < 0 || start + stored > piece.bytes.length) continue
    // A copy, so that a small section does not keep a large piece in memory.
    const bytes = piece.bytes.slice(start, start + stored)
    if (!isSound(bytes)) continue
    fetch.found.set(section, bytes)
    memoryOf(stores).put(keyOf(stores.tenantId, segment.id, section), bytes, stored)
  }
}

/** Unpacks sections when they are read. Undefined when one was not found: the segment cannot be searched. */
function readerOf(fetch: Fetch): SectionReader | undefined {
  const { segment, located } = fetch.request
  if (missingFrom(fetch).length > 0) return undefined
  return (section) => {
    const bytes = fetch.found.get(section)
    if (bytes === undefined) throw new Error(`section ${section} of ${segment.id} was not asked for`)
    const [, , length, codec] = located.header.sections[section]
    return unpackSection(codec, bytes, length)
  }
}
