import { type Selectable, sql } from 'kysely'
import { DomainRow } from '../../tenant/directory-rows'
import { type ControlTables, controlDatabase } from './database'
import { domainRow } from './directory'

/** A domain with what its answer says of its tenant. */
export interface ListedDomain {
  readonly domain: string
  readonly tenantId: string
  readonly tenant: { readonly name: string; readonly plan: string }
  readonly row: DomainRow
}

/** Which domains a list is of. */
export interface DomainFilter {
  readonly tenantId: string | undefined
  readonly status: string | undefined
  /** Part of the name. */
  readonly part: string | undefined
  /** The last domain of the page before, with its tenant. */
  readonly after: readonly [host: string, tenantId: string]
  readonly limit: number
}

/** A page of domains, in the order of their names and then of their tenants' ids. */
export async function listDomains(control: D1Database, filter: DomainFilter): Promise<ListedDomain[]> {
  const { tenantId, status, part, after, limit } = filter
  const [host, afterTenant] = after
  const rows = await controlDatabase(control)
    .selectFrom('domain')
    .innerJoin('tenant', 'tenant.id', 'domain.tenant_id')
    .selectAll('domain')
    .select(['tenant.name as tenant_name', 'tenant.plan as tenant_plan'])
    .where(sql<boolean>`(domain.host, domain.tenant_id) > (${host}, ${afterTenant})`)
    .$if(tenantId !== undefined, (query) => query.where('domain.tenant_id', '=', tenantId ?? ''))
    .$if(status !== undefined, (query) => query.where('domain.status', '=', status ?? ''))
    .$if(part !== undefined, (query) => query.where(sql<boolean>`instr(domain.host, ${part}) > 0`))
    .orderBy('domain.host')
    .orderBy('domain.tenant_id')
    .limit(limit)
    .execute()
  return rows.map(listed)
}

/** Who has registered a host, and who of them holds it. */
export async function findRegistrations(
  control: D1Database,
  host: string,
): Promise<{ readonly tenantId: string; readonly isHeld: boolean }[]> {
  const rows = await controlDatabase(control)
    .selectFrom('domain')
    .leftJoin('host_claim', (join) =>
      join.onRef('host_claim.host', '=', 'domain.host').onRef('host_claim.tenant_id', '=', 'domain.tenant_id'),
    )
    .select(['domain.tenant_id', 'host_claim.tenant_id as holder'])
    .where('domain.host', '=', host)
    .orderBy('domain.tenant_id')
    .execute()
  return rows.map(({ tenant_id, holder }) => ({ tenantId: tenant_id, isHeld: holder !== null }))
}

/** Domains whose proof was last looked for before a time, those that wait longest first. */
export async function readUnchecked(
  control: D1Database,
  beforeMs: number,
  limit: number,
): Promise<{ readonly host: string; readonly tenantId: string }[]> {
  const rows = await controlDatabase(control)
    .selectFrom('domain')
    .innerJoin('tenant', 'tenant.id', 'domain.tenant_id')
    .select(['domain.host', 'domain.tenant_id'])
    // As the index has it, word for word.
    .where(sql<boolean>`proof IN ('dns', 'http')`)
    .where('checked_ms', '<=', beforeMs)
    .where('domain.status', 'in', ['active', 'suspended'])
    .where('tenant.status', 'in', ['active', 'suspended'])
    .orderBy('checked_ms')
    .limit(limit)
    .execute()
  return rows.map(({ host, tenant_id }) => ({ host, tenantId: tenant_id }))
}

type Row = Selectable<ControlTables['domain']> & { readonly tenant_name: string; readonly tenant_plan: string }

function listed({ tenant_name, tenant_plan, ...domain }: Row): ListedDomain {
  const row = DomainRow.parse(domainRow(domain).value)
  return { domain: domain.host, tenantId: domain.tenant_id, tenant: { name: tenant_name, plan: tenant_plan }, row }
}
