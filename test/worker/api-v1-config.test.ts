import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { SERVICE_CONFIGS_MAX } from '../../src/limits/limits'
import { ProblemAnswer } from '../../src/openapi/answers'
import { router } from '../../src/router'
import { SETTINGS_ID } from '../../src/tenant/directory-rows'
import { ServiceConfigRow } from '../../src/tenant/service-config'
import { tenantDirectory } from '../../src/tenant-stub'
import { demo, type Who } from '../support/demo'
import { fromManyAddresses } from '../support/many-addresses'
import { CURL_REQUESTS } from '../support/seed-requests'

const { tenantId, ask: askFromOne } = await demo()
const ask = fromManyAddresses(askFromOne)
const API = '/api/v1/logs'
const DAYS = 30

const put = (service: string, body: unknown, who: Who = 'admin'): Promise<Response> =>
  ask(who, `${API}/config/${service}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
const rowOf = async (response: Response) => {
  const text = await response.text()
  expect(response.status, text).toBe(200)
  expect(response.headers.get('cache-control')).toBe('no-store, private')
  return ServiceConfigRow.parse(JSON.parse(text))
}
const get = async (service: string) => rowOf(await ask('admin', `${API}/config/${service}`))
const list = async () => {
  const Configs = z.strictObject({ configs: z.array(ServiceConfigRow) })
  return Configs.parse(await (await ask('admin', `${API}/configs`)).json()).configs
}
const problemOf = async (response: Response) => ProblemAnswer.parse(await response.json())

const directory = tenantDirectory(env, tenantId)
const caller = () => ({ tenantId, host: '', keyId: 'key_test', address: '', settingsVersion: Number.MAX_SAFE_INTEGER })

/** The tenant's settings as its object has them. */
async function settings() {
  const outcome = await directory.readDirectory(caller(), 'settings', { id: SETTINGS_ID })
  return outcome.ok ? outcome.rows.at(0)?.value : expect.fail(outcome.refusal.kind)
}

describe('the configuration of a service', () => {
  const nothing = {
    ...{ ttl_days: DAYS, retention_policy: 'standard', alert_on_errors: false },
    ...{ max_logs_per_day: null, created_at: null, updated_at: null },
  }

  it('is what holds for everybody, until there is one', async () => {
    expect(await get('my-service')).toEqual({ service_name: 'my-service', ...nothing })
    expect(await list()).toEqual([])
  })

  it('is made by the document’s PUT, and found by GET and in the list', async () => {
    const { headers, body, path } = CURL_REQUESTS.config
    const beforeMs = Date.now()
    const made = await rowOf(await ask('admin', path, { method: 'PUT', headers, body }))
    expect(made).toMatchObject({ service_name: 'my-service', ...JSON.parse(body) })
    expect(made.created_at).toBeGreaterThanOrEqual(beforeMs)
    expect(made.updated_at).toBe(made.created_at)
    expect(await get('my-service')).toEqual(made)
    expect(await list()).toEqual([made])
  })

  it('stands in the settings of the tenant, whose other members stay', async () => {
    const before = await settings()
    const row = { ...before, origins: ['https://app.example'] }
    expect(await directory.change(caller(), [{ what: 'settings.put', id: SETTINGS_ID, row }])).toMatchObject({
      ok: true,
    })
    await rowOf(await put('other', { retention_policy: 'minimal' }))
    expect(await settings()).toMatchObject({
      origins: ['https://app.example'],
      services: {
        'my-service': { ttlDays: 90, retentionPolicy: 'extended', alertOnErrors: true, maxLogsPerDay: 1_000_000 },
        other: { retentionPolicy: 'minimal', alertOnErrors: false },
      },
    })
    expect(await get('other')).toMatchObject({ ttl_days: 7, retention_policy: 'minimal' })
  })

  it('keeps what a PUT leaves out, and takes back what is null', async () => {
    const before = await get('my-service')
    const after = await rowOf(await put('my-service', { ttl_days: null, max_logs_per_day: null }))
    expect(after).toEqual({ ...before, max_logs_per_day: null, updated_at: after.updated_at })
    expect(await rowOf(await put('my-service', { ttl_days: 5 }))).toMatchObject({ ttl_days: 5, alert_on_errors: true })
    expect(await rowOf(await put('my-service', {}))).toMatchObject({ ttl_days: 5, retention_policy: 'extended' })
  })

  it('loses none of several that are put at the same time', async () => {
    const services = ['a', 'b', 'c', 'd'].map((name) => `at-once-${name}`)
    const answers = await Promise.all(services.map((service, index) => put(service, { ttl_days: index + 1 })))
    for (const answer of answers) await rowOf(answer)
    const kept = (await list()).filter(({ service_name }) => service_name.startsWith('at-once-'))
    expect(kept.map(({ service_name, ttl_days }) => [service_name, ttl_days])).toEqual(
      services.map((service, index) => [service, index + 1]),
    )
  })

  it.each([
    ['{"ttl_days":0}', '/ttl_days'],
    ['{"ttl_days":"90"}', '/ttl_days'],
    ['{"retention_policy":"forever"}', '/retention_policy'],
    ['{"alert_on_errors":1}', '/alert_on_errors'],
    ['{"max_logs_per_day":-1}', '/max_logs_per_day'],
    ['{"ttl":90}', '/ttl'],
    ['[]', ''],
  ])('refuses %s by its member', async (body, pointer) => {
    const before = await list()
    expect(await problemOf(await put('my-service', body))).toMatchObject({
      status: 400,
      code: 'validation_failed',
      errors: [{ pointer }],
    })
    expect(await list()).toEqual(before)
  })

  it('refuses what is no JSON, no name and too much', async () => {
    expect(await problemOf(await put('my-service', '{"ttl_days":'))).toMatchObject({ code: 'invalid_json' })
    expect(await problemOf(await put('my-service', `{"x":"${'y'.repeat(5000)}"}`))).toMatchObject({ status: 413 })
    for (const name of ['a.b', 'a%20b', '__proto__', 'x'.repeat(129)]) {
      const problem = { code: 'validation_failed', errors: [{ code: 'invalid_service_name', parameter: 'service' }] }
      expect(await problemOf(await put(name, {}))).toMatchObject(problem)
      expect(await problemOf(await ask('admin', `${API}/config/${name}`))).toMatchObject(problem)
    }
    for (const name of ['constructor', 'toString']) {
      expect(await get(name)).toEqual({ service_name: name, ...nothing })
      expect(await rowOf(await put(name, { ttl_days: 3 }))).toMatchObject({ service_name: name, ttl_days: 3 })
    }
  })

  it('is for administrators', async () => {
    for (const who of ['query', 'ingest'] as const) {
      expect(await problemOf(await put('my-service', {}, who))).toMatchObject({ code: 'scope_missing' })
      expect(await problemOf(await ask(who, `${API}/configs`))).toMatchObject({ code: 'scope_missing' })
    }
    expect((await put('my-service', {}, 'nobody')).status).toBe(401)
  })

  it('is for the service’s own key too', async () => {
    const withKey = { ...env, ENVIRONMENT: 'development', LOG_SERVICE_API_KEY: 'YOUR_API_KEY', DEFAULT_TENANT: 'acme' }
    const { method, path, headers, body } = CURL_REQUESTS.config
    const ctx = createExecutionContext()
    const request = new Request(`http://localhost:8787${path}`, {
      ...{ method, body },
      headers: { ...headers, authorization: 'Bearer YOUR_API_KEY' },
    })
    expect(await rowOf(await router.fetch(request, withKey, ctx))).toMatchObject({ ttl_days: 90 })
    await waitOnExecutionContext(ctx)
  })

  it('is kept for a thousand services, and the next is told so', async () => {
    const config = { alertOnErrors: false, createdMs: 0, updatedMs: 0 }
    const services = Object.fromEntries(
      Array.from({ length: SERVICE_CONFIGS_MAX }, (_, index) => [`s${index}`, config]),
    )
    const full = { what: 'settings.put', id: SETTINGS_ID, row: { services } } as const
    expect(await directory.change(caller(), [full])).toMatchObject({ ok: true })
    expect(await problemOf(await put('one-more', {}))).toMatchObject({
      code: 'validation_failed',
      detail: expect.stringContaining(`at most ${SERVICE_CONFIGS_MAX}`),
    })
    expect(await rowOf(await put('s0', { ttl_days: 9 }))).toMatchObject({ ttl_days: 9 })
  })
})
