import { createExecutionContext, runInDurableObject, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { mintKey } from '../../src/http/api-key'
import { BODY_BYTES_MAX, DOCUMENTS_BYTES_MAX, REPEATED_BODY_MS } from '../../src/limits/limits'
import { limitsOf, type TenantLimits } from '../../src/limits/policies'
import { router } from '../../src/router'
import { tenantStub } from '../../src/tenant-stub'
import { addKey, makeOperator, makeTenant, send } from '../support/admin-world'
import { broken } from '../support/broken'
import { type LogRecord, type ResourceLogs, requestBytes, requestJson, type Value } from '../support/otlp-requests'
import { bytesField, message, textField, varintField } from '../support/protobuf-encoder'
import { silenceConsole } from '../support/silence-console'

/** What OTLP/HTTP clients go by: status, type and body, to the letter. */

const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'

silenceConsole()

let tenant: Awaited<ReturnType<typeof makeTenant>>

beforeAll(async () => {
  await makeOperator()
  tenant = await makeTenant('otlp')
})

interface Sent {
  readonly path?: string
  readonly type?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly key?: string
  readonly bindings?: typeof env
}

async function post(body: Uint8Array | string | undefined, sent: Sent = {}) {
  const { path = '/v1/logs', type = PROTOBUF, headers = {}, key = tenant.ingest, bindings = env } = sent
  const ctx = createExecutionContext()
  const request = new Request(`http://localhost:8787${path}`, {
    method: 'POST',
    headers: {
      ...(key !== '' && { authorization: `Bearer ${key}` }),
      ...(type !== '' && { 'content-type': type }),
      ...headers,
    },
    ...(body !== undefined && { body }),
  })
  const response: Response = await router.fetch(request, bindings, ctx)
  const bytes = new Uint8Array(await response.arrayBuffer())
  await waitOnExecutionContext(ctx)
  return { status: response.status, type: response.headers.get('content-type'), headers: response.headers, bytes }
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString()

const record = (body: Value | undefined, more: Partial<LogRecord> = {}): LogRecord => ({
  ...{
    time: BigInt(Date.now()) * 1_000_000n + 123_456n,
    observedTime: 0n,
    severityNumber: 17,
    severityText: 'ERROR',
    body,
  },
  ...{ attributes: [], dropped: 0, flags: 0, traceId: '', spanId: '', eventName: '', ...more },
})

const text = (value: string): Value => ({ kind: 'string', value })

const requestOf = (...records: LogRecord[]): ResourceLogs[] => [
  {
    ...{ attributes: [['service.name', text('checkout')]], dropped: 0, schemaUrl: '' },
    scopes: [{ name: 'lib', version: '1', attributes: [], schemaUrl: '', records }],
  },
]

async function found(q: string): Promise<Record<string, unknown>[]> {
  const { body } = await send(tenant.query, `GET /logs?limit=100&q=${encodeURIComponent(q)}`)
  return Array.isArray(body.data) ? body.data : expect.fail(JSON.stringify(body))
}

/** google.rpc.Status in protobuf. */
const status = (code: number, detail: string) => message(varintField(1, code), textField(2, detail))

describe('a request that is stored', () => {
  it('is answered 200 with no bytes in protobuf, and {} in JSON, in exactly its own type', async () => {
    for (const path of ['/v1/logs', '/otlp/v1/logs', '/v1/logs/']) {
      const protobuf = await post(requestBytes(requestOf(record(text('p')))), { path })
      expect([protobuf.status, protobuf.type, protobuf.bytes.length]).toEqual([200, PROTOBUF, 0])
      const json = await post(requestJson(requestOf(record(text('j')))), { path, type: `${JSON_TYPE}; charset=utf-8` })
      expect([json.status, json.type, textOf(json.bytes)]).toEqual([200, JSON_TYPE, '{}'])
    }
  })

  it('is found with its time to the nanosecond, level, service, ids, resource and scope, the same from both', async () => {
    const traceId = '5b8efff798038103d269b633813fc60c'
    const spanId = 'eee19b7ec3c1b174'
    const more = { traceId, spanId, attributes: [['big', { kind: 'int', value: 2n ** 63n - 1n }]] } as const
    const request = requestOf(record(text('found in both'), more))
    await post(requestBytes(request))
    await post(requestJson(request), { type: JSON_TYPE })
    const records = await found('"found in both"')
    expect(records).toHaveLength(2)
    const { id: _1, seq: _2, received: _3, ...first } = records[0]
    const { id: _4, seq: _5, received: _6, ...second } = records[1]
    expect(first).toEqual(second)
    expect(first).toMatchObject({
      ...{ level: 'error', service: 'checkout', message: 'found in both', source: 'otlp' },
      ...{ trace_id: traceId, span_id: spanId },
      body: { resource: { attributes: { 'service.name': 'checkout' } }, scope: { name: 'lib', version: '1' } },
    })
    expect(first.time).toMatch(/\.\d{3}123456Z$/)
    const { text: raw } = await send(tenant.query, `GET /logs?q=${encodeURIComponent('"found in both"')}`)
    expect(raw).toContain('"big":9223372036854775807')
  })

  it('takes the observed time where there is no other, and that of receipt where there is none', async () => {
    const observedTime = BigInt(Date.now() - 60_000) * 1_000_000n
    await post(requestBytes(requestOf(record(text('was observed'), { time: 0n, observedTime }))))
    await post(requestBytes(requestOf(record(text('has no time'), { time: 0n }))))
    const [observed] = await found('"was observed"')
    expect(Date.parse(String(observed.time))).toBe(Number(observedTime / 1_000_000n))
    const [received] = await found('"has no time"')
    expect(received.time).toBe(received.received)
  })

  it('may be compressed, chunked, and name its key as Basic', async () => {
    const body = requestBytes(requestOf(record(text('in gzip'))))
    const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    for (const authorization of [basic('1234', tenant.ingest), basic(tenant.ingest, ''), basic(tenant.ingest, 'x')]) {
      const answer = await post(gzipSync(body), { key: '', headers: { 'content-encoding': 'gzip', authorization } })
      expect(answer.status).toBe(200)
    }
    expect(await found('"in gzip"')).toHaveLength(3)
  })

  it('may hold nothing: Cloudflare sends such a one to see whether anybody is there', async () => {
    for (const [body, type] of [
      [undefined, PROTOBUF],
      [undefined, JSON_TYPE],
      [undefined, ''],
      ['{}', JSON_TYPE],
      ['{"resourceLogs":[]}', JSON_TYPE],
      [Buffer.from('{"resourceLogs":[]}'), ''],
    ] as const) {
      const answer = await post(body, { type })
      expect([answer.status, textOf(answer.bytes)], `${body} ${type}`).toEqual([200, type === PROTOBUF ? '' : '{}'])
    }
  })
})

describe('a request of which some is stored', () => {
  const mixed = () =>
    requestOf(record(text('kept')), record(text('too old'), { time: 1n }), record(text('too old'), { time: 2n }))

  it('says how many were not, and why, as a partial success', async () => {
    const json = await post(requestJson(mixed()), { type: JSON_TYPE })
    expect([json.status, json.type]).toEqual([200, JSON_TYPE])
    expect(JSON.parse(textOf(json.bytes))).toEqual({
      partialSuccess: {
        rejectedLogRecords: '2',
        errorMessage: expect.stringContaining('before the oldest time taken'),
      },
    })
    const protobuf = await post(requestBytes(mixed()))
    expect([protobuf.status, protobuf.type]).toEqual([200, PROTOBUF])
    const { errorMessage } = JSON.parse(textOf(json.bytes)).partialSuccess
    const shown = textOf(protobuf.bytes)
    expect(shown).toContain('before the oldest time taken')
    const told = shown.slice(shown.indexOf('1970'))
    expect(Buffer.from(protobuf.bytes)).toEqual(
      Buffer.from(bytesField(1, message(varintField(1, 2), textField(2, told)))),
    )
    expect(String(errorMessage)).toMatch(/^1970/)
  })

  it('keeps the neighbours of what is nested too deep or is no text', async () => {
    const deep = Array.from({ length: 1500 }).reduce<Value>((inner) => ({ kind: 'array', values: [inner] }), text('x'))
    const bytes = Buffer.from(requestBytes(requestOf(record(text('besides')), record(deep), record(text('no@@text')))))
    bytes[bytes.indexOf('@@')] = 0xff
    const answer = await post(bytes)
    expect([answer.status, textOf(answer.bytes)]).toEqual([200, expect.stringContaining('nested deeper than')])
    expect(textOf(answer.bytes)).toContain('not valid UTF-8')
    expect(await found('besides')).toHaveLength(1)
  })
})

describe('a request that is refused', () => {
  it('is answered with a google.rpc.Status in its own encoding', async () => {
    const json = await post('{"resourceLogs":[', { type: JSON_TYPE })
    expect([json.status, json.type]).toEqual([400, JSON_TYPE])
    expect(JSON.parse(textOf(json.bytes))).toEqual({ code: 3, message: expect.stringMatching(/^At byte \d+: /) })
    const protobuf = await post(Uint8Array.from([0x0a, 0x7f]))
    expect([protobuf.status, protobuf.type]).toEqual([400, PROTOBUF])
    const detail = 'At byte 2: a field of 127 bytes does not fit into what it stands in.'
    expect(Buffer.from(protobuf.bytes)).toEqual(Buffer.from(status(3, detail)))
  })

  it('is a 400 for every kind of broken protobuf', async () => {
    const hostile: Record<string, Uint8Array> = {
      'a varint without end': new Uint8Array(64).fill(0xff),
      'a truncated varint': Uint8Array.from([0x0a, 0x80]),
      'a length beyond the end': Uint8Array.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
      'a length of 64 bits': Uint8Array.from([0x0a, ...new Uint8Array(9).fill(0xff), 0x01]),
      'a wrong wire type': Uint8Array.from([0x08, 0x01]),
      'a group': Uint8Array.from([0x0b, 0x0c]),
      'an unknown wire type': Uint8Array.from([0x7f, 0x00]),
      'the field 0': Uint8Array.from([0x02, 0x00]),
      text: Buffer.from('not protobuf at all'),
    }
    for (const [name, body] of Object.entries(hostile)) expect((await post(body)).status, name).toBe(400)
  })

  it('is a 400 for JSON that is none of the protocol’s', async () => {
    for (const body of [
      '[]',
      'null',
      '"x"',
      '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"intValue":"x"}}]}]}]}',
    ])
      expect((await post(body, { type: JSON_TYPE })).status, body).toBe(400)
  })

  it('is 401 and 403 for who may not, 415 for other types, 413 for what is too large', async () => {
    const body = requestBytes(requestOf(record(text('x'))))
    expect(await post(body, { key: '' })).toMatchObject({ status: 401, type: PROTOBUF })
    expect(await post(body, { key: tenant.query })).toMatchObject({ status: 403, type: PROTOBUF })
    const other = await post('a=b', { type: 'text/xml' })
    expect(JSON.parse(textOf(other.bytes)).message).toBe(
      'unsupported media type, supported: [application/json, application/x-protobuf]',
    )
    expect([other.status, other.type]).toEqual([415, JSON_TYPE])
    const large = await post(new Uint8Array(BODY_BYTES_MAX + 1))
    expect(large).toMatchObject({ status: 413, type: PROTOBUF })
    expect(textOf(large.bytes)).toContain(`received message larger than max (${BODY_BYTES_MAX} bytes)`)
  })

  it('is 413 when a resource that many records share would make it too large', async () => {
    const records = Array.from({ length: 100 }, () => record(text('x')))
    const [group] = requestOf(...records)
    const heavy = { ...group, attributes: [['blob', text('x'.repeat(DOCUMENTS_BYTES_MAX / 64))]] as const }
    expect((await post(requestBytes([heavy]))).status).toBe(413)
  })

  it('is 429 with Retry-After when the tenant is over its limit', async () => {
    const limits: TenantLimits = { rates: [{ per: 'key', unit: 'requests', units: 1, windowSeconds: 60 }] }
    const key = await addKey(tenant.id, { kind: 'ing' })
    const defaults = {
      RATE_LIMIT_ENABLED: false,
      RATE_LIMIT_REQUESTS: 1,
      RATE_LIMIT_WINDOW: 1,
      API_V1_REQUESTS_PER_MINUTE: 0,
      API_V1_BATCHES_PER_MINUTE: 0,
    }
    const restored = await runInDurableObject(tenantStub(env, tenant.id), (instance) => {
      const before = instance.limitsFor
      instance.limitsFor = () => limitsOf(defaults, limits)
      return before
    })
    const body = requestBytes(requestOf(record(text('x'))))
    await post(body, { key })
    const limited = await post(body, { key })
    await runInDurableObject(tenantStub(env, tenant.id), (instance) => {
      instance.limitsFor = restored
    })
    expect([limited.status, limited.type]).toEqual([429, PROTOBUF])
    expect(limited.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(limited.headers.get('ratelimit-policy')).not.toBeNull()
    expect(limited.bytes.subarray(0, 2)).toEqual(Uint8Array.from([8, 8]))
  })

  it('is 503 with Retry-After when a store does not answer or something of ours breaks, and never 500', async () => {
    const body = requestJson(requestOf(record(text('x'))))
    const key = mintKey('ing', crypto.getRandomValues(new Uint8Array(32)))
    const away = await post(body, { type: JSON_TYPE, key, bindings: { ...env, CONTROL: broken(env.CONTROL) } })
    expect([away.status, away.type]).toEqual([503, JSON_TYPE])
    expect(away.headers.get('retry-after')).toMatch(/^\d+$/)
    const ours = await post(body, { type: JSON_TYPE, bindings: { ...env, TENANT: broken(env.TENANT) } })
    expect([ours.status, ours.headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^\d+$/)])
    expect(JSON.parse(textOf(ours.bytes))).toMatchObject({ code: expect.any(Number) })
  })

  it('leaves no key in the audit, wherever it stood', async () => {
    const { text: entries } = await send(tenant.admin, 'GET /admin/audit')
    expect(entries).toContain('POST /v1/logs')
    for (const key of [tenant.ingest, tenant.query]) expect(entries).not.toContain(key)
  })
})

describe('a body that comes again', () => {
  const set = async (value: 'once' | 'store') => {
    const changed = await send(tenant.admin, 'PATCH /admin/settings', { body: { repeated_bodies: value } })
    expect(changed.status, changed.text).toBe(200)
  }

  it('is stored again, unless the tenant has said that it is not', async () => {
    const body = requestBytes(requestOf(record(text('said twice'))))
    for (let times = 0; times < 2; times++) expect((await post(body)).status).toBe(200)
    expect(await found('"said twice"')).toHaveLength(2)
    await set('once')
    for (let times = 0; times < 3; times++) expect(await post(body)).toMatchObject({ status: 200, type: PROTOBUF })
    expect(await found('"said twice"')).toHaveLength(3)
    // Only a minute counts: after it, it is something that is said once more.
    const clock = await runInDurableObject(tenantStub(env, tenant.id), (instance) => {
      const before = instance.clock
      instance.clock = () => Date.now() + REPEATED_BODY_MS + 1
      return before
    })
    expect((await post(body)).status).toBe(200)
    await runInDurableObject(tenantStub(env, tenant.id), (instance) => {
      instance.clock = clock
    })
    expect(await found('"said twice"')).toHaveLength(4)
    await set('store')
  })
})
