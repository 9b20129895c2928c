import * as z from 'zod'
import { findKey, KeyRecord } from './credentials'
import { controlDatabase } from './database'

/** What the front door knows of a browser's session, in D1 and as a hint elsewhere. */
export const SessionRecord = z.object({
  id: z.string(),
  tenantId: z.string(),
  csrfHash: z.string(),
  /** Whom it was opened for. */
  principalId: z.string(),
  role: z.string(),
  scopes: z.array(z.string()),
  /** In the query language. */
  filter: z.string().optional(),
  status: z.string(),
  expiresMs: z.number(),
  /** The key that it was opened with, as it is now; absent when that is gone, and for sessions of others. */
  key: KeyRecord.optional(),
  /** The least version of the tenant that D1 showed when any of this was read. */
  version: z.int().min(0),
})
export type SessionRecord = z.infer<typeof SessionRecord>

/** Finds a session by the hash of its secret, and the key that it goes by. */
export async function findSession(control: D1Database, hash: string): Promise<SessionRecord | undefined> {
  const row = await controlDatabase(control)
    .selectFrom('session')
    .innerJoin('tenant', 'tenant.id', 'session.tenant_id')
    .leftJoin('api_key', (join) =>
      join.onRef('api_key.id', '=', 'session.principal_id').onRef('api_key.tenant_id', '=', 'session.tenant_id'),
    )
    .select(['session.id', 'session.tenant_id', 'session.csrf_hash', 'session.principal_id', 'session.role'])
    .select(['session.scopes', 'session.filter', 'session.status', 'session.expires_ms'])
    .select(['settings_version', 'api_key.hash as key_hash'])
    .where('session.hash', '=', hash)
    .executeTakeFirst()
  if (!row) return undefined
  const key = row.key_hash === null ? undefined : await findKey(control, row.key_hash)
  return {
    id: row.id,
    tenantId: row.tenant_id,
    csrfHash: row.csrf_hash,
    principalId: row.principal_id,
    role: row.role,
    scopes: row.scopes.split(' '),
    ...(row.filter !== null && { filter: row.filter }),
    status: row.status,
    expiresMs: row.expires_ms,
    ...(key !== undefined && { key }),
    version: Math.min(row.settings_version, key?.version ?? row.settings_version),
  }
}
