import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { createTenant } from '../../src/admin/create-tenant'
import { newKey } from '../../src/admin/new-key'
import { SEAL_AFTER_MS, WEBHOOKS_MAX } from '../../src/limits/limits'
import { ProblemAnswer } from '../../src/openapi/answers'
import type { OutsidePorts } from '../../src/outside/guarded-fetch'
import {
  DeliveryAnswer,
  FullDeliveryAnswer,
  NewWebhookAnswer,
  WebhookAnswer,
} from '../../src/routes/webhooks/webhook-answer'
import { sweep } from '../../src/sweep'
import { ALWAYS_CURRENT } from '../../src/tenant/contract'
import { tenantDirectory, tenantStub } from '../../src/tenant-stub'
import { signatureOf, toSigningKey } from '../../src/webhooks/signing-secret'
import { demo } from '../support/demo'
import { silenceConsole } from '../support/silence-console'

silenceConsole()

const { ask } = await demo()

/** Ahead of the real clock, so that no alarm fires unless a test says so. */
const START_MS = Math.ceil(Date.now() / 86_400_000 + 2) * 86_400_000
const SECRET = 'webhook-secret'

/** What happens at once where nothing else runs, and a little later where much does. */
const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 10_000 })

interface Received {
  readonly url: string
  readonly headers: Headers
  readonly body: string
}

let tenants = 0
let tenantId = ''
let nowMs = START_MS
let received: Received[] = []
let answer: (request: Received) => Response | Promise<Response>
let addresses: readonly string[] = []
let keys: Record<'owner' | 'viewer' | 'ingest' | 'narrow', string>

/** A tenant of its own for each test: its object has the test's clock and world. */
beforeEach(async () => {
  nowMs = START_MS
  received = []
  answer = () => new Response('ok')
  addresses = ['93.184.215.14']
  const created = await createTenant(env, { name: `hooks${++tenants}`, plan: 'standard' }, Date.now())
  if (!created.ok) return expect.fail(created.refusal.kind)
  tenantId = created.id
  const made = {
    owner: newKey({ kind: 'adm', role: 'owner', note: '' }, Date.now()),
    viewer: newKey({ kind: 'rd', note: '' }, Date.now()),
    ingest: newKey({ kind: 'ing', note: '' }, Date.now()),
    narrow: newKey({ kind: 'rd', note: '', filter: 'service:a' }, Date.now()),
  }
  const by = { tenantId, host: '', keyId: 'test', address: '', settingsVersion: ALWAYS_CURRENT }
  const changes = Object.values(made).map(({ id, row }) => ({ what: 'key.added', id, row }) as const)
  expect(await tenantDirectory(env, tenantId).change(by, changes)).toMatchObject({ ok: true })
  keys = { owner: made.owner.text, viewer: made.viewer.text, ingest: made.ingest.text, narrow: made.narrow.text }
  await useOurWorld()
})

/** The object's clock and outside world are the test's, as long as it lives. */
const useOurWorld = () =>
  runInDurableObject(tenantStub(env, tenantId), (instance) => {
    instance.clock = () => nowMs
    instance.outside = (): OutsidePorts => ({
      fetch: async (request) => {
        const { url, headers } = request
        const one = { url, headers, body: await request.text() }
        received.push(one)
        return answer(one)
      },
      timeout: () => new AbortController().signal,
      resolve: async () => addresses,
    })
  })

const send = async (who: keyof typeof keys, route: string, body?: unknown, more: object = {}) => {
  const [method, path] = route.split(' ')
  const headers = { authorization: `Bearer ${keys[who]}`, 'content-type': 'application/json', ...more }
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await ask('nobody', `/integration/webhooks${path}`, {
    ...{ method, headers },
    ...(body !== undefined && { body: text }),
  })
  const told = await response.text()
  const parsed: unknown = told.startsWith('{') ? JSON.parse(told) : told
  return { status: response.status, headers: response.headers, text: told, body: parsed }
}

const problem = (told: { readonly body: unknown }) => ProblemAnswer.parse(told.body)

const registration = {
  webhookId: 'alert-webhook-1',
  url: 'https://alerts.example.com/webhook',
  events: ['critical_error', 'security_incident'],
  secret: SECRET,
  active: true,
}

const create = async (members: object = {}) => {
  const told = await send('owner', 'POST ', { ...registration, ...members })
  expect(told.status, told.text).toBe(201)
  return NewWebhookAnswer.parse(told.body)
}

const ping = async (id: string) => DeliveryAnswer.parse((await send('owner', `POST /${id}/test`)).body)

const shown = async (id: string) => WebhookAnswer.parse((await send('viewer', `GET /${id}`)).body)

const delivery = async (webhook: string, id: string) =>
  FullDeliveryAnswer.parse((await send('viewer', `GET /${webhook}/deliveries/${id}`)).body)

const ended = (webhook: string, id: string, status: string) =>
  soon(async () => expect(await delivery(webhook, id)).toMatchObject({ status }))

describe('a webhook', () => {
  it('is made as the main seed shows it, and shows its secret once', async () => {
    const told = await send('owner', 'POST ', registration)
    expect(told.status).toBe(201)
    expect(told.headers.get('location')).toBe('/integration/webhooks/alert-webhook-1')
    expect(told.headers.get('etag')).toBe('"1"')
    expect(NewWebhookAnswer.parse(told.body)).toMatchObject({
      ...registration,
      signingSecret: 'whsec_d2ViaG9vay1zZWNyZXQ=',
    })
    expect(NewWebhookAnswer.parse(told.body).warnings).toBeUndefined()
    const again = await send('owner', 'POST ', registration)
    expect(problem(again)).toMatchObject({ status: 409, code: 'conflict' })
    for (const route of ['GET ', 'GET /alert-webhook-1']) {
      const read = await send('viewer', route)
      expect(read.status).toBe(200)
      expect(read.text).not.toContain(SECRET)
      expect(read.text).not.toContain('sb1.')
    }
    const rows = await runInDurableObject(tenantStub(env, tenantId), (_, { storage }) =>
      storage.sql.exec('SELECT json FROM webhook').toArray(),
    )
    expect(JSON.stringify(rows)).not.toContain(SECRET)
    const audit = await runInDurableObject(tenantStub(env, tenantId), (_, { storage }) =>
      JSON.stringify(storage.sql.exec('SELECT entry FROM audit').toArray()),
    )
    expect(audit).toContain('webhook.added')
    expect(audit).not.toContain(SECRET)
    expect(audit).not.toContain('sb1.')
  })

  it('makes its own name and secret when none are given', async () => {
    const { webhookId, secret } = await create({ webhookId: undefined, secret: undefined })
    expect(webhookId).toMatch(/^whk_/)
    expect(secret).toMatch(/^whsec_[\w+/]{43}=$/)
  })

  it('is changed for the version that was read, and for no other', async () => {
    await create()
    const changed = await send(
      'owner',
      'PATCH /alert-webhook-1',
      { events: ['*'], description: 'a' },
      { 'if-match': '"1"' },
    )
    expect(changed.headers.get('etag')).toBe('"2"')
    expect(changed.body).toMatchObject({ events: ['*'], description: 'a' })
    const late = await send('owner', 'PATCH /alert-webhook-1', { active: false }, { 'if-match': '"1"' })
    expect(problem(late)).toMatchObject({ code: 'precondition_failed' })
    expect(problem(await send('owner', 'PATCH /nobody', { active: false }))).toMatchObject({ code: 'not_found' })
    expect((await send('owner', 'PATCH /alert-webhook-1', { description: null })).body).toMatchObject({
      description: null,
    })
  })

  it('is gone with all that was sent to it', async () => {
    await create()
    const { id } = await ping('alert-webhook-1')
    await ended('alert-webhook-1', id, 'delivered')
    expect((await send('owner', 'DELETE /alert-webhook-1')).status).toBe(200)
    expect(problem(await send('owner', 'GET /alert-webhook-1'))).toMatchObject({ code: 'not_found' })
    const left = await runInDurableObject(tenantStub(env, tenantId), (_, { storage }) =>
      ['delivery', 'attempt', 'webhook'].map((table) => storage.sql.exec(`SELECT * FROM ${table}`).toArray().length),
    )
    expect(left).toEqual([0, 0, 0])
  })

  it('is refused with addresses, names and secrets that cannot be', async () => {
    const wrong: readonly (readonly [object, string])[] = [
      [{ url: 'http://alerts.example.com/' }, '/url'],
      [{ url: 'https://127.0.0.1/' }, '/url'],
      [{ url: 'https://user:pass@alerts.example.com/' }, '/url'],
      [{ url: 'not a url' }, '/url'],
      [{ events: [] }, '/events'],
      [{ events: ['a b'] }, '/events/0'],
      [{ events: ['a', 'a'] }, '/events'],
      [{ secret: 'short' }, '/secret'],
      [{ secret: 'whsec_AAAA' }, '/secret'],
      [{ secret: 'whsk_AAAAAAAAAAAA' }, '/secret'],
      [{ signing: 'ed25519' }, '/secret'],
      [{ batchSeconds: 301 }, '/batchSeconds'],
      [{ webhookId: 'a/b' }, '/webhookId'],
      [{ unknown: 1 }, '/unknown'],
    ]
    for (const [members, pointer] of wrong) {
      const told = await send('owner', 'POST ', { ...registration, ...members })
      const { errors, code } = problem(told)
      expect(code, JSON.stringify(members)).toBe('validation_failed')
      expect(errors?.map((error) => error.pointer ?? '').join()).toContain(pointer === '/unknown' ? '' : pointer)
    }
  })

  it('is nothing for keys without the scope, nor for who sees some of the logs', async () => {
    expect(problem(await send('viewer', 'POST ', registration))).toMatchObject({ code: 'scope_missing' })
    expect(problem(await send('ingest', 'GET '))).toMatchObject({ code: 'scope_missing' })
    expect(problem(await send('narrow', 'GET '))).toMatchObject({ code: 'scope_missing' })
  })

  it(`is one of at most ${WEBHOOKS_MAX}, listed page by page`, async () => {
    for (let index = 0; index < WEBHOOKS_MAX; index++) await create({ webhookId: `w${index}` })
    const full = await send('owner', 'POST ', registration)
    expect(problem(full)).toMatchObject({ code: 'conflict' })
    const seen: string[] = []
    let cursor = ''
    do {
      const told = await send('viewer', `GET ?limit=20${cursor}`)
      const page = z
        .object({ data: z.array(WebhookAnswer), page: z.object({ next_cursor: z.string().nullable() }) })
        .parse(told.body)
      seen.push(...page.data.map(({ webhookId }) => webhookId))
      cursor = page.page.next_cursor === null ? '' : `&cursor=${page.page.next_cursor}`
    } while (cursor !== '')
    expect(seen.length).toBe(WEBHOOKS_MAX)
    expect(new Set(seen).size).toBe(WEBHOOKS_MAX)
    expect(problem(await send('viewer', 'GET ?cursor=abc'))).toMatchObject({ code: 'cursor_mismatch' })
  }, 30_000)
})

describe('a delivery', () => {
  it('is signed, and shown with its attempt', async () => {
    answer = () =>
      new Response(`thanks, the secret was ${SECRET} and the token slc_rd_${'a'.repeat(38)}`, { status: 202 })
    await create()
    const { id, messageId } = await ping('alert-webhook-1')
    await ended('alert-webhook-1', id, 'delivered')
    const [one] = received
    expect(one.headers.get('webhook-id')).toBe(messageId)
    const content = `${messageId}.${one.headers.get('webhook-timestamp')}.${one.body}`
    expect(one.headers.get('webhook-signature')).toBe(await signatureOf(toSigningKey(SECRET), content))
    expect(JSON.parse(one.body)).toMatchObject({ type: 'webhook_ping', data: { webhookId: 'alert-webhook-1' } })
    const { attemptList, body } = await delivery('alert-webhook-1', id)
    expect(body).toEqual(JSON.parse(one.body))
    expect(attemptList).toMatchObject([{ number: 1, status: 202, error: null }])
    expect(attemptList[0].answer).toContain('thanks')
    expect(attemptList[0].answer).not.toContain(SECRET)
    expect(attemptList[0].answer).not.toContain('slc_rd_a')
    expect((await shown('alert-webhook-1')).health).toMatchObject({ attemptsSucceeded: 1, consecutiveFailures: 0 })
  })

  it('keeps 1,024 bytes of the answer, in whole characters', async () => {
    answer = () => new Response('€'.repeat(40_000), { status: 500 })
    await create()
    const { id } = await ping('alert-webhook-1')
    await soon(async () => expect((await delivery('alert-webhook-1', id)).attemptList[0]?.status).toBe(500))
    expect((await delivery('alert-webhook-1', id)).attemptList[0].answer).toBe('€'.repeat(341))
  })

  it('is signed with both secrets while a rotation lasts, and then with the new one', async () => {
    await create()
    const rotated = await send('owner', 'POST /alert-webhook-1/rotate', { overlapSeconds: 60 })
    const { secret } = NewWebhookAnswer.parse(rotated.body)
    expect(secret).toMatch(/^whsec_/)
    const sign = async (text: string, { headers, body }: Received) =>
      signatureOf(toSigningKey(text), `${headers.get('webhook-id')}.${headers.get('webhook-timestamp')}.${body}`)
    const first = await ping('alert-webhook-1')
    await ended('alert-webhook-1', first.id, 'delivered')
    const both = [await sign(secret ?? '', received[0]), await sign(SECRET, received[0])].join(' ')
    expect(received[0].headers.get('webhook-signature')).toBe(both)
    nowMs += 61_000
    const second = await ping('alert-webhook-1')
    await ended('alert-webhook-1', second.id, 'delivered')
    expect(received[1].headers.get('webhook-signature')).toBe(await sign(secret ?? '', received[1]))
  })

  it('is not made to a name that leads to a private address now, though it did not when it was written down', async () => {
    await create()
    addresses = ['93.184.215.14', '10.0.0.1']
    const { id } = await ping('alert-webhook-1')
    await soon(async () =>
      expect((await delivery('alert-webhook-1', id)).attemptList).toMatchObject([{ error: 'refused_address' }]),
    )
    expect(received).toEqual([])
  })

  it('that failed is sent again by hand, under the same webhook-id, one or all of a range', async () => {
    answer = () => new Response(null, { status: 410 })
    await create()
    const { id, messageId } = await ping('alert-webhook-1')
    await ended('alert-webhook-1', id, 'dead')
    expect(await shown('alert-webhook-1')).toMatchObject({ status: 'disabled', disabled: { code: 'gone' } })
    const refused = await send('owner', `POST /alert-webhook-1/deliveries/${id}/redeliver`)
    expect(problem(refused)).toMatchObject({ code: 'conflict' })
    expect((await send('owner', 'POST /alert-webhook-1/resume')).body).toMatchObject({
      status: 'active',
      disabled: null,
    })
    answer = () => new Response('ok')
    expect((await send('owner', `POST /alert-webhook-1/deliveries/${id}/redeliver`)).status).toBe(202)
    await ended('alert-webhook-1', id, 'delivered')
    expect(received.map(({ headers }) => headers.get('webhook-id'))).toEqual([messageId, messageId])
    expect((await delivery('alert-webhook-1', id)).attempts).toBe(2)

    const range = { from: new Date(START_MS - 1000).toISOString(), to: new Date(START_MS + 1000).toISOString() }
    const none = await send('owner', 'POST /alert-webhook-1/redeliver', range)
    expect(none.body).toEqual({ redelivered: 0, more: false })
    const again = await send('owner', 'POST /alert-webhook-1/redeliver', { ...range, status: 'delivered' })
    expect(again.body).toEqual({ redelivered: 1, more: false })
    await soon(() => expect(received.length).toBe(3))
    expect(problem(await send('owner', 'POST /alert-webhook-1/deliveries/dlv_1/redeliver'))).toMatchObject({
      code: 'not_found',
    })
  })

  it('is listed by its state, page by page', async () => {
    await create()
    const sent: string[] = []
    for (let index = 0; index < 5; index++) sent.push((await ping('alert-webhook-1')).id)
    for (const id of sent) await ended('alert-webhook-1', id, 'delivered')
    const Page = z.object({
      data: z.array(DeliveryAnswer),
      page: z.object({ next_cursor: z.string().nullable() }),
    })
    const first = Page.parse((await send('viewer', 'GET /alert-webhook-1/deliveries?status=delivered&limit=3')).body)
    const next = `&cursor=${first.page.next_cursor}`
    const rest = Page.parse(
      (await send('viewer', `GET /alert-webhook-1/deliveries?status=delivered&limit=3${next}`)).body,
    )
    expect([...first.data, ...rest.data].map(({ id }) => id)).toEqual(sent.toReversed())
    const dead = Page.parse((await send('viewer', 'GET /alert-webhook-1/deliveries?status=dead')).body)
    expect(dead.data).toEqual([])
  })

  it('waits while its owner has stopped the webhook, and goes on afterwards', async () => {
    answer = () => new Response(null, { status: 503 })
    await create()
    const { id } = await ping('alert-webhook-1')
    await soon(async () => expect((await delivery('alert-webhook-1', id)).attempts).toBe(1))
    await send('owner', 'PATCH /alert-webhook-1', { active: false })
    nowMs += 3_600_000
    answer = () => new Response('ok')
    await runDurableObjectAlarm(tenantStub(env, tenantId))
    expect((await delivery('alert-webhook-1', id)).attempts).toBe(1)
    expect(problem(await send('owner', 'POST /alert-webhook-1/test'))).toMatchObject({ code: 'conflict' })
    await send('owner', 'PATCH /alert-webhook-1', { active: true })
    await ended('alert-webhook-1', id, 'delivered')
  })
})

/** A log for which a rule of the service fires. */
const logCritical = async (message: string) => {
  const headers = { authorization: `Bearer ${keys.ingest}` }
  const body = JSON.stringify({ level: 'fatal', service: 'checkout', message })
  const response = await ask('nobody', '/logs', { method: 'POST', headers, body })
  expect(response.status).toBeLessThan(300)
}

describe('an event', () => {
  it('is delivered under exactly the name that was subscribed to', async () => {
    await create({ webhookId: 'seed', events: ['critical_error'], url: 'https://seed.example.com/' })
    await create({ webhookId: 'dotted', events: ['log.critical'], url: 'https://dotted.example.com/' })
    await create({ webhookId: 'all', events: ['*'], url: 'https://all.example.com/' })
    await create({ webhookId: 'other', events: ['quota_warning'], url: 'https://other.example.com/' })
    await logCritical('out of memory')
    await soon(() => expect(received.length).toBeGreaterThanOrEqual(3))
    const types = new Map(received.map(({ url, body }) => [new URL(url).hostname, JSON.parse(body).type]))
    expect(Object.fromEntries(types)).toEqual({
      'seed.example.com': 'critical_error',
      'dotted.example.com': 'log.critical',
      'all.example.com': 'critical_error',
    })
    expect(new Set(received.map(({ headers }) => headers.get('webhook-id'))).size).toBe(1)
    expect(JSON.parse(received[0].body)).toMatchObject({ timestamp: expect.any(String), data: { count: 1 } })
  })

  it('is gathered with others where the webhook wants batches', async () => {
    await create({ batchSeconds: 60, events: ['*'] })
    for (const message of ['one', 'two', 'three']) await logCritical(message)
    expect(received).toEqual([])
    nowMs += 60_000
    await runDurableObjectAlarm(tenantStub(env, tenantId))
    await soon(() => expect(received.length).toBe(1))
    const { type, data } = JSON.parse(received[0].body)
    expect(type).toBe('webhook_batch')
    const Events = z.array(z.object({ id: z.string(), type: z.literal('critical_error'), timestamp: z.string() }))
    const ids = Events.parse(data.events).map(({ id }) => id)
    expect(ids.length).toBeGreaterThan(1)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('while the rest suffers', () => {
  it('deliveries go on when D1, KV and R2 fail or do not answer', async () => {
    await create({ events: ['*'] })
    await logCritical('first')
    await soon(() => expect(received.length).toBe(1))
    const away = new Proxy({}, { get: () => () => new Promise<never>(() => undefined) })
    const broken = new Proxy(
      {},
      {
        get: () => () => {
          throw new Error('the store is down')
        },
      },
    )
    for (const store of [away, broken]) {
      await runInDurableObject(tenantStub(env, tenantId), (instance) => {
        Reflect.set(instance, 'env', { ...env, CONTROL: store, PAYLOAD: store, CACHE: store, ARCHIVE: store })
      })
      const before = received.length
      answer = () => new Response(null, { status: received.length === before + 1 ? 500 : 200 })
      await ping('alert-webhook-1')
      await soon(() => expect(received.length).toBe(before + 1))
      nowMs += SEAL_AFTER_MS * 2
      // The alarm has a lot to do that cannot be done now; the retry does not wait for it.
      await runInDurableObject(tenantStub(env, tenantId), (instance) => {
        void instance.alarm()
      })
      await soon(() => expect(received.length).toBe(before + 2))
    }
  })

  it('an alarm that is lost is found by the sweep', async () => {
    answer = () => new Response(null, { status: 500 })
    await create()
    const { id } = await ping('alert-webhook-1')
    await soon(async () => expect((await delivery('alert-webhook-1', id)).attempts).toBe(1))
    answer = () => new Response('ok')
    const due = () => env.CONTROL.prepare('SELECT due_ms FROM due WHERE tenant_id = ?').bind(tenantId).first('due_ms')
    await soon(async () => expect(await due()).not.toBeNull())
    await runInDurableObject(tenantStub(env, tenantId), (_, { storage }) => storage.deleteAlarm())
    nowMs += 3_600_000
    await sweep(env, nowMs)
    await ended('alert-webhook-1', id, 'delivered')
  })
})
