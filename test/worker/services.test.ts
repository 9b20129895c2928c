import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { Holdings } from '../../durable-objects/tenant/holdings'
import { Services } from '../../durable-objects/tenant/services'
import { createTenant } from '../../src/admin/create-tenant'
import { newKey } from '../../src/admin/new-key'
import type { Env } from '../../src/env'
import { SERVICE_CHECK_MS, SERVICES_MAX } from '../../src/limits/limits'
import { logFrom } from '../../src/log'
import { ProblemAnswer } from '../../src/openapi/answers'
import type { OutsidePorts } from '../../src/outside/guarded-fetch'
import { ServiceAnswer } from '../../src/routes/services/service-answer'
import { GraphAnswer } from '../../src/routes/services/show-graph'
import { IntegrationHealth } from '../../src/routes/services/show-integration-health'
import type { ServicesAsk } from '../../src/services/services-ask'
import { ALWAYS_CURRENT } from '../../src/tenant/contract'
import { tenantDirectory, tenantStub } from '../../src/tenant-stub'
import { demo } from '../support/demo'
import { silenceConsole } from '../support/silence-console'

silenceConsole()

const { ask, tenantId: demoId } = await demo()

/** Ahead of the real clock, so that no alarm fires unless a test says so. */
const START_MS = Math.ceil(Date.now() / 86_400_000 + 2) * 86_400_000
const SECRET = 'sk-live-0123456789-abcdef'

/** What the server of a service answers, and what it was asked. */
interface FakeServer {
  answer: () => Promise<Response> | Response
  readonly asked: Request[]
  /** The bodies of what it was sent. */
  readonly told: unknown[]
}

let tenants = 0
let tenantId = ''
let nowMs = START_MS
let server: FakeServer
let keys: Record<'owner' | 'viewer' | 'ingest' | 'narrow', string>

/** A tenant of its own for each test: its object has the test's clock and world. */
beforeEach(async () => {
  nowMs = START_MS
  server = { answer: () => new Response('{"status":"ok"}'), asked: [], told: [] }
  const created = await createTenant(env, { name: `services${++tenants}`, plan: 'standard' }, Date.now())
  if (!created.ok) return expect.fail(created.refusal.kind)
  tenantId = created.id
  const made = {
    owner: newKey({ kind: 'adm', role: 'owner', note: '' }, Date.now()),
    viewer: newKey({ kind: 'rd', note: '' }, Date.now()),
    ingest: newKey({ kind: 'ing', note: '' }, Date.now()),
    narrow: newKey({ kind: 'rd', note: '', filter: 'service:user-service' }, Date.now()),
  }
  const by = { tenantId, host: '', keyId: 'test', address: '', settingsVersion: ALWAYS_CURRENT }
  const changes = Object.values(made).map(({ id, row }) => ({ what: 'key.added', id, row }) as const)
  expect(await tenantDirectory(env, tenantId).change(by, changes)).toMatchObject({ ok: true })
  keys = { owner: made.owner.text, viewer: made.viewer.text, ingest: made.ingest.text, narrow: made.narrow.text }
  await runInDurableObject(tenantStub(env, tenantId), (instance) => {
    instance.clock = () => nowMs
    instance.outside = (): OutsidePorts => ({
      fetch: async (request) => {
        server.asked.push(request)
        if (request.method === 'POST') server.told.push(await request.json())
        return server.answer()
      },
      timeout: () => new AbortController().signal,
      resolve: async () => ['203.0.112.7'],
    })
  })
})

const send = async (who: keyof typeof keys, method: string, path: string, body?: unknown, more: object = {}) => {
  const init = {
    method,
    headers: { authorization: `Bearer ${keys[who]}`, 'content-type': 'application/json', ...more },
  }
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await ask('nobody', path, { ...init, ...(body !== undefined && { body: text }) })
  const answer = await response.text()
  return { status: response.status, headers: response.headers, text: answer, body: parse(answer) }
}

const parse = (text: string): unknown => (text.startsWith('{') ? JSON.parse(text) : text)

const problem = (answer: { readonly body: unknown }) => ProblemAnswer.parse(answer.body)

const registration = {
  serviceName: 'my-service',
  serviceUrl: 'https://my-service.example.com',
  apiKey: SECRET,
  version: '1.0.0',
  capabilities: ['logging', 'health-check'],
  healthEndpoint: '/health',
}

const register = async (body: object = registration) => {
  const answer = await send('owner', 'POST', '/integration/services', body)
  expect(answer.status, answer.text).toBe(201)
  await settle()
  return ServiceAnswer.parse(answer.body)
}

/** Lets what the object does beside its answers come to its end. */
const settle = async (): Promise<void> => {
  await runInDurableObject(tenantStub(env, tenantId), async (instance) => {
    await instance.alarm()
    for (let turns = 0; turns < 50; turns++) await Promise.resolve()
    await new Promise((resolve) => setTimeout(resolve, 0))
  })
}

/** As much time as the next look needs, however long it is put off. */
const nextLook = async (afterMs = SERVICE_CHECK_MS * 1.2): Promise<void> => {
  nowMs += afterMs
  await settle()
}

const health = async () => {
  const answer = await send('owner', 'GET', '/integration/health')
  expect(answer.status, answer.text).toBe(200)
  return IntegrationHealth.parse(answer.body)
}

const serviceHealth = async () => (await health()).services[0]

describe('a registered service', () => {
  it('is shown without its key, changed by its version, and forgotten', async () => {
    const made = await register()
    expect(made).toMatchObject({ ...without(registration, 'apiKey'), apiKeySet: true, apiKeyLast4: 'cdef' })
    const path = `/integration/services/${made.id}`
    const shown = await send('viewer', 'GET', path)
    expect(shown.body).toEqual(made)
    expect(shown.headers.get('etag')).toBe('"1"')
    expect((await send('viewer', 'GET', '/integration/services')).body).toEqual({ data: [made] })

    const changed = await send('owner', 'PATCH', path, { version: null, capabilities: [] }, { 'if-match': '"1"' })
    expect(changed.body).toMatchObject({ version: null, capabilities: [], apiKeySet: true, healthEndpoint: '/health' })
    expect(changed.headers.get('etag')).toBe('"2"')
    const overtaken = await send('owner', 'PATCH', path, { version: '3' }, { 'if-match': '"1"' })
    expect(problem(overtaken).code).toBe('precondition_failed')
    expect((await send('owner', 'DELETE', path, undefined, { 'if-match': '"2"' })).body).toEqual({ removed: made.id })
    expect(problem(await send('owner', 'GET', path)).code).toBe('not_found')
    expect((await health()).services).toEqual([])
  })

  it('has a name of its own, and there are at most so many', async () => {
    await register()
    expect(problem(await send('owner', 'POST', '/integration/services', registration)).code).toBe('conflict')
    const many = Array.from({ length: SERVICES_MAX }, (_, index) => ({
      serviceName: `s${index}`,
      serviceUrl: 'https://a.example.com',
    }))
    const answers = await Promise.all(many.map((body) => send('owner', 'POST', '/integration/services', body)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(SERVICES_MAX - 1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(1)
  })

  it('of another tenant is nothing that exists', async () => {
    const { id } = await register()
    const absent = 'svc_01kaj2m4x8v3c9t0w5b6n7p2qz'
    for (const [method, body] of [['GET'], ['PATCH', { version: '2' }], ['DELETE']] as const) {
      const foreign = await ask('admin', `/integration/services/${id}`, initOf(method, body))
      const nobodys = await ask('admin', `/integration/services/${absent}`, initOf(method, body))
      expect([foreign.status, without(await foreign.json(), 'instance')], method).toEqual([
        404,
        without(await nobodys.json(), 'instance'),
      ])
    }
    expect((await send('owner', 'GET', `/integration/services/${id}`)).status).toBe(200)
  })

  it('is changed by nobody without the scope, and seen by nobody without its own', async () => {
    const { id } = await register()
    const path = `/integration/services/${id}`
    const refused = [
      await send('viewer', 'POST', '/integration/services', registration),
      await send('viewer', 'PATCH', path, { version: '2' }),
      await send('viewer', 'DELETE', path),
      await send('ingest', 'GET', path),
      await send('ingest', 'GET', '/integration/health'),
    ]
    expect(refused.map((answer) => problem(answer).code)).toEqual(refused.map(() => 'scope_missing'))
    // What is about all logs is not for who sees some of them.
    expect(problem(await send('narrow', 'GET', '/integration/health')).code).toBe('scope_missing')
  })

  it('does not have its key sent to another server by somebody who does not know it', async () => {
    const { id } = await register()
    const path = `/integration/services/${id}`
    const moved = { serviceUrl: 'https://mine.example.net' }
    expect(problem(await send('owner', 'PATCH', path, moved)).code).toBe('validation_failed')
    expect((await send('owner', 'PATCH', path, { serviceUrl: `${registration.serviceUrl}/v2` })).status).toBe(200)
    const keyless = await send('owner', 'PATCH', path, { ...moved, apiKey: null })
    expect(keyless.body).toMatchObject({ ...moved, apiKeySet: false, apiKeyLast4: null })
    const again = await send('owner', 'PATCH', path, { serviceUrl: 'https://third.example.net', apiKey: SECRET })
    expect(again.body).toMatchObject({ apiKeySet: true })
  })

  const HOSTILE = [
    ...['http://my-service.example.com', 'https://localhost', 'https://127.0.0.1', 'https://[::1]', 'https://0x7f.1'],
    ...['https://2130706433', 'https://169.254.169.254', 'https://10.0.0.1', 'https://[::ffff:10.0.0.1]'],
    ...['https://user:password@example.com', 'https://example.com:22', 'file:///etc/passwd', 'javascript:alert(1)'],
    ...['https://metadata.google.internal', 'https://service.localhost', 'https://example', 'example.com', ''],
    ...['https://example.com/?key=1', 'https://example.com/#a', `https://example.com/${'a'.repeat(5000)}`],
  ]

  it('is nowhere but on the public Internet', async () => {
    for (const serviceUrl of HOSTILE) {
      const answer = await send('owner', 'POST', '/integration/services', { ...registration, serviceUrl })
      expect(problem(answer), serviceUrl).toMatchObject({
        code: 'validation_failed',
        errors: [{ pointer: '/serviceUrl' }],
      })
    }
    expect(server.asked).toEqual([])
  })

  it('is asked on its own server only, however its path is written', async () => {
    const paths = ['//evil.example.net/', '/\\evil.example.net', '@evil.example.net', '.evil.example.net', ':8080/']
    for (const [index, healthEndpoint] of [...paths, 'https://evil.example.net/', '/a b', ''].entries()) {
      const body = { ...registration, serviceName: `s${index}`, healthEndpoint }
      const answer = await send('owner', 'POST', '/integration/services', body)
      if (answer.status !== 201) expect(problem(answer).code, healthEndpoint).toBe('validation_failed')
      await settle()
    }
    for (const { url } of server.asked) expect(new URL(url).host).toBe('my-service.example.com')
  })

  it('is refused with whatever is missing, wrong, unknown or too much', async () => {
    const bodies = [
      ...[{}, [], null, 5, { ...registration, isAdmin: true }, without(registration, 'serviceName')],
      without(registration, 'serviceUrl'),
      ...['', ' a', 'a\u0000b', 'a\nb', 'a'.repeat(129), 5, null].map((serviceName) => ({
        ...registration,
        serviceName,
      })),
      ...['', 'a b', 'a\nb: c', 'é', 'a'.repeat(4097), 5].map((apiKey) => ({ ...registration, apiKey })),
      ...['all', Array(33).fill('a'), ['a'.repeat(65)], [5]].map((capabilities) => ({ ...registration, capabilities })),
    ]
    for (const body of bodies) {
      const answer = await send('owner', 'POST', '/integration/services', body)
      expect(problem(answer).code, answer.text).toBe('validation_failed')
      expect(answer.text).not.toContain(SECRET)
    }
    const large = await send('owner', 'POST', '/integration/services', {
      ...registration,
      version: 'x'.repeat(1_000_000),
    })
    expect(problem(large).code).toBe('payload_too_large')
    expect(problem(await send('owner', 'POST', '/integration/services', '{"serviceName":')).code).toBe('invalid_json')
  })
})

describe('the health of a service', () => {
  it('is looked at every minute with its key, and kept with its history', async () => {
    await register()
    expect(server.asked.map(({ url }) => url)).toEqual(['https://my-service.example.com/health'])
    expect(server.asked[0].headers.get('authorization')).toBe(`Bearer ${SECRET}`)
    expect(server.asked[0].redirect).toBe('manual')
    await nextLook()
    await nextLook()
    const shown = await serviceHealth()
    expect(shown).toMatchObject({ state: 'up', uptime_24h: 1, error_rate: 0, reason: null })
    expect(shown.checks).toHaveLength(3)
    expect(shown.checks[0]).toMatchObject({ well: true, status: 200, at: new Date(nowMs).toISOString() })
    // Nothing is due yet.
    await nextLook(1000)
    expect(server.asked).toHaveLength(3)
  })

  it('tells of an outage once it is one, and of its end', async () => {
    await register()
    server.answer = () => new Response('no', { status: 503 })
    await nextLook()
    expect(await serviceHealth()).toMatchObject({ state: 'degraded', reason: 'the answer was 503' })
    expect(await noticesOf()).toEqual([])
    await nextLook(20_000)
    expect(await serviceHealth()).toMatchObject({ state: 'down', since: new Date(nowMs).toISOString() })
    expect((await health()).status).toBe('degraded')
    for (let looks = 0; looks < 5; looks++) await nextLook(400_000)
    server.answer = () => new Response(null, { status: 204 })
    await nextLook(400_000)
    const shown = await serviceHealth()
    expect(shown.state).toBe('up')
    expect(shown.uptime_24h).toBeCloseTo(2 / 9)
    expect(await noticesOf()).toEqual([
      ['error', 'my-service is down: the answer was 503'],
      ['info', 'my-service is up again: the answer was 204'],
    ])
  })

  it('is told to webhooks that have subscribed to it, once for each outage', async () => {
    const webhook = { webhookId: 'pager', url: 'https://pager.example.com/in', events: ['service.unavailable'] }
    expect((await send('owner', 'POST', '/integration/webhooks', webhook)).status).toBe(201)
    await register()
    server.answer = () => new Response(null, { status: 500 })
    for (let looks = 0; looks < 4; looks++) await nextLook()
    server.answer = () => new Response(null, { status: 200 })
    await nextLook(400_000)
    const ids = z.array(z.object({ data: z.object({ since: z.string() }) })).parse(server.told)
    expect(new Set(ids.map(({ data }) => data.since)).size).toBe(1)
    expect(server.told[0]).toMatchObject({
      type: 'service.unavailable',
      data: { state: 'down', reason: 'the answer was 500', service: { name: 'my-service' } },
    })
  })

  it('is bad however its server misbehaves, and nothing of the answer is kept', async () => {
    await register()
    const faults: readonly (readonly [string, FakeServer['answer']])[] = [
      ['the answer was 500', () => new Response(SECRET, { status: 500 })],
      ['the answer was 404', () => new Response(SECRET, { status: 404 })],
      ['no answer: unreachable', () => Promise.reject(new Error('reset by peer'))],
      ['no answer: redirect', () => new Response(null, { status: 302, headers: { location: 'http://127.0.0.1/' } })],
    ]
    for (const [reason, answer] of faults) {
      server.answer = answer
      await nextLook(400_000)
      expect((await serviceHealth()).reason).toBe(reason)
    }
    expect((await send('owner', 'GET', '/integration/health')).text).not.toContain(SECRET)
    // An answer without an end is read as far as it says whether the service is well.
    server.answer = () => new Response(endless())
    await nextLook(400_000)
    expect(await serviceHealth()).toMatchObject({ state: 'up' })
  })

  it('is asked less and less often while it is down, and never beside itself', async () => {
    await register()
    server.answer = () => new Response(null, { status: 500 })
    const before = server.asked.length
    for (let minutes = 0; minutes < 60; minutes++) await nextLook(60_000)
    const looks = server.asked.length - before
    expect(looks).toBeGreaterThan(10)
    expect(looks).toBeLessThan(20)
  })

  it('is not asked of one that was removed while it was asked', async () => {
    const { id } = await register()
    let finish = (_response: Response): void => undefined
    server.answer = () => new Promise<Response>((resolve) => (finish = resolve))
    await nextLook()
    await send('owner', 'DELETE', `/integration/services/${id}`)
    await runInDurableObject(tenantStub(env, tenantId), () => finish(new Response(null, { status: 500 })))
    await settle()
    expect((await health()).services).toEqual([])
    const rows = await runInDurableObject(tenantStub(env, tenantId), (_instance, { storage }) =>
      storage.sql.exec('SELECT id FROM service_health').toArray(),
    )
    expect(rows).toEqual([])
  })

  it('survives that the object is lost while it asks', async () => {
    await register()
    server.answer = () => new Promise<Response>(() => undefined)
    await nextLook()
    expect(server.asked).toHaveLength(2)
    const dueMs = await runInDurableObject(tenantStub(env, tenantId), (_instance, { storage }) => storage.getAlarm())
    expect(dueMs).toBeLessThanOrEqual(nowMs + SERVICE_CHECK_MS)
    server.answer = () => new Response(null, { status: 200 })
    await nextLook()
    expect(server.asked).toHaveLength(3)
    expect(await serviceHealth()).toMatchObject({ state: 'up' })
  })

  it('and its history survive that the object is evicted', async () => {
    await register()
    await nextLook()
    const before = await serviceHealth()
    await evictDurableObject(tenantStub(env, tenantId))
    const after = await serviceHealth()
    expect(after).toEqual({ ...before, next_check: after.next_check })
    expect(after.checks).toHaveLength(2)
  })

  it('is part of the metrics', async () => {
    await register()
    const text = (await send('viewer', 'GET', '/metrics')).text
    const labels = `{tenant="${tenantId}",service="my-service"}`
    expect(text).toContain(`sluice_service_up${labels} 1\n`)
    expect(text).toContain(`sluice_service_uptime_ratio${labels} 1\n`)
    expect(text).toContain(`sluice_service_checks_total${labels} 1\n`)
    expect(text).toContain(`sluice_service_check_failures_total${labels} 0\n`)
  })

  it('shows who is silent for longer than their habit', async () => {
    await register(without(registration, 'healthEndpoint'))
    const log = () => send('ingest', 'POST', '/logs', [{ service: 'other' }, { service: 'my-service', message: 'x' }])
    for (let logs = 0; logs < 30; logs++) {
      nowMs += 10_000
      expect((await log()).status).toBe(202)
    }
    const lastMs = nowMs
    expect(await serviceHealth()).toMatchObject({
      state: 'unknown',
      last_log: new Date(lastMs).toISOString(),
      silence: { silent: false, usual_pause_ms: 10_000 },
    })
    nowMs += 299_000
    expect((await health()).status).toBe('healthy')
    nowMs += 2_000
    expect(await serviceHealth()).toMatchObject({ silence: { silent: true } })
    expect((await health()).status).toBe('degraded')
    await log()
    expect(await serviceHealth()).toMatchObject({ silence: { silent: false } })
  })
})

describe('the services of the installation', () => {
  it('are those of the default tenant, asked with their keys, and changed by nobody', async () => {
    const variables = { AUTH_SERVICE_URL: 'https://auth.example.com', AUTH_SERVICE_API_KEY: SECRET }
    const { asked, listed, foreign } = await runInDurableObject(
      tenantStub(env, demoId),
      async (_instance, { storage }) => {
        const world = servicesWith(storage, { ...env, ...variables }, demoId)
        const others = servicesWith(storage, { ...env, ...variables, DEFAULT_TENANT: 'another' }, demoId)
        world.services.poll()
        await Promise.all(world.tasks)
        const listed = ['list', 'change', 'remove'].map((ask) =>
          world.services.ask(BY_NOBODY, toAsk(ask, { id: 'svc_auth', edition: 1, patch: { version: '2' } })),
        )
        return { asked: world.asked, listed, foreign: others.services.ask(BY_NOBODY, { ask: 'list' }) }
      },
    )
    const service = { id: 'svc_auth', name: 'auth-service', isFixed: true, hasApiKey: true, apiKeyLast4: 'cdef' }
    expect(listed[0]).toMatchObject({ ok: true, services: [{ service, health: { state: 'up' } }] })
    expect(JSON.stringify(listed)).not.toContain(SECRET)
    for (const refused of listed.slice(1)) expect(refused).toMatchObject({ ok: false, refusal: { kind: 'conflict' } })
    expect(asked).toEqual([['https://auth.example.com/health', `Bearer ${SECRET}`]])
    expect(foreign).toMatchObject({ ok: true, services: [] })
  })
})

describe('a cross-service event', () => {
  const event = {
    sourceService: 'auth-service',
    targetService: 'user-service',
    operation: 'user_data_sync',
    data: { userId: 'user123', action: 'profile_update' },
    correlationId: 'req-456',
  }
  const tell = (body: unknown, more: object = {}) => send('ingest', 'POST', '/integration/cross-service', body, more)
  const Chain = z.object({
    data: z.array(z.looseObject({ id: z.string(), service: z.string(), source: z.string(), body: z.looseObject({}) })),
    page: z.object({ next_cursor: z.string().nullable() }),
  })
  const chain = async (who: keyof typeof keys = 'viewer', more = '') =>
    Chain.parse((await send(who, 'GET', `/integration/cross-service?correlationId=req-456${more}`)).body)

  it('is on the timeline of both services, and counted in the ledger', async () => {
    const told = await tell(event)
    expect(told.status, told.text).toBe(202)
    expect(told.body).toMatchObject({ correlationId: 'req-456', accepted: 2, rejected: 0 })
    const { data } = await chain()
    expect(data.map(({ service, source, body }) => [service, source, body.direction, body.peer])).toEqual([
      ['auth-service', 'integration', 'out', 'user-service'],
      ['user-service', 'integration', 'in', 'auth-service'],
    ])
    for (const { body } of data) expect(body).toMatchObject(event)
    const found = await send('viewer', 'GET', '/logs?service=user-service')
    expect(found.text).toContain('user_data_sync from auth-service')
    const usage = z.object({ received: z.number(), stored: z.number(), imbalance: z.number() })
    expect(usage.parse((await send('owner', 'GET', '/admin/usage')).body)).toEqual({
      ...{ received: 2, stored: 2, imbalance: 0 },
    })
  })

  it('is stored once however often it is sent, and kept digit by digit', async () => {
    const text = `{ "sourceService":"a","targetService":"b",\r\n"operation":"o","correlationId":"req-456",
      "data":{"n":12345678901234567890,"f":1.50,"e":1e400,"n ":"x"} }`
    const first = await tell(text, { 'idempotency-key': 'once' })
    const again = await tell(text, { 'idempotency-key': 'once' })
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(again.body).toEqual(first.body)
    expect(problem(await tell(event, { 'idempotency-key': 'once' })).code).toBe('idempotency_conflict')
    const { text: found } = await send('viewer', 'GET', '/integration/cross-service?correlationId=req-456')
    expect(found.match(/"data":\{"n":12345678901234567890,"f":1.50,"e":1e400,"n ":"x"\}/g)).toHaveLength(2)
  })

  it('of a chain comes in order, page by page, and for who sees one service only that side', async () => {
    const steps = [
      ['gateway', 'auth-service'],
      ['auth-service', 'user-service'],
      ['user-service', 'mailer'],
    ] as const
    for (const [index, [sourceService, targetService]] of steps.entries()) {
      const timestamp = new Date(Date.now() - 10_000 + index * 1000).toISOString()
      expect((await tell({ ...event, sourceService, targetService, timestamp })).status).toBe(202)
    }
    await tell({ ...event, correlationId: 'another' })
    const services = (data: z.infer<typeof Chain>['data']) => data.map(({ service }) => service)
    const whole = services((await chain()).data)
    expect(whole).toEqual(['gateway', 'auth-service', 'auth-service', 'user-service', 'user-service', 'mailer'])
    const pages: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const more: string = cursor === '' ? '&limit=4' : `&limit=4&cursor=${encodeURIComponent(cursor)}`
      const { data, page } = await chain('viewer', more)
      pages.push(...services(data))
      cursor = page.next_cursor
    }
    expect(pages).toEqual(whole)
    expect(services((await chain('narrow')).data)).toEqual(['user-service', 'user-service'])
    expect(problem(await send('ingest', 'GET', '/integration/cross-service?correlationId=x')).code).toBe(
      'scope_missing',
    )
    expect(problem(await send('viewer', 'POST', '/integration/cross-service', event)).code).toBe('scope_missing')
  })

  it('adds up to the graph of services', async () => {
    const from = `/integration/graph?from=1h`
    await tell({ ...event, durationMs: 10 })
    await tell({ ...event, durationMs: 30, status: 'error' })
    await tell({ ...event, sourceService: 'user-service', targetService: 'mailer' })
    const graph = GraphAnswer.parse((await send('viewer', 'GET', from)).body)
    expect(graph.edges).toEqual([
      {
        ...{ source: 'auth-service', target: 'user-service', calls: 2, errors: 1, error_rate: 0.5, latency_ms: 20 },
        last_seen: expect.stringMatching(/^20\d\d-/),
      },
      {
        ...{ source: 'user-service', target: 'mailer', calls: 1, errors: 0, error_rate: 0, latency_ms: null },
        last_seen: expect.any(String),
      },
    ])
    expect(graph.nodes).toContainEqual({ service: 'user-service', calls_out: 1, calls_in: 2 })
    const narrow = GraphAnswer.parse((await send('narrow', 'GET', from)).body)
    expect(narrow.edges.map(({ source, target, calls }) => [source, target, calls])).toEqual([
      ['auth-service', 'user-service', 2],
      ['user-service', 'mailer', 1],
    ])
    const earlier = GraphAnswer.parse((await send('viewer', 'GET', '/integration/graph?from=3d&to=2d')).body)
    expect(earlier.edges).toEqual([])
  })

  it('is refused with whatever is missing, wrong, unknown or too much', async () => {
    for (const name of ['sourceService', 'targetService', 'operation', 'correlationId'] as const) {
      for (const body of [
        without(event, name),
        { ...event, [name]: '' },
        { ...event, [name]: 'a\nb' },
        { ...event, [name]: 5 },
      ])
        expect(problem(await tell(body)).code, JSON.stringify(body)).toBe('validation_failed')
    }
    for (const body of [
      [],
      [event],
      5,
      { ...event, level: 'info' },
      { ...event, durationMs: -1 },
      { ...event, status: 'x' },
    ])
      expect(problem(await tell(body)).code, JSON.stringify(body)).toBe('validation_failed')
    const large = await tell({ ...event, data: 'x'.repeat(1_000_000) })
    expect(problem(large)).toMatchObject({ code: 'payload_too_large', limit: { name: 'CROSS_SERVICE_BODY_BYTES_MAX' } })
    expect(problem(await tell('{"a"')).code).toBe('invalid_json')
    expect(problem(await tell('')).code).toBe('empty_body')
    expect((await chain()).data).toEqual([])
  })
})

const BY_NOBODY = { tenantId: '', host: '', keyId: 'test', address: '', settingsVersion: ALWAYS_CURRENT }

const toAsk = (ask: string, change: object): ServicesAsk => JSON.parse(JSON.stringify({ ask, ...change }))

/** The services of an object whose installation has these variables. */
function servicesWith(storage: DurableObjectStorage, variables: Env, id: string) {
  const asked: unknown[] = []
  const tasks: Promise<unknown>[] = []
  const services = new Services({
    ...{ held: new Holdings(storage, () => id), env: variables, sql: storage.sql },
    ...{ tenantId: () => id, clock: () => nowMs, chance: () => 0.5, refusalFor: () => undefined },
    transaction: (turn) => storage.transactionSync(turn),
    outside: () => ({
      fetch: async (request) => {
        asked.push([request.url, request.headers.get('authorization')])
        return new Response(null, { status: 200 })
      },
      timeout: () => new AbortController().signal,
    }),
    ...{ armFor: () => undefined, putEvent: () => undefined, sendEvents: () => undefined },
    waitUntil: (task) => void tasks.push(task),
    log: () => logFrom('error'),
  })
  return { services, asked, tasks }
}

/** What the tenant's own logs say of its services. */
async function noticesOf(): Promise<unknown[]> {
  const answer = await send('owner', 'GET', '/logs?service=sluice&order=asc')
  const { data } = z.object({ data: z.array(z.object({ level: z.string(), message: z.string() })) }).parse(answer.body)
  return data.map(({ level, message }) => [level, message])
}

const initOf = (method: string, body: object | undefined): RequestInit => ({
  method,
  ...(body !== undefined && { body: JSON.stringify(body) }),
})

function without(value: unknown, name: string): object {
  const { [name]: _gone, ...rest } = z.record(z.string(), z.unknown()).parse(value)
  return rest
}

const endless = (): ReadableStream =>
  new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(4096).fill(97)) })
