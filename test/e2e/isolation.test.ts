import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { router } from '../../src/router'
import { pageOf } from '../support/answers'
import { type CanaryTenant, makeCanaryTenant } from '../support/canary-tenant'
import { type Answer, Client } from '../support/client'
import { leaksIn } from '../support/leaks'
import { corpusOf, exampleOf, type KnownRoute, type RouteRequest, routesOf, type Things } from '../support/route-corpus'
import { endAllServers, Server } from '../support/server'

/** What everybody may keep: it is the same for all, and holds nothing of any tenant. */
const CACHEABLE = new Set([
  ...['GET /openapi.json', 'GET /docs', 'GET /docs/errors'],
  ...['GET /app', 'GET /app/t/:tenant/:screen', 'GET /app/t/:tenant/:screen/:item', 'GET /app/assets/:file'],
])

/** What needs no key. */
const OPEN = new Set([
  ...CACHEABLE,
  ...['GET /health', 'GET /admin/certificates/key'],
  // What shippers ask before they have one.
  ...['GET /', 'GET /ready', 'GET /loki/api/v1/status/buildinfo'],
  ...['GET /services/collector/health', 'GET /services/collector/health/1.0'],
])

const isOpen = ({ method, path }: KnownRoute): boolean => OPEN.has(`${method} ${path}`)

const Examples = z.object({
  examples: z.array(z.object({ query: z.string() })),
  mustStayText: z.array(z.string()),
  mustRecover: z.array(z.string()),
})
const examples = Examples.parse(JSON.parse(readFileSync('test/format/query-examples.json', 'utf8')))
const QUERIES = [...examples.examples.map(({ query }) => query), ...examples.mustStayText, ...examples.mustRecover]

let server: Server
let north: CanaryTenant
let south: CanaryTenant

beforeAll(async () => {
  server = await Server.start({ flags: ['--quiet'] })
  north = await makeCanaryTenant(server, 'north', 'zivquarobel')
  south = await makeCanaryTenant(server, 'south', 'woxtelumigan')
})
afterAll(endAllServers)

const connect = (key: string, host?: string) => new Client({ port: server.port, key, ...(host && { host }) })

/** Everything that came over the wire but the status. */
const bytesOf = ({ headers, bytes }: Answer): Buffer =>
  Buffer.concat([Buffer.from(`${JSON.stringify(headers)}\n`), bytes])

/** Everything but what names the request itself. */
function shapeOf({ status, headers, text }: Answer) {
  const { 'x-request-id': requestId, date: _, ...others } = headers
  // Firehose is told the time.
  const told = text.replaceAll(String(requestId), 'the request').replace(/"timestamp":\d{13}/, '"timestamp":now')
  return { status, headers: others, text: told, length: text.length }
}

const pairs = (): [asking: CanaryTenant, other: CanaryTenant][] => [
  [north, south],
  [south, north],
]

/** Routes that tell a tenant's owner what the tenant has sent: were the word not there, it could not leak either. */
const TELLING = [
  ...['GET /logs', 'GET /logs/:id', 'GET /logs/:id/context', 'GET /logs/export', 'POST /logs/search'],
  ...['GET /analytics/facets', 'GET /analytics/fields', 'GET /api/v1/logs/search', 'GET /api/v1/logs/services'],
  ...['GET /api/v1/logs/configs', 'GET /admin/keys', 'GET /admin/keys/:key', 'GET /admin/members'],
  ...['GET /admin/members/:member', 'GET /admin/domains', 'GET /admin/settings', 'GET /admin/settings/history'],
  ...['GET /admin/audit', 'GET /admin/audit/export', 'GET /admin/retention', 'GET /metrics'],
  ...['GET /integration/services', 'GET /integration/services/:serviceId', 'GET /integration/health'],
  ...['GET /integration/cross-service', 'GET /integration/graph', 'GET /integration/rules/:rule'],
  ...['GET /integration/rules', 'GET /integration/incidents', 'GET /integration/incidents/:incident'],
  ...['GET /integration/webhooks', 'GET /integration/webhooks/:webhook'],
]

const prefixed = (name: string, { secrets }: CanaryTenant): Record<string, string> =>
  Object.fromEntries(Object.entries(secrets).map(([of, text]) => [`${name}'s ${of}`, text]))

/** What the service itself says of a tenant, such as that one of its services does not answer, comes when it comes. */
const WRITTEN_LOGS = `/logs?limit=1000&fields=id&q=${encodeURIComponent('-source:agent')}`

/** What a tenant has, but for what its own reading of it changes. */
async function belongingsOf({ ownerKey }: CanaryTenant): Promise<unknown> {
  const client = connect(ownerKey)
  const lists = ['/admin/keys', '/admin/members', '/admin/domains', '/admin/settings', WRITTEN_LOGS]
  const answers = []
  for (const list of lists) answers.push((await client.get(list)).text.replace(/"page":.*|"last_used":[^,}]*/g, ''))
  client.close()
  return answers
}

/** Deleting comes last, and what is one's own after what is not, so that all is there while the other asks for it. */
const STAGES: readonly (readonly [name: string, isOfStage: (request: RouteRequest) => boolean])[] = [
  ['reads', ({ method }) => method === 'GET'],
  ['changes', ({ method }) => method !== 'GET' && method !== 'DELETE'],
  ['deletes what is not theirs', ({ method, about }) => method === 'DELETE' && !isOwn(about)],
  [
    'deletes what is theirs',
    ({ method, about, route }) => method === 'DELETE' && isOwn(about) && route !== 'DELETE /admin/tenants/:tenant',
  ],
]

const isOwn = (about: string): boolean => !/^(foreign|nobody's|no) /.test(about)

/** Configurations and statistics have whatever name they are asked for. */
const IS_OF_ANY_NAME = new Set([
  'GET /api/v1/logs/stats/:service',
  'GET /api/v1/logs/recent/:service',
  'GET /api/v1/logs/config/:service',
  'PUT /api/v1/logs/config/:service',
])

/** A name of the same length and make, of nothing. */
const nobodyLike = (text: string): string =>
  text.replace(
    /^(.*?)(.{4})(\.localhost|)$/,
    (_, start, end, rest) => start + (end === 'zzzz' ? 'yyyy' : 'zzzz') + rest,
  )

/** An answer in which the names of things that it was asked for are the same. */
const withoutNames = (shape: ReturnType<typeof shapeOf>, things: Things): unknown =>
  JSON.parse(
    Object.entries(things)
      .filter(([name]) => name !== 'cursor')
      .toSorted(([, left], [, right]) => right.length - left.length)
      .reduce((text, [name, value]) => text.replaceAll(value, name), JSON.stringify(shape))
      .replace(/_at\\":\d+/g, '_at'),
  )

const sendWith = (client: Client, { target, method, headers, body }: RouteRequest): Promise<Answer> =>
  client.send(target, { method, headers, ...(body !== undefined && { body }) })

/** How many answers broke a promise, and how; of each kind, the first few. */
class Findings {
  readonly leaks: string[] = []
  readonly failures: string[] = []
  readonly stored: string[] = []
  /** Routes whose answers hold the word of whoever asks. */
  readonly own = new Set<string>()
  asked = 0
}

interface Run {
  readonly key: string
  readonly requests: readonly RouteRequest[]
  readonly secrets: Readonly<Record<string, string>>
  readonly core: string
  /** What may be in an answer though it is a secret's part. */
  readonly allowed?: readonly string[]
}

type Send = (request: RouteRequest) => Promise<Answer>

/** Sends all requests, and looks at every byte of what comes back. */
async function look(send: Send, { requests, secrets, core, allowed = [] }: Omit<Run, 'key'>): Promise<Findings> {
  const found = new Findings()
  for (const request of requests) {
    const answer = await send(request)
    found.asked++
    const about = `${request.route} (${request.about}): ${answer.status}`
    const bytes = allowed.reduce((text, part) => text.replaceAll(part, '…'), bytesOf(answer).toString('latin1'))
    for (const { of, form, excerpt } of leaksIn(Buffer.from(bytes, 'latin1'), secrets))
      found.leaks.push(`${about} has ${of} ${form}: ${excerpt}`)
    if (answer.status >= 500) found.failures.push(`${about} ${answer.text.slice(0, 300)}`)
    const mayBeStored = CACHEABLE.has(request.route) && answer.status === 200
    if (!mayBeStored && answer.headers['cache-control'] !== 'no-store, private')
      found.stored.push(`${about} ${answer.headers['cache-control']}`)
    const { location = '/', 'set-cookie': cookies = [] } = answer.headers
    const isElsewhere = !/^\/(?![/\\])/.test(location) || (answer.status >= 300 && answer.status < 400)
    const isPlanted = cookies.length > 0 && !request.route.endsWith(' /session')
    if (isElsewhere || isPlanted) found.failures.push(`${about} ${location} ${cookies}`)
    if (answer.text.includes(core)) found.own.add(request.route)
  }
  return found
}

async function run({ key, ...about }: Run): Promise<Findings> {
  const client = connect(key)
  const found = await look(({ target, method, headers, body }) => {
    const authorization: Record<string, string> = key === '' ? { authorization: 'Basic bm9ib2R5' } : {}
    return client.send(target, {
      method,
      headers: { ...headers, ...authorization },
      ...(body !== undefined && { body }),
    })
  }, about)
  client.close()
  return found
}

const corpusFor = (asking: CanaryTenant, other: CanaryTenant, core = asking.core): RouteRequest[] =>
  corpusOf(router.routes, { own: asking.things, foreign: other.things, core, queries: QUERIES })

const FLAWLESS = { leaks: [], failures: [], stored: [] }

const flawsOf = ({ leaks, failures, stored }: Findings) => ({
  leaks: leaks.slice(0, 10),
  failures: failures.slice(0, 10),
  stored: stored.slice(0, 10),
})

it('the domain and the key of one tenant lead to its logs, however the host is written', async () => {
  for (const [asking] of pairs()) {
    for (const host of [asking.domain, asking.domain.toUpperCase(), '127.0.0.1', 'localhost']) {
      const { data } = await pageOf(connect(asking.queryKey, host), `/logs?q=${asking.core}&limit=5`)
      expect(data).toHaveLength(5)
    }
  }
})

describe('not yours is answered like missing', () => {
  // What the protocols of others have in their paths is what the sender calls it: see the test after the next.
  const named = routesOf(router.routes).filter(
    (route) => /:\w/.test(route.path) && !isOpen(route) && route.operation?.dialect === undefined,
  )

  it.each(named.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', async (_, route) => {
    for (const [asking, other] of pairs()) {
      const client = connect(asking.ownerKey)
      for (const tenant of [other.id, other.name]) {
        const theirs = { ...other.things, tenant, service: `${other.name}-billing` }
        const request = exampleOf(route, theirs)
        const nobodys = Object.fromEntries(Object.entries(theirs).map(([name, text]) => [name, nobodyLike(text)]))
        const missing = exampleOf(route, nobodys)
        const [notMine, nothing] = [await sendWith(client, request), await sendWith(client, missing)]
        expect(withoutNames(shapeOf(notMine), theirs)).toEqual(withoutNames(shapeOf(nothing), nobodys))
        if (!IS_OF_ANY_NAME.has(`${route.method} ${route.path}`)) expect(notMine.status).toBeGreaterThan(400)
      }
      client.close()
    }
  })

  it('what a body names', async () => {
    for (const [asking, other] of pairs()) {
      const client = connect(asking.adminKey)
      for (const [theirs, nobodys] of [
        [{ tenantId: other.id }, { tenantId: nobodyLike(other.id) }],
        [{ tenantId: other.name }, { tenantId: nobodyLike(other.name) }],
      ]) {
        const post = (body: object) =>
          client.post('/admin/domains', JSON.stringify({ domain: 'intruder.localhost', ...body }))
        const [notMine, nothing] = [await post(theirs), await post(nobodys)]
        expect(notMine.status).toBe(404)
        expect(shapeOf(notMine)).toEqual(shapeOf(nothing))
      }
      client.close()
    }
  })

  it('what the sender calls it, in the protocols of others', async () => {
    const [ours, theirs] = [connect(north.ingestKey), connect(south.ingestKey)]
    const statuses = []
    for (const client of [ours, theirs, ours])
      statuses.push((await client.send('/logs-a/_create/the-same', { method: 'PUT', body: '{"message":"x"}' })).status)
    // Known to whoever has sent it, and new to everybody else.
    expect(statuses).toEqual([201, 201, 409])
    for (const client of [ours, theirs]) client.close()
  })

  it('a domain, for every route', async () => {
    for (const [asking, other] of pairs()) {
      const [theirs, nobodys] = [connect(asking.ownerKey, other.domain), connect(asking.ownerKey, 'nobody.localhost')]
      for (const route of routesOf(router.routes).filter((one) => !isOpen(one))) {
        const request = exampleOf(route, other.things)
        const [notMine, nothing] = [await sendWith(theirs, request), await sendWith(nobodys, request)]
        // To Better Stack's clients, every credential that does not do is a 403.
        expect(notMine.status, request.route).toBe(request.route === 'POST /' ? 403 : 404)
        expect(shapeOf(notMine), request.route).toEqual(shapeOf(nothing))
      }
      theirs.close()
      nobodys.close()
    }
  })

  it('a cursor', async () => {
    for (const [asking, other] of pairs()) {
      const { page } = await pageOf(connect(other.queryKey), '/logs?limit=1')
      const forged = `${page.next_cursor}`.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
      const client = connect(asking.queryKey)
      const notMine = await client.get(`/logs?limit=1&cursor=${page.next_cursor}`)
      expect(notMine.status).toBe(400)
      expect(shapeOf(notMine)).toEqual(shapeOf(await client.get(`/logs?limit=1&cursor=${forged}`)))
    }
  })

  it('a key that is not one', async () => {
    const { queryKey } = north
    const [unknown, damaged] = [`${queryKey.slice(0, -1)}${queryKey.endsWith('A') ? 'B' : 'A'}`, 'slc_rd_x']
    const answers = [await connect(unknown).get('/logs'), await connect(damaged).get('/logs')]
    expect(answers[0].status).toBe(401)
    expect(shapeOf(answers[0])).toEqual(shapeOf(answers[1]))
  })
})

describe('every request of the corpus, to every route of the table, is answered without a byte of another tenant', () => {
  it('to nobody', async () => {
    const secrets = { ...prefixed('north', north), ...prefixed('south', south) }
    const requests = corpusFor(north, south, 'nobodysword').filter(({ about }) => !about.startsWith('q '))
    const found = await run({ key: '', requests, secrets, core: 'nobodysword' })
    expect(flawsOf(found)).toEqual(FLAWLESS)
  })

  it.each([
    ['reads', true],
    ['changes', false],
  ])(
    'to the operator, who knows names, domains, contacts and which services are well, and no more: by what %s',
    async (_, isRead) => {
      const secrets = { ...prefixed('north', north), ...prefixed('south', south) }
      const allowed = [north, south].flatMap(({ core }) => [
        ...[`${core}-contact@example.com`, `${core}-second.localhost`, `service="${core}-registered"`],
      ])
      const requests = corpusFor(north, south, 'operatorsword').filter(
        ({ method, route, about }) =>
          (method === 'GET') === isRead &&
          (isRead || !/\/admin\/(tenants|domains)/.test(route)) &&
          !about.startsWith('q '),
      )
      const found = await run({ key: server.ready.operatorKey, requests, secrets, core: 'operatorsword', allowed })
      expect(flawsOf(found)).toEqual(FLAWLESS)
    },
  )

  it('to whoever may only read or write', async () => {
    for (const [asking, other] of pairs()) {
      for (const key of [asking.queryKey, asking.ingestKey]) {
        const requests = corpusFor(asking, other).filter(({ about }) => /^(own example|foreign)/.test(about))
        const found = await run({ key, requests, secrets: other.secrets, core: asking.core })
        expect(flawsOf(found)).toEqual(FLAWLESS)
      }
    }
  })

  describe('to an owner, and nothing of the other is changed', () => {
    /** Routes whose answers hold the word of whoever asks. */
    const own = new Set<string>()

    const stages = STAGES.flatMap(([name, isOfStage]) => [0, 1].map((pair) => [name, pair, isOfStage] as const))

    it.each(stages)('by what %s, of pair %i', async (_, pair, isOfStage) => {
      const [asking, other] = pairs()[pair]
      const before = await belongingsOf(other)
      const requests = corpusFor(asking, other).filter(isOfStage)
      const found = await run({ key: asking.ownerKey, requests, secrets: other.secrets, core: asking.core })
      expect(flawsOf(found)).toEqual(FLAWLESS)
      for (const route of found.own) own.add(route)
      expect(await belongingsOf(other)).toEqual(before)
    })

    it('though the answers to it hold all that could leak', () => {
      expect([...own]).toEqual(expect.arrayContaining(TELLING))
    })
  })
})

describe('nothing of another tenant', () => {
  it('for what names it in a query', async () => {
    for (const [asking, other] of pairs()) {
      const client = connect(asking.queryKey)
      for (const q of [other.core, `*:${other.core}`, `host:${other.core}-host`, `has:${other.core}-field`]) {
        const found = await pageOf(client, `/logs?q=${encodeURIComponent(q)}`)
        expect({ q, data: found.data, matched: found.meta.matched }).toEqual({ q, data: [], matched: 0 })
        const posted = await client.post('/logs/search', JSON.stringify({ query: q, filters: { tenantId: other.id } }))
        expect(posted.text).toContain('"data":[]')
      }
      // The corpus has sent logs that say they are the other's: these are the only ones.
      const named = await client.get(`/logs?limit=1000&q=${encodeURIComponent(`tenant:${other.id}`)}`)
      expect(named.status).toBe(200)
      expect(leaksIn(bytesOf(named), other.secrets)).toEqual([])
      client.close()
    }
  })

  it('for whoever says in a header that they are it', async () => {
    const headers = {
      'x-tenant': south.id,
      'x-tenant-id': south.id,
      'x-forwarded-host': south.domain,
      forwarded: `host=${south.domain}`,
      'x-original-host': south.domain,
      'x-scope-orgid': south.id,
    }
    const answer = await connect(north.queryKey).get(`/logs?q=${north.core}`, headers)
    expect(answer.text).toContain(north.core)
    expect(leaksIn(bytesOf(answer), south.secrets)).toEqual([])
  })

  it('to an Idempotency-Key that it has used too', async () => {
    const headers = { 'idempotency-key': 'the-same-for-everybody-2' }
    const receipts = []
    for (const { ingestKey } of [north, south])
      receipts.push(await connect(ingestKey).post('/logs', `{"message":"${ingestKey.slice(-4)}"}`, headers))
    expect(receipts.map(({ status }) => status)).toEqual([202, 202])
    for (const { headers } of receipts) expect(headers['idempotency-replayed']).toBeUndefined()
  })
})

it('a key for one purpose does not serve another', async () => {
  expect((await connect(north.ingestKey).get('/logs')).status).toBe(403)
  expect((await connect(north.queryKey).post('/logs', '{"message":"not allowed"}')).status).toBe(403)
  expect((await connect(north.queryKey).get('/admin/usage')).status).toBe(403)
})

it('the operator’s key stores no logs, on no host', async () => {
  for (const host of ['127.0.0.1', north.domain, south.domain])
    expect((await connect(server.ready.operatorKey, host).post('/logs', '{"message":"x"}')).status).not.toBe(202)
})

describe('this test would tell', () => {
  const answerOf = (text: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
    ...{ status: 200, headers: { 'cache-control': 'no-store, private', ...headers }, text, bytes: Buffer.from(text) },
  })
  const sees = async (answer: (request: RouteRequest) => Answer) =>
    look(async (request) => answer(request), {
      requests: corpusFor(north, south).filter(({ route }) => route.includes('/logs/:id')),
      ...{ secrets: south.secrets, core: north.core },
    })

  it('of a leak in one answer of one route, in a body or a header', async () => {
    const isBad = ({ route, about }: RouteRequest) => route === 'GET /logs/:id' && about === 'foreign id'
    const leak = Buffer.from(`{"message":"${south.core}-message"}`).toString('base64url')
    for (const bad of [answerOf(`{"a":"${south.core}"}`), answerOf('{}', { etag: leak }), answerOf(south.queryKey)]) {
      const { leaks } = await sees((request) => (isBad(request) ? bad : answerOf('{}')))
      expect(leaks.length).toBeGreaterThan(0)
      for (const text of leaks) expect(text).toContain('GET /logs/:id (foreign id)')
    }
  })

  it('of an answer that may be stored, and of a failure', async () => {
    const { stored, asked } = await sees(() => answerOf('{}', { 'cache-control': 'no-store' }))
    expect(stored).toHaveLength(asked)
    expect((await sees(() => ({ ...answerOf('{}'), status: 500 }))).failures).toHaveLength(asked)
  })

  it('of nothing where there is nothing', async () => {
    expect(flawsOf(await sees(() => answerOf('{}')))).toEqual(FLAWLESS)
  })
})
