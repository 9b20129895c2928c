import { createExecutionContext, evictDurableObject, runInDurableObject, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { Audit } from '../../durable-objects/tenant/audit'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { ACTIVITY_TENANT } from '../../src/activity/activity-tenant'
import { type Bootstrap, bootstrap } from '../../src/admin/bootstrap'
import { actionOf } from '../../src/audit/audit-action'
import { checkLinks, NO_ENTRY, parseRows } from '../../src/audit/audit-chain'
import { draftOf } from '../../src/audit/audit-entry'
import { tellRefusal } from '../../src/http/refusal-budget'
import { AUDIT_READ_MS_MAX, AUDIT_REFUSALS_MAX, AUDIT_REFUSALS_WINDOW_MS } from '../../src/limits/limits'
import { type Operation, refusalOf } from '../../src/openapi/operation'
import { OPERATIONS } from '../../src/openapi/operations'
import { WHOLE_AUDIT } from '../../src/routes/read-audit'
import { ALWAYS_CURRENT } from '../../src/tenant/contract'
import { tenantDirectory, tenantStub } from '../../src/tenant-stub'
import worker from '../../src/worker'
import { silenceConsole } from '../support/silence-console'

const HOST = 'http://acme.localhost:8787'
const SERVICE = 'http://localhost:8787'
const LOGS = [
  { level: 'error', service: 'checkout', message: 'payment timeout after 30s' },
  { level: 'info', service: 'checkout', message: 'paid' },
]

let demo: NonNullable<Bootstrap['tenant']>
let operatorKey = ''
let logId = ''
let requests = 0

silenceConsole()

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
  const made = await bootstrap(env, { demo: true, nowMs: Date.now() })
  demo = made.tenant ?? expect.fail('the demo tenant is missing')
  operatorKey = made.operatorKey ?? expect.fail('the operator has no key')
  await ask('/logs', { key: demo.ingestKey, method: 'POST', body: LOGS })
  const found = await ask('/logs?q=timeout', { key: demo.queryKey })
  logId = z.object({ data: z.array(z.object({ id: z.string() })).min(1) }).parse(await found.response.json()).data[0].id
})

interface Asked {
  readonly key?: string
  readonly method?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly host?: string
}

/** Asks, and waits until all is done that goes on behind the answer. */
async function ask(path: string, { key, method = 'GET', body, headers = {}, host = HOST }: Asked) {
  const id = `audited-${++requests}`
  const ctx = createExecutionContext()
  const request = new Request<unknown, IncomingRequestCfProperties>(`${host}${path}`, {
    method,
    headers: {
      ...{ 'x-request-id': id, 'cf-connecting-ip': '203.0.113.7', 'content-type': 'application/json' },
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const response = await worker.fetch(request, env, ctx)
  const text = new TextDecoder().decode(await response.arrayBuffer())
  await waitOnExecutionContext(ctx)
  return { id, text, response: new Response(text === '' ? null : text, response) }
}

const service = (tenantId: string) => ({
  ...{ tenantId, host: '', keyId: 'test', address: '', settingsVersion: ALWAYS_CURRENT, isCounted: true },
})

const Told = z.object({ number: z.number(), action: z.string(), request: z.string().optional() }).loose()

/** Everything in a tenant's audit, as it is stored. */
async function audit(tenantId = demo.id) {
  const outcome = await tenantStub(env, tenantId).readAudit(service(tenantId), { ...WHOLE_AUDIT, order: 'asc' })
  if (!outcome.ok) throw new Error(outcome.refusal.kind)
  const rows = parseRows(new TextDecoder().decode(outcome.page.lines))
  return { rows, entries: rows.map(({ text }) => Told.parse(JSON.parse(text))), answers: outcome.page.answers }
}

const entriesOf = async (id: string, tenantId = demo.id) =>
  (await audit(tenantId)).entries.filter(({ request }) => request === id)

const Shown = z.object({
  data: z.array(z.object({ id: z.string(), number: z.number(), action: z.string(), outcome: z.string() }).loose()),
  page: z.object({ next_cursor: z.string().nullable(), has_more: z.boolean() }),
  meta: z.object({ scanned_entries: z.number(), partial: z.boolean() }).loose(),
})

const show = async (query: string) => {
  const { response, text } = await ask(`/admin/audit?${query}`, { key: demo.adminKey })
  expect(response.status, text).toBe(200)
  return Shown.parse(JSON.parse(text))
}

const Verdict = z.object({
  ok: z.boolean(),
  checked: z.number(),
  head: z.object({ number: z.number(), hash: z.string() }),
  broken: z.object({ number: z.number(), why: z.string() }).nullable(),
})

const verify = async (query = '') =>
  Verdict.parse(JSON.parse((await ask(`/admin/audit/verify${query}`, { key: demo.adminKey })).text))

const keyFor = (scope: Operation['scope']): string => {
  if (scope === 'operator') return operatorKey
  if (scope === 'logs:write') return demo.ingestKey
  return scope === 'logs:read' || scope === 'tail' ? demo.queryKey : demo.adminKey
}

const send = ({ method, path, example }: Operation, key: string, host: string) => {
  const filled = path.replace(/:(\w+)/g, (_whole, name) => (name === 'id' ? logId : (example.path?.[name] ?? 'x')))
  const query = new URLSearchParams({ ...example.query })
  const { body = example.text, headers } = example
  return ask(`${filled}?${query}`, {
    key,
    method,
    host,
    ...(headers && { headers }),
    ...(body !== undefined && { body }),
  })
}

/** What is asked every few seconds, and what only brings logs in. */
const isUnrecorded = ({ method, path, scope }: Operation): boolean =>
  scope === 'logs:write' || ['GET /metrics', 'GET /integration/health', 'GET /session'].includes(`${method} ${path}`)

describe('every route', () => {
  const ofTenants = OPERATIONS.filter(({ scope }) => scope !== 'public' && scope !== 'operator')

  /** Keys that send logs only. Of one caller so many refusals are told one by one, and there are more routes. */
  const ingestKeys: string[] = []

  beforeAll(async () => {
    for (let routes = 0; routes < ofTenants.length; routes += AUDIT_REFUSALS_MAX / 2) {
      const made = await ask('/admin/keys', { key: demo.adminKey, method: 'POST', body: { kind: 'ing' } })
      ingestKeys.push(z.object({ key: z.string() }).parse(JSON.parse(made.text)).key)
    }
  })

  it.each(ofTenants.map((operation, index) => ({ name: `${operation.method} ${operation.path}`, operation, index })))(
    '$name leaves exactly one entry for whoever may not use it',
    async ({ operation, index }) => {
      const key = operation.scope === 'logs:write' ? demo.queryKey : ingestKeys[index % ingestKeys.length]
      const { id, response } = await send(operation, key, HOST)
      expect(response.status).toBe(refusalOf(operation, 'scope_missing').status)
      const { dialect, method, path, scope } = operation
      expect(await entriesOf(id)).toMatchObject([
        {
          ...{
            action: dialect === undefined ? actionOf(method, path) : 'ingest',
            status: 403,
            code: 'scope_missing',
            refused: true,
          },
          ...{ route: `${method} ${path}`, from: { address: '203.0.113.7', host: 'acme.localhost' } },
          actor: { kind: 'key', role: scope === 'logs:write' ? 'viewer' : 'ingest' },
        },
      ])
    },
  )

  it.each(
    ofTenants
      // Nobody can be asked after these.
      .filter(({ path, method }) => !(method === 'DELETE' && /^\/admin\/(tenants|domains)/.test(path)))
      .map((operation) => ({ name: `${operation.method} ${operation.path}`, operation })),
  )('$name leaves exactly one entry when it is used, or none if it need not', async ({ operation }) => {
    const { id, response } = await send(operation, keyFor(operation.scope), HOST)
    const entries = await entriesOf(id)
    // A search that is refused for its form has read nothing.
    const hasReadNothing = operation.scope === 'logs:read' && response.status >= 400 && response.status !== 404
    const expected = isUnrecorded(operation) || hasReadNothing ? 0 : 1
    expect(entries, `${response.status} ${await response.text()}`).toHaveLength(expected)
    for (const entry of entries) expect(entry.action).toBe(actionOf(operation.method, operation.path))
  })

  it.each(
    OPERATIONS.filter(({ scope }) => scope === 'operator').map((operation) => ({
      name: `${operation.method} ${operation.path}`,
      operation,
    })),
  )('$name is told to the service, whoever tries it', async ({ operation }) => {
    const { id } = await send({ ...operation, example: { ...operation.example, path: {} } }, operatorKey, SERVICE)
    expect(await entriesOf(id, ACTIVITY_TENANT.id)).toHaveLength(1)
  })
})

describe('the operator', () => {
  it('is told to the tenant that is made or changed, and to the service', async () => {
    const asked = { key: operatorKey, host: SERVICE }
    const made = await ask('/admin/tenants', { ...asked, method: 'POST', body: { name: 'initech', plan: 'free' } })
    expect(made.response.status, made.text).toBe(201)
    const { id: tenantId } = z.object({ id: z.string() }).parse(JSON.parse(made.text))
    expect(await entriesOf(made.id, tenantId)).toMatchObject([
      { actor: { role: 'operator' }, changes: [{ what: 'tenant.added', before: null, after: { name: 'initech' } }] },
    ])
    expect(await entriesOf(made.id, ACTIVITY_TENANT.id)).toMatchObject([{ action: 'change', status: 201 }])
    const seen = await ask('/admin/tenants/initech', asked)
    expect(seen.response.status, seen.text).toBe(200)
    for (const id of [tenantId, ACTIVITY_TENANT.id])
      expect(await entriesOf(seen.id, id)).toMatchObject([{ action: 'read', status: 200 }])
  })

  it('reads the audit of the service itself', async () => {
    const { response, text } = await ask('/admin/audit?q=actor.role:operator', { key: operatorKey, host: SERVICE })
    expect(response.status, text).toBe(200)
    expect(Shown.parse(JSON.parse(text)).data.length).toBeGreaterThan(0)
  })
})

describe('reads', () => {
  it('say what was asked, and how many rows it had', async () => {
    const { id } = await ask('/logs?q=service:checkout&limit=1', { key: demo.queryKey })
    const { id: body } = await ask('/logs/search', { key: demo.queryKey, method: 'POST', body: { query: 'timeout' } })
    const trial = { key: demo.adminKey, method: 'POST', body: { query: 'service:billing' } }
    const { id: tried } = await ask('/admin/settings/redaction/test', trial)
    const { id: view } = await ask(`/logs/${logId}`, { key: demo.queryKey })
    const { id: missing } = await ask('/logs/log_100g1m7zdgcsf0000000001', { key: demo.queryKey })
    const { id: exported } = await ask('/logs/export?format=csv', { key: demo.queryKey })
    const { data } = await show('limit=20')
    const entry = (request: string) => data.find((one) => one.request === request)
    expect(entry(id)).toMatchObject({
      action: 'search',
      asked: 'q=service:checkout&limit=1',
      rows: 1,
      status: 200,
      outcome: 'done',
    })
    expect(entry(body)).toMatchObject({ action: 'search', asked: expect.stringContaining('"timeout"') })
    expect(entry(tried)).toMatchObject({ action: 'search', asked: expect.stringContaining('service:billing') })
    expect(entry(view)).toMatchObject({ action: 'view', params: { id: logId }, rows: 1 })
    expect(entry(missing)).toMatchObject({ action: 'view', rows: 0, status: 404, code: 'not_found', outcome: 'failed' })
    const count = z.array(z.object({ rows: z.number() })).parse([entry(exported)])[0].rows
    expect(entry(exported)).toMatchObject({ action: 'export', outcome: 'done' })
    expect(count).toBeGreaterThanOrEqual(LOGS.length)
  })

  it('are found by the query language, page by page, and reading them is one of them', async () => {
    const { id } = await ask('/admin/audit?limit=1', { key: demo.adminKey })
    expect(await entriesOf(id)).toMatchObject([{ action: 'read_audit' }])
    const whole = (await show('q=action:search&limit=1000')).data.map(({ number }) => number)
    expect(whole).toEqual(whole.toSorted((left, right) => right - left))
    const paged: number[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      // New entries come in between, and are not part of what was begun before.
      await ask('/logs?q=between', { key: demo.queryKey })
      const answer: z.infer<typeof Shown> = await show(
        `q=action:search&limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`,
      )
      paged.push(...answer.data.map(({ number }) => number))
      cursor = answer.page.next_cursor
    }
    expect(paged.slice(1)).toEqual(whole)
    const upwards = (await show('q=action:search&order=asc&limit=3')).data.map(({ number }) => number)
    expect(upwards).toEqual(whole.toReversed().slice(0, 3))
  })

  it('refuse a cursor of another question, and what has no place here', async () => {
    const { page } = await show('q=action:search&limit=1')
    for (const query of [`q=action:view&limit=1&cursor=${page.next_cursor}`, 'cursor=x', 'cursor=WzFd.x'])
      expect((await ask(`/admin/audit?${query}`, { key: demo.adminKey })).text).toContain('"cursor_mismatch"')
    for (const query of ['fields=id', 'nope=1', 'q=*%20|%20count', 'limit=0'])
      expect((await ask(`/admin/audit?${query}`, { key: demo.adminKey })).response.status, query).toBe(400)
  })

  it('that come in a burst are all told, each by one row', async () => {
    const before = (await audit()).entries.length
    const ids: string[] = []
    for (let round = 0; round < 6; round++) {
      const together = Array.from({ length: 10 }, () => ask('/logs?limit=1', { key: demo.queryKey }))
      for (const { id, response } of await Promise.all(together)) {
        expect(response.status).toBe(200)
        ids.push(id)
      }
    }
    const { entries } = await audit()
    const mine = entries.filter(({ request }) => ids.includes(request ?? ''))
    expect(new Set(mine.map(({ request }) => request))).toEqual(new Set(ids))
    expect(mine).toHaveLength(60)
    for (const entry of mine) expect(entry).toMatchObject({ rows: 1, status: 200 })
    expect(entries.length - before).toBe(60)
  })

  it('whose Worker is lost are told without their end, and those whose object is lost are told again, once', async () => {
    const by = { ...service(demo.id), isCounted: false, leaseId: 'lease-lost' }
    const request = { requestId: 'lost', kind: 'key', role: 'viewer', action: 'search', route: 'GET /logs' } as const
    const caller = { ...by, request: { ...request, params: {}, asked: 'q=lost' } }
    const stub = tenantStub(env, demo.id)
    await runInDurableObject(stub, async (object) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      await object.snapshot(caller, [], 0)
      vi.advanceTimersByTime(AUDIT_READ_MS_MAX)
      vi.useRealTimers()
    })
    expect(await entriesOf('lost')).toMatchObject([{ action: 'search', asked: 'q=lost' }])
    const again = { ...caller, leaseId: 'lease-again', request: { ...caller.request, requestId: 'again' } }
    await stub.recordRead(again, { status: 200, rows: 3 }, false)
    await stub.recordRead(again, { status: 200, rows: 3 }, true)
    await evictDurableObject(stub)
    await tenantStub(env, demo.id).recordRead(again, { status: 200, rows: 3 }, true)
    expect(await entriesOf('again')).toMatchObject([{ rows: 3, status: 200 }])
  })
})

describe('changes', () => {
  it('are told with what they changed, and without secrets', async () => {
    const { id, response, text } = await ask('/session', { key: demo.queryKey, method: 'POST' })
    expect(response.status, text).toBe(201)
    const [entry] = await entriesOf(id)
    expect(entry).toMatchObject({
      action: 'sign_in',
      changes: [
        {
          what: 'session.added',
          before: null,
          after: { role: 'viewer', hash: '[REDACTED:secret]', csrfHash: '[REDACTED:secret]' },
        },
      ],
    })
    const { csrf_token } = z.object({ csrf_token: z.string() }).parse(JSON.parse(text))
    expect(JSON.stringify(await audit())).not.toContain(csrf_token)
  })

  it('that are not made leave an account of the attempt', async () => {
    const { id, response } = await ask('/admin/settings', { key: demo.adminKey, method: 'PUT', body: { nope: 1 } })
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(await entriesOf(id)).toMatchObject([{ action: 'change', status: response.status }])
  })

  it('and their entry are one: when the transaction breaks, neither is there', async () => {
    const before = await audit()
    await runInDurableObject(tenantStub(env, demo.id), (_, { storage }) => {
      storage.sql.exec("CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END")
    })
    const by = { ...service(demo.id), isCounted: false }
    const edit = { what: 'tenant.edited', id: demo.id, patch: { contactEmail: 'a@example.com' } } as const
    await expect(tenantDirectory(env, demo.id).change(by, [edit])).rejects.toThrow('no')
    const exported = await ask('/logs/export', { key: demo.queryKey })
    expect(exported.response.status, 'an export that cannot be told is not answered').toBeGreaterThanOrEqual(500)
    const usage = await ask('/admin/usage', { key: demo.adminKey })
    expect(usage.text).toContain('"partition_unavailable"')
    await runInDurableObject(tenantStub(env, demo.id), (_, { storage }) => {
      storage.sql.exec('DROP TRIGGER broken')
    })
    expect((await audit()).rows).toEqual(before.rows)
    const outcome = await tenantDirectory(env, demo.id).readDirectory(by, 'tenant', { id: demo.id })
    expect(outcome).toMatchObject({
      ok: true,
      rows: [{ value: expect.not.objectContaining({ contactEmail: 'a@example.com' }) }],
    })
    expect((await verify()).ok).toBe(true)
  })
})

describe('refusals', () => {
  it('by a key of this tenant on a host of another are told to this one', async () => {
    const { id, response } = await ask('/logs', { key: demo.queryKey, host: 'http://globex.localhost:8787' })
    expect(response.status).toBe(404)
    expect(await entriesOf(id)).toMatchObject([{ status: 404, refused: true, from: { host: 'globex.localhost' } }])
  })

  it('of a key that was revoked are told, and of one that never was are not', async () => {
    const before = (await audit()).rows.length
    const [, , random] = demo.queryKey.split('_')
    await ask('/logs', { key: `slc_rd_${random.split('').toReversed().join('')}` })
    await ask('/logs', {})
    expect((await audit()).rows).toHaveLength(before)
    const { rows } = z
      .object({ rows: z.array(z.object({ id: z.string(), value: z.object({ last4: z.string() }).loose() })) })
      .parse(await tenantDirectory(env, demo.id).readDirectory(service(demo.id), 'key', { after: '', limit: 100 }))
    const ingest = rows.find(({ value }) => value.last4 === demo.ingestKey.slice(-4)) ?? expect.fail('no such key')
    const revoked = { what: 'key.edited', id: ingest.id, patch: { status: 'revoked' } } as const
    expect(await tenantDirectory(env, demo.id).change(service(demo.id), [revoked])).toMatchObject({ ok: true })
    const { id, response } = await ask('/logs', { key: demo.ingestKey, method: 'POST', body: LOGS })
    expect(response.status).toBe(401)
    expect(await entriesOf(id)).toMatchObject([{ code: 'key_revoked', actor: { id: ingest.id }, action: 'ingest' }])
  })

  it('are told one by one up to a number, and then by how many they were', () => {
    const tell = (nowMs: number) => tellRefusal('key_flood', nowMs)
    for (let refusal = 0; refusal < AUDIT_REFUSALS_MAX; refusal++)
      expect(tell(refusal)).toEqual({ isTold: true, omitted: 0 })
    for (let refusal = 0; refusal < 1000; refusal++) expect(tell(1000).isTold).toBe(false)
    expect(tellRefusal('key_other', 1000).isTold).toBe(true)
    expect(tell(AUDIT_REFUSALS_WINDOW_MS)).toEqual({ isTold: true, omitted: 1000 })
    expect(tell(AUDIT_REFUSALS_WINDOW_MS)).toEqual({ isTold: true, omitted: 0 })
  })
})

describe('the chain', () => {
  it('goes on where it was after the object was evicted, and says so', async () => {
    const before = await verify()
    await evictDurableObject(tenantStub(env, demo.id))
    await ask('/logs', { key: demo.queryKey })
    const after = await verify(`?number=${before.head.number}&hash=${before.head.hash}`)
    expect(after).toMatchObject({ ok: true, broken: null })
    expect(after.head.number).toBeGreaterThan(before.head.number)
    const other = await verify(`?number=${before.head.number}&hash=${'f'.repeat(64)}`)
    expect(other).toMatchObject({ ok: false, broken: { number: before.head.number, why: 'not_the_same' } })
    const future = await verify(`?number=1000000&hash=${'f'.repeat(64)}`)
    expect(future).toMatchObject({ ok: false, broken: { number: 1_000_000, why: 'entry_missing' } })
  })

  it('is verified by whoever has the export and forty lines of nothing of ours', async () => {
    const { text } = await ask('/admin/audit/export?format=chain', { key: demo.adminKey })
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    let before = '0'.repeat(64)
    for (const [index, line] of lines.entries()) {
      expect(line.number).toBe(index + 1)
      expect(line.before).toBe(before)
      before = createHash('sha256').update(`sluice.audit.v1\n${demo.id}\n${before}${line.entry}`).digest('hex')
      expect(line.hash).toBe(before)
      expect(JSON.parse(line.entry).number).toBe(line.number)
    }
    expect((await ask('/admin/audit/export?format=chain&q=x', { key: demo.adminKey })).response.status).toBe(400)
  })

  it('is exported as lines and as a table that says the same', async () => {
    const ndjson = (await ask('/admin/audit/export?q=action:export', { key: demo.adminKey })).text.trimEnd().split('\n')
    expect(ndjson.length).toBeGreaterThan(0)
    for (const line of ndjson) expect(JSON.parse(line)).toMatchObject({ action: 'export' })
    const csv = (await ask('/admin/audit/export?q=action:export&format=csv', { key: demo.adminKey })).text.split('\n')
    expect(csv[0]).toContain('"number","time","action","outcome"')
    expect(csv).toHaveLength(ndjson.length + 2)
  })

  const tamperings: readonly (readonly [what: string, sql: (number: number) => string, why: string])[] = [
    [
      'changed',
      (number) => `UPDATE audit SET entry = replace(entry, '"v":1', '"v":2') WHERE number = ${number}`,
      'entry_changed',
    ],
    ['deleted', (number) => `DELETE FROM audit WHERE number = ${number}`, 'entry_missing'],
    [
      'given another hash',
      (number) => `UPDATE audit SET hash = '${'0'.repeat(64)}' WHERE number = ${number}`,
      'entry_changed',
    ],
  ]

  it.each(tamperings)('shows the very entry that was %s', async (_what, sql, why) => {
    const stub = tenantStub(env, demo.id)
    const { head } = await verify()
    const number = Math.ceil(head.number / 2)
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec('CREATE TABLE kept AS SELECT * FROM audit')
      storage.sql.exec(sql(number))
    })
    expect(await verify()).toMatchObject({ ok: false, broken: { number, why } })
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec(`INSERT OR REPLACE INTO audit SELECT * FROM kept WHERE number = ${number}`)
      storage.sql.exec('DROP TABLE kept')
    })
    expect((await verify()).ok).toBe(true)
  })

  it('shows that entries at its beginning were removed by somebody else than retention', async () => {
    const stub = tenantStub(env, demo.id)
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec('CREATE TABLE kept AS SELECT * FROM audit')
      storage.sql.exec('INSERT OR REPLACE INTO audit_start SELECT 0, number, hash FROM audit WHERE number = 3')
      storage.sql.exec('DELETE FROM audit WHERE number <= 3')
    })
    expect(await verify()).toMatchObject({ ok: false, broken: { number: 3, why: 'beginning_missing' } })
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec('INSERT OR IGNORE INTO audit SELECT * FROM kept')
      storage.sql.exec('DELETE FROM audit_start')
      storage.sql.exec('DROP TABLE kept')
    })
    expect((await verify()).ok).toBe(true)
  })
})

describe('retention of the audit', () => {
  const by = { tenantId: 'ten_trim', host: '', keyId: 'key_a', address: '', settingsVersion: 0 }
  const HOUR_MS = 3_600_000

  const readAll = (audit: Audit) => {
    const page = audit.page({ ...WHOLE_AUDIT, order: 'asc' })
    return { ...page, rows: parseRows(new TextDecoder().decode(page.lines)) }
  }

  it('keeps what is neither too old nor too much, and the rest can still be verified', async () => {
    await runInDurableObject(tenantStub(env, 'ten_trim'), (_, { storage }) => {
      for (const bounds of [
        { keptMs: 100 * HOUR_MS, bytesMax: 1_000_000 },
        { keptMs: 1e15, bytesMax: 10_000 },
      ]) {
        storage.sql.exec('DELETE FROM audit')
        storage.sql.exec('DELETE FROM audit_start')
        const audit = new Audit(storage.sql, () => 'ten_trim', bounds)
        for (let hour = 0; hour < 500; hour++) audit.append(draftOf(by, { status: 200 }), hour * HOUR_MS)
        const { rows, start, head } = readAll(audit)
        expect(start.number).toBeGreaterThan(100)
        expect(checkLinks('ten_trim', start, rows, undefined)).toEqual({ last: head, broken: undefined })
        const bytes = rows.reduce((sum, { text }) => sum + text.length, 0)
        expect(bytes).toBeLessThanOrEqual(bounds.bytesMax * 1.1)
        const oldest = JSON.parse(rows[0].text).time
        expect(Date.parse(oldest)).toBeGreaterThanOrEqual(Math.max(0, 499 * HOUR_MS - bounds.keptMs * 1.05))
        const trims = rows.map(({ text }) => JSON.parse(text)).filter(({ action }) => action === 'trim')
        expect(trims.at(-1)?.removed).toMatchObject({ through: start.number, hash: start.hash })
      }
    })
  })

  it('numbers and times never go back, also when the clock does', async () => {
    await runInDurableObject(tenantStub(env, 'ten_clock'), (_, { storage }) => {
      const audit = new Audit(storage.sql, () => 'ten_clock')
      for (const nowMs of [5000, 9000, 1000, 9500]) audit.append(draftOf(by), nowMs)
      const times = readAll(audit).rows.map(({ text }) => Date.parse(JSON.parse(text).time))
      expect(times).toEqual([5000, 9000, 9000, 9500])
      const page = audit.page({ ...WHOLE_AUDIT, order: 'desc', fromMs: 9000, toMs: 9499 })
      expect(parseRows(new TextDecoder().decode(page.lines)).map(({ number }) => number)).toEqual([3, 2])
    })
  })

  it('begins with no entry', () => {
    expect(NO_ENTRY).toEqual({ number: 0, hash: '0'.repeat(64) })
  })
})
