import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { eraseTenants } from '../../src/admin/erase-tenants'
import { ErasureAnswer } from '../../src/routes/get-erasure'
import { CertificateKeys } from '../../src/routes/show-certificate-key'
import { sweep } from '../../src/sweep'
import { tenantDirectory, tenantStub } from '../../src/tenant-stub'
import { change, makeOperator, makeTenant, send, serviceCaller } from '../support/admin-world'
import { broken } from '../support/broken'
import { silenceConsole } from '../support/silence-console'

/** Far ahead of the real clock, so that no alarm rings by itself. */
const START_MS = Date.UTC(2040, 0, 9)
const GRACE_MS = 168 * 3_600_000
const HOUR_MS = 3_600_000

vi.setConfig({ testTimeout: 30_000 })

let operator: string
let tenants = 0

silenceConsole()

beforeAll(async () => {
  operator = await makeOperator()
})

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START_MS })
})

afterEach(() => {
  vi.useRealTimers()
})

const asOperator = (route: string, body?: unknown) => send(operator, route, body === undefined ? {} : { body })

/** A tenant that has something in every store, and a string that is in nothing of others. */
async function seeded() {
  const name = `tenant-${++tenants}`
  const canary = `canary${tenants}x${START_MS.toString(36)}`
  const tenant = await makeTenant(name)
  const host = `${canary}.localhost`
  const row = { status: 'active', proof: 'none', config: {}, createdMs: 0 } as const
  await change(tenant.id, { what: 'domain.added', id: host, row })
  const stub = tenantStub(env, tenant.id)
  const post = async () => {
    const body = { message: `${canary} says hello`, service: canary }
    expect(await send(tenant.ingest, 'POST /logs', { body, host })).toMatchObject({ status: 202 })
  }
  const work = () =>
    runInDurableObject(stub, async (instance) => {
      instance.clock = () => Date.now()
      await instance.wake()
    })
  await post()
  vi.setSystemTime(START_MS + HOUR_MS)
  await work()
  // Published a day ago and packed into the archive; then something in D1, and something in the journal.
  vi.setSystemTime(START_MS + 30 * HOUR_MS)
  await work()
  await post()
  vi.setSystemTime(START_MS + 32 * HOUR_MS)
  await work()
  await post()
  expect(await send(tenant.query, `GET /logs?q=${canary}&from=-10d`, { host })).toMatchObject({
    body: { meta: { matched: 3 } },
  })
  return { ...tenant, canary, host, stub }
}

type Seeded = Awaited<ReturnType<typeof seeded>>

/** Every row, value and object of all stores that the tests can see, as text. */
async function readEverything(id: string): Promise<Record<string, string[]>> {
  const tablesOf = async (database: D1Database) => {
    const names = await database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all<{ name: string }>()
    const own = names.results.filter(({ name }) => !name.startsWith('_') && !name.startsWith('sqlite_'))
    const rows = await Promise.all(
      own.map(async ({ name }) =>
        (await database.prepare(`SELECT * FROM ${name}`).all()).results.map((row) => ({ name, row })),
      ),
    )
    return rows.flat().map(({ name, row }) => `${name} ${JSON.stringify(row)}`)
  }
  const kv = (await env.CACHE.list()).keys
  const values = await Promise.all(kv.map(async ({ name }) => `${name} ${await env.CACHE.get(name, 'text')}`))
  const objects = (await env.ARCHIVE?.list())?.objects.map(({ key }) => key)
  const held = await runInDurableObject(tenantStub(env, id), (_, { storage: { sql } }) => {
    const tables = sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray()
    const own = tables.filter(({ name }) => !name.startsWith('_') && !name.startsWith('sqlite_'))
    return own.flatMap(({ name }) =>
      sql
        .exec(`SELECT * FROM ${name}`)
        .toArray()
        .map((row) => `${name} ${JSON.stringify(row)}`),
    )
  })
  return {
    control: await tablesOf(env.CONTROL),
    payload: await tablesOf(env.PAYLOAD),
    kv: values,
    r2: objects ?? [],
    object: held,
  }
}

/** Where something of a tenant stands. */
async function tracesOf({ id, canary }: Pick<Seeded, 'id' | 'canary'>): Promise<Record<string, string[]>> {
  const everything = Object.entries(await readEverything(id))
  return Object.fromEntries(
    everything.map(([store, lines]) => [store, lines.filter((line) => line.includes(id) || line.includes(canary))]),
  )
}

const certificateOf = async (reference: string) => {
  const answer = await asOperator(`GET /admin/tenants/${reference}/certificate`)
  expect(answer.status, answer.text).toBe(200)
  return ErasureAnswer.parse(answer.body)
}

describe('a tenant whose grace period is over', () => {
  it('is gone from every store, and another tenant is untouched', async () => {
    const [acme, globex] = [await seeded(), await seeded()]
    const before = await tracesOf(acme)
    for (const store of ['control', 'payload', 'kv', 'r2', 'object'])
      expect(before[store].length, store).toBeGreaterThan(0)
    await asOperator(`DELETE /admin/tenants/${acme.name}`)
    const dueMs = Date.now() + GRACE_MS
    vi.setSystemTime(dueMs - 1)
    await sweep(env, Date.now())
    expect((await asOperator(`GET /admin/tenants/${acme.name}`)).body).toMatchObject({ status: 'deleting' })
    const others = await tracesOf(globex)
    vi.setSystemTime(dueMs)
    await sweep(env, Date.now())

    const after = await tracesOf(acme)
    // The certificate names the tenant, and so does the row of its erasure.
    expect(after.control).toHaveLength(1)
    expect(after.control[0]).toMatch(/^erasure /)
    expect({ ...after, control: [] }).toEqual({ control: [], payload: [], kv: [], r2: [], object: [] })
    const { object } = await readEverything(acme.id)
    expect(object.filter((line) => !line.startsWith('migration '))).toEqual([expect.stringMatching(/^state /)])
    expect(await runDurableObjectAlarm(acme.stub)).toBe(false)
    expect(await tracesOf(globex)).toEqual(others)
    expect(await send(globex.query, `GET /logs?q=${globex.canary}&from=-30d`)).toMatchObject({
      body: { meta: { matched: 3 } },
    })
    expect(await asOperator(`GET /admin/tenants/${acme.name}`)).toMatchObject({ status: 404 })
    expect(await send(acme.query, 'GET /logs')).toMatchObject({ status: 401 })
  })

  it('has a certificate that says what there was, and whoever has the public key can check it', async () => {
    const acme = await seeded()
    await asOperator(`DELETE /admin/tenants/${acme.name}`)
    vi.setSystemTime(Date.now() + GRACE_MS)
    await sweep(env, Date.now())
    // The sweep has woken the object first, and that has published what was not sealed yet.
    const { status, certificate, jws } = await certificateOf(acme.name)
    expect(status).toBe('erased')
    expect(certificate).toMatchObject({
      tenant: { id: acme.id, name: acme.name, plan: 'standard' },
      erased: { object: { unsealed_records: 0 }, payload: { segments: 2 }, archive: { objects: 1 } },
      segments: { count: 3, records: 3, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      records_of_all_time: 3,
    })
    expect(certificate?.erased.control).toMatchObject({ tenant: 1, domain: 1, host_claim: 1, api_key: 4, segment: 3 })
    expect(certificate?.remains.join(' ')).toContain('30 days')
    const { keys } = CertificateKeys.parse((await send('', 'GET /admin/certificates/key')).body)
    const [header, payload, signature] = (jws ?? '').split('.')
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({ alg: 'EdDSA', kid: keys[0].kid })
    const { kty, crv, x } = keys[0]
    const key = await crypto.subtle.importKey('jwk', { kty, crv, x }, { name: 'Ed25519' }, false, ['verify'])
    const verify = (signed: string) =>
      crypto.subtle.verify(
        { name: 'Ed25519' },
        key,
        new Uint8Array(Buffer.from(signature, 'base64url')),
        new TextEncoder().encode(signed),
      )
    expect(await verify(`${header}.${payload}`)).toBe(true)
    const forged = Buffer.from(JSON.stringify({ ...certificate, tenant: {} })).toString('base64url')
    expect(await verify(`${header}.${forged}`)).toBe(false)
    expect((await send('', 'GET /admin/certificates/key')).text).not.toContain('"d"')
    // Everything again makes no second one.
    await sweep(env, Date.now())
    expect((await certificateOf(acme.id)).jws).toBe(jws)
  })

  it('leaves its name and hosts to others, and not before', async () => {
    const acme = await seeded()
    const body = { domain: acme.host, tenantId: 'heir' }
    await asOperator(`DELETE /admin/tenants/${acme.name}`)
    expect(await asOperator('POST /admin/domains', body)).toMatchObject({ status: 409 })
    expect(await asOperator('POST /admin/tenants', { name: acme.name })).toMatchObject({ status: 409 })
    vi.setSystemTime(Date.now() + GRACE_MS)
    await sweep(env, Date.now())
    expect(await asOperator('POST /admin/domains', body)).toMatchObject({ status: 201 })
    const again = await asOperator('POST /admin/tenants', { name: acme.name })
    expect(again.status, again.text).toBe(201)
    expect(again.body.id).not.toBe(acme.id)
  })

  it('refuses whoever still knows it from before, and keeps nothing of what they send', async () => {
    const acme = await seeded()
    const old = await tenantDirectory(env, acme.id).readDirectory(serviceCaller(acme.id), 'tenant', { id: acme.id })
    if (!old.ok) return expect.fail(old.refusal.kind)
    await asOperator(`DELETE /admin/tenants/${acme.name}`)
    vi.setSystemTime(Date.now() + GRACE_MS)
    await sweep(env, Date.now())
    const directory = tenantDirectory(env, acme.id)
    for (const settingsVersion of [0, old.version, old.version + 1000]) {
      const by = { ...serviceCaller(acme.id), settingsVersion }
      const refused = await directory.change(by, [{ what: 'tenant.edited', id: acme.id, patch: { plan: 'free' } }])
      expect(refused).toMatchObject({ ok: false, refusal: { kind: 'settings_changed' } })
    }
    expect(await directory.readDirectory(serviceCaller(acme.id), 'key', { after: '', limit: 9 })).toMatchObject({
      ok: false,
      refusal: { kind: 'not_found' },
    })
    expect(await send(acme.ingest, 'POST /logs', { body: { message: acme.canary } })).toMatchObject({ status: 401 })
    expect((await tracesOf(acme)).object).toEqual([])
  })

  it('is emptied by nobody before it is closed', async () => {
    const acme = await seeded()
    const refused = await runInDurableObject(acme.stub, (instance) => instance.erase().catch((error) => `${error}`))
    expect(refused).toContain('not being erased')
    expect((await tracesOf(acme)).object.length).toBeGreaterThan(0)
  })

  it('goes on where an outage of a store has stopped it, from any other isolate', async () => {
    const acme = await seeded()
    await asOperator(`DELETE /admin/tenants/${acme.name}`)
    vi.setSystemTime(Date.now() + GRACE_MS)
    for (const [away, next] of [
      ['PAYLOAD', 'count'],
      ['CACHE', 'count'],
    ] as const) {
      await eraseTenants({ ...env, [away]: broken(env[away]) }, Date.now())
      expect(await certificateOf(acme.name)).toMatchObject({ status: 'erasing', next_step: next, jws: null })
      // Nothing has gone, and yet nobody is let in.
      expect((await tracesOf(acme)).object.length).toBeGreaterThan(0)
      expect(await send(acme.query, 'GET /logs')).toMatchObject({ status: 403 })
      expect(await asOperator(`PATCH /admin/tenants/${acme.name}`, { status: 'active' })).toMatchObject({ status: 409 })
    }
    await eraseTenants(env, Date.now())
    expect(await certificateOf(acme.name)).toMatchObject({ status: 'erased', next_step: null })
    expect((await tracesOf(acme)).object).toEqual([])
  })

  it('that was taken back in the last moment stays, with everything', async () => {
    const acme = await seeded()
    await asOperator(`DELETE /admin/tenants/${acme.name}`)
    vi.setSystemTime(Date.now() + GRACE_MS + HOUR_MS)
    await asOperator(`PATCH /admin/tenants/${acme.name}`, { status: 'active' })
    await eraseTenants(env, Date.now())
    expect(await asOperator(`GET /admin/tenants/${acme.name}/certificate`)).toMatchObject({ status: 404 })
    expect(await send(acme.query, `GET /logs?q=${acme.canary}&from=-30d`)).toMatchObject({
      body: { meta: { matched: 3 } },
    })
  })
})
