import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { bootstrap } from '../../src/admin/bootstrap'
import {
  SEAL_AFTER_MS,
  TAIL_FAULTS_MAX,
  TAIL_IDLE_MS,
  TAIL_MESSAGES_MAX,
  TAIL_STALLED_MS,
  TAIL_TICKET_MS,
  TAIL_WINDOW_BYTES,
} from '../../src/limits/limits'
import { NO_LIMITS } from '../../src/limits/policies'
import { tenantStub } from '../../src/tenant-stub'
import { randomIntegers } from '../support/sample-logs'
import { TailClient } from '../support/tail-client'

vi.setConfig({ testTimeout: 60_000 })

const HOST = 'http://acme.localhost:8787'
const PROTOCOL = { 'sec-websocket-protocol': 'sluice.tail.v1' }

let tenant: { readonly id: string; readonly ingestKey: string; readonly queryKey: string; readonly adminKey: string }

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
  const { tenant: demo } = await bootstrap(env, { demo: true, nowMs: Date.now() })
  tenant = demo ?? expect.fail('the demo tenant is missing')
})

const opened: TailClient[] = []

beforeEach(async () => {
  await at(0)
  await limitTo(undefined)
})

afterEach(() => {
  for (const client of opened.splice(0)) client.close()
})

const stub = () => tenantStub(env, tenant.id)

/** Sets the object's clock so much ahead. */
const at = (aheadMs: number) =>
  runInDurableObject(stub(), (object) => {
    object.clock = () => Date.now() + aheadMs
  })

/** So many tails may be open; any number where it is undefined. Nothing else is limited. */
const limitTo = (tails: number | undefined) =>
  runInDurableObject(stub(), (object) => {
    object.limitsFor = () => ({ ...NO_LIMITS, concurrent: { tails } })
  })

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

const fetchIt = (path: string, headers: Record<string, string>, init: RequestInit = {}): Promise<Response> =>
  exports.default.fetch(`${HOST}${path}`, { ...init, headers })

async function askJson(key: string, route: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const [method, path] = route.split(' ')
  const response = await fetchIt(path, bearer(key), {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}

async function send(records: readonly object[] | string): Promise<void> {
  const body = typeof records === 'string' ? records : JSON.stringify(records)
  const response = await fetchIt('/logs', bearer(tenant.ingestKey), { method: 'POST', body })
  expect(response.status, await response.text()).toBe(202)
}

async function open(
  parameters: Record<string, string> = {},
  headers: Record<string, string> = bearer(tenant.queryKey),
  options: { readonly acknowledges?: boolean } = {},
): Promise<TailClient> {
  const response = await fetchIt(`/logs/tail?${new URLSearchParams(parameters)}`, {
    ...{ upgrade: 'websocket', ...PROTOCOL },
    ...headers,
  })
  const socket = response.webSocket
  if (socket === null) throw new Error(`${response.status} ${await response.text()}`)
  expect(response.headers.get('sec-websocket-protocol')).toBe('sluice.tail.v1')
  const client = new TailClient(socket, options)
  socket.accept()
  opened.push(client)
  await client.until('hello')
  return client
}

const Page = z.object({
  data: z.array(z.object({ id: z.string(), seq: z.number() })),
  page: z.object({ next_cursor: z.string().nullable() }),
})

/** The ids of what a search finds, in the order in which it came. */
async function idsOf(q: string, key = tenant.queryKey): Promise<string[]> {
  const found: { id: string; seq: number }[] = []
  let cursor = ''
  do {
    const { status, body } = await askJson(key, `GET /logs?${new URLSearchParams({ q, limit: '1000' })}${cursor}`)
    expect(status).toBe(200)
    const { data, page } = Page.parse(body)
    found.push(...data)
    cursor = page.next_cursor === null ? '' : `&cursor=${encodeURIComponent(page.next_cursor)}`
  } while (cursor !== '')
  return found.sort((left, right) => left.seq - right.seq).map(({ id }) => id)
}

const makeKey = async (more: object = {}): Promise<{ id: string; key: string }> => {
  const { status, body } = await askJson(tenant.adminKey, 'POST /admin/keys', { kind: 'rd', ...more })
  expect(status, JSON.stringify(body)).toBe(201)
  return z.object({ id: z.string(), key: z.string() }).parse(body)
}

/** Moves everything in the journal to segments, and those to the catalog. */
async function seal(): Promise<void> {
  await at(SEAL_AFTER_MS * 2)
  await stub().wake()
  await at(0)
}

describe('a tail', () => {
  it('shows what a search finds: over evictions, lost sockets, seals, pauses and other queries', async () => {
    const random = randomIntegers(Number(process.env.SLUICE_SEED ?? 7))
    const mark = `equal${random(1e9)}`
    const queries = [`${mark}`, `${mark} level:error`, `service:a ${mark}`, `${mark} | fields level`]
    const seen = new Map<string, string[]>(queries.map((q) => [q, []]))
    const clients = new Map<string, TailClient>()
    const start = await open()
    for (const q of queries) clients.set(q, await open({ q, after: start.cursor }))
    const collect = (q: string): TailClient | undefined => {
      const client = clients.get(q)
      if (client !== undefined) seen.get(q)?.push(...client.rows.map(({ id }) => id))
      clients.delete(q)
      return client
    }
    let paused = ''
    for (let step = 0; step < 30; step++) {
      const records = Array.from({ length: 1 + random(random(5) === 0 ? 300 : 8) }, () => ({
        ...{ message: `${mark} ${random(1e9)}`, level: ['info', 'error'][random(2)], service: ['a', 'b'][random(2)] },
        ...(random(4) === 0 && { time: Date.now() - random(86_400_000) }),
      }))
      await send(records)
      const what = random(8)
      if (what === 0) await evictDurableObject(stub(), { webSockets: 'hibernate' })
      if (what === 1) await seal()
      if (what === 2) {
        // A deployment drops the sockets; each client comes again behind the last frame that it has.
        await evictDurableObject(stub(), { webSockets: 'close' })
        for (const q of queries) {
          await clients.get(q)?.untilClosed()
          const after = collect(q)?.cursor ?? ''
          clients.set(q, await open({ q, after }))
        }
        paused = ''
      }
      if (what === 3 && paused === '') {
        paused = queries[random(queries.length)]
        clients.get(paused)?.say({ t: 'pause' })
      } else if (what === 4 && paused !== '') {
        clients.get(paused)?.say({ t: 'resume' })
        paused = ''
      }
    }
    clients.get(paused)?.say({ t: 'resume' })
    for (const q of queries) {
      const [filter] = q.split(' |')
      const expected = await idsOf(filter)
      const before = seen.get(q)?.length ?? 0
      await clients.get(q)?.untilRows(expected.length - before)
      collect(q)?.close()
      expect(seen.get(q), q).toEqual(expected)
    }
    expect((await idsOf(mark)).length).toBeGreaterThan(100)
  })

  it('begins with the last so many that match, wherever they are, and goes on without a seam', async () => {
    const mark = `backlog${Date.now()}`
    await send(Array.from({ length: 40 }, (_, n) => ({ message: `${mark} ${n}`, level: n % 2 ? 'error' : 'info' })))
    await seal()
    await send(
      Array.from({ length: 10 }, (_, n) => ({ message: `${mark} ${40 + n}`, level: n % 2 ? 'error' : 'info' })),
    )
    for (const [backlog, expected] of [
      [3, 3],
      [12, 12],
      [1000, 25],
    ]) {
      const q = `${mark} level:error`
      const client = await open({ q, backlog: `${backlog}` })
      await client.untilRows(expected)
      expect(client.rows.map(({ id }) => id)).toEqual((await idsOf(q)).slice(-expected))
      client.close()
    }
    const client = await open({ q: mark, backlog: '2' })
    await client.untilRows(2)
    await send([{ message: `${mark} live` }])
    await client.untilRows(3)
    expect(client.rows.map(({ id }) => id)).toEqual((await idsOf(mark)).slice(-3))
    client.close()
  })

  it('sends no record of the query before once another is acknowledged, and keeps it when the other is wrong', async () => {
    const mark = `change${Date.now()}`
    const client = await open({ q: `${mark} level:error` })
    client.say({ t: 'sub', sub: 2, q: `${mark} | count by service` })
    const problem = await client.until('problem')
    expect(problem).toMatchObject({ sub: 2, code: 'query_syntax' })
    await send([{ message: mark, level: 'error' }])
    await client.untilRows(1)
    client.say({ t: 'sub', sub: 3, q: `${mark} level:info` })
    const hello = await client.until('hello', ({ sub }) => sub === 3)
    await send([
      { message: mark, level: 'error' },
      { message: mark, level: 'info' },
    ])
    await client.untilRows(2)
    const behind = client.frames.slice(client.frames.indexOf(hello) + 1)
    expect(behind).toMatchObject([{ t: 'rows', sub: 3, rows: [{ level: 'info' }] }])
    client.close()
  })

  it('tells a reader that does not read what it missed, exactly, and never has more than a mebibyte under way', async () => {
    const mark = `slow${Date.now()}`
    const client = await open({ q: mark }, bearer(tenant.queryKey), { acknowledges: false })
    const padding = 'x'.repeat(900)
    for (let batch = 0; batch < 6; batch++)
      await send(Array.from({ length: 2500 }, (_, n) => ({ message: `${mark} ${batch} ${n} ${padding}`, n })))
    await vi.waitFor(() => expect(client.rows.length).toBeGreaterThan(200))
    const bytes = client.texts.reduce((sum, text) => sum + text.length, 0)
    expect(bytes).toBeLessThan(TAIL_WINDOW_BYTES + 4096)
    await evictDurableObject(stub(), { webSockets: 'hibernate' })
    const before = client.rows.length
    client.say({ t: 'ack', cursor: client.cursor })
    const gap = await client.until('gap')
    expect(gap).toMatchObject({ reason: 'slow_reader', count: 15_000 - before })
    await send([{ message: `${mark} after` }])
    await client.untilRows(before + 1)
    const missed = await open({ q: mark, after: gap.from, until: gap.to, follow: 'false' })
    expect(await missed.untilClosed()).toBe(1000)
    const ids = [...client.rows.slice(0, before), ...missed.rows, ...client.rows.slice(before)].map(({ id }) => id)
    expect(ids).toEqual(await idsOf(mark))
    client.close()
  })

  it('tells a record that is too large for any socket as a gap of one', async () => {
    const mark = `large${Date.now()}`
    const client = await open({ q: mark })
    await send([{ message: `${mark} ${'y'.repeat(700_000)}` }])
    expect(await client.until('gap')).toMatchObject({ count: 1, reason: 'record_too_large' })
    await send([{ message: mark }])
    await client.untilRows(1)
    client.close()
  })

  it('sends the first record after a quiet moment in the turn of its commit', async () => {
    const mark = `quiet${Date.now()}`
    const client = await open({ q: mark })
    let asked = 0
    await runInDurableObject(stub(), (object) => {
      object.clock = () => {
        asked++
        return Date.now() + 1000
      }
    })
    let isSameTurn = false
    const { send: sendText } = WebSocket.prototype
    const texts = vi.spyOn(WebSocket.prototype, 'send').mockImplementation(function (this: WebSocket, text) {
      const before = asked
      // Who takes logs asks for the time once more when the tails are done; a timer of the tails has nothing to ask.
      if (String(text).includes(`"message":"${mark}"`))
        queueMicrotask(() => {
          isSameTurn = asked > before
        })
      sendText.call(this, text)
    })
    await send([{ message: mark }])
    await client.untilRows(1)
    texts.mockRestore()
    expect(isSameTurn).toBe(true)
  })

  it('refuses a cursor that is ahead of all records', async () => {
    const { status, body } = await askJson(tenant.queryKey, 'GET /logs/tail?after=0-999999999')
    expect([status, z.object({ code: z.string() }).parse(body).code]).toEqual([426, 'upgrade_required'])
    const response = await fetchIt('/logs/tail?after=0-999999999', {
      ...bearer(tenant.queryKey),
      accept: 'text/event-stream',
    })
    expect(await response.json()).toMatchObject({ code: 'cursor_mismatch' })
  })
})

describe('a stream of events', () => {
  it('has the records of the socket, an id behind each, and goes on behind Last-Event-ID', async () => {
    const mark = `events${Date.now()}`
    const start = await open()
    const { cursor: after } = start
    const weird = `{"message":"${mark} \\"],[{","nested":{"id":"log_1","time":"x","a":[1,{"b":"]}"}]}}`
    await send(`{"message":"${mark} a"}\n${weird}\n{"message":"${mark} c","n":1e400}`)
    const read = async (headers: Record<string, string>) => {
      const target = `/logs/tail?${new URLSearchParams({ q: mark, after, follow: 'false' })}`
      const response = await fetchIt(target, { ...bearer(tenant.queryKey), accept: 'text/event-stream', ...headers })
      expect(response.headers.get('content-type')).toBe('text/event-stream')
      const events = (await response.text()).split('\n\n').filter((event) => /^id: .*\ndata: /.test(event))
      return events.map((event) => ({
        id: /^id: (.*)$/m.exec(event)?.[1] ?? '',
        data: /^data: (.*)$/m.exec(event)?.[1] ?? '',
      }))
    }
    const all = await read({})
    expect(all.map(({ data }) => JSON.parse(data).id)).toEqual(await idsOf(mark))
    expect(all[1].data).toContain(`"body":${weird}}`)
    for (const [index, { id }] of all.entries())
      expect(await read({ 'last-event-id': id })).toEqual(all.slice(index + 1))
    start.close()
  })

  it('follows, and ends the tail when its reader goes', async () => {
    const mark = `follow${Date.now()}`
    const response = await fetchIt(`/logs/tail?q=${mark}`, { ...bearer(tenant.queryKey), accept: 'text/event-stream' })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader() ?? expect.fail('there is no body')
    let text = ''
    const until = async (needle: string) => {
      while (!text.includes(needle)) text += (await reader.read()).value ?? expect.fail(`no ${needle} in ${text}`)
    }
    await until('event: hello')
    await send([{ message: `${mark} one` }])
    await until(`${mark} one`)
    await reader.cancel()
    await vi.waitFor(async () =>
      expect(await runInDurableObject(stub(), (_, { getWebSockets }) => getWebSockets.length)).toBe(0),
    )
  })
})

describe('who watches', () => {
  it('is sent away at once when the key is revoked, and at its time when it expires', async () => {
    const { id, key } = await makeKey()
    const session = await open({}, bearer(key))
    const stays = await open()
    expect((await askJson(tenant.adminKey, `DELETE /admin/keys/${id}`)).status).toBeLessThan(300)
    expect(await session.untilClosed()).toBe(4401)
    expect(await session.until('bye')).toMatchObject({ code: 'credential_ended' })
    const ending = await makeKey({ expires_at: new Date(Date.now() + 500_000).toISOString() })
    const expires = await open({}, bearer(ending.key))
    await at(400_000)
    await stub().wake()
    expect(expires.closed).toBeUndefined()
    await at(520_000)
    await stub().wake()
    expect(await expires.untilClosed()).toBe(4401)
    expect(stays.closed).toBeUndefined()
    stays.close()
  })

  it('is looked at by the alarm too, each minute', async () => {
    const { key } = await makeKey({ expires_at: new Date(Date.now() + 3_600_000).toISOString() })
    const client = await open({}, bearer(key))
    // While it rings, none is set.
    await vi.waitFor(async () => {
      const alarmMs = await runInDurableObject(stub(), (_, { storage }) => storage.getAlarm())
      expect(alarmMs).toBeLessThanOrEqual(Date.now() + 61_000)
    })
    await at(3_601_000)
    await runDurableObjectAlarm(stub())
    expect(await client.untilClosed()).toBe(4401)
  })

  it('sees by their filter, and is sent away when it changes', async () => {
    const mark = `sight${Date.now()}`
    const { id, key } = await makeKey({ filter: 'service:mine' })
    const client = await open({ q: `${mark} OR service:theirs` }, bearer(key))
    await send([
      { message: `${mark} theirs`, service: 'theirs' },
      { message: `${mark} mine`, service: 'mine' },
    ])
    await client.untilRows(1)
    expect(client.texts.join('')).not.toContain(`${mark} theirs`)
    client.say({ t: 'sub', sub: 2, q: 'service:theirs', backlog: 1000 })
    await client.until('hello', ({ sub }) => sub === 2)
    client.say({ t: 'resume', after: '0-0' })
    client.say({ t: 'pause' })
    expect((await askJson(tenant.adminKey, `PATCH /admin/keys/${id}`, { filter: 'service:other' })).status).toBe(200)
    expect(await client.untilClosed()).toBe(4401)
    expect(client.rows.map(({ service }) => service)).toEqual(['mine'])
  })

  it('is accounted for, with each query and without the ticket', async () => {
    const mark = `audited${Date.now()}`
    const ticket = await ticketOf(tenant.queryKey)
    const client = await open({ q: `${mark}-first`, ticket }, { origin: HOST })
    client.say({ t: 'sub', sub: 2, q: `${mark}-second` })
    await client.until('hello', ({ sub }) => sub === 2)
    client.close()
    const { body } = await askJson(tenant.adminKey, 'GET /admin/audit?limit=20')
    const text = JSON.stringify(body)
    expect(text).toContain(`${mark}-first`)
    expect(text).toContain(`${mark}-second`)
    expect(text).not.toContain(ticket.slice(-43))
  })

  it('are no more than the plan has', async () => {
    await limitTo(2)
    const both = [await open(), await open()]
    const refused = await fetchIt('/logs/tail', { ...bearer(tenant.queryKey), ...PROTOCOL, upgrade: 'websocket' })
    expect(refused.status).toBe(429)
    expect(await refused.json()).toMatchObject({
      code: 'quota_exceeded',
      limit: { name: 'concurrent-tails', value: 2 },
    })
    both[0].close()
    await vi.waitFor(async () => (await open()).close())
    both[1].close()
  })
})

const Ticket = z.object({ ticket: z.string(), expires_in: z.literal(30), protocols: z.array(z.string()) })

async function ticketOf(key: string): Promise<string> {
  const { status, body } = await askJson(key, 'POST /logs/tail/tickets')
  expect(status, JSON.stringify(body)).toBe(201)
  return Ticket.parse(body).ticket
}

const statusOf = async (parameters: Record<string, string>, headers: Record<string, string>): Promise<string> => {
  const response = await fetchIt(`/logs/tail?${new URLSearchParams(parameters)}`, headers)
  if (response.webSocket) {
    response.webSocket.accept()
    response.webSocket.close()
    return '101'
  }
  if (response.status === 200) {
    await response.body?.cancel()
    return '200'
  }
  const { code } = z.object({ code: z.string() }).parse(await response.json())
  return `${response.status} ${code}`
}

describe('a ticket', () => {
  const page = { upgrade: 'websocket', origin: HOST }
  const withTicket = (ticket: string) => ({ ...page, 'sec-websocket-protocol': `sluice.tail.v1, ticket.${ticket}` })

  it('is good once', async () => {
    const ticket = await ticketOf(tenant.queryKey)
    expect(await statusOf({}, withTicket(ticket))).toBe('101')
    expect(await statusOf({}, withTicket(ticket))).toBe('401 unauthenticated')
    expect(await statusOf({ ticket: await ticketOf(tenant.queryKey) }, page)).toBe('101')
  })

  it('is good for thirty seconds', async () => {
    const [fresh, old] = [await ticketOf(tenant.queryKey), await ticketOf(tenant.queryKey)]
    await at(TAIL_TICKET_MS - 10_000)
    expect(await statusOf({}, withTicket(fresh))).toBe('101')
    await at(TAIL_TICKET_MS)
    expect(await statusOf({}, withTicket(old))).toBe('401 unauthenticated')
  })

  it('is for its tenant, for tails, and for as long as whom it was made for', async () => {
    const ticket = await ticketOf(tenant.queryKey)
    const other = `ten_01m7zyw36rwtpprq9deqqvype4.${ticket.split('.')[1]}`
    expect(await statusOf({}, withTicket(other))).toBe('401 unauthenticated')
    const elsewhere = await fetchIt(`/logs?ticket=${ticket}`, {})
    expect(elsewhere.status).toBe(401)
    const { id, key } = await makeKey()
    const theirs = await ticketOf(key)
    await askJson(tenant.adminKey, `DELETE /admin/keys/${id}`)
    expect(await statusOf({}, withTicket(theirs))).toBe('401 unauthenticated')
    for (const wrong of ['', 'x', `${ticket}x`, `${ticket.slice(0, -1)}`, 'ten_.', '%00'])
      expect(await statusOf({}, withTicket(wrong)), wrong).toBe('401 unauthenticated')
    expect(await statusOf({}, withTicket(ticket))).toBe('101')
  })
})

describe('a page of another site', () => {
  it('opens no tail, whatever credential it has: every origin × every credential × both ways', async () => {
    const allowed = 'https://app.example.com'
    const settings = await askJson(tenant.adminKey, 'PATCH /admin/settings', { origins: [allowed] })
    expect(settings.status, JSON.stringify(settings.body)).toBe(200)
    const signedIn = await fetchIt('/session', bearer(tenant.queryKey), { method: 'POST' })
    const [cookie] = (signedIn.headers.get('set-cookie') ?? '').split(';')
    const origins: Record<string, boolean | undefined> = {
      [HOST]: true,
      [allowed]: true,
      null: false,
      'https://evil.example': false,
      'https://app.example.com.evil.example': false,
      'http://app.example.com': false,
      'https://app.example.com:8443': false,
      'https://sub.app.example.com': false,
      'http://acme.localhost': false,
      'http://acme.localhost:9999': false,
      'http://globex.localhost:8787': false,
      none: undefined,
    }
    const credentials: Record<string, () => Promise<Record<string, string>>> = {
      key: async () => bearer(tenant.queryKey),
      header: async () => ({ 'x-api-key': tenant.queryKey }),
      cookie: async () => ({ cookie }),
      ticket: async () => ({ 'sec-websocket-protocol': `sluice.tail.v1, ticket.${await ticketOf(tenant.queryKey)}` }),
      nothing: async () => ({}),
    }
    let cells = 0
    for (const [origin, isAllowed] of Object.entries(origins)) {
      for (const [name, credential] of Object.entries(credentials)) {
        for (const way of ['socket', 'events']) {
          const headers: Record<string, string> = {
            ...(way === 'socket' ? { upgrade: 'websocket', ...PROTOCOL } : { accept: 'text/event-stream' }),
            ...(await credential()),
            ...(origin !== 'none' && { origin }),
          }
          const status = await statusOf({}, headers)
          const expected = expectedStatus({ isAllowed, isOwn: origin === HOST, name, way })
          expect(status, `${origin} with ${name} by ${way}`).toBe(expected)
          cells++
        }
      }
    }
    expect(cells).toBeGreaterThanOrEqual(40)
    // A page may leave its origin out where it reads events; then the browser says whether it is of another site.
    for (const [site, status] of Object.entries({
      'cross-site': 403,
      'same-site': 403,
      none: 403,
      'same-origin': 200,
    })) {
      const headers = { ...(await credentials.ticket()), accept: 'text/event-stream', 'sec-fetch-site': site }
      expect(await statusOf({}, headers), site).toMatch(`${status}`)
    }
  })

  /** By the rules that people are told in docs/tail.md. */
  function expectedStatus(cell: { isAllowed: boolean | undefined; isOwn: boolean; name: string; way: string }): string {
    const { isAllowed, isOwn, name, way } = cell
    const good = way === 'socket' ? '101' : '200'
    if (name === 'nothing') return '401 unauthenticated'
    // A cookie is sent by the browser whatever page asks, so that only pages of the very host may use it.
    if (name === 'cookie' && isAllowed === undefined) return way === 'socket' ? '403 cross_site_request' : good
    if (name === 'cookie') return isOwn ? good : '403 cross_site_request'
    // Programs send no origin, whatever they have.
    return (isAllowed ?? true) ? good : '403 origin_not_allowed'
  }
})

describe('a client that misbehaves', () => {
  it('is told of what cannot be understood, and sent away when there is too much of it', async () => {
    const client = await open({ q: 'nobody' })
    const messages = [
      '',
      'x',
      '[]',
      '{}',
      '{"t":"ack"}',
      '{"t":"sub","sub":-1}',
      '{"t":"nope"}',
      '{"t":"ack","cursor":"1"}',
    ]
    for (const text of messages) client.send(text)
    await vi.waitFor(() => expect(client.frames.filter(({ t }) => t === 'problem')).toHaveLength(messages.length))
    expect(client.frames.at(-1)).toMatchObject({ code: 'invalid_message' })
    for (let more = messages.length; more <= TAIL_FAULTS_MAX; more++) client.send('x')
    expect(await client.untilClosed()).toBe(1008)
    expect(await client.until('bye')).toMatchObject({ code: 'bad_messages' })
  })

  it('is sent away for a frame of 10 MB, a subscription of 1 MB, and for bytes', async () => {
    for (const [data, code] of [
      ['x'.repeat(10_000_000), 1009],
      [JSON.stringify({ t: 'sub', sub: 2, q: 'a'.repeat(1_000_000) }), 1009],
      [new ArrayBuffer(8), 1003],
      [new ArrayBuffer(1_000_000), 1009],
    ] as const) {
      const client = await open({ q: 'nobody' })
      client.send(data)
      expect(await client.untilClosed()).toBe(code)
    }
    const client = await open({ q: 'nobody' })
    client.say({ t: 'sub', sub: 2, q: 'a'.repeat(20_000) })
    expect(await client.until('problem')).toMatchObject({ sub: 2, code: 'query_syntax' })
    client.close()
  })

  it('is sent away for a thousand messages, and taking logs goes on', async () => {
    const client = await open({ q: 'nobody' })
    for (let count = 0; count < 1000; count++) client.say({ t: 'pause' })
    await send([{ message: 'meanwhile' }])
    expect(await client.untilClosed()).toBe(4429)
    expect(await client.until('bye')).toMatchObject({ code: 'too_many_messages', retry_after_ms: 10_000 })
    expect(TAIL_MESSAGES_MAX).toBeLessThan(1000)
  })

  it('is sent away when it says nothing for long, unless it pings', async () => {
    const client = await open({ q: 'nobody' })
    await at(TAIL_IDLE_MS - 60_000)
    await stub().wake()
    expect(client.closed).toBeUndefined()
    await at(TAIL_IDLE_MS + 61_000)
    await stub().wake()
    expect(await client.untilClosed()).toBe(4408)
    expect(await client.until('bye')).toMatchObject({ code: 'idle' })
  })

  it('is answered a ping as text without waking the object', async () => {
    const client = await open({ q: 'nobody' })
    client.send('ping')
    await vi.waitFor(() => expect(client.texts).toContain('pong'))
    client.close()
  })

  it('is sent away when it acknowledges nothing of a full window', async () => {
    const mark = `stalled${Date.now()}`
    const client = await open({ q: mark }, bearer(tenant.queryKey), { acknowledges: false })
    await send(Array.from({ length: 3000 }, (_, n) => ({ message: `${mark} ${n} ${'z'.repeat(900)}` })))
    await vi.waitFor(() => expect(client.rows.length).toBeGreaterThan(200))
    await at(TAIL_STALLED_MS + 61_000)
    await stub().wake()
    expect(await client.untilClosed()).toBe(4408)
    expect(await client.until('bye')).toMatchObject({ code: 'stalled' })
  })

  it('is refused before there is a socket for what its address says', async () => {
    const headers = { ...bearer(tenant.queryKey), accept: 'text/event-stream' }
    for (const [query, code] of [
      ['nope=1', 'validation_failed'],
      ['backlog=1001', 'validation_failed'],
      ['backlog=x', 'validation_failed'],
      ['after=abc', 'validation_failed'],
      ['q=%7C%20count', 'query_syntax'],
      ['q=a%20%7C%20sort%20time', 'query_syntax'],
      ['q=~%22(%22', 'query_syntax'],
    ]) {
      const response = await fetchIt(`/logs/tail?${query}`, headers)
      expect(await response.json(), query).toMatchObject({ status: 400, code })
    }
    const protocol = { ...bearer(tenant.queryKey), upgrade: 'websocket', 'sec-websocket-protocol': 'graphql-ws' }
    expect(await statusOf({}, protocol)).toBe('400 validation_failed')
  })
})
