import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { createHmac } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { encode } from '@msgpack/msgpack'
import { beforeAll, describe, expect, it } from 'vitest'
import { router } from '../../src/router'
import { makeOperator, makeTenant, send } from '../support/admin-world'

/** What each of these ways in answers: the status, the type and the body, which their clients go by. */

const NOW = new Date().toISOString()

let tenant: Awaited<ReturnType<typeof makeTenant>>
let count = 0

/** A word that only this test has written. */
const mark = (): string => `mark${++count}x`

beforeAll(async () => {
  await makeOperator()
  tenant = await makeTenant('ways')
})

interface Delivery {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** Sends as a shipper does: the headers are all its own. */
async function deliver(path: string, { headers = {}, body }: Delivery) {
  const ctx = createExecutionContext()
  const request = new Request(`http://localhost:8787${path}`, { method: 'POST', headers, ...(body && { body }) })
  const response: Response = await router.fetch(request, env, ctx)
  const text = await response.text()
  await waitOnExecutionContext(ctx)
  return { status: response.status, type: response.headers.get('content-type'), text, headers: response.headers }
}

const bearer = () => ({ authorization: `Bearer ${tenant.ingest}` })

/** The records that a search for a word finds. */
async function found(word: string): Promise<Record<string, unknown>[]> {
  const { body } = await send(tenant.query, `GET /logs?q=${word}&limit=100`)
  return Array.isArray(body.data) ? body.data : expect.fail(JSON.stringify(body))
}

describe('the kinds of /ingest/:kind', () => {
  const LINE: Readonly<Record<string, (word: string) => string | Uint8Array>> = {
    syslog: (word) => `<11>1 ${NOW} web-1 shop 42 - [x@1 a="b"] ${word}`,
    render: (word) => `<11>1 ${NOW} srv-1 shop web - - ${word}`,
    logfmt: (word) => `ts=${NOW} level=error service=shop msg="${word} and more" n=1`,
    csv: (word) => `time,level,service,message\n${NOW},error,shop,"${word}, more"`,
    journal: (word) => `__REALTIME_TIMESTAMP=${Date.now()}000\nPRIORITY=3\nSYSLOG_IDENTIFIER=shop\nMESSAGE=${word}\n\n`,
    gelf: (word) => JSON.stringify({ version: '1.1', host: 'h', short_message: word, level: 3, _service: 'shop' }),
    text: (word) => `${NOW} ERROR ${word}`,
    json: (word) => JSON.stringify([{ level: 'error', service: 'shop', message: word }]),
    logtail: (word) => JSON.stringify({ dt: NOW, level: 'error', service: 'shop', message: word }),
    newrelic: (word) =>
      JSON.stringify([{ common: { attributes: { service: 'shop', level: 'error' } }, logs: [{ message: word }] }]),
    netlify: (word) => JSON.stringify({ timestamp: NOW, level: 'error', function_name: 'shop', message: word }),
    fly: (word) =>
      JSON.stringify({ timestamp: NOW, log: { level: 'error' }, fly: { app: { name: 'shop' } }, message: word }),
    vector: (word) => JSON.stringify({ timestamp: NOW, level: 'error', container_name: 'shop', message: word }),
    tail: (word) =>
      JSON.stringify([
        {
          outcome: 'ok',
          scriptName: 'shop',
          eventTimestamp: Date.now(),
          exceptions: [],
          event: null,
          logs: [{ timestamp: Date.now(), level: 'error', message: [word] }],
        },
      ]),
  }

  it.each(Object.entries(LINE))('%s: keeps time, level, service and message', async (kind, lineOf) => {
    const word = mark()
    const answer = await deliver(`/ingest/${kind}`, { headers: bearer(), body: lineOf(word) })
    expect([answer.status, answer.type], answer.text).toEqual([202, 'application/json'])
    const [record, ...more] = await found(word)
    expect(more).toEqual([])
    expect(record).toMatchObject({
      level: 'error',
      source: kind,
      ...(kind !== 'text' && { service: 'shop' }),
      message: expect.stringContaining(word),
    })
  })

  it('are refused as problems, and an unknown one names those that there are', async () => {
    const unknown = await deliver('/ingest/nothing', { headers: bearer(), body: 'x' })
    expect([unknown.status, unknown.type]).toEqual([404, 'application/problem+json'])
    expect(JSON.parse(unknown.text).detail).toContain('syslog')
    const nobody = await deliver('/ingest/syslog', { body: 'x' })
    expect([nobody.status, nobody.type]).toEqual([401, 'application/problem+json'])
    const empty = await deliver('/ingest/csv', { headers: bearer(), body: 'a,b\n' })
    expect([empty.status, JSON.parse(empty.text).code]).toEqual([400, 'empty_body'])
  })

  it('keep the good rows beside the bad ones, which the receipt names by their place', async () => {
    const word = mark()
    const body = `message,n\n${word},1\na,b,c\n${word},2\n"unclosed\n${word},3`
    const answer = await deliver('/ingest/csv', { headers: bearer(), body })
    expect(answer.status).toBe(202)
    expect(JSON.parse(answer.text)).toMatchObject({
      accepted: 3,
      rejected: 2,
      errors: [
        { index: 1, code: 'invalid_record' },
        { index: 3, code: 'invalid_record' },
      ],
    })
    expect(await found(word)).toHaveLength(3)
  })

  it.each(['Basic', 'Token', 'Api-Key'])('take the key as %s', async (form) => {
    const key = tenant.ingest
    const headers: Record<string, string> =
      form === 'Api-Key'
        ? { 'api-key': key }
        : { authorization: form === 'Basic' ? `Basic ${btoa(`x:${key}`)}` : `Token ${key}` }
    expect((await deliver('/ingest/text', { headers, body: 'hello' })).status).toBe(202)
  })
})

describe('POST /logs by type', () => {
  it.each([
    ['text/csv', (word: string) => `level,message\nerror,${word}`, 'csv'],
    ['application/logfmt', (word: string) => `level=error msg=${word}`, 'logfmt'],
    ['application/syslog', (word: string) => `<11>1 ${NOW} h shop - - - ${word}`, 'syslog'],
    ['application/vnd.fdo.journal', (word: string) => `PRIORITY=3\nMESSAGE=${word}\n`, 'journal'],
    ['application/msgpack', (word: string) => encode([{ dt: new Date(), level: 'error', message: word }]), 'logtail'],
    ['text/csv', (word: string) => `{"level":"error","message":"${word}"}`, 'csv'],
  ])('reads %s', async (type, bodyOf, source) => {
    const word = mark()
    const answer = await deliver('/logs', { headers: { ...bearer(), 'content-type': type }, body: bodyOf(word) })
    expect(answer.status, answer.text).toBe(202)
    expect(await found(word)).toMatchObject([{ level: 'error', source }])
  })
})

describe('Better Stack', () => {
  const msgpack = { 'content-type': 'application/msgpack', 'content-encoding': 'gzip' }

  it('is answered 202 and nothing else, for MessagePack with gzip at POST /', async () => {
    const word = mark()
    const logs = [
      { dt: new Date(1_795_256_100_123), level: 'warn', message: word, n: 2n ** 60n, deep: { a: [1, null] } },
    ]
    const body = gzipSync(encode(logs, { useBigInt64: true }))
    const answer = await deliver('/', { headers: { ...bearer(), ...msgpack }, body })
    expect([answer.status, answer.text]).toEqual([202, ''])
    const [record] = await found(word)
    expect(record).toMatchObject({ level: 'warn', message: word, time: '2026-11-21T10:15:00.123Z' })
    const raw = await send(tenant.query, `GET /logs?q=${word}`)
    expect(raw.text).toContain('"n":1152921504606846976')
  })

  it.each([
    ['no key', {}, '[]', 403],
    ['a body that is none', bearer, '{"a":', 406],
  ] as const)('refuses %s in its own status, in text', async (_, headers, body, status) => {
    const own = typeof headers === 'function' ? headers() : headers
    const answer = await deliver('/', { headers: { ...own, 'content-type': 'application/json' }, body })
    expect([answer.status, answer.type]).toEqual([status, 'text/plain; charset=utf-8'])
  })

  it('refuses MessagePack that ends too soon, and stores nothing of it', async () => {
    const word = mark()
    const whole = encode([{ message: word }, { message: word }])
    const headers = { ...bearer(), 'content-type': 'application/msgpack' }
    expect((await deliver('/', { headers, body: whole.slice(0, -3) })).status).toBe(406)
    expect(await found(word)).toEqual([])
  })
})

describe('Axiom', () => {
  it.each(['/v1/datasets/cart/ingest', '/v1/ingest/cart'])('%s answers its ingest status', async (path) => {
    const word = mark()
    const body = `{"_time":"${NOW}","level":"error","message":"${word}"}\nwhat?\n{"message":"${word}"}`
    const headers = { ...bearer(), 'content-type': 'application/x-ndjson' }
    const answer = await deliver(path, { headers, body })
    expect([answer.status, answer.type]).toEqual([200, 'application/json'])
    const status = JSON.parse(answer.text)
    expect(status).toMatchObject({
      ingested: 2,
      failed: 1,
      blocksCreated: 0,
      failures: [{ error: expect.any(String) }],
    })
    expect(await found(word)).toMatchObject([{ service: 'cart' }, { service: 'cart' }])
  })

  it('takes the time from the member that the client names, and CSV', async () => {
    const word = mark()
    const headers = { ...bearer(), 'content-type': 'text/csv' }
    const path = '/v1/datasets/cart/ingest?timestamp-field=at&csv-delimiter=%3B'
    expect((await deliver(path, { headers, body: `at;message\n2026-11-20T01:02:03Z;${word}` })).status).toBe(200)
    expect(await found(word)).toMatchObject([{ time: '2026-11-20T01:02:03.000Z', service: 'cart' }])
  })

  it('refuses in a sentence', async () => {
    const answer = await deliver('/v1/datasets/cart/ingest', { body: '[]' })
    expect([answer.status, typeof JSON.parse(answer.text).message]).toEqual([401, 'string'])
  })
})

describe('New Relic', () => {
  it.each(['x-license-key', 'api-key', 'Api-Key in the address'])(
    'takes the key in %s; answers 202 with an id',
    async (where) => {
      const word = mark()
      const headers = where.includes('address') ? {} : { [where]: tenant.ingest }
      const path = where.includes('address') ? `/log/v1?Api-Key=${tenant.ingest}` : '/log/v1'
      const body = JSON.stringify({ timestamp: Date.now(), message: word, logtype: 'x' })
      const answer = await deliver(path, { headers: { ...headers, 'content-type': 'application/json' }, body })
      expect(answer.status).toBe(202)
      expect(JSON.parse(answer.text)).toEqual({ requestId: expect.stringMatching(/^[\da-f-]{36}$/) })
      expect(await found(word)).toHaveLength(1)
    },
  )

  it('refuses with 403 who has no key', async () => {
    expect((await deliver('/log/v1', { body: '{}' })).status).toBe(403)
  })
})

describe('Vercel', () => {
  const sign = (body: string, secret: string) => createHmac('sha1', secret).update(body).digest('hex')

  it('is taken when the signature fits the bytes as they were sent', async () => {
    const word = mark()
    const body = JSON.stringify([
      { id: '1', timestamp: Date.now(), projectName: 'shop', source: 'lambda', level: 'error', message: word },
    ])
    const headers = { ...bearer(), 'x-vercel-signature': sign(body, tenant.ingest) }
    const answer = await deliver('/ingest/vercel?verify=abc_1', { headers, body })
    expect([answer.status, answer.text, answer.headers.get('x-vercel-verify')]).toEqual([200, '{}', 'abc_1'])
    expect(await found(word)).toMatchObject([{ service: 'shop', level: 'error' }])
  })

  it.each(['', 'zz', 'other'])('is refused when it does not fit: %s', async (secret) => {
    const word = mark()
    const body = JSON.stringify([{ message: word }])
    const signature = secret === '' ? {} : { 'x-vercel-signature': secret === 'zz' ? 'zz' : sign(body, secret) }
    const answer = await deliver('/ingest/vercel', { headers: { ...bearer(), ...signature }, body })
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([403, 'invalid_signature'])
    expect(await found(word)).toEqual([])
  })

  it('answers the question whether there is anybody, and puts no header together from an address', async () => {
    const asked = await deliver('/ingest/vercel?verify=c0de', { headers: bearer() })
    expect([asked.status, asked.headers.get('x-vercel-verify')]).toEqual([200, 'c0de'])
    const odd = await deliver(`/ingest/vercel?verify=${encodeURIComponent('a b\r\nx: y')}`, { headers: bearer() })
    expect([odd.status, odd.headers.get('x-vercel-verify')]).toEqual([200, null])
  })
})

describe('Heroku', () => {
  const frame = (message: string) => `${Buffer.byteLength(message)} ${message}`
  const basic = () => ({ authorization: `Basic ${btoa(`${tenant.ingest}:`)}`, 'content-type': 'application/logplex-1' })

  it('is answered 204; a frame that comes again is stored once', async () => {
    const word = mark()
    const lines = [
      `<190>1 ${NOW} host app web.1 - first ${word} ümlaut\n`,
      `<158>1 ${NOW} host heroku router - at=info method=GET path="/${word}" status=200 bytes=13\n`,
      `<190>1 ${NOW} host app web.1 - {"level":"error","msg":"${word}"}\n`,
    ]
    const delivery = {
      headers: {
        ...basic(),
        'logplex-frame-id': `frame-${word}`,
        'logplex-drain-token': 'd.1',
        'logplex-msg-count': '3',
      },
      body: lines.map(frame).join(''),
    }
    for (const answer of [
      await deliver('/ingest/heroku?service=shop', delivery),
      await deliver('/ingest/heroku?service=shop', delivery),
    ])
      expect([answer.status, answer.text]).toEqual([204, ''])
    const records = await found(word)
    expect(records).toHaveLength(3)
    expect(records.every(({ service }) => service === 'shop')).toBe(true)
    expect(records.map(({ level }) => level).toSorted()).toEqual(['error', 'info', 'info'])
    expect(await found(`router.status:200 ${word}`.replaceAll(' ', '%20'))).toHaveLength(1)
  })

  it('takes an empty frame, and refuses who has no key in text', async () => {
    expect((await deliver('/ingest/heroku', { headers: basic() })).status).toBe(204)
    expect(await deliver('/ingest/heroku', { body: 'x' })).toMatchObject({
      status: 401,
      type: 'text/plain; charset=utf-8',
    })
  })
})

describe('Cloudflare Logpush', () => {
  const post = (rows: readonly unknown[] | string) =>
    deliver('/ingest/logpush', {
      headers: { ...bearer(), 'content-encoding': 'gzip', 'content-type': 'text/plain' },
      body: gzipSync(typeof rows === 'string' ? rows : rows.map((row) => JSON.stringify(row)).join('\n')),
    })

  it('tests the address with a file that is no log', async () => {
    expect(await post('{"content":"tests"}')).toMatchObject({ status: 200, text: '{"accepted":0,"rejected":0}' })
    expect(await found('%22tests%22')).toEqual([])
  })

  it('keeps all digits of nanoseconds', async () => {
    const word = mark()
    const row = `{"EdgeStartTimestamp":1795256100123456789,"ClientRequestHost":"shop.example","ClientRequestURI":"/${word}","EdgeResponseStatus":500}`
    expect((await post(`${row}\n${row}`)).status).toBe(200)
    expect(await found(word)).toMatchObject([
      { time: '2026-11-21T10:15:00.123456789Z', service: 'shop.example', message: `/${word}` },
      { time: '2026-11-21T10:15:00.123456789Z' },
    ])
  })

  it('takes a run of a Worker apart', async () => {
    const word = mark()
    const at = Date.now()
    const row = {
      ...{ EventTimestampMs: at, EventType: 'fetch', Outcome: 'exception', ScriptName: 'shop', ScriptTags: ['a'] },
      ...{ Event: { Request: { URL: `https://x/${word}` } }, CPUTimeMs: 3, WallTimeMs: 9 },
      Logs: [
        { Level: 'warn', Message: [word, { a: 1 }], TimestampMs: at },
        { Level: 'log', Message: [{ msg: word }], TimestampMs: at },
      ],
      Exceptions: [{ Name: 'TypeError', Message: word, TimestampMs: at, Stack: 'at x' }],
    }
    expect(JSON.parse((await post([row])).text)).toEqual({ accepted: 4, rejected: 0 })
    const records = await found(word)
    expect(records.map(({ level }) => level).toSorted()).toEqual(['error', 'error', 'info', 'warn'])
    expect(records.every(({ service }) => service === 'shop')).toBe(true)
  })
})

describe('Firehose', () => {
  const id = 'ed4acda5-034f-9f42-bba1-f29aea6d7d8f'
  const headers = () => ({ 'x-amz-firehose-access-key': tenant.ingest, 'content-type': 'application/json' })
  const body = (...records: readonly (string | Uint8Array)[]) =>
    JSON.stringify({
      requestId: id,
      timestamp: 1,
      records: records.map((data) => ({ data: Buffer.from(data).toString('base64') })),
    })

  it('is answered with its request’s id; a delivery that comes again is stored once', async () => {
    const word = mark()
    const subscription = gzipSync(
      JSON.stringify({
        ...{
          messageType: 'DATA_MESSAGE',
          owner: '1',
          logGroup: '/aws/lambda/shop',
          logStream: 's',
          subscriptionFilters: ['f'],
        },
        logEvents: [
          { id: 'e1', timestamp: Date.now(), message: word },
          { id: 'e2', timestamp: Date.now(), message: JSON.stringify({ level: 'ERROR', msg: word, n: 1 }) },
        ],
      }),
    )
    const control = gzipSync(JSON.stringify({ messageType: 'CONTROL_MESSAGE', logEvents: [{ id: '', message: word }] }))
    const sent = body(subscription, control, `${word} text\nsecond ${word}`, JSON.stringify({ detail: word }))
    const request = {
      headers: {
        ...headers(),
        'x-amz-firehose-request-id': `${id}-${word}`,
        'x-amz-firehose-common-attributes': '{"commonAttributes":{"env":"prod"}}',
      },
      body: sent,
    }
    for (const answer of [await deliver('/ingest/firehose', request), await deliver('/ingest/firehose', request)]) {
      expect([answer.status, answer.type], answer.text).toEqual([200, 'application/json'])
      expect(JSON.parse(answer.text)).toEqual({ requestId: `${id}-${word}`, timestamp: expect.any(Number) })
    }
    const records = await found(word)
    expect(records).toHaveLength(5)
    expect(records.filter(({ level }) => level === 'error')).toHaveLength(1)
    expect(await found(`${word}%20common_attributes.env:prod`)).toHaveLength(5)
  })

  it.each([
    ['no key', {}, (): string => body('x'), 401],
    ['a body that is no delivery', headers, (): string => '[]', 400],
    ['gzip that ends too soon', headers, (): string => body(gzipSync('a'.repeat(99)).subarray(0, 20)), 400],
    ['a bomb', headers, (): string => body(gzipSync(Buffer.alloc(40_000_000))), 413],
  ] as const)('refuses %s in its own shape', async (_, given, bodyOf, status) => {
    const own: Readonly<Record<string, string>> = typeof given === 'function' ? given() : given
    const answer = await deliver('/ingest/firehose', {
      headers: { ...own, 'x-amz-firehose-request-id': id },
      body: bodyOf(),
    })
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.text)).toEqual({
      requestId: id,
      timestamp: expect.any(Number),
      errorMessage: expect.any(String),
    })
  })
})

describe('GELF and the journal', () => {
  it('are answered 202, empty and OK', async () => {
    const word = mark()
    const gelf = await deliver('/gelf', {
      headers: bearer(),
      body: `{"short_message":"${word}","timestamp":1795256100.123,"level":"4"}\0`,
    })
    expect([gelf.status, gelf.text]).toEqual([202, ''])
    expect(await found(word)).toMatchObject([{ level: 'warn', time: '2026-11-21T10:15:00.123Z' }])
    const headers = { ...bearer(), 'content-type': 'application/vnd.fdo.journal' }
    expect(await deliver('/upload', { headers, body: 'MESSAGE=x\n\n' })).toMatchObject({ status: 202, text: 'OK.\n' })
  })

  it('refuses a chunk of GELF, which is for UDP', async () => {
    const answer = await deliver('/gelf', { headers: bearer(), body: Uint8Array.from([0x1e, 0x0f, 1, 2, 3]) })
    expect([answer.status, answer.type]).toEqual([400, 'text/plain; charset=utf-8'])
  })
})

describe('GET /ingest', () => {
  it('fills in the address and a key that can only send', async () => {
    const { status, body, text } = await send(tenant.ingest, 'GET /ingest')
    expect([status, body.url]).toEqual([200, 'http://localhost:8787'])
    expect(text).toContain(`bearer_token: ${tenant.ingest}`)
  })

  it('shows no key that may do more, and is a page for browsers', async () => {
    const { headers, text } = await send(tenant.admin, 'GET /ingest', { headers: { accept: 'text/html,*/*' } })
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(text).toContain('slc_ing_YOUR_KEY')
    expect(text).not.toContain(tenant.admin)
    expect(text).toContain('http://localhost:8787/loki/api/v1/push')
  })
})
