import { WorkerEntrypoint } from 'cloudflare:workers'
import type { DocumentTable } from './blocks/table'
import type { Env } from './env'
import type { SearchUnit } from './query/units'
import { decodeHeader, sectionsOf, segmentTable } from './segments/decode-segment'
import { createLoader, readCatalogUnits } from './storage/search-units'
import type { HistoryPage, HistoryRequest } from './tail/history'
import { readHistory } from './tail/read-history'

/**
 * Reads the sealed part of a tenant's log for its tails, away from the tenant's object, whose one thread is for taking logs. It
 * holds nothing and decides nothing.
 */
export class TailReader extends WorkerEntrypoint<Env> {
  async read(request: HistoryRequest): Promise<HistoryPage> {
    const { tenantId, generation } = request
    const { CACHE, PAYLOAD, ARCHIVE, CONTROL } = this.env
    const held = request.pieces.map(unitOf)
    const published = await readCatalogUnits(CONTROL, tenantId, generation)
    const loader = createLoader(
      { cache: CACHE, payload: PAYLOAD, archive: ARCHIVE, tenantId },
      new Map<SearchUnit, DocumentTable>(held.map(({ unit, table }) => [unit, table])),
      new Map(published.map((unit) => [unit, unit])),
    )
    return readHistory([...held.map(({ unit }) => unit), ...published], loader, request)
  }
}

/** A segment that came along whole. */
function unitOf(bytes: Uint8Array, index: number): { readonly unit: SearchUnit; readonly table: DocumentTable } {
  const located = decodeHeader(bytes)
  const { header } = located
  const table = segmentTable(header, sectionsOf(bytes, located))
  const { rows, minTime, maxTime, maxSeq } = header
  return {
    unit: { id: `piece-${index}`, rows, minTime, maxTime, maxSeq, head: table, header, erased: undefined },
    table,
  }
}
