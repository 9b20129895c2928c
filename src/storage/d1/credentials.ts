import * as z from 'zod'
import { roleOfKind } from '../../tenant/roles'
import { controlDatabase } from './database'

/**
 * What the front door knows of a key, a host and a tenant, in D1 and as hints elsewhere. Each has the version of the tenant
 * that D1 showed when it was read: the tenant's object tells by it whether the hint is old.
 */
const version = z.int().min(0)

const words = z.array(z.string())

/** What is known of a key. */
export const KeyRecord = z.object({
  id: z.string(),
  /** Absent for the operator's. */
  tenantId: z.string().optional(),
  kind: z.string(),
  role: z.string(),
  scopes: words,
  /** In the query language. */
  filter: z.string().optional(),
  origins: words.optional(),
  addresses: words.optional(),
  status: z.string(),
  expiresMs: z.number().optional(),
  /** Days since 1970-01-01 UTC. */
  lastUsedDay: z.number().optional(),
  version,
})
export type KeyRecord = z.infer<typeof KeyRecord>

/** What is known of a host. It is active for the one tenant that holds its claim. */
export const DomainRecord = z.object({ tenantId: z.string(), status: z.string(), version })
export type DomainRecord = z.infer<typeof DomainRecord>

/** What is known of a tenant. */
export const SettingsRecord = z.object({
  tenantId: z.string(),
  name: z.string(),
  status: z.string(),
  plan: z.string(),
  /** What is agreed in the place of the plan's limits. */
  limits: z.record(z.string(), z.unknown()),
  /** The document of settings. */
  settings: z.record(z.string(), z.unknown()),
  /** The version that last changed the document: what was made under the same edition need not be made again. */
  edition: z.int().min(0),
  version,
})
export type SettingsRecord = z.infer<typeof SettingsRecord>

/** Finds a key by the hash of its text, also when it was revoked. */
export async function findKey(control: D1Database, hash: string): Promise<KeyRecord | undefined> {
  const row = await controlDatabase(control)
    .selectFrom('api_key')
    .leftJoin('tenant', 'tenant.id', 'api_key.tenant_id')
    .select(['api_key.id', 'api_key.tenant_id', 'kind', 'role', 'scopes', 'filter', 'origins', 'addresses'])
    .select(['api_key.status', 'expires_ms', 'last_used_day', 'settings_version'])
    .where('hash', '=', hash)
    .executeTakeFirst()
  // A tenant that is gone has no keys, whatever is left of them.
  if (!row || (row.tenant_id !== null && row.settings_version === null)) return undefined
  const { tenant_id, scopes, expires_ms, settings_version, ...key } = row
  return present({
    id: key.id,
    tenantId: tenant_id,
    kind: key.kind,
    role: key.role ?? roleOfKind(key.kind),
    scopes: scopes.split(' '),
    filter: key.filter,
    origins: listOf(key.origins),
    addresses: listOf(key.addresses),
    status: key.status,
    expiresMs: expires_ms,
    lastUsedDay: key.last_used_day,
    version: settings_version ?? 0,
  })
}

/** Finds whose host this is, also when it does not route any more. A host that nobody has claimed is nobody's. */
export async function findDomain(control: D1Database, host: string): Promise<DomainRecord | undefined> {
  const row = await controlDatabase(control)
    .selectFrom('host_claim')
    .innerJoin('domain', (join) =>
      join.onRef('domain.host', '=', 'host_claim.host').onRef('domain.tenant_id', '=', 'host_claim.tenant_id'),
    )
    .innerJoin('tenant', 'tenant.id', 'domain.tenant_id')
    .select(['domain.tenant_id', 'domain.status', 'settings_version'])
    .where('host_claim.host', '=', host)
    .executeTakeFirst()
  return row && { tenantId: row.tenant_id, status: row.status, version: row.settings_version }
}

/** Finds what holds for a tenant. One of which only the name is taken is none yet. */
export async function findSettings(control: D1Database, tenantId: string): Promise<SettingsRecord | undefined> {
  const row = await controlDatabase(control)
    .selectFrom('tenant')
    .select(['name', 'status', 'plan', 'limits', 'settings', 'settings_edition', 'settings_version'])
    .where('id', '=', tenantId)
    .where('status', '!=', 'reserved')
    .executeTakeFirst()
  if (!row) return undefined
  const { name, status, plan, limits, settings, settings_edition, settings_version } = row
  return {
    ...{ tenantId, name, status, plan, edition: settings_edition, version: settings_version },
    limits: JSON.parse(limits),
    settings: JSON.parse(settings),
  }
}

/** Finds a tenant by its name. */
export async function findTenantId(control: D1Database, name: string): Promise<string | undefined> {
  return (await findTenant(control, name))?.id
}

/** Finds a tenant by its name, with its version. */
export async function findTenant(
  control: D1Database,
  name: string,
): Promise<{ readonly id: string; readonly version: number } | undefined> {
  return await controlDatabase(control)
    .selectFrom('tenant')
    .select(['id', 'settings_version as version'])
    .where('name', '=', name)
    .executeTakeFirst()
}

const listOf = (json: string | null): string[] | null => (json === null ? null : JSON.parse(json))

/** What D1 has as NULL is absent. */
const present = (key: Readonly<Record<keyof KeyRecord, unknown>>): KeyRecord =>
  KeyRecord.parse(Object.fromEntries(Object.entries(key).filter(([, value]) => value !== null)))
