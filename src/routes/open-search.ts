import { createHmac } from 'node:crypto'
import type { DocumentTable } from '../blocks/table'
import type { Env } from '../env'
import { refusalError } from '../http/caller'
import { compiledSettings } from '../http/compiled-settings'
import type { TenantRequest } from '../http/handler'
import { auditOf, type RequestAudit } from '../http/request-audit'
import { withFreshHints } from '../http/with-fresh-hints'
import type { Filter } from '../query/filter'
import type { SearchUnit, UnitLoader } from '../query/units'
import type { Retention } from '../segments/compile-retention'
import { type CatalogUnit, createLoader, readCatalogUnits, type StoreLoader } from '../storage/search-units'
import { readSnapshot } from '../storage/unpublished'
import { tenantStub } from '../tenant-stub'
import { visibleTo } from './visible-search'

/** Everything of a tenant at one moment, ready to be searched. */
export interface OpenSearch {
  readonly units: readonly SearchUnit[]
  readonly loader: StoreLoader
  readonly nextSeq: number
  /** What the caller may see of it; undefined for everything. See visible-search.ts. */
  readonly visible: Filter | undefined
  /** What has not expired, and when that was asked. */
  readonly retention: Retention
  readonly nowMs: number
  /** Of who sees what the caller sees: a cursor that was made under another filter is of another query. */
  readonly cursorSecret: string
  /** A loader for the same units with its own account of bytes read. */
  readonly renewLoader: () => UnitLoader
  /** The object of R2 that holds a unit, if one does. */
  readonly archiveKeyOf: (unit: SearchUnit) => string | undefined
  /** Counts what is handed out. */
  readonly audit: RequestAudit
}

/** Opens a tenant's logs for a request: first the object, then the catalog at the generation that the object names. */
export async function openSearch(request: TenantRequest, env: Env): Promise<OpenSearch> {
  const { tenantId } = request
  const stub = tenantStub(env, tenantId)
  const leaseId = crypto.randomUUID()
  const outcome = await withFreshHints(request, (caller) => readSnapshot(stub, { ...caller, leaseId }))
  if (!outcome.ok) throw refusalError(outcome.refusal)
  auditOf(request).lease = leaseId
  request.limits = outcome.snapshot.limits
  // Nothing depends on the object hearing of it: a search ends by itself.
  const end = (): Promise<void> => stub.endSearch(leaseId).catch(() => undefined)
  if (outcome.snapshot.isLeased) request.search = { end, isStreamed: false }
  const { generation, nextSeq, units: held } = outcome.snapshot
  // Only now: the object may have had the caller proved again, with a filter that is newer.
  const nowMs = Date.now()
  const visible = visibleTo(request, nowMs)
  const { retention } = compiledSettings(request)
  const published = await readCatalogUnits(env.CONTROL, tenantId, generation)
  const stores = { cache: env.CACHE, payload: env.PAYLOAD, archive: env.ARCHIVE, tenantId }
  const inMemory = new Map<SearchUnit, DocumentTable>(held.map((unit) => [unit, unit.table]))
  const stored = new Map<SearchUnit, CatalogUnit>(published.map((unit) => [unit, unit]))
  const newLoader = () => createLoader(stores, inMemory, stored)
  return {
    units: [...held, ...published],
    loader: newLoader(),
    renewLoader: newLoader,
    archiveKeyOf: (unit) => stored.get(unit)?.segment.archiveKey,
    nextSeq,
    visible,
    retention,
    nowMs,
    cursorSecret: secretFor(request, outcome.snapshot.cursorSecret),
    audit: auditOf(request),
  }
}

const secretFor = ({ principal }: TenantRequest, secret: string): string =>
  principal.filter === undefined ? secret : createHmac('sha256', secret).update(principal.filter).digest('base64')
