import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { compress } from 'snappyjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { BODY_BYTES_MAX } from '../../src/limits/limits'
import { router } from '../../src/router'
import { makeOperator, makeTenant, send } from '../support/admin-world'
import { broken } from '../support/broken'
import { type Entry, pushBytes, pushJson, type Stream } from '../support/loki-pushes'
import { silenceConsole } from '../support/silence-console'

/** What the clients of Loki's push API go by: 204, or a line of text. */

const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'
const PUSH = '/loki/api/v1/push'
const LEGACY = '/api/prom/push'

silenceConsole()

let tenant: Awaited<ReturnType<typeof makeTenant>>

beforeAll(async () => {
  await makeOperator()
  tenant = await makeTenant('loki')
})

interface Sent {
  readonly path?: string
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly key?: string
  readonly bindings?: typeof env
}

async function push(body: Uint8Array | string, sent: Sent = {}) {
  const { path = PUSH, type = JSON_TYPE, headers = {}, key = tenant.ingest, bindings = env } = sent
  const ctx = createExecutionContext()
  const request = new Request(`http://localhost:8787${path}`, {
    method: 'POST',
    headers: {
      ...(key !== '' && { authorization: `Bearer ${key}` }),
      ...(type !== '' && { 'content-type': type }),
      ...headers,
    },
    body: typeof body === 'string' ? Buffer.from(body) : body,
  })
  const response: Response = await router.fetch(request, bindings, ctx)
  const text = await response.text()
  await waitOnExecutionContext(ctx)
  return { status: response.status, type: response.headers.get('content-type'), text, headers: response.headers }
}

const now = () => BigInt(Date.now()) * 1_000_000n
const entry = (line: string, more: Partial<Entry> = {}): Entry => ({ nanos: now(), line, metadata: {}, ...more })
const stream = (labels: Stream['labels'], ...entries: Entry[]): Stream[] => [{ labels, entries }]

async function found(q: string): Promise<Record<string, unknown>[]> {
  const { body } = await send(tenant.query, `GET /logs?limit=100&q=${encodeURIComponent(q)}`)
  return Array.isArray(body.data) ? body.data : expect.fail(JSON.stringify(body))
}

const TEXT = 'text/plain; charset=utf-8'

describe('a push that is stored', () => {
  it('is answered 204 without a body, at either path, in either form', async () => {
    const streams = stream({ job: 'x' }, entry('stored'))
    for (const path of [PUSH, LEGACY, `${PUSH}/`]) {
      for (const sent of [
        [pushJson(streams), JSON_TYPE],
        [pushJson(streams), `${JSON_TYPE}; charset=utf-8`],
        [compress(pushBytes(streams)), PROTOBUF],
        [compress(pushBytes(streams)), 'application/vnd.google.protobuf'],
      ] as const)
        expect(await push(sent[0], { path, type: sent[1] })).toMatchObject({ status: 204, type: null, text: '' })
    }
  })

  it('may be compressed as the clients of Loki do it', async () => {
    const streams = stream({ job: 'x' }, entry('was compressed'))
    const json = Buffer.from(pushJson(streams))
    const protobuf = compress(pushBytes(streams))
    const sent = [
      [json, JSON_TYPE, 'snappy'],
      [gzipSync(json), JSON_TYPE, 'gzip'],
      [deflateRawSync(json), JSON_TYPE, 'deflate'],
      [protobuf, PROTOBUF, 'snappy'],
      [gzipSync(protobuf), PROTOBUF, 'gzip'],
    ] as const
    for (const [body, type, coding] of sent)
      expect((await push(body, { type, headers: { 'content-encoding': coding } })).status, coding).toBe(204)
    expect(await found('"was compressed"')).toHaveLength(sent.length)
  })

  it('is found by its labels, metadata, and what its line says', async () => {
    const metadata = { trace_id: '0af7651916cd43dd8448eb211c80319c' }
    const labels = { service_name: 'shop', level: 'warn', path: 'a "b" \\ c' }
    const streams = stream(labels, entry('metadata is kept', { nanos: now() + 789n, metadata }))
    expect((await push(pushJson(streams))).status).toBe(204)
    expect((await push(compress(pushBytes(streams)), { type: PROTOBUF })).status).toBe(204)
    const records = await found('"metadata is kept"')
    expect(records).toHaveLength(2)
    for (const record of records) {
      expect(record).toMatchObject({
        ...{ level: 'warn', service: 'shop', message: 'metadata is kept', source: 'loki', trace_id: metadata.trace_id },
        body: { line: 'metadata is kept', labels, metadata },
      })
      expect(record.time).toMatch(/000789Z$/)
    }
  })

  it('reads lines of JSON, as promtail ships those of files, and the level that a line of text begins with', async () => {
    const json =
      '{"timestamp":"2026-11-21T10:00:00Z","level":"ERROR","component":"billing","message":"in a line of JSON"}'
    const lines = [entry(json), entry('2026-11-21 10:00:00 [error] in a line of text')]
    await push(pushJson(stream({ job: 'varlogs', filename: '/var/log/app.log' }, ...lines)))
    expect(await found('"in a line of JSON"')).toMatchObject([
      { level: 'error', service: 'billing', message: 'in a line of JSON', body: { line: json } },
    ])
    expect(await found('"in a line of text"')).toMatchObject([
      { level: 'error', service: 'varlogs', message: lines[1].line, body: { detected_level: 'error' } },
    ])
  })

  it('takes what careless clients send: labels that are no texts, null for no values, the legacy form', async () => {
    const careless = `{"streams":[{"values":[["${now()}","careless",{}]],"stream":{"n":1,"b":true,"app":"x"}},{"stream":{},"values":null}]}`
    expect((await push(careless)).status).toBe(204)
    const legacy = {
      labels: '{app="say "hi"", b=`raw`}',
      entries: [{ ts: new Date().toISOString(), line: 'careless' }],
    }
    expect((await push(JSON.stringify({ streams: [legacy] }), { path: LEGACY })).status).toBe(204)
    const bodies = (await found('careless')).map(({ body }) => body)
    expect(bodies).toContainEqual(expect.objectContaining({ labels: { n: '1', b: 'true', app: 'x' } }))
    expect(bodies).toContainEqual(expect.objectContaining({ labels: { app: 'say "hi"', b: 'raw' } }))
  })

  it('names its key as Basic too, and no tenant of Loki’s is one', async () => {
    const body = pushJson(stream({ job: 'x' }, entry('x')))
    const basic = `Basic ${Buffer.from(`12345:${tenant.ingest}`).toString('base64')}`
    expect((await push(body, { key: '', headers: { authorization: basic, 'x-scope-orgid': 'other' } })).status).toBe(
      204,
    )
    expect((await push(body, { key: '', headers: { 'x-scope-orgid': tenant.ingest } })).status).toBe(401)
  })
})

describe('a push of which some cannot be kept', () => {
  it('is a 400 whose text lists that, and stores the rest', async () => {
    const old = entry('an old one', { nanos: 1n })
    const bad = `["not a time","a bad one"],[${now()},"a number for a time"],["${now()}",5],["${now()}"],7`
    const streams = pushJson(stream({ job: 'mixed' }, entry('kept beside'), old)).replace(']]}', `],${bad}]}`)
    const answer = await push(streams)
    expect([answer.status, answer.type]).toEqual([400, TEXT])
    expect(answer.text).toMatch(/^6 entries were rejected, 1 were stored: entry 1: .*before the oldest.*\n$/)
    expect(answer.text).toContain('entry 2: the time of an entry is a string of nanoseconds since 1970')
    expect(await found('"kept beside"')).toHaveLength(1)
  })

  it('keeps the streams beside one whose labels are none', async () => {
    const streams = [...stream({ job: 'x' }, entry('labels are fine')), ...stream({ job: 'y' }, entry('lost'))]
    const bytes = Buffer.from(pushBytes(streams))
    bytes[bytes.indexOf('{job="y"')] = 0x5b
    const answer = await push(compress(bytes), { type: PROTOBUF })
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('error parsing labels')])
    expect(await found('"labels are fine"')).toHaveLength(1)
  })
})

describe('a push that is refused', () => {
  it('is a line of text with the status that Loki has for it', async () => {
    const body = pushJson(stream({ job: 'x' }, entry('x')))
    const cases: [string, number, Promise<Awaited<ReturnType<typeof push>>>][] = [
      ['no JSON', 400, push('{"streams":[')],
      ['no snappy', 400, push('not snappy', { type: PROTOBUF })],
      ['no protobuf', 400, push(compress(Uint8Array.from([0x0a, 0x7f])), { type: PROTOBUF })],
      ['no type', 400, push(body, { type: '' })],
      ['another coding', 400, push(body, { headers: { 'content-encoding': 'lz4' } })],
      ['no streams', 422, push('{"streams":[]}')],
      ['no body', 422, push('')],
      ['no key', 401, push(body, { key: '' })],
      ['a key that only reads', 403, push(body, { key: tenant.query })],
      ['too large', 413, push(new Uint8Array(BODY_BYTES_MAX + 1))],
      ['something of ours', 503, push(body, { bindings: { ...env, TENANT: broken(env.TENANT) } })],
    ]
    for (const [name, status, answer] of cases) {
      const { text, type, status: told } = await answer
      expect([told, type], `${name}: ${text}`).toEqual([status, TEXT])
      expect(text, name).toMatch(/^[^\n]+\n$/)
    }
  })

  it('says what to do about a key that is none, though the protocol has no place for hints', async () => {
    const { status, text } = await push('{"streams":[]}', { key: 'slc_ing_cut-off' })
    expect([status, text]).toEqual([401, expect.stringContaining('copied whole')])
  })

  it('is 413 for a bomb, before it goes off', async () => {
    const bomb = Uint8Array.from([0x80, 0x80, 0x80, 0x80, 0x08, 0x00, 0x00])
    const answer = await push(bomb, { type: PROTOBUF })
    expect([answer.status, answer.text]).toEqual([413, expect.stringMatching(/^request body too large/)])
  })

  it('is a 4xx for 100,000 labels, and costs no more than its body', async () => {
    const labels = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`label_${index}`, 'x']))
    const entries = Array.from({ length: 100 }, () => entry('x'))
    expect((await push(compress(pushBytes(stream(labels, ...entries))), { type: PROTOBUF })).status).toBe(413)
    expect((await push(pushJson(stream(labels, entry('x'))))).status).toBe(413)
  })
})

describe('what clients ask before they push', () => {
  it('is answered to anybody', async () => {
    const ready = await router.fetch(new Request('http://localhost:8787/ready'), env, createExecutionContext())
    expect([ready.status, await ready.text()]).toEqual([200, 'ready\n'])
    const build = await send('', 'GET /loki/api/v1/status/buildinfo')
    expect([build.status, build.body.version]).toEqual([200, '3.0.0'])
  })
})
