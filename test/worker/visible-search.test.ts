import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { type Bootstrap, bootstrap } from '../../src/admin/bootstrap'
import { router } from '../../src/router'
import { NewKeyAnswer } from '../../src/routes/key-answer'
import { tenantStub } from '../../src/tenant-stub'
import worker from '../../src/worker'
import { TailClient } from '../support/tail-client'

/** Of hidden records, or of how many there are. */
const HIDDEN = /canary7f3a|"total":20/

/** In every record that the caller may not see, in each member that a search can be about. */
const CANARY = 'canary7f3a'
const SEEN = 'visible9b1c'
const UUID = { seen: '0b0e3a8c-3f0a-4d53-9e0e-0d6d3d7c1a11', hidden: '5f4dcc3b-5aa7-465d-8327-deb882cf99aa' }

let demo: NonNullable<Bootstrap['tenant']>
let narrow = ''
let other = ''
const ids = { seen: '', hidden: '' }

vi.setConfig({ testTimeout: 30_000 })

/** A tail that ends is read like any other answer. */
const acceptOf = (path: string): Record<string, string> =>
  path.startsWith('/logs/tail?') ? { accept: 'text/event-stream' } : {}

async function ask(key: string, route: string, body?: unknown, headers: Record<string, string> = {}) {
  const [method, path] = route.split(/ (.*)/s)
  const init = { method, headers: { authorization: `Bearer ${key}`, ...acceptOf(path), ...headers } }
  const request = new Request<unknown, IncomingRequestCfProperties>(
    `http://localhost:8787${path}`,
    body === undefined ? init : { ...init, body: JSON.stringify(body) },
  )
  const ctx = createExecutionContext()
  const response = await worker.fetch(request, env, ctx)
  const text = new TextDecoder().decode(await response.arrayBuffer())
  await waitOnExecutionContext(ctx)
  return { status: response.status, headers: response.headers, text }
}

const makeKey = async (filter: string) => {
  const made = await ask(demo.adminKey, 'POST /admin/keys', { kind: 'rd', filter })
  expect(made.status, made.text).toBe(201)
  return NewKeyAnswer.parse(JSON.parse(made.text)).key
}

const Page = z.object({
  data: z.array(z.object({ id: z.string(), service: z.string() })),
  page: z.object({ next_cursor: z.string().nullable() }),
})

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
  const { tenant } = await bootstrap(env, { demo: true, nowMs: Date.now() })
  demo = tenant ?? expect.fail('the demo tenant is missing')
  const records = Array.from({ length: 40 }, (_, index) => {
    const word = index % 2 === 0 ? SEEN : CANARY
    const isFirst = index < 2
    return {
      ...{ service: index % 2 === 0 ? 'mine' : CANARY, level: 'error', message: `payment ${word} number ${index}` },
      ...{
        time: Date.now() - 60_000 + index,
        host: `host-${word}`,
        [`field_${word}`]: word,
        trace_id: `${index}${word}`,
      },
      ...(isFirst && { id: index === 0 ? UUID.seen : UUID.hidden }),
    }
  })
  // Half of them in a segment, half in the journal.
  for (const part of [records.slice(0, 20), records.slice(20)]) {
    const sent = await ask(demo.ingestKey, 'POST /logs', part)
    expect(sent.status, sent.text).toBe(202)
    if (part[0] === records[0]) await tenantStub(env, demo.id).wake()
  }
  const all = Page.parse(JSON.parse((await ask(demo.queryKey, 'GET /logs?limit=100&order=asc')).text))
  expect(all.data).toHaveLength(40)
  ids.seen = all.data[0].id
  ids.hidden = all.data[1].id
  const told = await ask(demo.ingestKey, 'POST /integration/cross-service', {
    ...{
      sourceService: `from-${CANARY}`,
      targetService: `to-${CANARY}`,
      operation: 'sync',
      correlationId: 'req-456',
      data: {},
    },
  })
  expect(told.status, told.text).toBe(202)
  narrow = await makeKey('service:mine')
  other = await makeKey(`service:${CANARY}`)
})

/** What somebody may write to see more than their filter lets them. */
const QUERIES = [
  '',
  '*',
  CANARY,
  `service:${CANARY}`,
  `mine OR ${CANARY}`,
  `service:mine OR service:${CANARY}`,
  `OR service:${CANARY}`,
  `) OR (service:${CANARY}`,
  `(service:mine) OR (service:${CANARY})`,
  'NOT service:mine',
  '-service:mine',
  '!service:mine',
  'NOT (NOT service:mine)',
  `-(service:mine) OR -(-service:${CANARY})`,
  'service:!=mine',
  'service!=mine',
  'service:*',
  `message~/${CANARY}|.*/`,
  '~"."',
  `# service:mine\n service:${CANARY}`,
  ` # ) OR service:${CANARY}`,
  `service:mine # \n OR service:${CANARY}`,
  `${SEEN} || ${CANARY}`,
  `trace_id:*${CANARY}`,
  `host:host-${CANARY}`,
  `field_${CANARY}:*`,
  '_:*',
  'level:error OR level:info',
  'time:>1970-01-01',
  `id:${'{hidden}'}`,
]

const PIPES = [
  '| count by service',
  '| stats count() as n, uniq(message) as u, max(message) as m by host',
  `| top 10 service`,
  '| fields service, message, host',
  '| sort message desc',
  '| dedup service',
  '| limit 1000',
  '| timeline 1m by service',
  '| patterns',
]

/** Addresses of each read route for a query. */
const READS: Readonly<Record<string, (q: string) => string[]>> = {
  'GET /logs': (q) => [
    `/logs?limit=100&q=${q}`,
    `/logs?limit=100&order=asc&q=${q}`,
    `/logs?service=mine,${CANARY}&q=${q}`,
  ],
  'GET /logs/export': (q) => [`/logs/export?q=${q}`, `/logs/export?format=csv&q=${q}`],
  'GET /logs/:id': () => [`/logs/${ids.hidden}`],
  'GET /logs/:id/context': () => [
    `/logs/${ids.seen}/context?scope=all&before=100&after=100`,
    `/logs/${ids.hidden}/context?scope=all`,
  ],
  'GET /analytics/histogram': (q) => [`/analytics/histogram?by=service&q=${q}`, `/analytics/histogram?by=host&q=${q}`],
  'GET /analytics/facets': (q) => [`/analytics/facets?q=${q}`, `/analytics/facets?fields=service,host,trace_id&q=${q}`],
  'GET /logs/tail': (q) => [`/logs/tail?follow=false&after=0-0&q=${q}`, `/logs/tail?follow=false&backlog=1000&q=${q}`],
  'GET /analytics/fields': (q) => [`/analytics/fields?q=${q}`],
  'GET /integration/cross-service': () => [
    '/integration/cross-service?limit=100',
    '/integration/cross-service?correlationId=req-456',
  ],
  'GET /integration/graph': () => ['/integration/graph?from=1h'],
  'GET /api/v1/logs/search': () => ['/api/v1/logs/search?limit=1000', `/api/v1/logs/search?service=${CANARY}`],
  'GET /api/v1/logs/logs/:id': () => [`/api/v1/logs/logs/${ids.hidden}`, `/api/v1/logs/logs/${UUID.hidden}`],
  'GET /api/v1/logs/logs/:id/full': () => [
    `/api/v1/logs/logs/${ids.hidden}/full`,
    `/api/v1/logs/logs/${UUID.hidden}/full`,
  ],
  'GET /api/v1/logs/services': () => ['/api/v1/logs/services'],
  'GET /api/v1/logs/stats/:service': () => [`/api/v1/logs/stats/${CANARY}`],
  'GET /api/v1/logs/recent/:service': () => [`/api/v1/logs/recent/${CANARY}`],
}

/** The scopes by which logs are seen. */
const READING: ReadonlySet<unknown> = new Set(['logs:read', 'tail'])

/** What reads no logs, and what counts all of a tenant's: that is refused. */
const NO_LOGS = [
  'GET /metrics',
  'POST /session',
  'GET /session',
  'DELETE /session',
  'POST /logs/search',
  'POST /logs/tail/tickets',
]

/** The caller’s own words come back in the query’s normal form and in diagnostics. */
const withoutEcho = (text: string): string =>
  text
    .replaceAll(/"query":\{"normalized".*?"range":/gs, '"range":')
    .replaceAll(/event: hello\n.*?\n\n/gs, '')
    .replaceAll(/"warnings":\[.*?\]/gs, '')
    .replaceAll(`"service_name":"${CANARY}"`, '')

describe('who sees some of the logs', () => {
  it('is asked about for every route that reads logs', () => {
    const reads = router.routes.flatMap(([method, , steps, path]) =>
      steps.some((step) => 'scope' in step && READING.has(step.scope)) ? [`${method} ${path}`] : [],
    )
    expect(Object.keys(READS).concat(NO_LOGS).toSorted()).toEqual(reads.toSorted())
  })

  for (const [route, addresses] of Object.entries(READS)) {
    it(`finds nothing else through ${route}, whatever they ask`, async () => {
      const texts = [...QUERIES, ...PIPES, ...PIPES.map((pipe) => `service:mine OR ${CANARY} ${pipe}`)]
      const others = await Promise.all(addresses('').map((address) => ask(demo.queryKey, `GET ${address}`)))
      expect(withoutEcho(others.map(({ text }) => text).join('')), 'seen by who sees all').toMatch(HIDDEN)
      const asked = texts.flatMap((text) => addresses(encodeURIComponent(text.replace('{hidden}', ids.hidden))))
      for (const address of new Set(asked)) {
        const { status, text } = await ask(narrow, `GET ${address}`)
        expect([200, 400, 404], `${address}: ${text}`).toContain(status)
        // A query that cannot be understood is told so in the caller's own words.
        if (status !== 400) expect(withoutEcho(text), address).not.toContain(CANARY)
      }
    })
  }

  it('finds nothing else by changing the query of an open tail', async () => {
    const headers = { authorization: `Bearer ${narrow}`, upgrade: 'websocket' }
    const { webSocket } = await exports.default.fetch('http://localhost:8787/logs/tail', { headers })
    if (webSocket === null) return expect.fail('the tail was refused')
    const client = new TailClient(webSocket)
    webSocket.accept()
    const texts = [...QUERIES, ...PIPES, '']
    for (const [index, q] of texts.entries()) {
      client.say({ t: 'sub', sub: index + 2, q: q.replace('{hidden}', ids.hidden), after: '0-0' })
      await vi.waitFor(() =>
        expect(client.frames.some((frame) => 'sub' in frame && frame.sub === index + 2)).toBe(true),
      )
    }
    await vi.waitFor(() =>
      expect(client.rows.slice(-20).map(({ service }) => service)).toEqual(Array.from({ length: 20 }, () => 'mine')),
    )
    client.close()
    const sent = client.texts.filter((text) => !/^\{"t":"(?:hello|problem)"/.test(text))
    expect(sent.join('')).not.toContain(CANARY)
  })

  it('finds nothing else by a JSON body', async () => {
    for (const query of [...QUERIES, ...PIPES]) {
      for (const filters of [{}, { service: ['mine', CANARY] }]) {
        const { status, text } = await ask(narrow, 'POST /logs/search', { query, filters, limit: 100 })
        expect([200, 400], text).toContain(status)
        if (status === 200) expect(withoutEcho(text), query).not.toContain(CANARY)
      }
    }
  })

  it('finds all that they may see, and counts no more', async () => {
    const { text } = await ask(narrow, 'GET /logs?limit=100')
    const found = Page.parse(JSON.parse(text))
    expect(found.data).toHaveLength(20)
    expect(new Set(found.data.map(({ service }) => service))).toEqual(new Set(['mine']))
    const counted = await ask(narrow, `GET /logs?q=${encodeURIComponent('| count')}`)
    expect(JSON.parse(counted.text)).toMatchObject({ data: [{ count: 20 }], meta: { matched: 20 } })
    expect(JSON.parse((await ask(narrow, 'GET /api/v1/logs/search')).text)).toMatchObject({ total: 20 })
    expect(JSON.parse((await ask(narrow, 'GET /api/v1/logs/services')).text)).toEqual({ services: ['mine'] })
    expect((await ask(narrow, `GET /logs/${ids.seen}`)).status).toBe(200)
    expect((await ask(narrow, `GET /api/v1/logs/logs/${UUID.seen}`)).status).toBe(200)
  })

  it('gets for a log that is hidden, byte for byte, what a log that is not there gets', async () => {
    const absent = `${ids.seen.slice(0, -1)}${ids.seen.endsWith('0') ? '1' : '0'}`
    for (const path of ['/logs/{id}', '/logs/{id}/context', '/api/v1/logs/logs/{id}', '/api/v1/logs/logs/{id}/full']) {
      const [hidden, nothing] = await Promise.all(
        [ids.hidden, absent].map((id) =>
          ask(narrow, `GET ${path.replace('{id}', id)}`, undefined, { 'x-request-id': 'same' }),
        ),
      )
      expect(hidden.status).toBe(404)
      expect({ ...hidden, headers: [...hidden.headers] }).toEqual({ ...nothing, headers: [...nothing.headers] })
    }
  })

  it('cannot go on from a page of somebody who sees other logs', async () => {
    for (const path of ['/logs?limit=5', '/logs/export?format=ndjson']) {
      const cursors = await Promise.all(
        [narrow, other, demo.queryKey].map(async (key) => {
          const first = Page.parse(JSON.parse((await ask(key, 'GET /logs?limit=5')).text))
          return first.page.next_cursor ?? expect.fail('there is one page only')
        }),
      )
      for (const [index, key] of [narrow, other, demo.queryKey].entries()) {
        for (const [from, cursor] of cursors.entries()) {
          const { status, text } = await ask(key, `GET ${path}&cursor=${encodeURIComponent(cursor)}`)
          expect(status, text).toBe(from === index ? 200 : 400)
          if (status === 400) expect(JSON.parse(text)).toMatchObject({ code: 'cursor_mismatch' })
        }
      }
    }
  })

  it('sees less on the very next request after their filter was made narrower', async () => {
    const key = await makeKey(`service:mine OR service:${CANARY}`)
    expect((await ask(key, `GET /logs/${ids.hidden}`)).status).toBe(200)
    const { data } = z
      .object({ data: z.array(z.object({ id: z.string(), last4: z.string() })) })
      .parse(JSON.parse((await ask(demo.adminKey, 'GET /admin/keys')).text))
    const id = data.find(({ last4 }) => last4 === key.slice(-4))?.id
    expect((await ask(demo.adminKey, `PATCH /admin/keys/${id}`, { filter: 'service:mine' })).status).toBe(200)
    expect((await ask(key, `GET /logs/${ids.hidden}`)).status).toBe(404)
  })
})
