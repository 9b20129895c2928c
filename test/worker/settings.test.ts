import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { ProblemAnswer } from '../../src/openapi/answers'
import { ALWAYS_CURRENT } from '../../src/tenant/contract'
import type { DirectoryChange } from '../../src/tenant/directory'
import { TenantSettings } from '../../src/tenant/settings'
import { tenantDirectory } from '../../src/tenant-stub'
import { demo, type Who } from '../support/demo'

const { ask, tenantId } = await demo()
const PATH = '/admin/settings'
const DAY_MS = 86_400_000

const send = (method: 'PUT' | 'PATCH' | 'POST', body: unknown, ifMatch?: string, path = PATH, who: Who = 'admin') =>
  ask(who, path, {
    method,
    headers: { 'content-type': 'application/json', ...(ifMatch !== undefined && { 'if-match': ifMatch }) },
    body: JSON.stringify(body),
  })
const patch = (body: unknown, ifMatch?: string) => send('PATCH', body, ifMatch)
const put = (body: unknown, ifMatch?: string) => send('PUT', body, ifMatch)
const settingsOf = async (response: Response) => {
  const text = await response.text()
  expect(response.status, text).toBe(200)
  return TenantSettings.parse(JSON.parse(text))
}
const get = () => ask('admin', PATH)
const tag = async () => (await get()).headers.get('etag') ?? expect.fail('there is no ETag')
const problemOf = async (response: Response) => ProblemAnswer.parse(await response.json())

const change = async (...changes: DirectoryChange[]) => {
  const by = { tenantId, host: '', keyId: 'test', address: '', settingsVersion: ALWAYS_CURRENT }
  expect(await tenantDirectory(env, tenantId).change(by, changes)).toMatchObject({ ok: true })
}

const logs = (...records: object[]) =>
  ask('ingest', '/logs', {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: records.map((record) => JSON.stringify(record)).join('\n'),
  })
const Found = z.object({ data: z.array(z.looseObject({ body: z.unknown() })) })
const search = async (q: string) =>
  Found.parse(await (await ask('query', `/logs?${new URLSearchParams({ q })}`)).json()).data
const bodies = async (q: string) => (await search(q)).map(({ body }) => body)

describe('the settings of a tenant', () => {
  it('are all there with their defaults before anything is set', async () => {
    expect(await settingsOf(await get())).toEqual(TenantSettings.parse({}))
    expect((await get()).headers.get('cache-control')).toBe('no-store, private')
  })

  it('are put as a whole, and changed member by member', async () => {
    const made = await settingsOf(await put({ level_mapping: { notice: 'warn' }, hot_hours: 12 }))
    expect(made).toEqual(TenantSettings.parse({ level_mapping: { notice: 'warn' }, hot_hours: 12 }))
    const changed = await settingsOf(
      await patch({ level_mapping: { notice: null, '35': 'error' }, retention: { default_days: 14 }, hot_hours: null }),
    )
    expect(changed).toEqual(TenantSettings.parse({ level_mapping: { '35': 'error' }, retention: { default_days: 14 } }))
    expect(await settingsOf(await get())).toEqual(changed)
    expect(await settingsOf(await put(changed))).toEqual(changed)
    expect(await settingsOf(await put({}))).toEqual(TenantSettings.parse({}))
  })

  it('are changed only as they were read, where a version is named', async () => {
    const first = await tag()
    const changed = await patch({ hot_hours: 1 }, first)
    expect(changed.status).toBe(200)
    const second = changed.headers.get('etag') ?? ''
    expect(second).not.toBe(first)
    expect(await tag()).toBe(second)
    expect(await problemOf(await patch({ hot_hours: 2 }, first))).toMatchObject({ code: 'precondition_failed' })
    expect(await problemOf(await put({}, `W/${second}`))).toMatchObject({ status: 412 })
    expect((await put({ hot_hours: 3 }, `"999", ${second}`)).status).toBe(200)
    expect((await patch({ hot_hours: null }, '*')).status).toBe(200)
  })

  it('let one of several through that name the same version', async () => {
    const version = await tag()
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => patch({ hot_hours: index }, version)))
    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses).toEqual([200, ...Array.from({ length: 7 }, () => 412)])
    const [winner] = answers.flatMap((answer, index) => (answer.status === 200 ? [index] : []))
    expect((await settingsOf(await get())).hot_hours).toBe(winner)
  })

  it('keep every change that names no version', async () => {
    await Promise.all(['a', 'b', 'c'].map((word) => patch({ level_mapping: { [word]: 'error' } })))
    expect((await settingsOf(await get())).level_mapping).toEqual({ a: 'error', b: 'error', c: 'error' })
  })

  it('are refused with what is wrong, and then nothing is changed', async () => {
    const before = await tag()
    const wrong = [
      [{ nope: 1 }, '/nope'],
      [{ retention: { default_days: 0 } }, '/retention/default_days'],
      [{ retention: { default_days: 5000 } }, '/retention/default_days'],
      [{ retention: { policies: [{ name: 'a', days: 7 }] } }, '/retention/policies/0'],
      [{ retention: { policies: [{ name: 'a', query: 'x | count', days: 7 }] } }, '/retention/policies/0/query'],
      [{ retention: { policies: [{ name: 'a', query: 'since:2h', days: 7 }] } }, '/retention/policies/0/query'],
      [{ retention: { policies: [{ name: 'a', query: '/(/', days: 7 }] } }, '/retention/policies/0/query'],
      [{ redaction: { patterns: [{ name: 'a', pattern: '(' }] } }, '/redaction/patterns/0/pattern'],
      [{ redaction: { patterns: [{ name: 'a', pattern: 'x*' }] } }, '/redaction/patterns/0/pattern'],
      [{ redaction: { patterns: [{ name: 'a', pattern: '(a)\\1' }] } }, '/redaction/patterns/0/pattern'],
      [{ redaction: { on: ['email'], off: ['email'] } }, '/redaction/off'],
      [{ time_window: { future_hours: 25 } }, '/time_window/future_hours'],
      [{ origins: ['https://a.example/path'] }, '/origins/0'],
      [{ origins: ['http://a.example'] }, '/origins/0'],
      [{ field_mapping: { a: 'nope' } }, '/field_mapping/a'],
    ] as const
    for (const [body, pointer] of wrong) {
      const problem = await problemOf(await patch(body))
      expect(problem, JSON.stringify(body)).toMatchObject({ status: 400, errors: [{ pointer }] })
    }
    let deep: unknown = 1
    for (let level = 0; level < 20_000; level++) deep = [deep]
    expect((await patch({ hot_hours: deep })).status).toBe(400)
    expect(await tag()).toBe(before)
  })

  it('are for who may change them', async () => {
    for (const who of ['ingest', 'query'] as const) {
      expect((await ask(who, PATH)).status).toBe(403)
      expect((await send('PATCH', {}, undefined, PATH, who)).status).toBe(403)
    }
    expect((await ask('nobody', PATH)).status).toBe(401)
  })

  it('let nobody make owners who is not one', async () => {
    const issuer = {
      ...{ id: 'corp', issuer: 'https://id.corp.example', audience: 'sluice' },
      ...{ jwks_url: 'https://id.corp.example/jwks', algorithms: ['ES256'] },
    }
    const owners = { jwt_issuers: [{ ...issuer, role: { default: 'owner' } }] }
    expect(await problemOf(await patch(owners))).toMatchObject({ code: 'scope_missing' })
    const inside = { jwt_issuers: [{ ...issuer, jwks_url: 'https://10.0.0.1/jwks', role: { default: 'viewer' } }] }
    expect(await problemOf(await patch(inside))).toMatchObject({ errors: [{ pointer: '/jwt_issuers/0/jwks_url' }] })
    const viewers = await patch({ jwt_issuers: [{ ...issuer, role: { default: 'viewer' } }] })
    expect((await settingsOf(viewers)).jwt_issuers).toHaveLength(1)
    // Whoever says what an issuer's keys are could come as this one.
    const boss = { email: 'boss@corp.example', role: 'owner', status: 'invited', createdMs: 0 } as const
    await change({ what: 'member.added', id: 'mem_boss', row: boss })
    const moved = { jwt_issuers: [{ ...issuer, jwks_url: 'https://evil.example/jwks', role: { default: 'viewer' } }] }
    expect(await problemOf(await patch(moved))).toMatchObject({ code: 'scope_missing' })
    expect(await problemOf(await patch({ jwt_issuers: null }))).toMatchObject({ code: 'scope_missing' })
    await change({ what: 'member.removed', id: 'mem_boss' })
    await settingsOf(await patch({ jwt_issuers: null }))
  })

  it('hold the configurations of services, which keep what they are not told to change', async () => {
    await ask('admin', '/api/v1/logs/config/checkout', { method: 'PUT', body: '{"ttl_days": 90}' })
    const shown = await settingsOf(await get())
    expect(shown.services).toEqual({ checkout: { ttl_days: 90, alert_on_errors: false } })
    await settingsOf(
      await patch({ services: { checkout: { retention_policy: 'minimal', ttl_days: null }, other: { ttl_days: 3 } } }),
    )
    const config = await (await ask('admin', '/api/v1/logs/config/checkout')).json()
    expect(config).toMatchObject({ ttl_days: 7, retention_policy: 'minimal' })
    await settingsOf(await patch({ services: null }))
  })
})

describe('the history of the settings', () => {
  const History = z.object({
    data: z.array(z.object({ version: z.int(), by: z.string(), before: z.unknown(), after: z.unknown() })),
    page: z.object({ next_cursor: z.string().nullable(), has_more: z.boolean() }),
  })
  const history = async (query = '') => History.parse(await (await ask('admin', `${PATH}/history${query}`)).json())

  it('says who changed what, the last first, and nothing of a change that changes nothing', async () => {
    await settingsOf(await put({}))
    await settingsOf(await patch({ hot_hours: 5 }))
    await settingsOf(await patch({ hot_hours: 6, level_mapping: { x: 'warn' } }))
    await settingsOf(await patch({ hot_hours: 6 }))
    const { data } = await history('?limit=2')
    expect(data.map(({ before, after }) => ({ before, after }))).toEqual([
      { before: { hot_hours: 5 }, after: { hot_hours: 6, level_mapping: { x: 'warn' } } },
      { before: {}, after: { hot_hours: 5 } },
    ])
    expect(data[0].by).toMatch(/^key_/)
  })

  it('comes in pages', async () => {
    const first = await history('?limit=1')
    expect(first.page.has_more).toBe(true)
    const second = await history(`?limit=1&cursor=${first.page.next_cursor}`)
    expect(second.data[0].version).toBeLessThan(first.data[0].version)
    expect((await ask('admin', `${PATH}/history?limit=0`)).status).toBe(400)
    expect((await ask('admin', `${PATH}/history?nope=1`)).status).toBe(400)
  })
})

describe('a change of the settings holds from the next request on', () => {
  it('for redaction: kinds, their spelling, and patterns of the tenant’s own', async () => {
    await settingsOf(await put({}))
    const card = '4111111111111111'
    const secrets = {
      marker: 'before',
      mail: 'ann@example.com',
      password: 'hunter22',
      note: `EMP-123456 paid ${card}`,
      no: 777123,
    }
    await logs(secrets)
    await settingsOf(
      await put({
        redaction: {
          ...{ on: ['email'], off: ['card', 'secret'] },
          patterns: [
            { name: 'employee', pattern: 'EMP-\\d{6}' },
            { name: 'number', pattern: '^777\\d+$' },
          ],
        },
      }),
    )
    await logs({ ...secrets, marker: 'after' })
    await settingsOf(await patch({ redaction: { plain: true, off: null } }))
    await logs({ ...secrets, marker: 'plain' })
    expect(await bodies('before')).toEqual([
      { ...secrets, password: '[REDACTED:secret]', note: 'EMP-123456 paid [REDACTED:card]' },
    ])
    expect(await bodies('after')).toEqual([
      {
        ...secrets,
        marker: 'after',
        mail: '[REDACTED:email]',
        note: `[REDACTED:employee] paid ${card}`,
        no: '[REDACTED:number]',
      },
    ])
    expect(await bodies('plain')).toEqual([
      {
        marker: 'plain',
        mail: '[REDACTED]',
        password: '[REDACTED]',
        note: '[REDACTED] paid [REDACTED]',
        no: '[REDACTED]',
      },
    ])
  })

  it('for the meaning of fields and the words of levels', async () => {
    await settingsOf(
      await put({
        field_mapping: { 'meta.unit': 'service', stufe: 'level', service: 'field' },
        level_mapping: { laut: 'error', '7': 'fatal' },
      }),
    )
    await logs(
      { meta: { unit: 'till' }, stufe: 'LAUT', service: 'ignored', message: 'mapped one' },
      { meta: { unit: 'till' }, stufe: 7, message: 'mapped two' },
    )
    const found = await search('mapped')
    expect(found.map(({ level, service, message }) => ({ level, service, message }))).toEqual([
      { level: 'fatal', service: 'till', message: 'mapped two' },
      { level: 'error', service: 'till', message: 'mapped one' },
    ])
    expect(await bodies('mapped one')).toEqual([
      { meta: { unit: 'till' }, stufe: 'LAUT', service: 'ignored', message: 'mapped one' },
    ])
  })

  it('for the times that are taken', async () => {
    const at = (ms: number) => ({ timestamp: new Date(Date.now() + ms).toISOString(), message: 'windowed' })
    await settingsOf(await put({ time_window: { past_days: 2, future_hours: 1 } }))
    expect((await logs(at(-3 * DAY_MS))).status).toBe(400)
    expect((await logs(at(2 * 3_600_000))).status).toBe(400)
    expect((await logs(at(-DAY_MS))).status).toBe(202)
    await settingsOf(await put({}))
    expect((await logs(at(-3 * DAY_MS))).status).toBe(202)
    expect((await logs(at(2 * 3_600_000))).status).toBe(202)
  })

  it('for what is kept: by level, service and query, with holds, at the next search', async () => {
    const old = (message: string, rest: object) => ({
      timestamp: new Date(Date.now() - 10 * DAY_MS).toISOString(),
      message,
      ...rest,
    })
    await settingsOf(await put({}))
    await logs(
      old('kept alpha', { level: 'error', service: 'a' }),
      old('kept beta', { level: 'info', service: 'b' }),
      old('kept gamma', { level: 'info', service: 'a', case: 'c-17' }),
    )
    const visible = async () => (await search('kept')).map(({ message }) => message).sort()
    expect(await visible()).toEqual(['kept alpha', 'kept beta', 'kept gamma'])
    const errors = { name: 'errors', match: { levels: ['error'] }, days: 30 }
    await settingsOf(await patch({ retention: { default_days: 7, policies: [errors] } }))
    expect(await visible()).toEqual(['kept alpha'])
    await settingsOf(await patch({ retention: { holds: [{ name: 'trial', query: 'case:"c-17"' }] } }))
    expect(await visible()).toEqual(['kept alpha', 'kept gamma'])
    await settingsOf(await patch({ retention: { holds: null }, services: { b: { ttl_days: 20 } } }))
    expect(await visible()).toEqual(['kept alpha', 'kept beta'])
    await settingsOf(
      await patch({
        retention: { policies: [errors, { name: 'gamma', priority: 5, query: 'gamma', days: 'forever' }] },
      }),
    )
    expect(await visible()).toEqual(['kept alpha', 'kept beta', 'kept gamma'])
    await settingsOf(await put({}))
    expect(await visible()).toEqual(['kept alpha', 'kept beta', 'kept gamma'])
  })
})

it('lets a new key for browsers that names no pages in from the origins of the settings', async () => {
  const origins = ['https://shop.example', 'http://localhost:5173']
  const make = () => send('POST', { kind: 'pub', note: 'shop' }, undefined, '/admin/keys')
  await settingsOf(await put({}))
  expect((await make()).status).toBe(400)
  await settingsOf(await patch({ origins }))
  const made = await make()
  expect(made.status).toBe(201)
  expect(await made.json()).toMatchObject({ origins })
})

describe('a trial of a redaction', () => {
  const Trial = z.object({ tested: z.int(), matched: z.int(), samples: z.array(z.object({ excerpt: z.string() })) })
  const trial = (body: object) => send('POST', body, undefined, `${PATH}/redaction/test`)

  it('counts the records that match, shows them masked, and saves nothing', async () => {
    await settingsOf(await put({}))
    await logs(
      { message: 'trial one', badge: 'B-0001' },
      { message: 'trial two', badge: 'B-0002' },
      { message: 'trial three' },
    )
    const before = await tag()
    const answer = Trial.parse(
      await (await trial({ query: 'trial', patterns: [{ name: 'badge', pattern: 'B-\\d{4}' }] })).json(),
    )
    expect(answer).toMatchObject({ tested: 3, matched: 2 })
    expect(answer.samples.map(({ excerpt }) => excerpt)).toEqual([
      '{"message":"trial two","badge":"[REDACTED:badge]"}',
      '{"message":"trial one","badge":"[REDACTED:badge]"}',
    ])
    expect(await tag()).toBe(before)
    expect(await bodies('badge:"B-0001"')).toHaveLength(1)
  })

  it('refuses a pattern that cannot be used', async () => {
    expect(await problemOf(await trial({ patterns: [{ name: 'a', pattern: '(?=x)' }] }))).toMatchObject({
      errors: [{ pointer: '/patterns/0/pattern' }],
    })
  })
})
