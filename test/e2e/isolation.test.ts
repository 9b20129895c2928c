import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { SEGMENT_ROWS_MAX } from '../../src/limits/limits'
import { pageOf, receiptOf, usageOf } from '../support/answers'
import { type Answer, Client } from '../support/client'
import { startWithTwoTenants, type Tenant } from '../support/second-tenant'
import { endAllServers, type Server } from '../support/server'

/** A tenant, and what only its own answers may hold. */
interface Party extends Tenant {
  readonly canary: string
}

/** Every address that answers a GET, with the ids of whoever is asked about. */
const ROUTES = [
  '/logs',
  '/logs?limit=1000&order=asc',
  '/logs?q=canary',
  '/logs?q=CANARY&fields=message,service,secret',
  '/logs?q=service:canaries',
  '/logs?q=*:canary',
  '/logs/search',
  '/logs/export?q=canary',
  '/logs/export?q=canary&format=csv',
  '/logs/tail',
  '/analytics/histogram',
  '/analytics/facets',
  '/analytics/fields',
  '/analytics/summary',
  '/admin/usage',
  '/admin/keys',
  '/admin/domains',
  '/admin/settings',
  '/admin/audit',
  '/metrics',
  '/openapi.json',
  '/health',
  '/',
]

let server: Server
let acme: Party
let globex: Party

beforeAll(async () => {
  const both = await startWithTwoTenants({ flags: ['--quiet'] })
  server = both.server
  acme = { ...server.tenant, domain: server.tenant.domain, canary: 'canary-yellow-4f1d' }
  globex = { ...both.globex, canary: 'canary-purple-b86e' }
  for (const party of [acme, globex]) await release(party)
})
afterAll(endAllServers)

/** Puts canaries into every part of a record, in the journal and in segments. */
async function release({ ingestKey, adminKey, canary }: Party): Promise<void> {
  const log = JSON.stringify({
    message: `a message with ${canary}`,
    service: 'canaries',
    host: canary,
    [canary]: canary,
    secret: { nested: [canary] },
    trace_id: canary,
  })
  const writer = new Client({ port: server.port, key: ingestKey })
  const many = `${log}\n`.repeat(50) + '{"message":"a log among others"}\n'.repeat(9000)
  for (let sent = 0; sent < SEGMENT_ROWS_MAX + 5000; sent += 9000) receiptOf(await writer.post('/logs', many))
  const admin = new Client({ port: server.port, key: adminKey })
  await vi.waitFor(async () => expect((await usageOf(admin)).generation).toBeGreaterThan(0), { timeout: 20_000 })
}

const connect = (key: string, host?: string) => new Client({ port: server.port, key, ...(host && { host }) })

const bytesOf = ({ headers, text }: Answer): string => `${JSON.stringify(headers)}\n${text}`

/** Everything but what names the request itself. */
function shapeOf({ status, headers, text }: Answer) {
  const { 'x-request-id': requestId, date: _, ...others } = headers
  return { status, headers: others, text: text.replaceAll(String(requestId), 'the request'), length: text.length }
}

const pairs = (): [asking: Party, other: Party][] => [
  [acme, globex],
  [globex, acme],
]

const keysOf = ({ ingestKey, queryKey, adminKey }: Tenant): string[] => [ingestKey, queryKey, adminKey]

describe('no byte of another tenant', () => {
  it('in any answer to any key, on any host', async () => {
    let ownCanaries = 0
    for (const [asking, other] of pairs()) {
      for (const host of ['127.0.0.1', 'localhost', asking.domain, other.domain, 'nobody.localhost']) {
        for (const key of keysOf(asking)) {
          const client = connect(key, host)
          for (const route of ROUTES) {
            const answer = await client.get(route)
            expect(answer.status, route).toBeLessThan(500)
            expect(bytesOf(answer), `${host}${route}`).not.toContain(other.canary)
            expect(bytesOf(answer), `${host}${route}`).not.toContain(other.id)
            if (answer.text.includes(asking.canary)) ownCanaries++
          }
          client.close()
        }
      }
    }
    expect(ownCanaries).toBeGreaterThan(0)
  })

  it('for what names it in a query', async () => {
    for (const [asking, other] of pairs()) {
      const client = connect(asking.queryKey)
      for (const q of [
        other.canary,
        `*:${other.canary}`,
        `tenant:${other.id}`,
        `host:${other.canary}`,
        `has:${other.canary}`,
      ]) {
        const found = await pageOf(client, `/logs?q=${encodeURIComponent(q)}`)
        expect({ q, data: found.data, matched: found.meta.matched }).toEqual({ q, data: [], matched: 0 })
        const posted = await client.post('/logs/search', JSON.stringify({ query: q, filters: { tenantId: other.id } }))
        expect(posted.text).toContain('"data":[]')
      }
    }
  })

  it('for whoever says in a header that they are it', async () => {
    const headers = {
      'x-tenant': globex.id,
      'x-tenant-id': globex.id,
      'x-forwarded-host': globex.domain,
      forwarded: `host=${globex.domain}`,
      'x-original-host': globex.domain,
      'x-scope-orgid': globex.id,
    }
    const answer = await connect(acme.queryKey).get('/logs?q=canary', headers)
    expect(answer.text).toContain(acme.canary)
    expect(bytesOf(answer)).not.toContain(globex.canary)
  })
})

describe('not yours is answered like missing', () => {
  it('a log by its id, and its context', async () => {
    for (const [asking, other] of pairs()) {
      const theirs = await newestOf(other)
      const missing = theirs.slice(0, -4) + (theirs.endsWith('zzzz') ? 'yyyy' : 'zzzz')
      for (const rest of ['', '/context', '/context?scope=all&before=5&after=5']) {
        const client = connect(asking.queryKey)
        const [notMine, nothing] = [
          await client.get(`/logs/${theirs}${rest}`),
          await client.get(`/logs/${missing}${rest}`),
        ]
        expect(notMine.status).toBe(404)
        expect(shapeOf(notMine)).toEqual(shapeOf(nothing))
      }
    }
  })

  it('a domain, for every route and method', async () => {
    for (const [asking, other] of pairs()) {
      for (const route of ROUTES.filter((known) => known.startsWith('/logs') || known.startsWith('/admin'))) {
        const theirs = await connect(asking.adminKey, other.domain).get(route)
        const nobodys = await connect(asking.adminKey, 'nobody.localhost').get(route)
        expect(theirs.status, route).toBe(404)
        expect(shapeOf(theirs), route).toEqual(shapeOf(nobodys))
      }
      const body = JSON.stringify({ message: 'an intruder' })
      const theirs = await connect(asking.ingestKey, other.domain).post('/logs', body)
      const nobodys = await connect(asking.ingestKey, 'nobody.localhost').post('/logs', body)
      expect(theirs.status).toBe(404)
      expect(shapeOf(theirs)).toEqual(shapeOf(nobodys))
      expect((await pageOf(connect(other.queryKey), '/logs?q=intruder')).data).toEqual([])
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
    const [unknown, damaged] = [`${acme.queryKey.slice(0, -1)}${acme.queryKey.endsWith('A') ? 'B' : 'A'}`, 'slc_rd_x']
    const answers = [await connect(unknown).get('/logs'), await connect(damaged).get('/logs')]
    expect(answers[0].status).toBe(401)
    expect(shapeOf(answers[0])).toEqual(shapeOf(answers[1]))
  })
})

it('the domain and the key of one tenant lead to its logs, however the host is written', async () => {
  for (const [asking] of pairs()) {
    for (const host of [asking.domain, asking.domain.toUpperCase(), '127.0.0.1', 'localhost']) {
      const { data } = await pageOf(connect(asking.queryKey, host), '/logs?q=canary&limit=5')
      expect(data).toHaveLength(5)
    }
  }
})

it('a key for one purpose does not serve another', async () => {
  expect((await connect(acme.ingestKey).get('/logs')).status).toBe(403)
  expect((await connect(acme.queryKey).post('/logs', '{"message":"not allowed"}')).status).toBe(403)
  expect((await connect(acme.queryKey).get('/admin/usage')).status).toBe(403)
})

it('the operator’s key reads no logs of a tenant, on no host', async () => {
  for (const host of ['127.0.0.1', acme.domain, globex.domain]) {
    for (const route of ROUTES) {
      const answer = await connect(server.ready.operatorKey, host).get(route)
      expect(answer.status, route).toBeLessThan(500)
      for (const { canary } of [acme, globex]) expect(bytesOf(answer), `${host}${route}`).not.toContain(canary)
    }
    expect((await connect(server.ready.operatorKey, host).post('/logs', '{"message":"x"}')).status).not.toBe(202)
  }
})

async function newestOf(party: Party): Promise<string> {
  const { data } = await pageOf(connect(party.queryKey), '/logs?limit=1')
  return data[0].id
}
