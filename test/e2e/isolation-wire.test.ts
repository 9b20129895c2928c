import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pageOf } from '../support/answers'
import { Client } from '../support/client'
import { sendRaw } from '../support/raw-request'
import { startWithTwoTenants, type Tenant } from '../support/second-tenant'
import { endAllServers, type Server } from '../support/server'

let server: Server
let acme: Server['tenant']
let globex: Tenant

beforeAll(async () => {
  const both = await startWithTwoTenants({ flags: ['--quiet'] })
  server = both.server
  acme = server.tenant
  globex = both.globex
})
afterAll(endAllServers)

const bearer = (key: string): string => `Authorization: Bearer ${key}`

/** All answers to what is written on one connection, by their statuses. */
async function statusesOf(lines: readonly string[], body = ''): Promise<string[]> {
  const answer = await sendRaw(server.port, `${lines.join('\r\n')}\r\n\r\n${body}`, { isLast: true })
  return Array.from(answer.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => status)
}

const storedBy = async (tenant: Pick<Tenant, 'queryKey'>, word: string): Promise<number> => {
  const client = new Client({ port: server.port, key: tenant.queryKey })
  const { meta } = await pageOf(client, `/logs?q=${word}`)
  client.close()
  return meta.matched
}

describe('one request that could be read as two', () => {
  const inner = (word: string) => {
    const body = `{"message":"${word}"}`
    return [
      'POST /logs HTTP/1.1',
      'Host: localhost',
      bearer(globex.ingestKey),
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n')
  }

  it.each([
    ['both lengths', ['Content-Length: 5', 'Transfer-Encoding: chunked']],
    ['both lengths, the other way round', ['Transfer-Encoding: chunked', 'Content-Length: 5']],
    ['two lengths', ['Content-Length: 5', 'Content-Length: 300']],
    ['two lengths in one', ['Content-Length: 5, 300']],
    ['a length with a sign', ['Content-Length: +5']],
    ['a length in hex', ['Content-Length: 0x5']],
    ['a coding with a space before the colon', ['Transfer-Encoding : chunked', 'Content-Length: 5']],
    ['a coding behind a tab', ['Transfer-Encoding:\tchunked', 'Content-Length: 5']],
    ['a coding that is folded', ['X-Folded: a', ' Transfer-Encoding: chunked', 'Content-Length: 5']],
    ['a coding that is no coding', ['Transfer-Encoding: xchunked', 'Content-Length: 5']],
    ['two codings', ['Transfer-Encoding: chunked, identity', 'Content-Length: 5']],
    ['two headers of codings', ['Transfer-Encoding: chunked', 'Transfer-Encoding: x', 'Content-Length: 5']],
    ['a coding behind a vertical tab', ['Transfer-Encoding: \u000bchunked', 'Content-Length: 5']],
    ['a bare line feed', ['X: a\nTransfer-Encoding: chunked', 'Content-Length: 5']],
    ['a bare return', ['X: a\rTransfer-Encoding: chunked', 'Content-Length: 5']],
  ])('%s: nobody’s words are stored as those of the other', async (name, headers) => {
    const word = `smuggled${name.replaceAll(/\W/g, '')}`
    const head = ['POST /logs HTTP/1.1', 'Host: localhost', bearer(acme.ingestKey), ...headers]
    const body = `0\r\n\r\n${inner(word)}`
    const statuses = await statusesOf(head, body)
    expect([statuses.length, await storedBy(globex, word)], statuses.join()).toEqual([1, 0])
    expect(statuses[0]).toMatch(/^4/)
    expect(await storedBy(acme, word)).toBe(0)
  })

  it('two that are two are answered as two', async () => {
    const body = '{"message":"the first"}'
    const head = ['POST /logs HTTP/1.1', 'Host: localhost', bearer(acme.ingestKey), `Content-Length: ${body.length}`]
    expect(await statusesOf(head, `${body}${inner('pipelined')}`)).toEqual(['202', '202'])
    expect([await storedBy(acme, 'pipelined'), await storedBy(globex, 'pipelined')]).toEqual([0, 1])
  })

  it('a body that holds a request is a body', async () => {
    const text = inner('embedded')
    const head = ['POST /logs HTTP/1.1', 'Host: localhost', bearer(acme.ingestKey), 'Content-Type: text/plain']
    expect(await statusesOf([...head, `Content-Length: ${text.length}`], text)).toEqual(['202'])
    expect(await storedBy(globex, 'embedded')).toBe(0)
  })
})

describe('a header that comes twice', () => {
  const get = (...headers: string[]) => statusesOf(['GET /logs HTTP/1.1', ...headers, 'Connection: close'])

  it('proves nothing, when it is who asks', async () => {
    const [first, second] = [bearer(acme.queryKey), bearer(globex.queryKey)]
    for (const headers of [
      [first, second],
      [first, first],
      [first, 'Authorization: Basic YTpi'],
      [`X-API-Key: ${acme.queryKey}`, `X-API-Key: ${globex.queryKey}`],
    ])
      expect(await get('Host: localhost', ...headers)).toEqual(['401'])
    expect(await get('Host: localhost', first)).toEqual(['200'])
  })

  it('is a bad request, when it is the host', async () => {
    for (const headers of [
      ['Host: acme.localhost', 'Host: globex.localhost'],
      ['Host: acme.localhost', 'hOST: acme.localhost'],
    ])
      expect((await get(...headers, bearer(acme.queryKey)))[0]).toMatch(/^40[04]$/)
  })
})

describe('addresses and heads that are no such', () => {
  const target = (text: string) =>
    statusesOf([`GET ${text} HTTP/1.1`, 'Host: localhost', bearer(acme.queryKey), 'Connection: close'])

  it.each([
    ...[
      '/logs\u0000',
      '/logs%00',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/logs/..%2f..%2fadmin%2fkeys',
      '/logs%2f..%2fadmin%2fusage',
    ],
    ...['/admin%2fkeys', '/logs/%252e%252e/admin/keys', '/logs/.%00./admin', '/logs..', '/logs./'],
    ...['/%c0%ae%c0%ae/admin/keys', '/\\..\\admin', '/logs%0d%0aHost:%20globex.localhost', `/${'x'.repeat(20_000)}`],
  ])('%s leads to no other route', async (text) => {
    const [status] = await target(text)
    expect(status).toMatch(/^(400|404|410|414|431)$/)
  })

  it('what is another route once dots are taken away has the policy of that route', async () => {
    for (const text of ['/logs;/../admin/keys', '/logs/%2e%2e/admin/keys', '/logs/.%2E/admin/keys', '//admin//keys'])
      expect(await target(text), text).toEqual(['403'])
  })

  it('a token of a megabyte, and a thousand headers, are refused and cost nothing more', async () => {
    const long = await sendRaw(
      server.port,
      `GET /logs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${'x'.repeat(1_000_000)}\r\nConnection: close\r\n\r\n`,
      { isLast: false },
    ).catch(() => 'closed')
    expect(long).toMatch(/^(HTTP\/1\.1 4\d\d |closed|$)/)
    const many = Array.from({ length: 1000 }, (_, index) => `X-${index}: 1`)
    const [status] = await statusesOf(['GET /logs HTTP/1.1', 'Host: localhost', ...many, bearer(acme.queryKey)])
    expect(status).toMatch(/^(200|400|431)$/)
    for (const word of ['key\u0000', '\u0000', 'slc_rd_\u0000x', 'a\u007fb']) {
      const [refused] = await statusesOf(['GET /logs HTTP/1.1', 'Host: localhost', bearer(word), 'Connection: close'])
      expect(refused).toMatch(/^40[01]$/)
    }
    expect(await target('/logs')).toEqual(['200'])
  })
})
