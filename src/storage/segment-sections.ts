import { SECTION_CACHE_BYTES_MAX } from '../limits/limits'
import { isSound, unpackSection } from '../segments/codec'
import type { LocatedHeader, SectionReader } from '../segments/decode-segment'
import { coreLength } from '../segments/section-ranges'
import { BoundedCache } from './bounded-cache'
import type { CatalogSegment } from './d1/catalog'
import { type PayloadRange, readPayloadRanges } from './d1/payload'
import { readHotCore } from './kv/segments'
import { type ArchiveReader, openPack } from './r2/packed-segments'
import { readRanges } from './r2/read-ranges'

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
  /** And where the directories of archive objects are. */
  readonly packs?: ArchiveReader['packs']
}

export interface SectionRequest {
  readonly segment: CatalogSegment
  readonly located: LocatedHeader
  readonly sections: readonly number[]
}

/**
 * Fetches sections of segments: from the isolate's memory, from KV where most of the core is wanted, else exactly their bytes
 * from D1, or from R2 with what little stands between them there. Answers in the order of the requests; undefined where sections are nowhere, or damaged.
 */
export async function fetchSections(
  stores: SectionStores,
  requests: readonly SectionRequest[],
  read: BytesRead,
): Promise<(SectionReader | undefined)[]> {
  const fetches = requests.map((request) => beginFetch(stores, request, read))
  const isHot = ({ request }: Fetch): boolean => request.segment.place === 'd1'
  await Promise.all(fetches.filter(isHot).map((fetch) => fetchHot(stores, fetch, read)))
  await fetchHere(stores, fetches, read)
  await fetchArchived(stores, fetches, read)
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

/** KV has the core as a whole: it is worth reading when most of it is wanted. */
async function fetchHot(stores: SectionStores, fetch: Fetch, read: BytesRead): Promise<void> {
  const { segment, located } = fetch.request
  const length = coreLength(located.header)
  const wanted = missingFrom(fetch).map((section) => located.header.sections[section])
  const bytesWanted = wanted.reduce((sum, [offset, stored]) => (offset < length ? sum + stored : sum), 0)
  if (bytesWanted === 0 || bytesWanted * 2 < length) return
  const bytes = await readHotCore(stores.cache, stores.tenantId, segment.id)
  if (bytes === undefined) return
  read.kv += bytes.length
  keepSections(stores, fetch, { bytes, from: located.sectionsAt })
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

/** The rest from R2, object by object: what many segments have side by side comes in one range. */
async function fetchArchived(stores: SectionStores, fetches: readonly Fetch[], read: BytesRead): Promise<void> {
  const { archive, packs } = stores
  if (archive === undefined) return
  const byKey = Map.groupBy(
    fetches.filter(({ request }) => request.segment.place === 'r2'),
    ({ request }) => request.segment.archiveKey ?? '',
  )
  const reader = packs === undefined ? { archive } : { archive, packs }
  await Promise.all([...byKey].map(([key, own]) => fetchFromPack(stores, reader, { key, fetches: own }, read)))
}

async function fetchFromPack(
  stores: SectionStores,
  reader: ArchiveReader,
  { key, fetches }: { readonly key: string; readonly fetches: readonly Fetch[] },
  read: BytesRead,
): Promise<void> {
  // Section by section: what stands together in the segment need not do so in the object.
  const wanted = fetches.flatMap((fetch) => missingRanges(fetch).map(({ from, to }) => ({ fetch, from, to })))
  if (wanted.length === 0) return
  const pack = await openPack(reader, key, fetches[0].request.segment.archiveOffset)
  read.r2 += pack.bytesRead
  const places = wanted.flatMap(({ fetch, from, to }) => {
    const { id, archiveOffset } = fetch.request.segment
    const at = pack.find({ id, offset: archiveOffset }, from, to)
    return at === undefined ? [] : [{ fetch, start: from, from: at, to: at + to - from }]
  })
  const found = await readRanges(reader.archive, key, places)
  read.r2 += found.bytesRead
  for (const [index, { fetch, start }] of places.entries()) {
    const bytes = found.pieces[index]
    if (bytes !== undefined) keepSections(stores, fetch, { bytes, from: start })
  }
}

/** Byte ranges of the segment that hold what is missing; neighbours are read as one. */
function rangesOf(fetch: Fetch): PayloadRange[] {
  const { id } = fetch.request.segment
  const ranges: PayloadRange[] = []
  for (const place of missingRanges(fetch)) {
    const last = ranges.at(-1)
    if (last !== undefined && last.to === place.from) ranges[ranges.length - 1] = { ...last, to: place.to }
    else ranges.push({ segmentId: id, ...place })
  }
  return ranges
}

/** Where in the segment the missing sections are, in this order. */
function missingRanges(fetch: Fetch): { readonly from: number; readonly to: number }[] {
  const { header, sectionsAt } = fetch.request.located
  return missingFrom(fetch)
    .map((section) => header.sections[section])
    .map(([offset, stored]) => ({ from: sectionsAt + offset, to: sectionsAt + offset + stored }))
    .sort((left, right) => left.from - right.from)
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
