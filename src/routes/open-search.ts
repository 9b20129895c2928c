import type { DocumentTable } from '../blocks/table'
import type { Env } from '../env'
import { callerOf, refusalError } from '../http/caller'
import type { TenantRequest } from '../http/handler'
import type { SearchUnit, UnitLoader } from '../query/units'
import { type CatalogUnit, createLoader, readCatalogUnits, type StoreLoader } from '../storage/search-units'
import { readSnapshot } from '../storage/unpublished'
import { tenantStub } from '../tenant-stub'

/** Everything of a tenant at one moment, ready to be searched. */
export interface OpenSearch {
  readonly units: readonly SearchUnit[]
  readonly loader: StoreLoader
  readonly nextSeq: number
  readonly cursorSecret: string
  /** A loader for the same units with its own account of bytes read. */
  readonly renewLoader: () => UnitLoader
}

/** Opens a tenant's logs for a request: first the object, then the catalog at the generation that the object names. */
export async function openSearch(request: TenantRequest, env: Env): Promise<OpenSearch> {
  const { tenantId } = request
  const outcome = await readSnapshot(tenantStub(env, tenantId), callerOf(request))
  if (!outcome.ok) throw refusalError(outcome.refusal)
  const { generation, nextSeq, cursorSecret, units: held } = outcome.snapshot
  const published = await readCatalogUnits(env.CONTROL, tenantId, generation)
  const stores = { cache: env.CACHE, payload: env.PAYLOAD, archive: env.ARCHIVE, tenantId }
  const inMemory = new Map<SearchUnit, DocumentTable>(held.map((unit) => [unit, unit.table]))
  const stored = new Map<SearchUnit, CatalogUnit>(published.map((unit) => [unit, unit]))
  const newLoader = () => createLoader(stores, inMemory, stored)
  return { units: [...held, ...published], loader: newLoader(), renewLoader: newLoader, nextSeq, cursorSecret }
}
