import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { bootstrapOperator } from '../../src/admin/bootstrap'
import { createTenant } from '../../src/admin/create-tenant'
import { type KeyWishes, newKey } from '../../src/admin/new-key'
import type { Env } from '../../src/env'
import { router } from '../../src/router'
import { ALWAYS_CURRENT } from '../../src/tenant/contract'
import type { DirectoryChange } from '../../src/tenant/directory'
import { tenantDirectory } from '../../src/tenant-stub'

/** A request's answer, read. */
export interface Told {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Parsed, where it is JSON. */
  readonly body: Record<string, unknown>
}

export interface Sent {
  readonly body?: unknown
  readonly host?: string
  readonly bindings?: Env
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a request by a key to the Worker's routes; what it leaves for later is done when this answers. */
export async function send(key: string, route: string, sent: Sent = {}): Promise<Told> {
  const [method, path] = route.split(' ')
  const { body, host = 'localhost', bindings = env, headers = {} } = sent
  const ctx = createExecutionContext()
  const request = new Request(`http://${host}:8787${path}`, {
    method,
    headers: { ...headers, ...(key !== '' && { authorization: `Bearer ${key}` }) },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const response: Response = await router.fetch(request, bindings, ctx)
  const text = await response.text()
  await waitOnExecutionContext(ctx)
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: text.startsWith('{') && !isLines(response) ? JSON.parse(text) : {},
  }
}

const isLines = ({ headers }: Response): boolean => headers.get('content-type') === 'application/x-ndjson'

/** The databases of a test file, and the operator's key. */
export async function makeOperator(): Promise<string> {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
  return (await bootstrapOperator(env.CONTROL, { nowMs: Date.now() })).operatorKey
}

/** Who is told nothing new by a tenant's object. */
export const serviceCaller = (tenantId: string) => ({
  ...{ tenantId, host: '', keyId: 'key_test', address: '' },
  settingsVersion: ALWAYS_CURRENT,
})

/** Changes a tenant's directory past the routes. */
export async function change(tenantId: string, ...changes: DirectoryChange[]): Promise<void> {
  expect(await tenantDirectory(env, tenantId).change(serviceCaller(tenantId), changes)).toMatchObject({ ok: true })
}

/** Adds a key to a tenant; answers its text. */
export async function addKey(tenantId: string, wishes: Omit<KeyWishes, 'note'>): Promise<string> {
  const { id, row, text } = newKey({ ...wishes, note: 'test' }, Date.now())
  await change(tenantId, { what: 'key.added', id, row })
  return text
}

/** A tenant with a key for everything, past the routes. */
export async function makeTenant(name: string) {
  const created = await createTenant(env, { name, plan: 'standard' }, Date.now())
  if (!created.ok) return expect.fail(created.refusal.kind)
  const { id } = created
  const ownersScopes = ['logs:write', 'logs:read', 'tail', 'admin', 'admin:tenant']
  return {
    ...{ id, name },
    ingest: await addKey(id, { kind: 'ing' }),
    query: await addKey(id, { kind: 'rd' }),
    admin: await addKey(id, { kind: 'adm' }),
    owner: await addKey(id, { kind: 'adm', role: 'owner', scopes: ownersScopes }),
  }
}
