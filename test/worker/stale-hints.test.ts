import {
  createExecutionContext,
  runDurableObjectAlarm,
  runInDurableObject,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { createTenant } from '../../src/admin/create-tenant'
import { type NewKey, newKey } from '../../src/admin/new-key'
import type { Env } from '../../src/env'
import { HINT_FRESH_MS } from '../../src/limits/limits'
import { router } from '../../src/router'
import { putDirectory } from '../../src/storage/d1/directory'
import { ALWAYS_CURRENT } from '../../src/tenant/contract'
import type { DirectoryChange } from '../../src/tenant/directory'
import { SETTINGS_ID } from '../../src/tenant/directory-rows'
import { tenantDirectory, tenantStub } from '../../src/tenant-stub'
import { broken } from '../support/broken'

interface Tenant {
  readonly id: string
  readonly host: string
  readonly ingest: NewKey
  readonly query: NewKey
  readonly admin: NewKey
}

/** Far ahead of the real clock, so that no alarm rings unless the test lets it. */
const START_MS = Date.UTC(2040, 0, 9)

vi.setConfig({ testTimeout: 20_000 })

let tenants = 0
let acme: Tenant
let globex: Tenant

const by = (tenantId: string) => ({
  tenantId,
  host: '',
  keyId: 'key_test',
  address: '',
  settingsVersion: ALWAYS_CURRENT,
})

async function change(tenantId: string, ...changes: DirectoryChange[]): Promise<void> {
  expect(await tenantDirectory(env, tenantId).change(by(tenantId), changes)).toMatchObject({ ok: true })
}

const domainRow = { status: 'active', proof: 'none', config: {}, createdMs: 0 } as const

async function makeTenant(): Promise<Tenant> {
  const nowMs = Date.now()
  const name = `tenant-${++tenants}`
  const created = await createTenant(env, { name, plan: 'standard' }, nowMs)
  if (!created.ok) return expect.fail(created.refusal.kind)
  const { id } = created
  const host = `${name}.localhost`
  const [ingest, query, admin] = (['ing', 'rd', 'adm'] as const).map((kind) => newKey({ kind, note: 'test' }, nowMs))
  const added = [ingest, query, admin].map(({ id, row }): DirectoryChange => ({ what: 'key.added', id, row }))
  await change(id, ...added, { what: 'domain.added', id: host, row: domainRow })
  return { id, host, ingest, query, admin }
}

/** Sends a request; what it leaves for later is done when this answers. */
async function ask(key: NewKey, path: string, options: { host?: string; bindings?: Env } = {}) {
  const ctx = createExecutionContext()
  const isWrite = path === 'POST /logs'
  const [, target] = path.split(' ')
  const request = new Request(`http://${options.host ?? 'localhost'}:8787${target}`, {
    headers: { authorization: `Bearer ${key.text}` },
    ...(isWrite ? { method: 'POST', body: '{"message":"hello"}' } : {}),
  })
  const response = await router.fetch(request, options.bindings ?? env, ctx)
  const text = await response.text()
  await waitOnExecutionContext(ctx)
  return { status: response.status, text }
}

async function send(...asked: Parameters<typeof ask>) {
  const { status, text } = await ask(...asked)
  const code: unknown = status < 300 ? undefined : JSON.parse(text).code
  return { status, code }
}

const readKv = async () => {
  const { keys } = await env.CACHE.list()
  return Promise.all(keys.map(async ({ name }) => ({ name, value: (await env.CACHE.get(name, 'text')) ?? '' })))
}

/** Puts back what KV had: it may go on answering that for a minute and more. */
const putKv = async (hints: Awaited<ReturnType<typeof readKv>>) => {
  for (const { name, value } of hints) await env.CACHE.put(name, value)
}

/** Old hints in the isolate's memory, and old hints in KV for an isolate whose own are too old to go by. */
type Cache = 'memory' | 'KV'

/**
 * Makes a change while every cache that there is knows the time before it. Answers what makes them know that time again:
 * the first request after the change would have corrected them.
 */
async function changeBehindCaches(make: () => Promise<void>): Promise<(cache: Cache) => Promise<void>> {
  for (const tenant of [acme, globex]) {
    expect(await send(tenant.ingest, 'POST /logs', { host: tenant.host })).toMatchObject({ status: 202 })
    expect(await send(tenant.query, 'GET /logs', { host: tenant.host })).toMatchObject({ status: 200 })
    expect(await send(tenant.admin, 'GET /admin/usage')).toMatchObject({ status: 200 })
  }
  return behindCaches(make)
}

async function behindCaches(make: () => Promise<void>): Promise<(cache: Cache) => Promise<void>> {
  const before = await readKv()
  expect(before.length).toBeGreaterThan(1)
  await make()
  return async (cache) => {
    await putKv(before)
    if (cache === 'KV') vi.setSystemTime(Date.now() + HINT_FRESH_MS + 1)
  }
}

const CACHES = ['memory', 'KV'] as const

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
})

beforeEach(async () => {
  for (const { name } of (await env.CACHE.list()).keys) await env.CACHE.delete(name)
  vi.useFakeTimers({ toFake: ['Date'], now: START_MS })
  acme = await makeTenant()
  globex = await makeTenant()
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('on the very next request after a change, however stale every cache is,', () => {
  it('a revoked key is refused, and other keys are not', async () => {
    const makeStale = await changeBehindCaches(() =>
      change(acme.id, { what: 'key.edited', id: acme.ingest.id, patch: { status: 'revoked' } }),
    )
    for (const cache of CACHES) {
      await makeStale(cache)
      expect(await send(acme.ingest, 'POST /logs')).toEqual({ status: 401, code: 'key_revoked' })
      expect(await send(acme.query, 'GET /logs')).toMatchObject({ status: 200 })
    }
  })

  it('a key whose time was ended is refused', async () => {
    const makeStale = await changeBehindCaches(() =>
      change(acme.id, { what: 'key.edited', id: acme.query.id, patch: { expiresMs: Date.now() - 1 } }),
    )
    for (const cache of CACHES) {
      await makeStale(cache)
      expect(await send(acme.query, 'GET /logs')).toEqual({ status: 401, code: 'key_revoked' })
    }
  })

  it('a suspended tenant is refused with a code for reads and one for writes, and nobody else is', async () => {
    const makeStale = await changeBehindCaches(() =>
      change(acme.id, { what: 'tenant.edited', id: acme.id, patch: { status: 'suspended' } }),
    )
    for (const cache of CACHES) {
      await makeStale(cache)
      expect(await send(acme.query, 'GET /logs')).toEqual({ status: 403, code: 'tenant_suspended' })
      expect(await send(acme.admin, 'GET /admin/usage')).toEqual({ status: 403, code: 'tenant_suspended' })
      expect(await send(acme.ingest, 'POST /logs')).toEqual({ status: 403, code: 'ingest_suspended' })
      expect(await send(globex.ingest, 'POST /logs')).toMatchObject({ status: 202 })
    }
  })

  it('a resumed tenant is served, with everything that it had', async () => {
    await send(acme.ingest, 'POST /logs')
    await change(acme.id, { what: 'tenant.edited', id: acme.id, patch: { status: 'suspended' } })
    expect(await send(acme.query, 'GET /logs')).toMatchObject({ status: 403 })
    await change(acme.id, { what: 'tenant.edited', id: acme.id, patch: { status: 'active' } })
    expect(await send(acme.query, 'GET /logs')).toMatchObject({ status: 200 })
    expect(await send(acme.ingest, 'POST /logs')).toMatchObject({ status: 202 })
    const usage = await tenantStub(env, acme.id).usage(by(acme.id))
    expect(usage.ok && usage.usage.journalRows).toBe(2)
  })

  it('a domain that was moved is the new tenant’s, and no more the old one’s', async () => {
    const { host } = acme
    const makeStale = await changeBehindCaches(async () => {
      await change(acme.id, { what: 'domain.removed', id: host })
      await change(globex.id, { what: 'domain.added', id: host, row: domainRow })
    })
    for (const cache of CACHES) {
      await makeStale(cache)
      expect(await send(acme.query, 'GET /logs', { host })).toEqual({ status: 404, code: 'not_found' })
      expect(await send(globex.query, 'GET /logs', { host })).toMatchObject({ status: 200 })
      expect(await send(acme.query, 'GET /logs')).toMatchObject({ status: 200 })
    }
  })

  it('a suspended domain answers as one that is unknown', async () => {
    const { host } = acme
    const makeStale = await changeBehindCaches(() =>
      change(acme.id, { what: 'domain.edited', id: host, patch: { status: 'suspended' } }),
    )
    for (const cache of CACHES) {
      await makeStale(cache)
      expect(await send(acme.query, 'GET /logs', { host })).toEqual({ status: 404, code: 'not_found' })
    }
  })

  it('a scope that was taken away is missing', async () => {
    const makeStale = await changeBehindCaches(() =>
      change(acme.id, { what: 'key.edited', id: acme.admin.id, patch: { scopes: ['logs:write'] } }),
    )
    for (const cache of CACHES) {
      await makeStale(cache)
      expect(await send(acme.admin, 'GET /logs')).toEqual({ status: 403, code: 'scope_missing' })
    }
  })

  it('who has been given a filter is not told what is about all logs, nor shown all of the audit', async () => {
    const { id } = acme.admin
    const makeStale = await changeBehindCaches(() =>
      change(acme.id, { what: 'key.edited', id, patch: { filter: 'service:mine' } }),
    )
    for (const cache of CACHES) {
      const triage = ['/integration/webhooks', '/integration/incidents', '/integration/health']
      for (const path of ['/admin/usage', '/metrics', '/admin/retention', ...triage]) {
        await makeStale(cache)
        expect(await send(acme.admin, `GET ${path}`), path).toEqual({ status: 403, code: 'scope_missing' })
      }
      await makeStale(cache)
      expect((await ask(acme.admin, 'GET /admin/audit')).text).toContain('"data":[]')
      await makeStale(cache)
      expect(await ask(acme.admin, 'GET /admin/audit/export')).toMatchObject({ status: 200, text: '' })
      await makeStale(cache)
      expect(await send(acme.admin, 'GET /admin/audit/export?format=chain')).toMatchObject({ status: 400 })
    }
  })

  it('a scope that was given is there', async () => {
    const { id } = globex.admin
    await change(globex.id, { what: 'key.edited', id, patch: { scopes: ['logs:read'] } })
    expect(await send(globex.admin, 'GET /logs')).toMatchObject({ status: 200 })
    const makeOld = await behindCaches(() =>
      change(globex.id, { what: 'key.edited', id, patch: { scopes: ['logs:read', 'logs:write'] } }),
    )
    for (const cache of CACHES) {
      await makeOld(cache)
      expect(await send(globex.admin, 'POST /logs')).toMatchObject({ status: 202 })
    }
  })

  it('settings are the new ones', async () => {
    const makeStale = await changeBehindCaches(() =>
      change(acme.id, { what: 'settings.put', id: SETTINGS_ID, row: { hello: 'world' } }),
    )
    for (const cache of CACHES) {
      await makeStale(cache)
      expect(await send(acme.ingest, 'POST /logs')).toMatchObject({ status: 202 })
    }
    const hints = await readKv()
    const ours = hints.find(({ name }) => name.startsWith(`${acme.id}/settings`))
    expect(JSON.parse(ours?.value ?? '')).toMatchObject({ settings: { hello: 'world' }, edition: 3, version: 3 })
  })
})

describe('while D1 is away', () => {
  const withoutControl = (): Env => ({ ...env, CONTROL: broken(env.CONTROL), LOG_LEVEL: 'error' })

  it('a tenant that nobody has changed goes on with what caches know', async () => {
    const makeStale = await changeBehindCaches(async () => {})
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const bindings = withoutControl()
    for (const cache of CACHES) {
      await makeStale(cache)
      expect(await send(acme.ingest, 'POST /logs', { bindings })).toMatchObject({ status: 202 })
    }
  })

  it('nobody is let in by what may have changed', async () => {
    const makeStale = await changeBehindCaches(() =>
      change(acme.id, { what: 'key.edited', id: acme.ingest.id, patch: { status: 'revoked' } }),
    )
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const bindings = withoutControl()
    for (const cache of CACHES) {
      await makeStale(cache)
      expect(await send(acme.ingest, 'POST /logs', { bindings })).toEqual({
        status: 503,
        code: 'partition_unavailable',
      })
    }
  })

  it('nothing is changed, and the tenant goes on as it was', async () => {
    await changeBehindCaches(async () => {})
    vi.spyOn(console, 'error').mockImplementation(() => {})
    await env.CONTROL.prepare('ALTER TABLE host_claim RENAME TO away').run()
    const outcome = await tenantDirectory(env, acme.id).change(by(acme.id), [
      { what: 'key.edited', id: acme.ingest.id, patch: { status: 'revoked' } },
    ])
    expect(outcome).toMatchObject({ ok: false, refusal: { kind: 'not_published' } })
    expect(await send(acme.ingest, 'POST /logs')).toMatchObject({ status: 202 })
    await env.CONTROL.prepare('ALTER TABLE away RENAME TO host_claim').run()
    expect(await send(acme.ingest, 'POST /logs')).toMatchObject({ status: 202 })
  })
})

describe('a change that was cut short', () => {
  it('shuts everybody out until D1 has heard of it, which the alarm sees to', async () => {
    await changeBehindCaches(async () => {})
    vi.spyOn(console, 'error').mockImplementation(() => {})
    await env.CONTROL.prepare('ALTER TABLE api_key RENAME TO away').run()
    const outcome = await tenantDirectory(env, acme.id).change(by(acme.id), [
      { what: 'key.edited', id: acme.ingest.id, patch: { status: 'revoked' } },
    ])
    expect(outcome).toMatchObject({ ok: false, refusal: { kind: 'not_published' } })
    expect(await send(acme.ingest, 'POST /logs')).toMatchObject({ status: 503 })
    await env.CONTROL.prepare('ALTER TABLE away RENAME TO api_key').run()
    expect(await runDurableObjectAlarm(tenantStub(env, acme.id))).toBe(true)
    const version = await env.CONTROL.prepare('SELECT settings_version FROM tenant WHERE id = ?').bind(acme.id)
    expect(await version.first('settings_version')).toBe(3)
    expect(await send(acme.ingest, 'POST /logs')).toEqual({ status: 401, code: 'key_revoked' })
    expect(await send(acme.query, 'GET /logs')).toMatchObject({ status: 200 })
  })

  it('is finished by the next request, should that come before the alarm', async () => {
    await changeBehindCaches(async () => {})
    vi.spyOn(console, 'error').mockImplementation(() => {})
    await env.CONTROL.prepare('ALTER TABLE api_key RENAME TO away').run()
    await tenantDirectory(env, acme.id).change(by(acme.id), [
      { what: 'key.edited', id: acme.ingest.id, patch: { status: 'revoked' } },
    ])
    await env.CONTROL.prepare('ALTER TABLE away RENAME TO api_key').run()
    expect(await send(acme.ingest, 'POST /logs')).toEqual({ status: 401, code: 'key_revoked' })
  })

  it('changes nothing when D1 hears of it after a later one', async () => {
    const late = {
      kind: 'key',
      id: acme.ingest.id,
      version: 3,
      value: JSON.parse(JSON.stringify(acme.ingest.row)),
    } as const
    await change(acme.id, { what: 'key.edited', id: acme.ingest.id, patch: { status: 'revoked' } })
    await change(acme.id, { what: 'domain.removed', id: acme.host })
    const domain = { kind: 'domain', id: acme.host, version: 3, value: { ...domainRow } } as const
    await putDirectory(env.CONTROL, acme.id, { version: 3, rows: [late, domain] })
    const key = env.CONTROL.prepare('SELECT status FROM api_key WHERE id = ?').bind(acme.ingest.id)
    expect(await key.first('status')).toBe('revoked')
    const domains = env.CONTROL.prepare('SELECT count(*) AS n FROM domain WHERE host = ?').bind(acme.host)
    expect(await domains.first('n')).toBe(0)
    const tenant = env.CONTROL.prepare('SELECT settings_version AS v FROM tenant WHERE id = ?').bind(acme.id)
    expect(await tenant.first('v')).toBe(4)
  })
})

describe('a host', () => {
  it('is the first tenant’s that makes it active, whoever else wants it', async () => {
    const host = 'wanted.localhost'
    const pending = { ...domainRow, status: 'pending' } as const
    await change(acme.id, { what: 'domain.added', id: host, row: pending })
    await change(globex.id, { what: 'domain.added', id: host, row: pending })
    const activate: DirectoryChange = { what: 'domain.edited', id: host, patch: { status: 'active' } }
    const outcomes = await Promise.all(
      [acme, globex].map(({ id }) => tenantDirectory(env, id).change(by(id), [activate])),
    )
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
    expect(outcomes.filter((one) => !one.ok && one.refusal.kind === 'conflict')).toHaveLength(1)
    const answers = await Promise.all([acme, globex].map(({ query }) => send(query, 'GET /logs', { host })))
    expect(answers.map(({ status }) => status)).toEqual(outcomes.map(({ ok }) => (ok ? 200 : 404)))
  })
})

describe('a tenant from before its object had a directory', () => {
  it('keeps its keys and domains, and can be changed', async () => {
    const nowMs = Date.now()
    const keys = [newKey({ kind: 'ing', note: 'old' }, nowMs), newKey({ kind: 'rd', note: 'old' }, nowMs)]
    const host = 'old.localhost'
    await env.CONTROL.batch([
      env.CONTROL.prepare(
        `INSERT INTO tenant (id, name, status, plan, payload_database, settings_version, created_ms)
          VALUES ('ten_old', 'old', 'active', 'standard', 'PAYLOAD', 0, 0)`,
      ),
      env.CONTROL.prepare(
        "INSERT INTO domain (host, tenant_id, status, created_ms) VALUES (?, 'ten_old', 'active', 0)",
      ).bind(host),
      env.CONTROL.prepare("INSERT INTO host_claim (host, tenant_id, claimed_ms) VALUES (?, 'ten_old', 0)").bind(host),
      ...keys.map(({ id, row }) =>
        env.CONTROL.prepare(
          `INSERT INTO api_key (id, tenant_id, kind, hash, last4, scopes, status, note, created_ms)
            VALUES (?, 'ten_old', ?, ?, ?, ?, 'active', 'old', 0)`,
        ).bind(id, row.kind, row.hash, row.last4, row.scopes.join(' ')),
      ),
    ])
    const [ingest, query] = keys
    expect(await send(ingest, 'POST /logs', { host })).toMatchObject({ status: 202 })
    await change('ten_old', { what: 'key.edited', id: ingest.id, patch: { status: 'revoked' } })
    expect(await send(ingest, 'POST /logs', { host })).toEqual({ status: 401, code: 'key_revoked' })
    expect(await send(query, 'GET /logs', { host })).toMatchObject({ status: 200 })
    const rows = await tenantDirectory(env, 'ten_old').readDirectory(by('ten_old'), 'key', { limit: 10 })
    expect(rows.ok && rows.rows.map(({ id }) => id).sort()).toEqual(keys.map(({ id }) => id).sort())
  })
})

it('costs the object no more than a comparison of two numbers while nothing changes', async () => {
  await changeBehindCaches(async () => {})
  const uses: string[] = []
  const watched = { ...env, CONTROL: broken(env.CONTROL, uses), CACHE: broken(env.CACHE, uses) }
  expect(await send(acme.ingest, 'POST /logs', { host: acme.host, bindings: watched })).toMatchObject({
    status: 202,
  })
  expect(uses).toEqual([])
})

it('leaves no alarm behind a change that was published', async () => {
  await change(acme.id, { what: 'key.edited', id: acme.query.id, patch: { note: 'another' } })
  expect(await runDurableObjectAlarm(tenantStub(env, acme.id))).toBe(false)
})

it('drops the table that the directory takes the place of', async () => {
  const names = await runInDurableObject(tenantStub(env, acme.id), (_, { storage }) =>
    storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray(),
  )
  expect(names.map(({ name }) => name)).toContain('directory')
  expect(names.map(({ name }) => name)).not.toContain('denied')
})
