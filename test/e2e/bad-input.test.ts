import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import zlib from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Problem, pageOf, receiptOf, usageOf } from '../support/answers'
import { type Answer, Client, parseAnswer, type Request } from '../support/client'
import { sendRaw } from '../support/raw-request'
import { endAllServers, peakMemoryBytes, resetPeakMemory, Server } from '../support/server'

const MIB = 1024 * 1024
const DAY_MS = 86_400_000
const ANSWER_MS_MAX = 2000
const MEMORY_GROWTH_MAX = 150 * MIB
const JSON_TYPE = { 'content-type': 'application/json' }

type Body = NonNullable<Request['body']>

let server: Server
let client: Client
let runtime: number
let memoryBefore: number

beforeAll(async () => {
  server = await Server.start({ flags: ['--quiet'] })
  client = new Client({ port: server.port, key: server.tenant.adminKey })
  runtime = server.runtimes[0]
})
afterAll(endAllServers)

async function post(body: Body, headers: Readonly<Record<string, string>> = {}, target = '/logs'): Promise<Answer> {
  const startMs = performance.now()
  // A connection of its own: the server may close it in the middle of a body that it refuses.
  const own = new Client({ port: server.port, key: server.tenant.adminKey })
  const answer = await own.post(target, body, headers)
  own.close()
  expect(performance.now() - startMs).toBeLessThan(ANSWER_MS_MAX)
  return answer
}

async function expectProblem(answer: Answer, status: number, code: string, rest: object = {}): Promise<void> {
  expect(answer.headers['content-type']).toBe('application/problem+json')
  const problem = parseAnswer(Problem, answer)
  expect(problem).toMatchObject({ status, code, ...rest })
  expect(answer.status).toBe(status)
  expect(problem.hint).not.toBe('')
  expect(problem.instance).toBe(answer.headers['x-request-id'])
}

/** The text of the records whose `case` is this, exactly as it is answered. */
async function findCase(name: string): Promise<string> {
  const { text } = await client.get(`/logs?order=asc&q=${encodeURIComponent(`case:${name}`)}`)
  return text
}

describe('kept exactly', () => {
  const manyKeys = Array.from({ length: 10_000 }, (_, index) => `"key ${index}":${index}`).join(',')

  it.each([
    ['lone-surrogates', '"message":"a\\ud800b","b":"\\udfff\\ud800","\\udead":1'],
    ['nul', '"message":"before\\u0000after","\\u0000":"\\u0000"'],
    ['duplicate-keys', '"a":1,"a":2,"b":{"c":1,"c":[]},"a":"three"'],
    ['prototypes', '"__proto__":{"polluted":true},"constructor":{"prototype":null},"toString":1'],
    ['numbers', '"a":1e400,"b":-0,"c":9007199254740993,"d":1.10,"e":1E+2,"f":123456789012345678901234567890'],
    ['ten-thousand-keys', manyKeys],
    ['unknown-levels', '"level":"LOUD"'],
    ['odd-levels', '"level":{"name":"error"},"severity":[],"lvl":null'],
    ['long-message', `"message":"${'0123456789'.repeat(90_000)}"`],
    ['empty-keys', '"":"","a":{"":{"":[]}}," ":" "'],
    ['dots', '"a.b":1,"a":{"b":2},"a..b":{".":3}'],
    ['astral', '"message":"\u{1f9a6} otter","\u{1f9a6}":"\\ud83e\\udda6","combining":"e\u0301"'],
    ['controls', '"message":"\\u001b[31mred\\u001b[0m\\r\\n\\t\\u0007\\u009b","bidi":"\u202etxt.exe"'],
    ['escapes', '"slash":"\\/","unicode":"\\u0041","A":"A","\\u0041":1'],
    ['nested', `"deep":${'{"a":['.repeat(300)}null${']}'.repeat(300)}`],
    ['mixed-types', '"v":[1,"1",true,null,{},[],[[]],{"a":[{}]}]'],
    ['our-names', '"id":"log_mine","seq":-1,"received":"never","body":{"body":1},"source":7,"tags":"x"'],
  ])('%s', async (name, members) => {
    const sent = `{"case":"${name}",${members}}`
    expect(receiptOf(await post(sent))).toMatchObject({ accepted: 1, rejected: 0 })
    expect(await findCase(name)).toContain(`"body":${sent}}`)
    const { data } = await pageOf(client, `/logs?q=${encodeURIComponent(`case:${name}`)}`)
    expect(data).toHaveLength(1)
    expect((await client.get(`/logs/${data[0].id}`)).text).toContain(`"body":${sent}}`)
  })

  it.each([
    ['one object', (log: string) => log, 1],
    ['an array', (log: string) => `[${log}, ${log}]`, 2],
    ['{"logs": […]}', (log: string) => `{ "logs" : [${log},${log}] }`, 2],
    ['lines', (log: string) => `${log}\n${log}`, 2],
    ['lines of Windows, blank ones too', (log: string) => `${log}\r\n\r\n  \r\n${log}\r\n`, 2],
    ['one after another', (log: string) => `${log}${log} ${log}`, 3],
    ['a byte order mark', (log: string) => `\ufeff${log}\n${log}`, 2],
    ['an indented document', (log: string) => JSON.stringify([JSON.parse(log)], null, 2), 1],
  ])('in any form: %s', async (form, write, count) => {
    const name = `form-${form.replaceAll(/\W+/g, '-')}`
    for (const type of [
      'application/json',
      'application/x-ndjson',
      'application/x-www-form-urlencoded',
      'text/plain',
    ]) {
      const body = write(`{"case":"${name}","type":"${type}","message":"a message"}`)
      expect(receiptOf(await post(body, { 'content-type': type })), type).toMatchObject({
        accepted: count,
        rejected: 0,
      })
      const { data } = await pageOf(client, `/logs?q=${encodeURIComponent(`case:${name} type:"${type}"`)}`)
      expect(
        data.map(({ message }) => message),
        type,
      ).toEqual(Array(count).fill('a message'))
    }
  })

  it('plain text, a log for each line', async () => {
    const body = '  indented plainly\r\n\r\n{not json plainly\r\n[2026-11-21] plainly\n'
    expect(receiptOf(await post(body, { 'content-type': 'text/plain; charset=utf-8' }))).toMatchObject({ accepted: 3 })
    const { data } = await pageOf(client, '/logs?q=plainly&order=asc')
    expect(data.map(({ message }) => message)).toEqual([
      '  indented plainly',
      '{not json plainly',
      '[2026-11-21] plainly',
    ])
  })
})

describe('compressed bodies', () => {
  const log = (name: string) => JSON.stringify({ case: name, message: 'compressed' })

  it.each<[string, string, (text: string) => Buffer, number]>([
    ['gzip', 'gzip', (text) => zlib.gzipSync(text), 1],
    ['x-gzip', 'X-GZip', (text) => zlib.gzipSync(text), 1],
    ['gzip-members', 'gzip', (text) => Buffer.concat([zlib.gzipSync(`${text}\n`), zlib.gzipSync(text)]), 2],
    ['deflate', 'deflate', (text) => zlib.deflateSync(text), 1],
    ['deflate-raw', 'deflate', (text) => zlib.deflateRawSync(text), 1],
    ['br', 'br', (text) => zlib.brotliCompressSync(text), 1],
    ['zstd', 'zstd', (text) => zlib.zstdCompressSync(text), 1],
    ['zstd-frames', 'zstd', (text) => Buffer.concat([zlib.zstdCompressSync(text), zlib.zstdCompressSync(text)]), 2],
    ['twice', 'deflate, gzip', (text) => zlib.gzipSync(zlib.deflateSync(text)), 1],
    ['identity', 'identity', (text) => Buffer.from(text), 1],
    ['no-header', '', (text) => zlib.gzipSync(text), 1],
  ])('%s', async (name, coding, compress, count) => {
    const headers: Record<string, string> = coding === '' ? {} : { 'content-encoding': coding }
    expect(receiptOf(await post(compress(log(name)), headers))).toMatchObject({ accepted: count, rejected: 0 })
    expect((await pageOf(client, `/logs?q=case:${name}`)).data).toHaveLength(count)
  })

  it('chunked, without a length', async () => {
    const chunks = [...log('chunked')].map((character) => Buffer.from(character))
    expect(receiptOf(await post(Readable.from(chunks)))).toMatchObject({ accepted: 1 })
    expect(await findCase('chunked')).toContain(log('chunked'))
  })

  it.each<[string, string, Buffer, number, string, string]>([
    ['unknown', 'compress', Buffer.from('{}'), 415, 'unsupported_media_type', '"compress"'],
    ['too many', 'gzip,gzip,gzip,gzip', Buffer.from('{}'), 415, 'unsupported_media_type', 'more than 3'],
    ['not what it says', 'gzip', Buffer.from('{"message":"no gzip"}'), 400, 'invalid_body', 'incorrect header'],
    ['cut short', 'gzip', zlib.gzipSync('{"message":"cut"}').subarray(0, -5), 400, 'invalid_body', 'unexpected end'],
    ['cut short', 'zstd', zlib.zstdCompressSync('{"message":"cut"}').subarray(0, -5), 400, 'invalid_body', 'zstd'],
    ['cut short', 'br', zlib.brotliCompressSync('{"message":"cut"}').subarray(0, -5), 400, 'invalid_body', 'br'],
    [
      'followed by more',
      'deflate',
      Buffer.concat([zlib.deflateSync('{"a":1}'), Buffer.from('x')]),
      400,
      'invalid_body',
      '1 bytes',
    ],
    ['empty', 'gzip', Buffer.alloc(0), 400, 'empty_body', ''],
    ['empty inside', 'gzip', zlib.gzipSync(''), 400, 'empty_body', ''],
  ])('%s: %s', async (_, coding, body, status, code, detail) => {
    const answer = await post(body, { 'content-encoding': coding })
    await expectProblem(answer, status, code, { detail: expect.stringContaining(detail) })
    if (status === 415 && code === 'unsupported_media_type' && coding === 'compress')
      expect(answer.headers['accept-encoding']).toBe('gzip, deflate, br, zstd, snappy')
  })
})

it('takes a POST of 16 MB; what is refused below may cost little more', async () => {
  receiptOf(await post(`${'x'.repeat(1000)}\n`.repeat(15_000), { 'content-type': 'text/plain' }))
  resetPeakMemory(runtime)
  memoryBefore = peakMemoryBytes(runtime)
})

describe('a small body that becomes a large one', () => {
  it.each<[string, () => Buffer]>([
    ['gzip', () => zlib.gzipSync(Buffer.alloc(1000 * MIB, ' '))],
    ['gzip of records', () => zlib.gzipSync('{"message":"boom"}\n'.repeat(2_000_000))],
    ['gzip, gzip', () => zlib.gzipSync(zlib.gzipSync(Buffer.alloc(1000 * MIB, ' ')))],
    ['deflate', () => zlib.deflateSync(Buffer.alloc(100 * MIB, ' '))],
    ['zstd', () => zlib.zstdCompressSync(Buffer.alloc(1000 * MIB, ' '))],
    [
      'br',
      () => zlib.brotliCompressSync(Buffer.alloc(100 * MIB), { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 3 } }),
    ],
  ])('a bomb in %s is refused', async (coding, build) => {
    const bomb = build()
    expect(bomb.length).toBeLessThan(2 * MIB)
    const answer = await post(bomb, { 'content-encoding': coding.replace(' of records', '') })
    await expectProblem(answer, 413, 'payload_too_large', { limit: { name: 'BODY_BYTES_MAX', value: 16 * MIB } })
  })
})

describe('refused as a whole', () => {
  const item = (index: number, code: string) => ({ errors: [{ index, code }] })
  const aheadMs = Date.now() + DAY_MS + 3_600_000
  const agoMs = Date.now() - 31 * DAY_MS

  it.each<[string, Body, number, string, object]>([
    ['nothing', '', 400, 'empty_body', {}],
    ['white space', ' \r\n\t ', 400, 'empty_body', {}],
    ['null', 'null', 400, 'invalid_json', item(0, 'invalid_json')],
    ['an empty array', '[]', 400, 'empty_body', {}],
    ['no logs', '{"logs":[]}', 400, 'empty_body', {}],
    ['a number', '42', 400, 'invalid_json', item(0, 'invalid_json')],
    ['a text', '"hello"', 400, 'invalid_json', item(0, 'invalid_json')],
    ['numbers', '[1,2]', 400, 'invalid_json', { errors: [{ index: 0 }, { index: 1 }] }],
    ['JSON that breaks', '{"a":1,"b"', 400, 'invalid_json', { detail: expect.stringContaining('byte 10') }],
    ['a trailing comma', '{"a":1,}', 400, 'invalid_json', { detail: expect.stringContaining('byte 7') }],
    ['NaN', '{"a":NaN}', 400, 'invalid_json', { detail: expect.stringContaining('byte 5') }],
    ['a time that is NaN', '{"time":NaN}', 400, 'invalid_json', item(0, 'invalid_json')],
    ['a raw control character', '{"a":"\u0001"}', 400, 'invalid_json', { detail: expect.stringContaining('byte 6') }],
    [
      'an array that breaks late',
      '[{"a":1},{"b":}]',
      400,
      'invalid_json',
      { detail: expect.stringContaining('byte 14') },
    ],
    ['an array that goes on', '[{"a":1}] {"b":2}', 400, 'invalid_json', { detail: expect.stringContaining('byte 10') }],
    ['invalid UTF-8', withBytes('{"message":"a', [0xff], '"}'), 400, 'validation_failed', item(0, 'invalid_utf8')],
    [
      'an overlong form',
      withBytes('{"message":"', [0xc0, 0xaf], '"}'),
      400,
      'validation_failed',
      item(0, 'invalid_utf8'),
    ],
    [
      'a surrogate in UTF-8',
      withBytes('{"a":"', [0xed, 0xa0, 0x80], '"}'),
      400,
      'validation_failed',
      item(0, 'invalid_utf8'),
    ],
    ['invalid UTF-8 in a name', withBytes('{"', [0xff], '":1}'), 400, 'validation_failed', item(0, 'invalid_utf8')],
    [
      'objects 10,000 deep',
      `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
      400,
      'validation_failed',
      item(0, 'too_deep'),
    ],
    [
      'arrays 10,000 deep',
      `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
      400,
      'validation_failed',
      item(0, 'too_deep'),
    ],
    ['a million open brackets', `{"a":${'['.repeat(1_000_000)}`, 400, 'validation_failed', item(0, 'too_deep')],
    ['a million open braces', '{"a":'.repeat(1_000_000), 400, 'validation_failed', item(0, 'too_deep')],
    ['a name of 10 MB', `{"${'k'.repeat(10_000_000)}":1}`, 413, 'event_too_large', item(0, 'record_too_large')],
    ['a message over 1 MiB', `{"message":"${'m'.repeat(MIB)}"}`, 413, 'event_too_large', item(0, 'record_too_large')],
    [
      '50,001 records',
      '{"a":1}\n'.repeat(50_001),
      413,
      'batch_too_large',
      { limit: { name: 'BATCH_RECORDS_MAX', value: 50_000 } },
    ],
    ['1970', '{"time":"1970-01-01T00:00:00Z"}', 400, 'validation_failed', item(0, 'timestamp_too_old')],
    ['the year 9999', '{"timestamp":"9999-12-31T23:59:59Z"}', 400, 'validation_failed', item(0, 'timestamp_too_new')],
    ['31 days ago', `{"ts":${agoMs}}`, 400, 'validation_failed', item(0, 'timestamp_too_old')],
    ['25 hours ahead', `{"@timestamp":${aheadMs}}`, 400, 'validation_failed', item(0, 'timestamp_too_new')],
    [
      'a timestamp that is no time',
      '{"timestamp":"NaN"}',
      400,
      'validation_failed',
      { errors: [{ index: 0, code: 'invalid_timestamp', pointer: '/timestamp' }] },
    ],
    ['a negative timestamp', '{"@timestamp":-5}', 400, 'validation_failed', item(0, 'invalid_timestamp')],
    ['an endless timestamp', '{"timestamp":1e400}', 400, 'validation_failed', item(0, 'invalid_timestamp')],
  ])('%s', async (_, body, status, code, rest) => {
    for (const type of ['application/json', 'application/x-www-form-urlencoded'])
      await expectProblem(await post(body, { 'content-type': type }), status, code, rest)
  })

  it('100 MB, with a length and without', async () => {
    const limit = { limit: { name: 'BODY_BYTES_MAX', value: 16 * MIB } }
    for (const headers of [{}, { 'content-length': `${100 * MIB}` }])
      await expectProblem(await post(Readable.from(megabytes(100)), headers), 413, 'payload_too_large', limit)
  })

  it('an unknown parameter, and a strict that is neither true nor false', async () => {
    await expectProblem(await post('{"a":1}', {}, '/logs?stricd=true'), 400, 'validation_failed')
    await expectProblem(await post('{"a":1}', {}, '/logs?strict=maybe'), 400, 'validation_failed')
  })

  it('everything when one is bad and strict=true', async () => {
    const body = '{"case":"strict"}\n{"case":"strict","time":"1970-01-01"}'
    await expectProblem(await post(body, {}, '/logs?strict=true'), 422, 'strict_rejected', item(1, 'timestamp_too_old'))
    expect((await pageOf(client, '/logs?q=case:strict')).data).toEqual([])
    expect(receiptOf(await post('{"case":"strict"}', {}, '/logs?strict=true'))).toMatchObject({ accepted: 1 })
  })

  it('too many errors to list are counted', async () => {
    const receipt = receiptOf(await post(`{"a":1}\n${'{"b":}\n'.repeat(150)}`))
    expect(receipt).toMatchObject({ accepted: 1, rejected: 150, errors_omitted: 50 })
    expect(receipt.errors).toHaveLength(100)
  })
})

describe('a bad record costs only itself', () => {
  it.each<[string, Body, string]>([
    ['broken', '{"b":}', 'invalid_json'],
    ['not-closed', '{"b":"', 'invalid_json'],
    ['number', '42', 'invalid_json'],
    ['array', '[]', 'invalid_json'],
    ['binary', '\u0000\u0001', 'invalid_json'],
    ['utf8', withBytes('{"message":"', [0xff, 0xfe], '"}'), 'invalid_utf8'],
    ['deep', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 'too_deep'],
    ['long-name', `{"${'k'.repeat(10_000_000)}":1}`, 'record_too_large'],
    ['old', '{"time":"1969-12-31T23:59:59Z"}', 'timestamp_too_old'],
    ['new', '{"time":"2999-01-01T00:00:00Z"}', 'timestamp_too_new'],
    ['no-time', '{"timestamp":"NaN"}', 'invalid_timestamp'],
  ])('%s', async (name, bad, code) => {
    const good = (number: number) => Buffer.from(`{"case":"beside-${name}","number":${number}}\n`)
    const body = Buffer.concat([good(0), Buffer.from(bad), Buffer.from('\n'), good(2)])
    const receipt = receiptOf(await post(body, JSON_TYPE))
    expect(receipt).toMatchObject({ accepted: 2, rejected: 1, duplicate: 0, errors: [{ index: 1, code }] })
    const { data } = await pageOf(client, `/logs?order=asc&q=case:beside-${name}`)
    expect(data.map((log) => log.body)).toEqual([0, 2].map((number) => ({ case: `beside-${name}`, number })))
  })
})

describe('a length that is a lie', () => {
  const log = '{"case":"a-lie"}'
  const send = (headers: string, body: string, isLast = true) => {
    const head = `POST /logs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${server.tenant.ingestKey}\r\n`
    return sendRaw(server.port, `${head}${headers}\r\n\r\n${body}`, { isLast })
  }

  it.each([
    ['more than comes', 'Content-Length: 500', log],
    ['much more than comes', 'Content-Length: 5000000', log],
    ['less than comes', 'Content-Length: 10', log],
    ['none', 'X-None: 1', log],
    ['negative', 'Content-Length: -16', log],
    ['no number', 'Content-Length: sixteen', log],
    ['past all numbers', 'Content-Length: 99999999999999999999999', log],
    ['two', `Content-Length: ${log.length}\r\nContent-Length: 5`, log],
    ['a chunk that is cut', 'Transfer-Encoding: chunked', `10\r\n${log.slice(0, 5)}`],
    ['chunks without an end', 'Transfer-Encoding: chunked', `10\r\n${log}\r\n`],
    ['a chunk without a length', 'Transfer-Encoding: chunked', `zz\r\n${log}\r\n0\r\n\r\n`],
    ['an unknown transfer coding', 'Transfer-Encoding: gzip', log],
  ])('%s: 400, and nothing is stored', async (_, headers, body) => {
    expect(await send(headers, body)).toMatch(/^HTTP\/1\.1 400 /)
    expect((await pageOf(client, '/logs?q=case:a-lie')).data).toEqual([])
  })

  it('too much is refused before it comes', async () => {
    expect(await send('Content-Length: 100000000', log, false)).toMatch(/^HTTP\/1\.1 413 /)
  })
})

it('all of it has cost no restart, little memory, and is in the account', async () => {
  expect(server.runtimes).toEqual([runtime])
  expect(peakMemoryBytes(runtime) - memoryBefore).toBeLessThan(MEMORY_GROWTH_MAX)
  const usage = await usageOf(client)
  expect(usage.imbalance).toBe(0)
  expect(Object.keys(usage.rejected)).toEqual(
    expect.arrayContaining(['invalid_json', 'invalid_utf8', 'too_deep', 'record_too_large', 'timestamp_too_old']),
  )
  expect(await client.get('/health')).toMatchObject({ status: 200 })
})

function withBytes(before: string, bytes: readonly number[], after: string): Buffer {
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)])
}

/** The server's answer is heard between two of them. */
async function* megabytes(count: number): AsyncGenerator<Buffer> {
  const chunk = Buffer.alloc(MIB, 'x')
  for (let index = 0; index < count; index++) {
    yield chunk
    await setImmediate()
  }
}
