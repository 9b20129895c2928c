import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Page, Problem, pageOf, pagesOf, readAll, receiptOf, usageOf } from '../support/answers'
import { Client, parseAnswer } from '../support/client'
import { randomIntegers } from '../support/sample-logs'
import { startWithTwoTenants, type Tenant } from '../support/second-tenant'
import { endAllServers, type Server } from '../support/server'

const HOUR_MS = 3_600_000
const WRITERS = 4
const ANSWER_MS_MAX = 2000

let server: Server
let acme: Tenant
let globex: Tenant

beforeAll(async () => {
  const both = await startWithTwoTenants({ flags: ['--quiet'] })
  server = both.server
  acme = server.tenant
  globex = both.globex
})
afterAll(endAllServers)

const connect = (key: string) => new Client({ port: server.port, key })

it('shows a log to the next request on another connection as soon as its POST is answered', async () => {
  const writer = connect(acme.ingestKey)
  const reader = connect(acme.queryKey)
  for (let turn = 0; turn < 200; turn++) {
    const message = `nothing may come between ${turn} and you`
    receiptOf(await writer.post('/logs', JSON.stringify({ message })))
    const { data, meta } = await pageOf(reader, `/logs?q=${encodeURIComponent(`"between ${turn} and"`)}`)
    expect(data.map((log) => log.message)).toEqual([message])
    expect(meta).toMatchObject({ matched: 1, partial: false })
  }
})

describe('pages while others write', () => {
  for (const order of ['asc', 'desc'] as const) {
    it(`neither skip nor repeat a log, ${order}`, async () => {
      const endMs = Date.now() - HOUR_MS
      const seeded = await seedLogs(`seed-${order}`, 5000, endMs)
      const reader = connect(acme.queryKey)
      const target = `/logs?q=${encodeURIComponent(`run:seed-${order}`)}&order=${order}&limit=100`
      const pages = pagesOf(reader, target)
      const read = [...((await pages.next()).value ?? [])]
      // The first page has fixed what the others show.
      const writing = startWriters(`seed-${order}`, endMs)
      for await (const page of pages) {
        read.push(...page)
        await writing.oneMore()
      }
      const added = await writing.end()
      const expected = order === 'asc' ? seeded : seeded.toReversed()
      expect(read.map(numberOf)).toEqual(expected)
      expect(added).toBeGreaterThan(10_000)
      expect(await readAll(reader, target.replace('limit=100', 'limit=1000'))).toHaveLength(5000 + added)
    })
  }

  it('were read across seals and publications', async () => {
    expect((await usageOf(connect(acme.adminKey))).generation).toBeGreaterThan(0)
  })
})

/** Logs with a few distinct times, so that many share one; answers their numbers in ascending order. */
async function seedLogs(run: string, count: number, endMs: number): Promise<number[]> {
  const writer = connect(acme.ingestKey)
  const logs = Array.from({ length: count }, (_, number) => ({ timeMs: endMs - (number % 700) * 5000, number }))
  for (let first = 0; first < count; first += 500) {
    const lines = logs.slice(first, first + 500).map((log) => toLine(run, log))
    receiptOf(await writer.post('/logs', lines.join('\n')))
  }
  return logs
    .sort((left, right) => left.timeMs - right.timeMs || left.number - right.number)
    .map(({ number }) => number)
}

const toLine = (run: string, { timeMs, number }: { timeMs: number; number: number }): string =>
  JSON.stringify({ time: new Date(timeMs).toISOString(), message: 'a log among others', run, number })

function numberOf({ body }: { body?: unknown }): unknown {
  return typeof body === 'object' && body !== null && 'number' in body ? body.number : undefined
}

/** Writers that add logs to a run, most of them with times between those that are there, until they are ended. */
function startWriters(run: string, endMs: number) {
  const random = randomIntegers(7)
  let added = 0
  let isOver = false
  let note: () => void = () => {}
  let next = new Promise<void>((resolve) => {
    note = resolve
  })
  const write = async (): Promise<void> => {
    const writer = connect(acme.ingestKey)
    while (!isOver) {
      const rows = 1 + random(400)
      const lines = Array.from({ length: rows }, () =>
        toLine(run, { timeMs: endMs - random(HOUR_MS) + 60_000, number: -1 }),
      )
      receiptOf(await writer.post('/logs', lines.join('\n')))
      added += rows
      note()
      next = new Promise((resolve) => {
        note = resolve
      })
    }
  }
  const writing = Promise.all(Array.from({ length: WRITERS }, write))
  return {
    /** Resolves when another batch has been stored. */
    oneMore: () => Promise.race([next, writing]),
    end: async (): Promise<number> => {
      isOver = true
      await writing
      return added
    },
  }
}

describe('a cursor', () => {
  const query = '/logs?q=run:cursors&limit=10'
  const cursorOf = async (reader: Client, target = query): Promise<string> => {
    const { page } = await pageOf(reader, target)
    return `${page.next_cursor}`
  }

  beforeAll(async () => {
    await seedLogs('cursors', 50, Date.now() - HOUR_MS)
    const body = Array.from({ length: 50 }, (_, number) => toLine('cursors', { timeMs: Date.now(), number })).join('\n')
    receiptOf(await connect(globex.ingestKey).post('/logs', body))
  })

  it('goes on where its page ended', async () => {
    const reader = connect(acme.queryKey)
    const cursor = await cursorOf(reader)
    const first = await pageOf(reader, query)
    const second = await pageOf(reader, `${query}&cursor=${cursor}`)
    const both = [...first.data, ...second.data].map(({ id }) => id)
    expect(new Set(both).size).toBe(20)
    expect(await pageOf(reader, `${query}&cursor=${cursor}`)).toMatchObject({ data: second.data })
  })

  it('goes on with a range that is told from now', async () => {
    const reader = connect(acme.queryKey)
    const target = `${query}&from=3h&to=0m`
    expect(await readAll(reader, target)).toHaveLength(50)
  })

  it.each([
    ['another query', '/logs?q=run:others&limit=10'],
    ['another order', `${query}&order=asc`],
    ['another range', `${query}&from=2h`],
    ['a bound more', `${query}&to=1m`],
    ['a parameter that filters', `${query}&level=info`],
  ])('of a search is refused for %s', async (_, target) => {
    const reader = connect(acme.queryKey)
    await expectMismatch(reader, target, await cursorOf(reader))
  })

  it('of one tenant is refused for another', async () => {
    await expectMismatch(connect(globex.queryKey), query, await cursorOf(connect(acme.queryKey)))
    await expectMismatch(connect(acme.queryKey), query, await cursorOf(connect(globex.queryKey)))
  })

  it('is refused with any character changed, cut or added', async () => {
    const reader = connect(acme.queryKey)
    const cursor = await cursorOf(reader)
    const random = randomIntegers(11)
    for (let turn = 0; turn < 40; turn++) {
      const at = random(cursor.length)
      const other = cursor[at] === 'A' ? 'B' : 'A'
      await expectMismatch(reader, query, `${cursor.slice(0, at)}${other}${cursor.slice(at + 1)}`)
    }
    for (const text of ['', 'x', '.', 'e30.', `${cursor}AAAA`, cursor.slice(0, -4), '\u{1f600}', 'a'.repeat(5000)])
      await expectMismatch(reader, query, text)
  })
})

async function expectMismatch(reader: Client, target: string, cursor: string): Promise<void> {
  const answer = await reader.get(`${target}&cursor=${encodeURIComponent(cursor)}`)
  expect(parseAnswer(Problem, answer), cursor).toMatchObject({ status: 400, code: 'cursor_mismatch' })
}

describe('what cannot be searched', () => {
  const text = (q: string) => `/logs?q=${encodeURIComponent(q)}`

  it.each([
    ['limit −1', '/logs?limit=-1', 'validation_failed', { errors: [{ parameter: 'limit' }] }],
    ['limit 0', '/logs?limit=0', 'validation_failed', { errors: [{ parameter: 'limit' }] }],
    ['limit 1001', '/logs?limit=1001', 'validation_failed', { errors: [{ parameter: 'limit' }] }],
    ['limit 1e3', '/logs?limit=1e3', 'validation_failed', { errors: [{ parameter: 'limit' }] }],
    ['no number', '/logs?limit=many', 'validation_failed', { errors: [{ parameter: 'limit' }] }],
    ['an unknown parameter', '/logs?quer=x', 'validation_failed', { errors: [{ parameter: 'quer' }] }],
    ['an offset', '/logs?offset=10', 'validation_failed', { errors: [{ parameter: 'offset' }] }],
    ['an unknown order', '/logs?order=up', 'validation_failed', { errors: [{ parameter: 'order' }] }],
    ['no time', '/logs?from=yesteryear', 'validation_failed', { errors: [{ parameter: 'from' }] }],
    [
      'a range that ends before it begins',
      '/logs?from=1h&to=2h',
      'validation_failed',
      { errors: [{ parameter: 'from' }] },
    ],
    ['4097 bytes', text('x'.repeat(4097)), 'query_syntax', { limit: { name: 'QUERY_TEXT_MAX', value: 4096 } }],
    ['4098 bytes in 1366 characters', text('€'.repeat(1366)), 'query_syntax', { limit: { name: 'QUERY_TEXT_MAX' } }],
    ['a regex that does not end', text('message:~"("'), 'query_syntax', { span: expect.anything() }],
    ['a regex with a look-behind', text('message:~"(?<=a)b"'), 'query_syntax', { span: expect.anything() }],
    ['a regex with a back reference', text('message:~"(a)\\1"'), 'query_syntax', { span: expect.anything() }],
    [
      'a regex that multiplies',
      text('message:~"((((a{100}){100}){100}){100})"'),
      'query_syntax',
      { span: expect.anything() },
    ],
  ])('%s', async (_, target, code, rest) => {
    const answer = await withinTime(() => connect(acme.queryKey).get(target))
    expect(parseAnswer(Problem, answer)).toMatchObject({ status: 400, code, ...rest })
  })

  it('a query of 1 MB, in the body too', async () => {
    const long = 'x'.repeat(1_000_000)
    const reader = connect(acme.queryKey)
    const got = await withinTime(() => reader.get(text(long)))
    expect([400, 413, 414, 431]).toContain(got.status)
    const posted = await withinTime(() => reader.post('/logs/search', JSON.stringify({ query: long })))
    expect(parseAnswer(Problem, posted)).toMatchObject({ status: 413, code: 'payload_too_large' })
    expect((await connect(acme.queryKey).get('/logs?limit=1')).status).toBe(200)
  })

  it.each([
    ['four brackets', '(((('],
    ['brackets without end', '('.repeat(4000)],
    ['brackets without beginning', ')'.repeat(4000)],
    ['a tower of brackets', `${'('.repeat(2000)}x${')'.repeat(2000)}`],
    ['nothing but operators', 'OR AND '.repeat(500)],
    ['pipes without a name', '|'.repeat(4000)],
  ])('%s: a problem that says where, in time', async (_, query) => {
    const answer = await withinTime(() => connect(acme.queryKey).get(text(query)))
    const where = { span: expect.anything(), errors: [{ span: expect.anything() }] }
    expect(parseAnswer(Problem, answer)).toMatchObject({ status: 400, code: 'query_syntax', ...where })
  })

  it.each([
    ['a tower of negations', `${'-'.repeat(4000)}x`],
    ['quotes', '"\\'.repeat(2000)],
    ['colons', 'a:'.repeat(2000)],
  ])('%s are text, and answered in time', async (_, query) => {
    parseAnswer(Page, await withinTime(() => connect(acme.queryKey).get(text(query))))
  })

  it('a regex that backtracks for ever elsewhere is answered in time', async () => {
    const evil = 'a'.repeat(900_000)
    receiptOf(await connect(acme.ingestKey).post('/logs', JSON.stringify({ message: `${evil}!`, run: 'evil' })))
    for (const pattern of ['^(a+)+$', '(a|aa)+$', '(.*)*b', 'a*a*a*a*a*b', '(a|a)*c']) {
      const target = text(`run:evil message:~"${pattern}"`)
      const answer = await withinTime(() => connect(acme.queryKey).get(target))
      expect(parseAnswer(Page, answer).data, pattern).toEqual([])
    }
  })
})

async function withinTime<Result>(act: () => Promise<Result>): Promise<Result> {
  const startMs = performance.now()
  const result = await act()
  expect(performance.now() - startMs).toBeLessThan(ANSWER_MS_MAX)
  return result
}
