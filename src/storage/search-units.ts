import { LEVEL_SLOT, TIME_SLOT } from '../blocks/block'
import type { DocumentTable } from '../blocks/table'
import { CATALOG_CACHE_SEGMENTS_MAX } from '../limits/limits'
import { type LoadRequest, RECEIVED_PART, SEQ_PART, type SearchUnit, type UnitLoader } from '../query/units'
import { decodeHeader, type LocatedHeader, type SectionReader, segmentTable } from '../segments/decode-segment'
import { decodeErased } from '../segments/erased-rows'
import { sectionsOfColumn } from '../segments/section-ranges'
import type { SegmentHeader } from '../segments/segment'
import { BoundedCache } from './bounded-cache'
import { type CatalogSegment, readCatalog } from './d1/catalog'
import { type BytesRead, fetchSections, type SectionStores } from './segment-sections'

/** A published segment as a unit. */
export interface CatalogUnit extends SearchUnit {
  readonly segment: CatalogSegment
  /** Undefined when what the catalog has of it is damaged, or newer than this code: the segment cannot be read. */
  readonly located: LocatedHeader | undefined
}

/** The catalog of a generation never changes, so each is read once. */
const catalogs = new BoundedCache<readonly CatalogUnit[]>(CATALOG_CACHE_SEGMENTS_MAX)

/** The tenant's published segments at a generation. */
export async function readCatalogUnits(
  control: D1Database,
  tenantId: string,
  generation: number,
): Promise<readonly CatalogUnit[]> {
  if (generation === 0) return []
  const key = `${tenantId}/${generation}`
  const known = catalogs.get(key)
  if (known !== undefined) return known
  const units = (await readCatalog(control, tenantId, generation)).map(catalogUnit)
  catalogs.put(key, units, units.length + 1)
  return units
}

/** A row of the catalog as a unit, also when it cannot be read: the answer has to say that something is missing. */
export function catalogUnit(segment: CatalogSegment): CatalogUnit {
  const { id, rows, minTime, maxTime, mask } = segment
  try {
    const located = decodeHeader(segment.header)
    const { header } = located
    const erased = mask === undefined ? undefined : decodeErased(mask, rows)
    return { id, rows, minTime, maxTime, maxSeq: header.maxSeq, head: header, header, erased, segment, located }
  } catch {
    const head = { minTime, maxTime, columns: [], shapes: [] }
    const nothing = { header: undefined, erased: undefined, located: undefined }
    return { id, rows, minTime, maxTime, maxSeq: Number.MAX_SAFE_INTEGER, head, segment, ...nothing }
  }
}

/** A loader that gives account of what it read. */
export interface StoreLoader extends UnitLoader {
  readonly read: BytesRead
  /** Whether a unit could not be read: an answer made of the others is not complete. */
  isIncomplete(): boolean
}

/** Reads units wherever they are: those in memory at once, the others section by section. */
export function createLoader(
  stores: SectionStores,
  held: ReadonlyMap<SearchUnit, DocumentTable>,
  published: ReadonlyMap<SearchUnit, CatalogUnit>,
): StoreLoader {
  const read: BytesRead = { memory: 0, kv: 0, d1: 0, r2: 0 }
  let isIncomplete = false
  return {
    read,
    isIncomplete: () => isIncomplete,
    bytesRead: () => read.kv + read.d1 + read.r2,
    load: async (requests) => {
      const stored = requests.flatMap(({ unit, columns }, index) => {
        const { segment, located } = published.get(unit) ?? {}
        if (segment === undefined || located === undefined) return []
        return [{ index, segment, located, sections: sectionsFor(located.header, columns) }]
      })
      const readers = await fetchSections(stores, stored, read)
      const tables = requests.map(({ unit }: LoadRequest) => held.get(unit))
      for (const [number, { index, located }] of stored.entries()) {
        const reader = readers[number]
        tables[index] = reader && segmentTable(located.header, reader)
      }
      isIncomplete ||= tables.includes(undefined)
      return tables
    },
    loadFilters: async (requests) => {
      const filtered = requests.map(({ unit, section }) => ({ ...published.get(unit), section }))
      const stored = filtered.flatMap(({ segment, located, section }) =>
        segment && located ? [{ segment, located, sections: [section] }] : [],
      )
      const readers = await fetchSections(stores, stored, read)
      let next = 0
      return filtered.map(({ located, section }) => (located ? readSound(readers[next++], section) : undefined))
    },
  }
}

/** A section, or undefined when it is missing or damaged. */
function readSound(reader: SectionReader | undefined, section: number): Uint8Array | undefined {
  try {
    return reader?.(section)
  } catch {
    return undefined
  }
}

function sectionsFor(header: SegmentHeader, columns: readonly number[] | 'all'): number[] {
  if (columns === 'all') return [...header.sections.keys()].filter((section) => !isFilter(header, section))
  const sections = header.shapeOf ? [header.shapeOf.section] : []
  for (const column of columns) {
    if (column === TIME_SLOT) sections.push(header.times.section, ...(header.nanos ? [header.nanos.section] : []))
    else if (column === LEVEL_SLOT) sections.push(header.level)
    else if (column === SEQ_PART) sections.push(header.seqs.section)
    else if (column === RECEIVED_PART) sections.push(header.received.section)
    else sections.push(...sectionsOfColumn(header.columns[column]))
  }
  return [...new Set(sections)]
}

const isFilter = (header: SegmentHeader, section: number): boolean =>
  header.columns.some((column) => column.filter === section)
