import * as z from 'zod'
import { controlDatabase } from './database'

/** What is known of a key, in D1 and as a hint elsewhere. */
export const KeyRecord = z.object({
  id: z.string(),
  tenantId: z.string().optional(),
  scopes: z.array(z.string()),
  status: z.string(),
  expiresMs: z.number().optional(),
})
export type KeyRecord = z.infer<typeof KeyRecord>

/** What is known of a host, in D1 and as a hint elsewhere. */
export const DomainRecord = z.object({ tenantId: z.string(), status: z.string() })
export type DomainRecord = z.infer<typeof DomainRecord>

/** Finds a key by the hash of its text, also when it was revoked. */
export async function findKey(control: D1Database, hash: string): Promise<KeyRecord | undefined> {
  const row = await controlDatabase(control)
    .selectFrom('api_key')
    .select(['id', 'tenant_id', 'scopes', 'status', 'expires_ms'])
    .where('hash', '=', hash)
    .executeTakeFirst()
  if (!row) return undefined
  const { id, tenant_id, scopes, status, expires_ms } = row
  return {
    id,
    status,
    scopes: scopes.split(' '),
    ...(tenant_id !== null && { tenantId: tenant_id }),
    ...(expires_ms !== null && { expiresMs: expires_ms }),
  }
}

/** Finds whose host this is, also when it does not route yet or no more. */
export async function findDomain(control: D1Database, host: string): Promise<DomainRecord | undefined> {
  const row = await controlDatabase(control)
    .selectFrom('domain')
    .select(['tenant_id', 'status'])
    .where('host', '=', host)
    .executeTakeFirst()
  return row && { tenantId: row.tenant_id, status: row.status }
}

/** Finds a tenant by its name. */
export async function findTenantId(control: D1Database, name: string): Promise<string | undefined> {
  const row = await controlDatabase(control)
    .selectFrom('tenant')
    .select('id')
    .where('name', '=', name)
    .executeTakeFirst()
  return row?.id
}
