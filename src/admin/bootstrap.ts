import type { CompiledQuery, Kysely } from 'kysely'
import { ACTIVITY_TENANT } from '../activity/activity-tenant'
import { hashKey, KEY_SCOPES, type KeyKind, mintKey } from '../http/api-key'
import { mintId } from '../http/mint-id'
import { findTenantId } from '../storage/d1/credentials'
import { type ControlTables, controlDatabase, runTogether } from '../storage/d1/database'

const NOTE = 'bootstrap'
const DEMO_TENANT = 'acme'
const DEMO_DOMAIN = 'acme.localhost'

/** The keys in readable form. They exist nowhere else. */
export interface Bootstrap {
  readonly operatorKey: string
  readonly tenant?: {
    readonly id: string
    readonly domain: string
    readonly ingestKey: string
    readonly queryKey: string
    readonly adminKey: string
  }
}

/**
 * Makes the operator's key, the tenant of the service's own activity and, for a demo, the tenant acme with its domain and
 * keys. Running it again keeps the tenants and puts new keys in the place of those that it made before.
 */
export async function bootstrap(control: D1Database, options: { demo: boolean; nowMs: number }): Promise<Bootstrap> {
  const { demo, nowMs } = options
  const db = controlDatabase(control)
  const operator = newKey('op', null, nowMs)
  if (!demo) {
    await runTogether(control, [addTenant(db, ACTIVITY_TENANT, nowMs), ...replaceKeys(db, [operator])])
    return { operatorKey: operator.text }
  }

  const tenantId = (await findTenantId(control, DEMO_TENANT)) ?? mintId('ten', nowMs, random())
  const ingest = newKey('ing', tenantId, nowMs)
  const query = newKey('rd', tenantId, nowMs)
  const admin = newKey('adm', tenantId, nowMs)
  await runTogether(control, [
    addTenant(db, ACTIVITY_TENANT, nowMs),
    addTenant(db, { id: tenantId, name: DEMO_TENANT }, nowMs),
    addDomain(db, { host: DEMO_DOMAIN, tenantId }, nowMs),
    ...replaceKeys(db, [operator]),
    ...replaceKeys(db, [ingest, query, admin]),
  ])
  const tenant = {
    id: tenantId,
    domain: DEMO_DOMAIN,
    ingestKey: ingest.text,
    queryKey: query.text,
    adminKey: admin.text,
  }
  return { operatorKey: operator.text, tenant }
}

interface NewKey {
  readonly text: string
  readonly row: ControlTables['api_key']
}

function newKey(kind: KeyKind, tenantId: string | null, nowMs: number): NewKey {
  const text = mintKey(kind, random())
  const row = {
    id: mintId('key', nowMs, random()),
    tenant_id: tenantId,
    kind,
    hash: hashKey(text),
    last4: text.slice(-4),
    scopes: KEY_SCOPES[kind].join(' '),
    status: 'active',
    note: NOTE,
    created_ms: nowMs,
    expires_ms: null,
  }
  return { text, row }
}

/** Puts keys of one owner in the place of those that an earlier run gave to it. */
function replaceKeys(db: Kysely<ControlTables>, keys: readonly [NewKey, ...NewKey[]]): CompiledQuery[] {
  const revokeEarlier = db
    .updateTable('api_key')
    .set({ status: 'revoked' })
    .where('note', '=', NOTE)
    .where('status', '=', 'active')
    .where('tenant_id', 'is not distinct from', keys[0].row.tenant_id)
  const insert = db.insertInto('api_key').values(keys.map(({ row }) => row))
  return [revokeEarlier.compile(), insert.compile()]
}

function addTenant(
  db: Kysely<ControlTables>,
  { id, name }: { id: string; name: string },
  nowMs: number,
): CompiledQuery {
  const row = {
    id,
    name,
    status: 'active',
    plan: 'standard',
    payload_database: 'PAYLOAD',
    settings_version: 0,
    created_ms: nowMs,
  }
  return db
    .insertInto('tenant')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .compile()
}

function addDomain(
  db: Kysely<ControlTables>,
  { host, tenantId }: { host: string; tenantId: string },
  nowMs: number,
): CompiledQuery {
  return db
    .insertInto('domain')
    .values({ host, tenant_id: tenantId, status: 'active', created_ms: nowMs })
    .onConflict((conflict) => conflict.doNothing())
    .compile()
}

const random = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32))
