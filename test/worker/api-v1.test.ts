import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { ProblemAnswer, ReceiptAnswer } from '../../src/openapi/answers'
import { router } from '../../src/router'
import { FullLog, LogRow } from '../../src/routes/api-v1/log-row'
import { ServiceStats } from '../../src/routes/api-v1/show-service-stats'
import { demo } from '../support/demo'
import { fromManyAddresses } from '../support/many-addresses'
import { CURL_REQUESTS, PYTHON_REQUESTS, type SeedRequest } from '../support/seed-requests'

const Rows = z.strictObject({
  logs: z.array(LogRow),
  total: z.int(),
  limit: z.int(),
  offset: z.int(),
})

const { tenantId, ask: askFromOne } = await demo()
const ask = fromManyAddresses(askFromOne)

const API = '/api/v1/logs'
const get = async <Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.infer<Schema>> => {
  const response = await ask('query', `${API}${path}`)
  const text = await response.text()
  expect(response.status, text).toBe(200)
  expect(response.headers.get('cache-control')).toBe('no-store, private')
  return schema.parse(JSON.parse(text))
}
const problemOf = async (response: Response) => ProblemAnswer.parse(await response.json())
const refusal = async (path: string) => problemOf(await ask('query', `${API}${path}`))
const post = (path: string, body: unknown): Promise<Response> =>
  ask('ingest', `${API}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
const send = (who: 'ingest' | 'query' | 'admin', { method, path, headers, body }: SeedRequest): Promise<Response> =>
  ask(who, path, { method, headers, ...(body !== undefined && { body }) })

describe('the requests of the document', () => {
  it('of its Python class are taken, and found as it sent them', async () => {
    for (const request of PYTHON_REQUESTS) {
      const receipt = ReceiptAnswer.parse(await (await send('ingest', request)).json())
      expect(receipt).toMatchObject({ accepted: 1, rejected: 0, errors: [] })
    }
    const { logs, total } = await get(Rows, '/recent/python-data-processor')
    expect(total).toBe(2)
    expect(logs.map(({ level, message, metadata }) => ({ level, message, metadata }))).toEqual([
      { level: 'ERROR', message: 'Database error', metadata: { error_code: 'TIMEOUT', retry: 3 } },
      { level: 'INFO', message: 'Processing started', metadata: { job_id: '123', batch_size: 1000 } },
    ])
  })

  it('of its curl commands do what they say', async () => {
    expect((await send('ingest', CURL_REQUESTS.ingest)).status).toBe(202)
    expect(ReceiptAnswer.parse(await (await send('ingest', CURL_REQUESTS.batch)).json())).toMatchObject({ accepted: 2 })
    const nothing = Rows.parse(await (await send('query', CURL_REQUESTS.search)).json())
    expect(nothing).toEqual({ logs: [], total: 0, limit: 50, offset: 0 })
    const stats = ServiceStats.parse(await (await send('query', CURL_REQUESTS.stats)).json())
    expect(stats).toMatchObject({ service_name: 'my-service', total: 0, first_timestamp: null, last_timestamp: null })
    const found = await get(Rows, '/search?service=api-gateway&level=ERROR&limit=50')
    expect(found).toMatchObject({ total: 1, logs: [{ message: 'Validation failed', level: 'ERROR' }] })
  })
})

describe('rows', () => {
  const startMs = Date.now() - 3_600_000
  const many = Array.from({ length: 250 }, (_, index) => ({
    service_name: 'pager',
    level: ['debug', 'info', 'warning', 'ERROR', 'fatal'][index % 5],
    message: `log ${index}`,
    // Many logs have the same time: their order is that of their arrival.
    timestamp: startMs + Math.floor(index / 7) * 1000,
    metadata: { index },
  }))

  beforeAll(async () => {
    for (let from = 0; from < many.length; from += 50)
      expect((await post('/ingest/batch', { logs: many.slice(from, from + 50) })).status).toBe(202)
  })

  it('come in pages by offset that neither skip nor repeat, newest first', async () => {
    const expected = many.map(({ metadata }) => metadata.index).reverse()
    for (const limit of [1, 7, 60, 249, 250, 1000]) {
      const seen: unknown[] = []
      const offsets =
        limit === 1 ? [0, 1, 128, 249] : Array.from({ length: Math.ceil(250 / limit) }, (_, n) => n * limit)
      for (const offset of offsets) {
        const page = await get(Rows, `/search?service=pager&limit=${limit}&offset=${offset}`)
        expect(page).toMatchObject({ total: 250, limit, offset })
        seen.push(...page.logs.map(({ metadata }) => z.object({ index: z.int() }).parse(metadata).index))
      }
      expect(seen).toEqual(limit === 1 ? offsets.map((offset) => expected[offset]) : expected)
    }
    expect(await get(Rows, '/search?service=pager&offset=10000')).toMatchObject({ logs: [], total: 250 })
  })

  it('are chosen by level in any spelling, and by time in milliseconds, both ends included', async () => {
    for (const [level, shown] of [
      ['DEBUG', 'DEBUG'],
      ['trace', 'DEBUG'],
      ['WARN', 'WARN'],
      ['Warning', 'WARN'],
      ['CRITICAL', 'CRITICAL'],
      ['FATAL', 'CRITICAL'],
    ]) {
      const { logs, total } = await get(Rows, `/search?service=pager&level=${level}&limit=1000`)
      expect(total).toBe(50)
      expect(new Set(logs.map((row) => row.level))).toEqual(new Set([shown]))
    }
    const from = startMs + 3000
    const { logs, total } = await get(Rows, `/search?service=pager&start_time=${from}&end_time=${from + 2000}`)
    expect(total).toBe(21)
    expect(new Set(logs.map(({ timestamp }) => timestamp))).toEqual(new Set([from, from + 1000, from + 2000]))
    expect((await get(Rows, `/search?service=pager&end_time=${startMs - 1}`)).total).toBe(0)
    expect((await get(Rows, `/search?service=pager&start_time=${startMs}&limit=1`)).total).toBe(250)
  })

  it('are counted by level', async () => {
    expect(await get(ServiceStats, '/stats/pager')).toEqual({
      service_name: 'pager',
      total: 250,
      by_level: { DEBUG: 50, INFO: 50, WARN: 50, ERROR: 50, CRITICAL: 50 },
      first_timestamp: startMs,
      last_timestamp: startMs + 35_000,
    })
    const { services } = await get(z.strictObject({ services: z.array(z.string()) }), '/services')
    expect(services).toContain('pager')
    expect(services).toEqual([...services].sort())
  })

  it('are of exactly the service that is asked for: no other letter case, and no other name for it', async () => {
    const logs = [
      { metadata: { service: 'Own' }, service_name: 'own', message: 'm' },
      { service_name: 'Own', message: 'm', metadata: { component: 'own', service: 'own' } },
    ]
    await post('/ingest/batch', { logs })
    for (const service of ['own', 'Own']) {
      expect((await get(Rows, `/recent/${service}`)).logs).toMatchObject([{ service_name: service }])
      expect((await get(Rows, `/search?service=${service}`)).total).toBe(1)
      expect((await get(ServiceStats, `/stats/${service}`)).total).toBe(1)
    }
    expect((await get(Rows, '/recent/OWN')).total).toBe(0)
  })

  it('have a trace of another way in as DEBUG, and its source', async () => {
    const body = '{"level":"trace","service":"any name: äöü","message":"deep","time":"2026-01-01"}'
    await ask('ingest', '/logs', { method: 'POST', body: body.replace(/,"time".*"/, '') })
    const { logs } = await get(Rows, '/search?level=DEBUG&limit=1')
    expect(logs).toEqual([
      {
        id: expect.stringMatching(/^log_/),
        service_name: 'any name: äöü',
        level: 'DEBUG',
        message: 'deep',
        timestamp: expect.any(Number),
        metadata: {},
        source_type: 'http',
        r2_key: null,
      },
    ])
    expect((await get(z.object({ services: z.array(z.string()) }), '/services')).services).toContain('any name: äöü')
  })

  it.each([
    ['/search?limit=0', 'limit'],
    ['/search?limit=1001', 'limit'],
    ['/search?limit=ten', 'limit'],
    ['/search?offset=-1', 'offset'],
    ['/search?offset=10001', 'offset'],
    ['/search?level=loud', 'level'],
    ['/search?start_time=2026-11-21', 'start_time'],
    ['/search?start_time=2&end_time=1', 'start_time'],
    ['/search?service=a%20b', 'service'],
    ['/search?service=', 'service'],
    ['/search?q=x', 'q'],
    ['/search?limit=1&limit=2', 'limit'],
    ['/recent/pager?limit=1001', 'limit'],
    ['/recent/pager?offset=1', 'offset'],
    ['/recent/a.b', 'service'],
    ['/recent/__proto__', 'service'],
    ['/stats/a%20b', 'service'],
    ['/stats/pager?limit=1', 'limit'],
    ['/services?limit=1', 'limit'],
  ])('are refused where %s asks for what cannot be', async (path, parameter) => {
    const problem = await refusal(path)
    expect(problem).toMatchObject({ status: 400, code: 'validation_failed', errors: [{ parameter }] })
  })

  it('name the limit of an offset, and how to go on', async () => {
    expect(await refusal('/search?offset=10001')).toMatchObject({
      limit: { name: 'API_V1_OFFSET_MAX', value: 10_000 },
      detail: expect.stringContaining('cursor of GET /logs'),
    })
  })
})

describe('one log', () => {
  const uuid = '6e1f0c2a-9b7d-4c58-8a43-2f6f0d9be001'
  const sent = `{"id":"${uuid}","service_name":"exact","level":"CRITICAL","message":"whole \\u00e9 ${'x'.repeat(3000)}","metadata":{"big":12345678901234567890,"ratio":1.10,"huge":1e400,"list":[{"a":null}],"a":1,"a":2}}`

  beforeAll(async () => {
    expect((await post('/ingest', sent)).status).toBe(202)
    // Others speak of it, later.
    for (let count = 0; count < 3; count++) {
      const later = { service_name: 'other', message: 'saw it', metadata: { id: uuid } }
      expect((await post('/ingest', later)).status).toBe(202)
    }
  })

  it('is found by our id and by the UUID that it was sent with, also in other letters', async () => {
    const [row] = (await get(Rows, '/recent/exact')).logs
    expect(row).toMatchObject({ service_name: 'exact', level: 'CRITICAL', source_type: 'http', r2_key: null })
    for (const id of [row.id, uuid, uuid.toUpperCase()]) expect(await get(LogRow, `/logs/${id}`)).toEqual(row)
    const full = await get(FullLog, `/logs/${uuid}/full`)
    expect(full).toEqual({ ...row, body: JSON.parse(sent) })
  })

  it('keeps every digit, and the message whole', async () => {
    const text = await (await ask('query', `${API}/logs/${uuid}/full`)).text()
    const metadata = '{"big":12345678901234567890,"ratio":1.10,"huge":1e400,"list":[{"a":null}],"a":1,"a":2}'
    expect(text.split(`"metadata":${metadata}`)).toHaveLength(3)
    expect(text).toContain('x'.repeat(3000))
  })

  it('that does not exist is not found, whatever its id looks like', async () => {
    const unknown = ['log_100g1m7zdgcsf0000000001', '6e1f0c2a-9b7d-4c58-8a43-2f6f0d9be002', 'nonsense', '%00']
    const answers = await Promise.all(unknown.flatMap((id) => [refusal(`/logs/${id}`), refusal(`/logs/${id}/full`)]))
    for (const answer of answers) expect({ ...answer, instance: '' }).toEqual({ ...answers[0], instance: '' })
    expect(answers[0]).toMatchObject({ status: 404, code: 'not_found' })
    expect(await refusal(`/logs/${uuid}?full=1`)).toMatchObject({ code: 'validation_failed' })
  })
})

describe('ingest', () => {
  const rule = expect.stringContaining('letters A to Z, digits, dashes and underscores')

  it.each([
    ['a name with a space', { service_name: 'my service', message: 'm' }],
    ['a name with a dot', { service_name: 'a.b', message: 'm' }],
    ['an empty name', { service_name: '', message: 'm' }],
    ['a name that is too long', { service_name: 'a'.repeat(129), message: 'm' }],
    ['no name', { message: 'm' }],
    ['a number for a name', { service_name: 7, message: 'm' }],
    ['a name with an escape', '{"service_name":"a\\u002fb","message":"m"}'],
  ])('refuses %s with the rule', async (_, body) => {
    const before = await usedRows()
    for (const [path, sent] of [
      ['/ingest', body],
      ['/ingest/batch', typeof body === 'string' ? `{"logs":[${body}]}` : { logs: [body] }],
    ] as const) {
      const problem = await problemOf(await post(path, sent))
      expect(problem).toMatchObject({ status: 400, code: 'validation_failed' })
      expect(problem.errors).toMatchObject([{ code: 'invalid_service_name', detail: rule, index: 0 }])
    }
    expect(await usedRows()).toBe(before)
  })

  it('takes the longest name, and one that is escaped in JSON', async () => {
    for (const [sent, name] of [
      [JSON.stringify({ service_name: 'Z-_9'.repeat(32), message: 'm' }), 'Z-_9'.repeat(32)],
      ['{"service_name":"\\u0061-service","message":"m"}', 'a-service'],
    ]) {
      expect((await post('/ingest', sent)).status).toBe(202)
      expect((await get(Rows, `/recent/${name}`)).logs).toMatchObject([{ service_name: name }])
    }
  })

  it('stores the good logs of a batch, and names the others by index and code', async () => {
    const logs = [{ service_name: 'mixed', message: 'good' }, { service_name: 'bad name' }, { message: 'nameless' }]
    const receipt = ReceiptAnswer.parse(await (await post('/ingest/batch', { logs })).json())
    expect(receipt).toMatchObject({ accepted: 1, rejected: 2 })
    expect(receipt.errors.map(({ index, code }) => [index, code])).toEqual([
      [1, 'invalid_service_name'],
      [2, 'invalid_service_name'],
    ])
    expect((await get(Rows, '/recent/mixed')).total).toBe(1)
  })

  it('takes a thousand logs in a batch and one elsewhere, and no more', async () => {
    const logs = Array.from({ length: 1001 }, (_, index) => ({ service_name: 'bulk', message: `${index}` }))
    expect(ReceiptAnswer.parse(await (await post('/ingest/batch', { logs: logs.slice(1) })).json()).accepted).toBe(1000)
    expect(await problemOf(await post('/ingest/batch', { logs }))).toMatchObject({
      status: 413,
      code: 'batch_too_large',
      limit: { name: 'API_V1_BATCH_RECORDS_MAX', value: 1000 },
    })
    expect(await problemOf(await post('/ingest', { logs: logs.slice(0, 2) }))).toMatchObject({
      status: 413,
      code: 'batch_too_large',
      limit: { name: 'API_V1_INGEST_RECORDS_MAX', value: 1 },
    })
    expect((await get(Rows, '/search?service=bulk&limit=1')).total).toBe(1000)
  })

  it('knows a batch that comes again, and takes no parameter', async () => {
    const again = () =>
      ask('ingest', `${API}/ingest`, {
        method: 'POST',
        headers: { 'idempotency-key': 'again' },
        body: '{"service_name":"once","message":"m"}',
      })
    const first = await (await again()).text()
    const second = await again()
    expect(second.headers.get('idempotency-replayed')).toBe('true')
    expect(await second.text()).toBe(first)
    expect((await get(Rows, '/recent/once')).total).toBe(1)
    expect((await post('/ingest?strict=true', {})).status).toBe(400)
  })

  it('keeps secrets out, as everywhere', async () => {
    await post('/ingest', { service_name: 'secret', message: 'in', metadata: { password: 'hunter2' } })
    const text = await (await ask('query', `${API}/recent/secret`)).text()
    expect(text).not.toContain('hunter2')
    expect(text).toContain('[REDACTED:')
  })
})

it('serves LOG_SERVICE_API_KEY as the document has it: a bearer token that writes and reads', async () => {
  const withKey = { ...env, ENVIRONMENT: 'development', LOG_SERVICE_API_KEY: 'YOUR_API_KEY', DEFAULT_TENANT: 'acme' }
  const ask = async ({ method, path, headers, body }: SeedRequest): Promise<Response> => {
    const ctx = createExecutionContext()
    const request = new Request(`http://localhost:8787${path}`, {
      method,
      headers: { ...headers, authorization: 'Bearer YOUR_API_KEY' },
      ...(body !== undefined && { body }),
    })
    const response = await router.fetch(request, withKey, ctx)
    await waitOnExecutionContext(ctx)
    return response
  }
  expect((await ask(CURL_REQUESTS.ingest)).status).toBe(202)
  expect(Rows.parse(await (await ask(CURL_REQUESTS.search)).json()).limit).toBe(50)
  expect((await ask(CURL_REQUESTS.stats)).status).toBe(200)
})

/** Records that the tenant's object has taken. */
async function usedRows(): Promise<number> {
  const Usage = z.object({ stored: z.int() })
  expect(tenantId).toMatch(/^ten_/)
  return Usage.parse(await (await ask('admin', '/admin/usage')).json()).stored
}
