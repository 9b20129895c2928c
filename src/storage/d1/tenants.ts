import { type Selectable, sql } from 'kysely'
import { TenantRow } from '../../tenant/directory-rows'
import { type ControlTables, controlDatabase } from './database'

/** What the control database knows of a tenant. */
export interface TenantRecord {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly plan: string
  readonly settingsVersion: number
}

/** The first tenants in the order of their ids, and how many there are in all. */
export async function listTenants(
  control: D1Database,
  tenantsMax: number,
): Promise<{ readonly tenants: readonly TenantRecord[]; readonly count: number }> {
  const db = controlDatabase(control)
  const rows = await db
    .selectFrom('tenant')
    .select(['id', 'name', 'status', 'plan', 'settings_version as settingsVersion'])
    .orderBy('id')
    .limit(tenantsMax)
    .execute()
  if (rows.length < tenantsMax) return { tenants: rows, count: rows.length }
  const { count } = await db
    .selectFrom('tenant')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return { tenants: rows, count }
}

/** A tenant with its row, as D1 has it. */
export interface ListedTenant {
  readonly id: string
  readonly version: number
  readonly row: TenantRow
}

/** Which tenants a list is of. */
export interface TenantFilter {
  readonly status: string | undefined
  readonly plan: string | undefined
  /** Part of the name. */
  readonly part: string | undefined
  /** Name of the last tenant of the page before. */
  readonly after: string
  readonly limit: number
}

/** A page of tenants in the order of their names. Names that are only taken are left out. */
export async function listTenantRows(control: D1Database, filter: TenantFilter): Promise<ListedTenant[]> {
  const { status, plan, part, after, limit } = filter
  const rows = await controlDatabase(control)
    .selectFrom('tenant')
    .selectAll()
    .where('status', '!=', 'reserved')
    .where('name', '>', after)
    .$if(status !== undefined, (query) => query.where('status', '=', status ?? ''))
    .$if(plan !== undefined, (query) => query.where('plan', '=', plan ?? ''))
    .$if(part !== undefined, (query) => query.where(sql<boolean>`instr(name, ${part}) > 0`))
    .orderBy('name')
    .limit(limit)
    .execute()
  return rows.map(listed)
}

/** Finds a tenant by its name or id; undefined also where only the name is taken. */
export async function findTenantByReference(control: D1Database, reference: string): Promise<string | undefined> {
  const row = await controlDatabase(control)
    .selectFrom('tenant')
    .select('id')
    .where((where) => where.or([where('id', '=', reference), where('name', '=', reference)]))
    .where('status', '!=', 'reserved')
    .executeTakeFirst()
  return row?.id
}

function listed(tenant: Selectable<ControlTables['tenant']>): ListedTenant {
  const row = TenantRow.parse({
    name: tenant.name,
    status: tenant.status,
    plan: tenant.plan,
    limits: JSON.parse(tenant.limits),
    contactEmail: tenant.contact_email ?? undefined,
    payloadDatabase: tenant.payload_database,
    createdMs: tenant.created_ms,
    deleteMs: tenant.delete_ms ?? undefined,
  })
  return { id: tenant.id, version: tenant.version, row }
}
