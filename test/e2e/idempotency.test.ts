import { randomUUID } from 'node:crypto'
import zlib from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Problem, readAll, receiptOf, usageOf } from '../support/answers'
import { Client, parseAnswer } from '../support/client'
import { startWithTwoTenants, type Tenant } from '../support/second-tenant'
import { endAllServers, Server } from '../support/server'

const AT_ONCE = 20
const DAY_MS = 86_400_000

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

const postAs = (apiKey: string, body: string | Uint8Array, headers: Readonly<Record<string, string>>) =>
  connect(apiKey).post('/logs', body, headers)

/** How many logs of a batch are found, by a word that only they have. */
const countOf = async (word: string, tenant = acme) =>
  (await readAll(connect(tenant.queryKey), `/logs?q=${word}`)).length

const twoLogsAndABadOne = (word: string) => `{"message":"${word} a"}\n{"message":"${word} b"}\n{"broken":}`

it('gives the first receipt for the same key and body, and stores nothing', async () => {
  const key = randomUUID()
  const body = twoLogsAndABadOne('once')
  const before = await usageOf(connect(acme.adminKey))
  const first = await postAs(acme.ingestKey, body, { 'idempotency-key': key })
  expect(receiptOf(first)).toMatchObject({ batch_id: key, accepted: 2, rejected: 1, errors: [{ index: 2 }] })
  expect(first.headers['idempotency-replayed']).toBeUndefined()
  for (let turn = 0; turn < 3; turn++) {
    const again = await postAs(acme.ingestKey, body, { 'idempotency-key': key })
    expect(again).toMatchObject({ status: 202, text: first.text })
    expect(again.headers['idempotency-replayed']).toBe('true')
  }
  expect(await countOf('once')).toBe(2)
  const after = await usageOf(connect(acme.adminKey))
  expect(after.stored - before.stored).toBe(2)
  expect(after.duplicate - before.duplicate).toBe(6)
  expect(after.imbalance).toBe(0)
})

it('refuses the same key with another body, and stores nothing of it', async () => {
  const key = randomUUID()
  receiptOf(await postAs(acme.ingestKey, '{"message":"the-first"}', { 'idempotency-key': key }))
  const other = await postAs(acme.ingestKey, '{"message":"the-other"}', { 'idempotency-key': key })
  expect(parseAnswer(Problem, other)).toMatchObject({ status: 422, code: 'idempotency_conflict' })
  expect(await countOf('the-other')).toBe(0)
  expect(await countOf('the-first')).toBe(1)
  expect((await usageOf(connect(acme.adminKey))).imbalance).toBe(0)
})

it('takes a quoted and an unquoted key for the same', async () => {
  const key = randomUUID()
  receiptOf(await postAs(acme.ingestKey, '{"message":"quoted"}', { 'idempotency-key': `"${key}"` }))
  const again = await postAs(acme.ingestKey, '{"message":"quoted"}', { 'idempotency-key': key })
  expect(again.headers['idempotency-replayed']).toBe('true')
  expect(receiptOf(again).batch_id).toBe(key)
  expect(await countOf('quoted')).toBe(1)
})

it('compares what was sent, not how it was compressed', async () => {
  const headers = { 'idempotency-key': randomUUID() }
  const body = '{"message":"squeezed"}'
  receiptOf(await postAs(acme.ingestKey, body, headers))
  const again = await postAs(acme.ingestKey, zlib.gzipSync(body), { ...headers, 'content-encoding': 'gzip' })
  expect(again.headers['idempotency-replayed']).toBe('true')
  expect(await countOf('squeezed')).toBe(1)
})

it(`stores a batch once that comes ${AT_ONCE} times at once`, async () => {
  const headers = { 'idempotency-key': randomUUID() }
  const body = twoLogsAndABadOne('together')
  const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => postAs(acme.ingestKey, body, headers)))
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  expect(answers.filter((answer) => answer.headers['idempotency-replayed'] === 'true')).toHaveLength(AT_ONCE - 1)
  expect(await countOf('together')).toBe(2)
})

it('keeps one of two batches that come at once under one key', async () => {
  const headers = { 'idempotency-key': randomUUID() }
  const words = Array.from({ length: AT_ONCE }, (_, index) => `either${index % 2}`)
  const answers = await Promise.all(
    words.map((word) => postAs(acme.ingestKey, JSON.stringify({ message: word }), headers)),
  )
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(AT_ONCE / 2)
  expect(answers.filter(({ status }) => status === 422)).toHaveLength(AT_ONCE / 2)
  expect((await countOf('either0')) + (await countOf('either1'))).toBe(1)
})

it('knows a batch again whichever key of the tenant sends it', async () => {
  const headers = { 'idempotency-key': randomUUID() }
  const first = await postAs(acme.ingestKey, '{"message":"rotated"}', headers)
  const again = await postAs(acme.adminKey, '{"message":"rotated"}', headers)
  expect(again).toMatchObject({ status: 202, text: first.text })
  expect(again.headers['idempotency-replayed']).toBe('true')
  expect(await countOf('rotated')).toBe(1)
})

it('does not mix up tenants that choose the same key', async () => {
  const headers = { 'idempotency-key': 'everybody-takes-this-one' }
  for (const tenant of [acme, globex]) {
    const answer = await postAs(tenant.ingestKey, `{"message":"chosen by ${tenant.id}"}`, headers)
    expect(receiptOf(answer).accepted).toBe(1)
    expect(answer.headers['idempotency-replayed']).toBeUndefined()
  }
  expect(await countOf('chosen', acme)).toBe(1)
  expect(await countOf('chosen', globex)).toBe(1)
})

it('lets a batch of which nothing was stored be mended under its key', async () => {
  const headers = { 'idempotency-key': randomUUID() }
  expect((await postAs(acme.ingestKey, '{"message":"mended"', headers)).status).toBe(400)
  expect(receiptOf(await postAs(acme.ingestKey, '{"message":"mended"}', headers)).accepted).toBe(1)
  expect(await countOf('mended')).toBe(1)
})

it.each([
  ['nothing', ''],
  ['quotes only', '""'],
  ['257 characters', 'k'.repeat(257)],
  ['Latin-1', 'caf\u00e9'],
])('refuses a key of %s', async (_, key) => {
  const answer = await postAs(acme.ingestKey, '{"message":"unnamed"}', { 'idempotency-key': key })
  expect(parseAnswer(Problem, answer)).toMatchObject({ status: 400, code: 'validation_failed' })
  expect(await countOf('unnamed')).toBe(0)
})

it('knows a batch again after kill -9, and a batch that was not answered is stored once', async () => {
  const answered = { 'idempotency-key': randomUUID() }
  const unanswered = { 'idempotency-key': randomUUID() }
  const body = '{"message":"unanswered"}'
  const first = await postAs(acme.ingestKey, '{"message":"answered"}', answered)
  // Sent, and the server killed before anybody listens to what it says.
  const lost = Promise.allSettled([postAs(acme.ingestKey, body, unanswered)])
  await server.kill()
  await lost
  server = await Server.start({ data: server.data, flags: ['--quiet'] })

  const again = await postAs(acme.adminKey, '{"message":"answered"}', answered)
  expect(again).toMatchObject({ status: 202, text: first.text })
  expect(again.headers['idempotency-replayed']).toBe('true')
  expect((await postAs(acme.ingestKey, '{"message":"other"}', answered)).status).toBe(422)
  for (let turn = 0; turn < 2; turn++)
    expect(receiptOf(await postAs(acme.ingestKey, body, unanswered)).accepted).toBe(1)
  // "unanswered" holds "answered".
  expect(await countOf('answered')).toBe(2)
  expect(await countOf('unanswered')).toBe(1)
})

it('gives the first receipt also when its records would not be taken any more', async () => {
  const headers = { 'idempotency-key': randomUUID() }
  const body = JSON.stringify({ message: 'aged', time: new Date(Date.now() - 2 * DAY_MS).toISOString() })
  const first = await postAs(acme.ingestKey, body, headers)
  expect(receiptOf(first).accepted).toBe(1)
  await server.stop()
  const environment = { DEFAULT_TTL_DAYS: '1' }
  server = await Server.start({ data: server.data, flags: ['--quiet'], environment })

  expect(await postAs(acme.ingestKey, body, headers)).toMatchObject({ status: 202, text: first.text })
  expect((await postAs(acme.ingestKey, body, { 'idempotency-key': randomUUID() })).status).toBe(400)
  expect((await usageOf(connect(acme.adminKey))).imbalance).toBe(0)
})
