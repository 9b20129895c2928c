import type { CompiledQuery, Kysely } from 'kysely'
import { type ControlTables, controlDatabase, runTogether } from './database'

/** What bootstrap writes, in one batch. */
export interface BootstrapRows {
  readonly tenants: readonly { readonly id: string; readonly name: string }[]
  readonly domains: readonly { readonly host: string; readonly tenantId: string }[]
  /** For each owner, the keys that take the place of those that an earlier run gave to it. */
  readonly keys: readonly OwnersKeys[]
  /** What marks the keys of bootstrap: others are left alone. */
  readonly note: string
  readonly nowMs: number
}

interface OwnersKeys {
  readonly tenantId: string | null
  readonly rows: readonly ControlTables['api_key'][]
}

/** Adds the tenants and domains that are missing, and replaces the keys. */
export async function putBootstrapRows(control: D1Database, rows: BootstrapRows): Promise<void> {
  const { tenants, domains, keys, note, nowMs } = rows
  const db = controlDatabase(control)
  await runTogether(control, [
    ...tenants.map((tenant) => addTenant(db, tenant, nowMs)),
    ...domains.map((domain) => addDomain(db, domain, nowMs)),
    ...keys.flatMap((owner) => replaceKeys(db, owner, note)),
  ])
}

const addTenant = (db: Kysely<ControlTables>, { id, name }: BootstrapRows['tenants'][number], nowMs: number) =>
  db
    .insertInto('tenant')
    .values({
      id,
      name,
      status: 'active',
      plan: 'standard',
      payload_database: 'PAYLOAD',
      settings_version: 0,
      created_ms: nowMs,
    })
    .onConflict((conflict) => conflict.doNothing())
    .compile()

const addDomain = (db: Kysely<ControlTables>, { host, tenantId }: BootstrapRows['domains'][number], nowMs: number) =>
  db
    .insertInto('domain')
    .values({ host, tenant_id: tenantId, status: 'active', created_ms: nowMs })
    .onConflict((conflict) => conflict.doNothing())
    .compile()

function replaceKeys(db: Kysely<ControlTables>, { tenantId, rows }: OwnersKeys, note: string): CompiledQuery[] {
  const revokeEarlier = db
    .updateTable('api_key')
    .set({ status: 'revoked' })
    .where('note', '=', note)
    .where('status', '=', 'active')
    .where('tenant_id', 'is not distinct from', tenantId)
  return [revokeEarlier.compile(), db.insertInto('api_key').values(rows).compile()]
}
