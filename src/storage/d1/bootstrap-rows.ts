import type { CompiledQuery, Insertable, Kysely } from 'kysely'
import { type ControlTables, controlDatabase, runTogether } from './database'

/** What bootstrap writes to D1 itself, in one batch: what belongs to no tenant, and so to no tenant's object. */
export interface BootstrapRows {
  /** A tenant whose object finds its directory here when it first needs it. */
  readonly tenant: { readonly id: string; readonly name: string }
  /** The operator's key, which takes the place of those that an earlier run has made. */
  readonly operatorKey: OperatorKeyRow
  readonly nowMs: number
}

/** An operator's key as D1 has it; `note` marks the keys of bootstrap, and others are left alone. */
export type OperatorKeyRow = Insertable<ControlTables['api_key']> & { readonly tenant_id: null; readonly note: string }

/** Adds the tenant where it is missing, and replaces the operator's key. */
export async function putBootstrapRows(
  control: D1Database,
  { tenant, operatorKey, nowMs }: BootstrapRows,
): Promise<void> {
  const db = controlDatabase(control)
  await runTogether(control, [addTenant(db, tenant, nowMs), ...replaceKey(db, operatorKey)])
}

/** Adds a tenant where it is missing. In a batch: what only records SQL knows no other way. */
export const addTenantRow = async (
  control: D1Database,
  tenant: BootstrapRows['tenant'],
  nowMs: number,
): Promise<void> => {
  await runTogether(control, [addTenant(controlDatabase(control), tenant, nowMs)])
}

const addTenant = (db: Kysely<ControlTables>, { id, name }: BootstrapRows['tenant'], nowMs: number): CompiledQuery =>
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

function replaceKey(db: Kysely<ControlTables>, key: OperatorKeyRow): CompiledQuery[] {
  const revokeEarlier = db
    .updateTable('api_key')
    .set({ status: 'revoked' })
    .where('note', '=', key.note)
    .where('status', '=', 'active')
    .where('tenant_id', 'is', null)
  return [revokeEarlier.compile(), db.insertInto('api_key').values(key).compile()]
}
