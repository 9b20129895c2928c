import { ACTIVITY_TENANT } from '../activity/activity-tenant'
import { hashKey, KEY_SCOPES, type KeyKind, mintKey } from '../http/api-key'
import { mintId } from '../http/mint-id'
import { putBootstrapRows } from '../storage/d1/bootstrap-rows'
import { findTenantId } from '../storage/d1/credentials'
import type { ControlTables } from '../storage/d1/database'

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
  const operator = newKey('op', null, nowMs)
  const ofOperator = { tenantId: null, rows: [operator.row] }
  if (!demo) {
    const rows = { tenants: [ACTIVITY_TENANT], domains: [], keys: [ofOperator], note: NOTE, nowMs }
    await putBootstrapRows(control, rows)
    return { operatorKey: operator.text }
  }

  const tenantId = (await findTenantId(control, DEMO_TENANT)) ?? mintId('ten', nowMs, random())
  const ingest = newKey('ing', tenantId, nowMs)
  const query = newKey('rd', tenantId, nowMs)
  const admin = newKey('adm', tenantId, nowMs)
  await putBootstrapRows(control, {
    tenants: [ACTIVITY_TENANT, { id: tenantId, name: DEMO_TENANT }],
    domains: [{ host: DEMO_DOMAIN, tenantId }],
    keys: [ofOperator, { tenantId, rows: [ingest.row, query.row, admin.row] }],
    note: NOTE,
    nowMs,
  })
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

const random = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32))
