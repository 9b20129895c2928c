import { runInDurableObject } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { type Bootstrap, bootstrap } from '../../src/admin/bootstrap'
import { mintKey } from '../../src/http/api-key'
import { FAILED_ATTEMPTS_MAX } from '../../src/limits/limits'
import { limitsOf, type TenantLimits } from '../../src/limits/policies'
import { ALWAYS_CURRENT } from '../../src/tenant/contract'
import { tenantStub } from '../../src/tenant-stub'

const DEFAULTS = {
  RATE_LIMIT_ENABLED: false,
  RATE_LIMIT_REQUESTS: 1,
  RATE_LIMIT_WINDOW: 1,
  API_V1_REQUESTS_PER_MINUTE: 0,
  API_V1_BATCHES_PER_MINUTE: 0,
}

let tenant: NonNullable<Bootstrap['tenant']>
/** Each test is in a time of its own, which the windows of the others do not reach. */
let nowMs = Date.UTC(2100, 0, 1)

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
  tenant = (await bootstrap(env, { demo: true, nowMs: 1000 })).tenant ?? expect.fail('the demo tenant is missing')
})

beforeEach(() => {
  nowMs += 7 * 86_400_000
})

async function limit(limits: TenantLimits): Promise<void> {
  const active = limitsOf(DEFAULTS, limits)
  await runInDurableObject(tenantStub(env, tenant.id), (instance) => {
    instance.clock = () => nowMs
    instance.limitsFor = () => active
  })
}

const ask = (path: string, key: string, init: RequestInit = {}) => {
  const { headers, ...rest } = init
  const authorization = `Bearer ${key}`
  return exports.default.fetch(`http://acme.localhost${path}`, { ...rest, headers: { authorization, ...headers } })
}

const send = (count: number) =>
  ask('/logs', tenant.ingestKey, { method: 'POST', body: '{"level":"info","message":"x"}\n'.repeat(count) })

describe('a caller who was told to wait and does not', () => {
  const headers = { 'content-type': 'application/json' }
  const broken = () => ask('/logs', tenant.ingestKey, { method: 'POST', body: '{"level":', headers })
  const rates = (units: number): TenantLimits => ({
    rates: [{ per: 'key', unit: 'requests', units, windowSeconds: 60 }],
  })

  it('is refused before his body is read, until he would be let in', async () => {
    await limit(rates(1))
    expect((await send(1)).status).toBe(202)
    expect((await send(1)).status).toBe(429)
    expect((await broken()).status).toBe(429)
    nowMs += 60_000
    expect((await broken()).status).toBe(400)
  })

  it('is let in by the very next request after his limit was raised', async () => {
    await limit(rates(1))
    expect((await send(1)).status).toBe(202)
    expect((await send(1)).status).toBe(429)
    await limit(rates(3))
    expect((await send(1)).status).toBe(202)
  })

  it('gets the receipt of a batch that was stored before', async () => {
    await limit(rates(1))
    const again = () =>
      ask('/logs', tenant.ingestKey, { method: 'POST', body: '{"a":1}', headers: { 'idempotency-key': 'limited-1' } })
    expect((await again()).status).toBe(202)
    expect((await send(1)).status).toBe(429)
    expect((await again()).headers.get('idempotency-replayed')).toBe('true')
  })
})

describe('limits', () => {
  it('stand in the headers of what is let through, writes and reads alike', async () => {
    await limit({ rates: [{ per: 'tenant', unit: 'requests', units: 10, windowSeconds: 60 }], maxLogsPerDay: 100 })
    const sent = await send(30)
    expect(sent.status).toBe(202)
    expect(sent.headers.get('ratelimit-policy')).toBe(
      '"requests-per-tenant-60s";q=10;w=60, "records-per-day";q=100;w=86400;qu="records"',
    )
    expect(sent.headers.get('ratelimit')).toBe('"requests-per-tenant-60s";r=9;t=60, "records-per-day";r=70;t=86400')
    nowMs += 1500
    const read = await ask('/logs', tenant.queryKey)
    expect(read.status).toBe(200)
    expect(read.headers.get('ratelimit')).toBe('"requests-per-tenant-60s";r=8;t=59')
  })

  it('refuse with the wait after which the request fits', async () => {
    await limit({ rates: [{ per: 'tenant', unit: 'records', units: 100, windowSeconds: 60 }] })
    expect((await send(80)).status).toBe(202)
    nowMs += 10_500
    const refused = await send(21)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('50')
    expect(refused.headers.get('ratelimit')).toBe('"records-per-tenant-60s";r=20;t=50')
    expect(await refused.json()).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      code: 'quota_exceeded',
      status: 429,
      limit: { name: 'records-per-tenant-60s', value: 100 },
      'violated-policies': ['records-per-tenant-60s'],
    })
    nowMs += 50_000
    expect((await send(21)).status).toBe(202)
  })

  it('say 413 and the limit where no wait helps', async () => {
    await limit({ maxLogsPerDay: 20 })
    const refused = await send(21)
    expect(refused.status).toBe(413)
    expect(await refused.json()).toMatchObject({
      code: 'batch_too_large',
      limit: { name: 'records-per-day', value: 20 },
    })
  })

  it('let a search begin when another is answered, or its export is read', async () => {
    await limit({ rates: [], concurrentQueries: 1 })
    const stub = tenantStub(env, tenant.id)
    const by = { tenantId: tenant.id, host: '', keyId: '', address: '', settingsVersion: ALWAYS_CURRENT }
    const begin = async (leaseId: string) => (await stub.snapshot({ ...by, leaseId }, [], 0)).ok
    // The end of a search is told after its answer.
    const allEnded = () => expect.poll(() => begin('probe')).toBe(true)
    for (const path of ['/logs', '/logs/export', '/analytics/histogram', '/logs']) {
      await allEnded()
      await stub.endSearch('probe')
      const answer = await ask(path, tenant.queryKey)
      expect(answer.status, path).toBe(200)
      await answer.arrayBuffer()
    }
    await allEnded()
    const refused = await ask('/logs', tenant.queryKey)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
    expect(await refused.json()).toMatchObject({ 'violated-policies': ['concurrent-queries'] })
  })
})

describe('failed authentication', () => {
  const guess = (address: string) => {
    const key = mintKey('rd', crypto.getRandomValues(new Uint8Array(32)))
    return ask('/logs', key, { headers: { 'cf-connecting-ip': address } })
  }

  it('is limited by address, and leaves the keys alone that work there', async () => {
    const known = () => ask('/logs', tenant.queryKey, { headers: { 'cf-connecting-ip': '203.0.113.9' } })
    expect((await known()).status).toBe(200)
    const statuses = []
    for (let attempt = 0; attempt < FAILED_ATTEMPTS_MAX + 5; attempt++)
      statuses.push((await guess('203.0.113.9')).status)
    expect(statuses.slice(0, FAILED_ATTEMPTS_MAX)).toEqual(Array.from({ length: FAILED_ATTEMPTS_MAX }, () => 401))
    expect(statuses.slice(FAILED_ATTEMPTS_MAX)).toEqual([429, 429, 429, 429, 429])
    const refused = await guess('203.0.113.9')
    expect(await refused.json()).toMatchObject({ code: 'rate_limited' })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await guess('203.0.113.10')).status).toBe(401)
    expect((await known()).status).toBe(200)
  })
})
