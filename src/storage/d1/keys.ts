import { sql } from 'kysely'
import { controlDatabase } from './database'

/** How many keys a tenant has, as of a version of it, and the first of those that can be cleared away. */
export interface KeyCensus {
  readonly version: number
  /** That work. */
  readonly live: number
  /** Ids of keys that ended long ago. */
  readonly dead: readonly string[]
}

/** Counts the keys of a tenant; undefined for one that is not there. */
export async function countKeys(
  control: D1Database,
  tenantId: string,
  { nowMs, deadMs, deadMax }: { readonly nowMs: number; readonly deadMs: number; readonly deadMax: number },
): Promise<KeyCensus | undefined> {
  const db = controlDatabase(control)
  const live = sql<number>`(SELECT count(*) FROM api_key WHERE tenant_id = ${tenantId} AND status = 'active'
    AND (expires_ms IS NULL OR expires_ms > ${nowMs}))`
  const dead = sql<string>`(SELECT json_group_array(id) FROM (SELECT id FROM api_key WHERE tenant_id = ${tenantId}
    AND expires_ms <= ${deadMs} ORDER BY id LIMIT ${deadMax}))`
  const row = await db
    .selectFrom('tenant')
    .select(['settings_version as version', live.as('live'), dead.as('dead')])
    .where('id', '=', tenantId)
    .executeTakeFirst()
  return row && { version: row.version, live: row.live, dead: JSON.parse(row.dead) }
}

/** Notes the day of a key's last use, in days since 1970-01-01 UTC. At most one of a day's uses writes a row. */
export async function putKeyUse(control: D1Database, id: string, day: number): Promise<void> {
  await controlDatabase(control)
    .updateTable('api_key')
    .set({ last_used_day: day })
    .where('id', '=', id)
    .where((where) => where.or([where('last_used_day', 'is', null), where('last_used_day', '<', day)]))
    .execute()
}

/** The days on which keys of a tenant were last used; those that never were are not among them. */
export async function readKeyUses(
  control: D1Database,
  tenantId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await controlDatabase(control)
    .selectFrom('api_key')
    .select(['id', 'last_used_day'])
    .where('tenant_id', '=', tenantId)
    .where('id', 'in', sql<string>`(SELECT value FROM json_each(${JSON.stringify(ids)}))`)
    .where('last_used_day', 'is not', null)
    .execute()
  return new Map(rows.map(({ id, last_used_day }) => [id, last_used_day ?? 0]))
}
