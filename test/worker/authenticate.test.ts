import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import schema from '../../schema.sql?raw'
import { activityLog } from '../../src/activity/activity-log'
import { ACTIVITY_TENANT } from '../../src/activity/activity-tenant'
import { type Bootstrap, bootstrap } from '../../src/admin/bootstrap'
import type { Env } from '../../src/env'
import { requires, type Scope } from '../../src/http/access'
import { hashKey, mintKey } from '../../src/http/api-key'
import { authenticate } from '../../src/http/authenticate'
import { configure } from '../../src/http/configure'
import type { TenantRequest } from '../../src/http/handler'
import { problemResponse } from '../../src/http/problem'
import { noHints } from '../../src/http/request-hints'
import { requestId } from '../../src/http/request-id'
import { resolveTenant } from '../../src/http/resolve-tenant'
import { FAILED_ATTEMPTS_MAX } from '../../src/limits/limits'
import { apiKeyKey, hostKey } from '../../src/storage/kv/keys'

const SERVICE_KEY = 'a service key that nobody guesses'
const OTHER_SERVICE_KEY = 'another service key that nobody guesses'

let made: Bootstrap
const tenantOf = ({ tenant }: Bootstrap) => tenant ?? expect.fail('the demo tenant is missing')

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  made = await bootstrap(env, { demo: true, nowMs: 1000 })
  await env.CONTROL.batch([
    env.CONTROL.prepare(
      `INSERT INTO tenant (id, name, status, plan, payload_database, settings_version, created_ms)
        VALUES ('ten_other', 'other', 'active', 'free', 'PAYLOAD', 0, 0)`,
    ),
    ...[
      { host: 'other.localhost', tenantId: 'ten_other', status: 'active' },
      { host: 'waiting.localhost', tenantId: tenantOf(made).id, status: 'pending' },
    ].flatMap(({ host, tenantId, status }) => [
      env.CONTROL.prepare('INSERT INTO domain (host, tenant_id, status, created_ms) VALUES (?, ?, ?, 0)').bind(
        host,
        tenantId,
        status,
      ),
      env.CONTROL.prepare('INSERT INTO host_claim (host, tenant_id, claimed_ms) VALUES (?, ?, 0)').bind(host, tenantId),
    ]),
  ])
})

const parts = { route: '', params: {}, query: {}, tenantId: '' }

/** Runs the chain of the front door, and answers what it proved, or the problem as the client sees it. */
async function knock(url: string, headers: Record<string, string>, options: { env?: Env; scope?: Scope } = {}) {
  const nobody = { kind: 'key', id: '', tenantId: undefined, role: 'viewer', filter: undefined } as const
  const principal = { ...nobody, scopes: new Set<Scope>() }
  const config = JSON.parse('{}')
  const request: TenantRequest = Object.assign(new Request(url, { headers }), {
    ...parts,
    principal,
    config,
    requestId: '',
    host: '',
    hints: noHints(),
    settings: JSON.parse('{}'),
    log: activityLog('error', {}),
  })
  const ctx = createExecutionContext()
  try {
    const chain = [requestId, configure, authenticate, resolveTenant, requires(options.scope ?? 'logs:read')]
    for (const handler of chain) await handler(request, options.env ?? env, ctx)
    await waitOnExecutionContext(ctx)
    return { status: 200, tenantId: request.tenantId, keyId: request.principal.id }
  } catch (error) {
    const response = problemResponse(error, 'req_test')
    return { status: response.status, body: await response.json<Record<string, unknown>>(), headers: response.headers }
  }
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

/** A binding that fails on any use, and tells. */
const broken = <Binding extends object>(binding: Binding, uses: string[] = []): Binding =>
  new Proxy(binding, {
    get(_binding, name) {
      uses.push(String(name))
      throw new Error('the store is down')
    },
  })

function envWith(changes: Partial<Env>): Env {
  const { TENANT, CONTROL, PAYLOAD, CACHE } = env
  return { TENANT, CONTROL, PAYLOAD, CACHE, LOG_LEVEL: 'error', ...changes }
}

describe('the front door', () => {
  it('lets a key in on the service’s own host and on its tenant’s domain', async () => {
    const { id, queryKey } = tenantOf(made)
    expect(await knock('http://localhost:8787/logs', bearer(queryKey))).toMatchObject({ status: 200, tenantId: id })
    expect(await knock('http://ACME.localhost:8787/logs', bearer(queryKey))).toMatchObject({
      status: 200,
      tenantId: id,
    })
    expect(await knock('http://acme.localhost./logs', { 'X-API-Key': queryKey })).toMatchObject({
      status: 200,
      tenantId: id,
    })
  })

  it('answers one and the same for an unknown host, another tenant’s host and one that does not route yet', async () => {
    const { queryKey } = tenantOf(made)
    const hosts = [
      'nobody.localhost',
      'other.localhost',
      'waiting.localhost',
      `${'a'.repeat(60)}.`.repeat(5).concat('localhost'),
    ]
    const answers = await Promise.all(hosts.map((host) => knock(`http://${host}/logs`, bearer(queryKey))))
    for (const answer of answers) expect(answer).toMatchObject({ status: 404, body: answers[0].body })
    expect(answers[0].body).toMatchObject({ code: 'not_found' })
  })

  it('lets the operator read the service’s own tenant and no other', async () => {
    for (const host of ['acme.localhost', 'nobody.localhost']) {
      expect(await knock(`http://${host}/admin`, bearer(made.operatorKey), { scope: 'operator' })).toMatchObject({
        status: 404,
      })
    }
    expect(await knock('http://localhost/logs', bearer(made.operatorKey))).toMatchObject({
      status: 200,
      tenantId: ACTIVITY_TENANT.id,
    })
    for (const scope of ['logs:write', 'admin:read'] as const) {
      expect(await knock('http://localhost/logs', bearer(made.operatorKey), { scope })).toMatchObject({ status: 403 })
    }
    expect(await knock('http://localhost/admin', bearer(made.operatorKey), { scope: 'operator' })).toMatchObject({
      status: 200,
    })
  })

  it('names the missing scope', async () => {
    const answer = await knock('http://localhost/logs', bearer(tenantOf(made).ingestKey))
    expect(answer).toMatchObject({
      status: 403,
      body: { code: 'scope_missing', detail: expect.stringContaining('logs:read') },
    })
  })

  it('refuses missing, mistyped and unknown keys alike, and reads nothing for what cannot be a key', async () => {
    const { queryKey } = tenantOf(made)
    const uses: string[] = []
    const nothing = envWith({ CACHE: broken(env.CACHE, uses), CONTROL: broken(env.CONTROL, uses) })
    const mistyped = `${queryKey.slice(0, 20)}${queryKey[20] === 'a' ? 'b' : 'a'}${queryKey.slice(21)}`
    for (const headers of [{}, bearer(mistyped), bearer('eyJhbGciOiJub25lIn0.e30.'), { authorization: 'Basic YTpi' }]) {
      const answer = await knock('http://localhost/logs', Object.assign({}, headers), { env: nothing })
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
    }
    expect(uses).toEqual([])
    const unknown = bearer(mintKey('rd', crypto.getRandomValues(new Uint8Array(32))))
    expect(await knock('http://localhost/logs', unknown)).toMatchObject({
      status: 401,
      body: { code: 'unauthenticated' },
    })
  })

  it('says so when a key was revoked', async () => {
    const key = mintKey('rd', crypto.getRandomValues(new Uint8Array(32)))
    const insert = `INSERT INTO api_key (id, tenant_id, kind, hash, last4, scopes, status, note, created_ms)
      VALUES (?, ?, 'rd', ?, 'abcd', 'logs:read', 'revoked', 'test', 0)`
    await env.CONTROL.prepare(insert).bind('key_revoked', tenantOf(made).id, hashKey(key)).run()
    expect(await knock('http://localhost/logs', bearer(key))).toMatchObject({
      status: 401,
      body: { code: 'key_revoked' },
    })
  })

  it('takes LOG_SERVICE_API_KEY as a key of the default tenant, with all of a tenant’s scopes', async () => {
    const withKey = envWith({ LOG_SERVICE_API_KEY: SERVICE_KEY, DEFAULT_TENANT: 'acme' })
    for (const scope of ['logs:write', 'logs:read', 'admin:read', 'admin:keys'] as const) {
      const answer = await knock('http://localhost/logs', { 'x-api-key': SERVICE_KEY }, { env: withKey, scope })
      expect(answer).toEqual({ status: 200, tenantId: tenantOf(made).id, keyId: 'key_service' })
    }
    const others = [{ 'x-api-key': `${SERVICE_KEY.slice(0, -1)}x` }, { 'x-api-key': 'a service' }]
    for (const headers of others)
      expect(await knock('http://localhost/logs', headers, { env: withKey })).toMatchObject({ status: 401 })
    expect(await knock('http://localhost/logs', { 'x-api-key': SERVICE_KEY })).toMatchObject({ status: 401 })
  })

  it('counts guesses at LOG_SERVICE_API_KEY as attempts of their address, and only where there is such a key', async () => {
    const withKey = envWith({ LOG_SERVICE_API_KEY: OTHER_SERVICE_KEY, DEFAULT_TENANT: 'acme' })
    const from = (key: string) => ({ 'x-api-key': key, 'cf-connecting-ip': '198.51.100.77' })
    for (let index = 0; index <= FAILED_ATTEMPTS_MAX; index++)
      expect(await knock('http://localhost/logs', from(`guess ${index}`))).toMatchObject({ status: 401 })
    for (let index = 0; index < FAILED_ATTEMPTS_MAX; index++)
      expect(await knock('http://localhost/logs', from(`guess ${index}`), { env: withKey })).toMatchObject({
        status: 401,
      })
    for (const key of ['one more', OTHER_SERVICE_KEY])
      expect(await knock('http://localhost/logs', from(key), { env: withKey })).toMatchObject({ status: 429 })
    const elsewhere = { 'x-api-key': OTHER_SERVICE_KEY }
    expect(await knock('http://localhost/logs', elsewhere, { env: withKey })).toMatchObject({ status: 200 })
    expect(await knock('http://localhost/logs', from(OTHER_SERVICE_KEY), { env: withKey })).toMatchObject({
      status: 200,
    })
  })

  it('leaves hints in KV that hold no secret, and needs none of them', async () => {
    const { id, adminKey } = tenantOf(made)
    await knock('http://acme.localhost/logs', bearer(adminKey))
    const hint = await env.CACHE.get(apiKeyKey(hashKey(adminKey)), 'text')
    expect(JSON.parse(hint ?? '')).toMatchObject({ tenantId: id, status: 'active' })
    expect(JSON.parse((await env.CACHE.get(hostKey('acme.localhost'), 'text')) ?? '')).toEqual({
      tenantId: id,
      status: 'active',
      version: expect.any(Number),
    })
  })

  it('reads past a hint of another shape', async () => {
    const fresh = await bootstrap(env, { demo: true, nowMs: 2000 })
    const { queryKey, id } = tenantOf(fresh)
    await env.CACHE.put(apiKeyKey(hashKey(queryKey)), '{"tenant":"ten_evil","scope":["admin"]}')
    expect(await knock('http://localhost/logs', bearer(queryKey))).toMatchObject({ status: 200, tenantId: id })
  })

  it('lets nobody in because a store is down, and does without KV', async () => {
    const fresh = tenantOf(await bootstrap(env, { demo: true, nowMs: 3000 }))
    const neither = envWith({ CACHE: broken(env.CACHE), CONTROL: broken(env.CONTROL) })
    const both = await knock('http://localhost/logs', bearer(fresh.queryKey), { env: neither })
    expect(both).toMatchObject({ status: 503, body: { code: 'partition_unavailable' } })
    expect(both.headers?.get('retry-after')).toBe('5')
    const onlyKv = await knock('http://localhost/logs', bearer(fresh.queryKey), {
      env: envWith({ CACHE: broken(env.CACHE) }),
    })
    expect(onlyKv).toMatchObject({ status: 200, tenantId: fresh.id })
  })
})
