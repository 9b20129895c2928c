import { ACTIVITY_TENANT } from '../activity/activity-tenant'
import { hashKey, KEY_SCOPES, mintKey } from '../http/api-key'
import { mintId } from '../http/mint-id'
import { addTenantRow, type OperatorKeyRow, putBootstrapRows } from '../storage/d1/bootstrap-rows'
import { ALWAYS_CURRENT, type Caller, type Refusal } from '../tenant/contract'
import type { DirectoryChange } from '../tenant/directory'
import { tenantDirectory } from '../tenant-stub'
import { createTenant, type TenantBindings } from './create-tenant'
import { newKey } from './new-key'

const NOTE = 'bootstrap'
const DEMO_TENANT = 'acme'
const DEMO_DOMAIN = 'acme.localhost'

/** Rows of a directory that are read at a time. */
const PAGE_ROWS = 1000

/** The keys in readable form. They exist nowhere else. */
export interface Bootstrap {
  readonly operatorKey: string
  readonly tenant?: DemoTenant
}

interface DemoTenant {
  readonly id: string
  readonly domain: string
  readonly ingestKey: string
  readonly queryKey: string
  readonly adminKey: string
}

/**
 * Makes the operator's key, the tenant of the service's own activity and, for a demo, the tenant acme with its domain and
 * keys. Running it again keeps the tenants and puts new keys in the place of those that it made before.
 */
export async function bootstrap(env: TenantBindings, options: { demo: boolean; nowMs: number }): Promise<Bootstrap> {
  const { demo, nowMs } = options
  const { operatorKey } = await bootstrapOperator(env.CONTROL, { nowMs })
  return demo ? { operatorKey, tenant: await makeDemo(env, nowMs) } : { operatorKey }
}

/** The part of it that needs no object, so that it can be done by SQL alone. */
export async function bootstrapOperator(control: D1Database, { nowMs }: { nowMs: number }): Promise<Bootstrap> {
  const text = mintKey('op', random())
  const operatorKey: OperatorKeyRow = {
    id: mintId('key', nowMs, random()),
    tenant_id: null,
    kind: 'op',
    hash: hashKey(text),
    last4: text.slice(-4),
    scopes: KEY_SCOPES.op.join(' '),
    role: 'operator',
    status: 'active',
    note: NOTE,
    created_ms: nowMs,
    expires_ms: null,
  }
  await putBootstrapRows(control, { tenant: ACTIVITY_TENANT, operatorKey, nowMs })
  return { operatorKey: text }
}

/**
 * Adds the tenant of the service's own activity to data that was begun before there was one, by SQL alone: its object takes
 * its directory from there.
 */
export const addServiceTenant = (control: D1Database, nowMs: number): Promise<void> =>
  addTenantRow(control, ACTIVITY_TENANT, nowMs)

async function makeDemo(env: TenantBindings, nowMs: number): Promise<DemoTenant> {
  const created = await createTenant(env, { name: DEMO_TENANT, plan: 'standard' }, nowMs)
  if (!created.ok) throw refusedBy(created.refusal)
  const { id } = created
  const ingest = newKey({ kind: 'ing', note: NOTE }, nowMs)
  const query = newKey({ kind: 'rd', note: NOTE }, nowMs)
  const admin = newKey({ kind: 'adm', note: NOTE }, nowMs)
  const earlier = await earlierKeys(env, id)
  const outcome = await tenantDirectory(env, id).change(callerFor(id), [
    ...earlier,
    ...(await missingDomain(env, id, nowMs)),
    ...[ingest, query, admin].map((key): DirectoryChange => ({ what: 'key.added', id: key.id, row: key.row })),
  ])
  if (!outcome.ok) throw refusedBy(outcome.refusal)
  return { id, domain: DEMO_DOMAIN, ingestKey: ingest.text, queryKey: query.text, adminKey: admin.text }
}

/** Takes back the keys that an earlier run has made. */
async function earlierKeys(env: TenantBindings, tenantId: string): Promise<DirectoryChange[]> {
  const changes: DirectoryChange[] = []
  for (let after = ''; ; ) {
    const page = await tenantDirectory(env, tenantId).readDirectory(callerFor(tenantId), 'key', {
      after,
      limit: PAGE_ROWS,
    })
    if (!page.ok) throw refusedBy(page.refusal)
    const ours = page.rows.filter(({ value }) => value.note === NOTE && value.status === 'active')
    changes.push(...ours.map(({ id }): DirectoryChange => ({ what: 'key.edited', id, patch: { status: 'revoked' } })))
    const last = page.rows.at(-1)
    if (last === undefined || page.rows.length < PAGE_ROWS) return changes
    after = last.id
  }
}

async function missingDomain(env: TenantBindings, tenantId: string, nowMs: number): Promise<DirectoryChange[]> {
  const page = await tenantDirectory(env, tenantId).readDirectory(callerFor(tenantId), 'domain', { id: DEMO_DOMAIN })
  if (!page.ok) throw refusedBy(page.refusal)
  const row = { status: 'active', proof: 'none', config: {}, createdMs: nowMs } as const
  return page.rows.length > 0 ? [] : [{ what: 'domain.added', id: DEMO_DOMAIN, row }]
}

const callerFor = (tenantId: string): Caller => ({
  tenantId,
  host: '',
  keyId: NOTE,
  address: '',
  settingsVersion: ALWAYS_CURRENT,
})

const refusedBy = (refusal: Refusal): Error => new Error(`bootstrap was refused: ${refusal.kind}`)

const random = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32))
