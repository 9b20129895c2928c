import { type Selectable, sql } from 'kysely'
import { ERASURE_ROWS_PER_STEP, ERASURE_VALUES_PER_STEP } from '../../limits/limits'
import { ERASURE_STEPS, type Erasure, type ErasureFacts, type ErasureStep } from '../../tenant/erase-tenant'
import { type ControlTables, controlDatabase, runTogether, segmentsOf } from './database'

/** Notes the tenants whose time has come, each once. Whether it has is the object's to say. */
export async function beginErasures(control: D1Database, nowMs: number): Promise<void> {
  await sql`INSERT OR IGNORE INTO erasure (tenant_id, name, step, begun_ms)
    SELECT id, name, ${ERASURE_STEPS[0]}, ${nowMs} FROM tenant
    WHERE status IN ('deleting', 'erasing') AND delete_ms <= ${nowMs}`.execute(controlDatabase(control))
}

/** Tenants that are being erased, those that wait longest first. */
export async function readOpenErasures(control: D1Database, limit: number): Promise<string[]> {
  const rows = await controlDatabase(control)
    .selectFrom('erasure')
    .select('tenant_id')
    .where('done_ms', 'is', null)
    .orderBy('begun_ms')
    .limit(limit)
    .execute()
  return rows.map(({ tenant_id }) => tenant_id)
}

/** How far the end of a tenant has come. A name may have had several tenants: the last of them is meant. */
export async function findErasure(control: D1Database, reference: string): Promise<Erasure | undefined> {
  const row = await controlDatabase(control)
    .selectFrom('erasure')
    .selectAll()
    .where((where) => where.or([where('tenant_id', '=', reference), where('name', '=', reference)]))
    .orderBy('begun_ms', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && toErasure(row)
}

/** Goes from one step to the next, unless somebody else has. */
export async function moveErasure(
  control: D1Database,
  tenantId: string,
  move: { readonly from: ErasureStep; readonly to: ErasureStep; readonly facts: ErasureFacts | undefined },
): Promise<void> {
  await controlDatabase(control)
    .updateTable('erasure')
    .set({ step: move.to, ...(move.facts && { facts: JSON.stringify(move.facts) }) })
    .where('tenant_id', '=', tenantId)
    .where('step', '=', move.from)
    .where('done_ms', 'is', null)
    .execute()
}

/** Keeps the certificate of a tenant's end, unless there is one. */
export async function finishErasure(
  control: D1Database,
  tenantId: string,
  end: { readonly certificate: string; readonly doneMs: number },
): Promise<void> {
  await controlDatabase(control)
    .updateTable('erasure')
    .set({ certificate: end.certificate, done_ms: end.doneMs })
    .where('tenant_id', '=', tenantId)
    .where('done_ms', 'is', null)
    .execute()
}

/** Forgets an erasure that has not begun to delete anything. */
export async function cancelErasure(control: D1Database, tenantId: string): Promise<void> {
  await controlDatabase(control)
    .deleteFrom('erasure')
    .where('tenant_id', '=', tenantId)
    .where('step', '=', ERASURE_STEPS[0])
    .execute()
}

/** The tables of CONTROL with rows of tenants, and what tells the rows of one tenant apart. A test compares with schema.sql. */
export const TENANT_TABLES = {
  segment: 'id',
  session: 'id',
  member: 'id',
  api_key: 'id',
  domain: 'host',
  host_claim: 'host',
  due: 'tenant_id',
} as const satisfies Partial<Record<keyof ControlTables, string>>

const TABLE_KEYS = Object.entries(TENANT_TABLES)

/** How many rows each table has of a tenant, that of tenants too. */
export async function countControlRows(control: D1Database, tenantId: string): Promise<Record<string, number>> {
  const db = controlDatabase(control)
  const counts = [
    ...TABLE_KEYS.map(([table]) => ({ table, column: 'tenant_id' })),
    { table: 'tenant', column: 'id' },
  ].map(({ table, column }) =>
    sql`SELECT ${table} AS name, count(*) AS count FROM ${sql.table(table)} WHERE ${sql.ref(column)} = ${tenantId}`.compile(
      db,
    ),
  )
  const results = await runTogether(control, counts)
  return Object.fromEntries(results.flatMap(({ results }) => results.map((row) => countOf(row))))
}

/**
 * Deletes some rows of each table; answers whether there was anything to delete. The tenant's own row goes when there is
 * nothing else: that is when its name is free.
 */
export async function deleteControlRows(control: D1Database, tenantId: string): Promise<boolean> {
  const db = controlDatabase(control)
  const statements = TABLE_KEYS.map(([table, key]) => {
    const column = sql.ref(key)
    // Hints are taken away for as many rows first.
    const limit = HINTED.includes(table) ? ERASURE_VALUES_PER_STEP : ERASURE_ROWS_PER_STEP
    return sql`DELETE FROM ${sql.table(table)} WHERE tenant_id = ${tenantId} AND ${column} IN (
      SELECT ${column} FROM ${sql.table(table)} WHERE tenant_id = ${tenantId} ORDER BY ${column} LIMIT ${limit})`.compile(
      db,
    )
  })
  const results = await runTogether(control, statements)
  if (results.some(({ meta }) => meta.changes > 0)) return true
  await db.deleteFrom('tenant').where('id', '=', tenantId).execute()
  return false
}

/** Rows that something outside of D1 knows of. */
export interface HintedRows {
  readonly hosts: readonly string[]
  /** Those of the hosts that the platform was told about. */
  readonly platformHosts: readonly string[]
  readonly keyHashes: readonly string[]
  readonly sessionHashes: readonly string[]
}

/** The rows that deleteControlRows deletes next and that KV may have hints of. */
export async function readHinted(control: D1Database, tenantId: string): Promise<HintedRows> {
  const db = controlDatabase(control)
  const limit = ERASURE_VALUES_PER_STEP
  const [domains, keys, sessions] = await Promise.all([
    db
      .selectFrom('domain')
      .select(['host', 'hostname_id'])
      .where('tenant_id', '=', tenantId)
      .orderBy('host')
      .limit(limit)
      .execute(),
    db.selectFrom('api_key').select('hash').where('tenant_id', '=', tenantId).orderBy('id').limit(limit).execute(),
    db.selectFrom('session').select('hash').where('tenant_id', '=', tenantId).orderBy('id').limit(limit).execute(),
  ])
  return {
    hosts: domains.map(({ host }) => host),
    platformHosts: domains.filter(({ hostname_id }) => hostname_id !== null).map(({ host }) => host),
    keyHashes: keys.map(({ hash }) => hash),
    sessionHashes: sessions.map(({ hash }) => hash),
  }
}

const HINTED = ['domain', 'api_key', 'session']

/** A page of a tenant's segments in the order of their ids, removed ones too. */
export const listSegments = (
  control: D1Database,
  tenantId: string,
  after: string,
): Promise<{ id: string; hash: string; rows: number; bytes: number }[]> =>
  segmentsOf(controlDatabase(control), tenantId)
    .select(['id', 'hash', 'rows', 'bytes'])
    .where('id', '>', after)
    .orderBy('id')
    .limit(ERASURE_ROWS_PER_STEP)
    .execute()

function toErasure(row: Selectable<ControlTables['erasure']>): Erasure {
  const facts: ErasureFacts | undefined = row.facts === '{}' ? undefined : JSON.parse(row.facts)
  return {
    tenantId: row.tenant_id,
    name: row.name,
    step: ERASURE_STEPS.find((step) => step === row.step) ?? ERASURE_STEPS[0],
    begunMs: row.begun_ms,
    facts,
    doneMs: row.done_ms ?? undefined,
    certificate: row.certificate ?? undefined,
  }
}

function countOf(row: unknown): [string, number] {
  const { name, count }: { name?: unknown; count?: unknown } = Object(row)
  return [String(name), Number(count)]
}
