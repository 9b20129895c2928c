import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { type Bootstrap, bootstrap } from '../../src/admin/bootstrap'
import { hashKey } from '../../src/http/api-key'
import { KEY_KEPT_MS } from '../../src/limits/limits'
import { KeyAnswer, NewKeyAnswer } from '../../src/routes/key-answer'
import { ALWAYS_CURRENT } from '../../src/tenant/contract'
import { tenantDirectory } from '../../src/tenant-stub'
import worker from '../../src/worker'

const SERVICE = 'http://localhost:8787'

let demo: NonNullable<Bootstrap['tenant']>
let operatorKey = ''

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
  const made = await bootstrap(env, { demo: true, nowMs: Date.now() })
  operatorKey = made.operatorKey
  demo = made.tenant ?? expect.fail('the demo tenant is missing')
})

afterEach(() => {
  vi.useRealTimers()
})

/** Sends a request with a key; a body that is no text goes as JSON. */
async function ask(key: string, route: string, body?: unknown, headers: Record<string, string> = {}) {
  const [method, path] = route.split(' ')
  const init = { method, headers: { authorization: `Bearer ${key}`, ...headers } }
  const request = new Request<unknown, IncomingRequestCfProperties>(
    `${SERVICE}${path}`,
    body === undefined ? init : { ...init, body: JSON.stringify(body) },
  )
  const ctx = createExecutionContext()
  const response = await worker.fetch(request, env, ctx)
  const text = await response.text()
  await waitOnExecutionContext(ctx)
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text === '' ? '{}' : text) }
}

const make = async (body: object, by = demo.adminKey) => {
  const made = await ask(by, 'POST /admin/keys', body)
  expect(made.status, made.text).toBe(201)
  return NewKeyAnswer.parse(made.body)
}

const ownerKey = async () => {
  const made = await ask(operatorKey, 'POST /admin/tenants/acme/keys', { kind: 'adm', role: 'owner' })
  expect(made.status, made.text).toBe(201)
  return NewKeyAnswer.parse(made.body)
}

const codeOf = ({ status, body }: { status: number; body: { code?: string } }) => `${status} ${body.code}`

const Listed = z.object({ data: z.array(KeyAnswer), page: z.object({ next_cursor: z.string().nullable() }) })

describe('a key that is made', () => {
  it('is shown once, works at once, and is stored as a hash that no answer holds', async () => {
    const made = await ask(demo.adminKey, 'POST /admin/keys', { kind: 'rd', note: 'for Ada' })
    const { key, id, ...shown } = NewKeyAnswer.parse(made.body)
    expect(made.headers.get('location')).toBe(`/admin/keys/${id}`)
    expect(made.headers.get('cache-control')).toBe('no-store, private')
    expect(shown).toMatchObject({
      kind: 'rd',
      role: 'viewer',
      scopes: ['logs:read', 'tail', 'integrations:read'],
      status: 'active',
    })
    expect((await ask(key, 'GET /logs')).status).toBe(200)
    const [one, all] = await Promise.all([
      ask(demo.adminKey, `GET /admin/keys/${id}`),
      ask(demo.adminKey, 'GET /admin/keys'),
    ])
    for (const { status, text } of [one, all]) {
      expect(status).toBe(200)
      expect(text).not.toContain(key)
      expect(text).not.toContain(hashKey(key))
    }
    expect(KeyAnswer.parse(one.body)).toMatchObject({ id, note: 'for Ada', last4: key.slice(-4) })
  })

  it('may do what its scopes say, and no more', async () => {
    const { key } = await make({ kind: 'adm', scopes: ['admin:keys', 'logs:read'] })
    expect((await ask(key, 'GET /admin/keys')).status).toBe(200)
    expect(codeOf(await ask(key, 'GET /admin/members'))).toBe('403 scope_missing')
    const editor = await make({ kind: 'adm', role: 'editor' })
    expect(editor.scopes).toEqual(['logs:write', 'logs:read', 'tail', 'integrations:read', 'integrations:write'])
    expect(codeOf(await ask(editor.key, 'GET /admin/keys'))).toBe('403 scope_missing')
  })

  it('is refused with all that does not go together', async () => {
    const refused = [
      [{ kind: 'op' }, '/kind'],
      [{ kind: 'rd', role: 'admin' }, '/role'],
      [{ kind: 'rd', scopes: ['logs:write'] }, '/scopes/0'],
      [{ kind: 'ing', scopes: ['admin'] }, '/scopes/0'],
      [{ kind: 'pub' }, '/origins'],
      [{ kind: 'rd', origins: ['https://a.example'] }, '/origins'],
      [{ kind: 'pub', origins: ['https://a.example/'] }, '/origins/0'],
      [{ kind: 'pub', origins: ['http://a.example'] }, '/origins/0'],
      [{ kind: 'pub', origins: ['*'] }, '/origins/0'],
      [{ kind: 'pub', origins: ['null'] }, '/origins/0'],
      [{ kind: 'rd', addresses: ['10.0.0.0/33'] }, '/addresses/0'],
      [{ kind: 'rd', addresses: ['10.0.0.1'] }, '/addresses/0'],
      [{ kind: 'rd', expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
      [{ kind: 'rd', expires_at: 'tomorrow' }, '/expires_at'],
      [{ kind: 'rd', note: 'x'.repeat(1001) }, '/note'],
    ] as const
    for (const [body, pointer] of refused) {
      const answer = await ask(demo.adminKey, 'POST /admin/keys', body)
      expect(codeOf(answer), JSON.stringify(body)).toBe('400 validation_failed')
      expect(answer.body.errors[0].pointer).toBe(pointer)
    }
    expect(codeOf(await ask(demo.adminKey, 'POST /admin/keys', { kind: 'rd', tenant: 'x' }))).toBe(
      '400 validation_failed',
    )
  })

  it('has a filter that is read strictly, and refused with the place that is wrong', async () => {
    const filters = [
      ['service:(a', [8, 10]],
      ['service:a | count', [10, 17]],
      [' # nothing', undefined],
      ['message~/(a/', undefined],
    ] as const
    for (const [filter, span] of filters) {
      const answer = await ask(demo.adminKey, 'POST /admin/keys', { kind: 'rd', filter })
      expect(codeOf(answer), filter).toBe('400 query_syntax')
      expect(answer.body.errors[0].pointer).toBe('/filter')
      if (span !== undefined) expect(answer.body.span, filter).toEqual(span)
    }
    expect((await make({ kind: 'rd', filter: 'service:a OR service:b' })).filter).toBe('service:a OR service:b')
  })

  it('ends when it says', async () => {
    const { key, id } = await make({ kind: 'rd', expires_at: new Date(Date.now() + 60_000).toISOString() })
    expect((await ask(key, 'GET /logs')).status).toBe(200)
    vi.setSystemTime(Date.now() + 60_001)
    expect(codeOf(await ask(key, 'GET /logs'))).toBe('401 key_revoked')
    expect((await ask(demo.adminKey, `GET /admin/keys/${id}`)).body.status).toBe('expired')
  })

  it('works from its addresses only', async () => {
    const { key } = await make({ kind: 'rd', addresses: ['203.0.113.0/24'] })
    const from = (address: string) => ask(key, 'GET /logs', undefined, { 'cf-connecting-ip': address })
    expect((await from('203.0.113.9')).status).toBe(200)
    expect(codeOf(await from('198.51.100.1'))).toBe('403 address_not_allowed')
  })
})

describe('nobody gives what they do not have:', () => {
  it('a scope, a role, or sight of more logs', async () => {
    const { key: narrow } = await make({ kind: 'adm', scopes: ['admin:keys', 'logs:read'] })
    expect((await ask(narrow, 'POST /admin/keys', { kind: 'rd', scopes: ['logs:read'] })).status).toBe(201)
    for (const body of [
      { kind: 'ing' },
      { kind: 'rd' },
      { kind: 'adm' },
      { kind: 'adm', scopes: ['admin:keys', 'admin:members'] },
    ])
      expect(codeOf(await ask(narrow, 'POST /admin/keys', body)), JSON.stringify(body)).toBe('403 scope_missing')
    expect(codeOf(await ask(demo.adminKey, 'POST /admin/keys', { kind: 'adm', role: 'owner' }))).toBe(
      '403 scope_missing',
    )
  })

  it('who sees some logs makes keys that see at most those', async () => {
    const { key: some } = await make({ kind: 'adm', filter: 'service:a OR service:b # theirs' })
    const plain = await make({ kind: 'rd' }, some)
    expect(plain.filter).toBe('service:a OR service:b # theirs')
    const wider = await make({ kind: 'rd', filter: 'level:error OR service:c' }, some)
    expect(wider.filter).toBe('(service:a OR service:b) (level:error OR service:c)')
    const patched = await ask(some, `PATCH /admin/keys/${wider.id}`, { filter: 'level:error' })
    expect(codeOf(patched)).toBe('403 scope_missing')
    expect(codeOf(await ask(some, `PATCH /admin/keys/${plain.id}`, { filter: null }))).toBe('403 scope_missing')
    const all = await make({ kind: 'rd' })
    expect(codeOf(await ask(some, `POST /admin/keys/${all.id}/rotate`))).toBe('403 scope_missing')
    expect((await ask(some, `POST /admin/keys/${plain.id}/rotate`)).status).toBe(201)
  })

  it('also when their own key was made less a moment ago, and every cache is older', async () => {
    const maker = await make({ kind: 'adm' })
    const whole = await make({ kind: 'rd' })
    for (const key of [maker.key, whole.key]) expect((await ask(key, 'GET /logs')).status).toBe(200)
    await ask(demo.adminKey, `PATCH /admin/keys/${maker.id}`, { filter: 'service:a' })
    expect((await make({ kind: 'rd' }, maker.key)).filter).toBe('service:a')
    await ask(demo.adminKey, `PATCH /admin/keys/${maker.id}`, { filter: 'service:a service:b' })
    expect(codeOf(await ask(maker.key, `POST /admin/keys/${whole.id}/rotate`))).toBe('403 scope_missing')
    await ask(demo.adminKey, `PATCH /admin/keys/${maker.id}`, { filter: 'service:a service:b service:c' })
    const member = await ask(maker.key, 'POST /admin/members', { email: 'x@acme.com', role: 'viewer' })
    expect(member.body.filter).toBe('service:a service:b service:c')
    await ask(demo.adminKey, `PATCH /admin/keys/${maker.id}`, { filter: 'service:d' })
    const session = await ask(maker.key, 'POST /session')
    expect(session.body.filter).toBe('service:d')
  })

  it('a key with few scopes rotates or changes none that has more', async () => {
    const { key: narrow } = await make({ kind: 'adm', scopes: ['admin:keys'] })
    const { id } = await make({ kind: 'rd' })
    expect(codeOf(await ask(narrow, `POST /admin/keys/${id}/rotate`))).toBe('403 scope_missing')
    expect(codeOf(await ask(narrow, `PATCH /admin/keys/${id}`, { note: 'mine' }))).toBe('403 scope_missing')
    expect((await ask(narrow, `DELETE /admin/keys/${id}`)).status).toBe(200)
  })

  it('an admin does not revoke, rotate or change the key of an owner, and an owner does', async () => {
    const owner = await ownerKey()
    for (const route of [`DELETE /admin/keys/${owner.id}`, `POST /admin/keys/${owner.id}/rotate`])
      expect(codeOf(await ask(demo.adminKey, route)), route).toBe('403 scope_missing')
    expect(codeOf(await ask(demo.adminKey, `PATCH /admin/keys/${owner.id}`, { note: 'x' }))).toBe('403 scope_missing')
    expect((await ask(owner.key, 'GET /admin/keys')).status).toBe(200)
    const another = await make({ kind: 'adm', role: 'owner' }, owner.key)
    expect(another.scopes).toContain('admin:tenant')
    expect((await ask(owner.key, `DELETE /admin/keys/${another.id}`)).status).toBe(200)
    expect(codeOf(await ask(another.key, 'GET /logs'))).toBe('401 key_revoked')
  })
})

describe('a rotated key', () => {
  it('works beside the new one until the overlap is over, and then only the new one does', async () => {
    const old = await make({ kind: 'rd', note: 'ci', filter: 'service:a', addresses: ['0.0.0.0/0'] })
    const from = { 'cf-connecting-ip': '10.0.0.1' }
    const rotated = await ask(demo.adminKey, `POST /admin/keys/${old.id}/rotate`, { overlap_seconds: 600 })
    const fresh = NewKeyAnswer.parse(rotated.body)
    expect(fresh).toMatchObject({ rotated_from: old.id, note: 'ci', filter: 'service:a', addresses: ['0.0.0.0/0'] })
    expect(fresh.key).not.toBe(old.key)
    for (const { key } of [old, fresh]) expect((await ask(key, 'GET /logs', undefined, from)).status).toBe(200)
    vi.setSystemTime(Date.now() + 600_001)
    expect(codeOf(await ask(old.key, 'GET /logs', undefined, from))).toBe('401 key_revoked')
    expect((await ask(fresh.key, 'GET /logs', undefined, from)).status).toBe(200)
  })

  it('ends at once without an overlap, and never later than it would have', async () => {
    const old = await make({ kind: 'rd', expires_at: new Date(Date.now() + 60_000).toISOString() })
    const { body } = await ask(demo.adminKey, `POST /admin/keys/${old.id}/rotate`)
    expect(body.expires_at).toBe(old.expires_at)
    expect((await ask(demo.adminKey, `GET /admin/keys/${old.id}`)).body.expires_at).toBe(old.expires_at)
    expect((await ask(demo.adminKey, `POST /admin/keys/${old.id}/rotate`, { overlap_seconds: 0 })).status).toBe(201)
    expect(codeOf(await ask(old.key, 'GET /logs'))).toBe('401 key_revoked')
    expect(codeOf(await ask(demo.adminKey, `POST /admin/keys/${old.id}/rotate`))).toBe('409 conflict')
  })
})

describe('a key that is changed', () => {
  it('may do the new things on the very next request', async () => {
    const { key, id } = await make({ kind: 'adm', role: 'editor', scopes: ['logs:read'] })
    expect((await ask(key, 'GET /logs')).status).toBe(200)
    const changed = await ask(demo.adminKey, `PATCH /admin/keys/${id}`, { scopes: ['logs:write'], note: 'now writes' })
    expect(changed.body).toMatchObject({ scopes: ['logs:write'], note: 'now writes' })
    expect(codeOf(await ask(key, 'GET /logs'))).toBe('403 scope_missing')
    expect((await ask(key, 'POST /logs', { message: 'hello' })).status).toBe(202)
  })

  it('is only changed in the version that If-Match names', async () => {
    const { id } = await make({ kind: 'rd' })
    const tag = (await ask(demo.adminKey, `GET /admin/keys/${id}`)).headers.get('etag') ?? ''
    expect((await ask(demo.adminKey, `PATCH /admin/keys/${id}`, { note: 'one' }, { 'if-match': tag })).status).toBe(200)
    const late = await ask(demo.adminKey, `PATCH /admin/keys/${id}`, { note: 'two' }, { 'if-match': tag })
    expect(codeOf(late)).toBe('412 precondition_failed')
    expect(codeOf(await ask(demo.adminKey, `DELETE /admin/keys/${id}`, undefined, { 'if-match': tag }))).toBe(
      '412 precondition_failed',
    )
  })

  it('that is revoked is refused at once, stays in the list for a while, and is not changed any more', async () => {
    const { key, id } = await make({ kind: 'rd' })
    expect((await ask(key, 'GET /logs')).status).toBe(200)
    expect((await ask(demo.adminKey, `DELETE /admin/keys/${id}`)).body).toMatchObject({ id, status: 'revoked' })
    expect(codeOf(await ask(key, 'GET /logs'))).toBe('401 key_revoked')
    expect((await ask(demo.adminKey, `DELETE /admin/keys/${id}`)).body).toMatchObject({ id, status: 'revoked' })
    expect(codeOf(await ask(demo.adminKey, `PATCH /admin/keys/${id}`, { note: 'x' }))).toBe('409 conflict')
    vi.setSystemTime(Date.now() + KEY_KEPT_MS + 1)
    await make({ kind: 'rd' })
    expect(codeOf(await ask(demo.adminKey, `GET /admin/keys/${id}`))).toBe('404 not_found')
  })
})

describe('the list of keys', () => {
  it('comes in pages, and by kind and state', async () => {
    const ids: string[] = []
    for (let cursor = ''; ; ) {
      const page = Listed.parse((await ask(demo.adminKey, `GET /admin/keys?limit=3${cursor}`)).body)
      ids.push(...page.data.map(({ id }) => id))
      if (page.page.next_cursor === null) break
      cursor = `&cursor=${page.page.next_cursor}`
    }
    const all = Listed.parse((await ask(demo.adminKey, 'GET /admin/keys?limit=1000')).body)
    expect(ids).toEqual(all.data.map(({ id }) => id))
    const { id } = await make({ kind: 'adm' })
    await ask(demo.adminKey, `DELETE /admin/keys/${id}`)
    const revoked = Listed.parse((await ask(demo.adminKey, 'GET /admin/keys?status=revoked&kind=adm')).body)
    expect(revoked.data.length).toBeGreaterThan(0)
    for (const key of revoked.data) expect(key).toMatchObject({ status: 'revoked', kind: 'adm' })
    expect(codeOf(await ask(demo.adminKey, 'GET /admin/keys?cursor=nonsense'))).toBe('400 cursor_mismatch')
  })

  it('tells the day of the last use, which takes one write a day however often a key is used', async () => {
    const { key, id } = await make({ kind: 'rd' })
    const usedOn = async () => (await ask(demo.adminKey, `GET /admin/keys/${id}`)).body.last_used
    expect(await usedOn()).toBeNull()
    vi.setSystemTime(Date.UTC(2041, 5, 1, 12))
    await ask(key, 'GET /logs')
    expect(await usedOn()).toBe('2041-06-01')
    await env.CONTROL.prepare('UPDATE api_key SET last_used_day = NULL WHERE id = ?').bind(id).run()
    await ask(key, 'GET /logs')
    expect(await usedOn()).toBeNull()
    vi.setSystemTime(Date.UTC(2041, 5, 2))
    await ask(key, 'GET /logs')
    expect(await usedOn()).toBe('2041-06-02')
  })
})

describe('the operator', () => {
  it('makes the first key of a tenant by its name or id, and nobody else does', async () => {
    const byId = await ask(operatorKey, `POST /admin/tenants/${demo.id}/keys`, {
      kind: 'adm',
      role: 'owner',
      note: 'first',
    })
    expect(byId.status, byId.text).toBe(201)
    const { key } = NewKeyAnswer.parse(byId.body)
    expect((await ask(key, 'GET /admin/keys')).status).toBe(200)
    for (const tenant of ['nobody', 'ten_01kaj2m4x8v3c9t0w5b6n7p2qr'])
      expect(codeOf(await ask(operatorKey, `POST /admin/tenants/${tenant}/keys`, { kind: 'adm' }))).toBe(
        '404 not_found',
      )
    expect(codeOf(await ask(key, 'POST /admin/tenants/acme/keys', { kind: 'adm' }))).toBe('403 scope_missing')
  })
})

describe('the number of keys', () => {
  it('is that of the plan, also when many are made at once', async () => {
    const used = Listed.parse((await ask(demo.adminKey, 'GET /admin/keys?status=active&limit=1000')).body).data.length
    const by = { tenantId: demo.id, host: '', keyId: 'test', address: '', settingsVersion: ALWAYS_CURRENT }
    const edit = { what: 'tenant.edited', id: demo.id, patch: { limits: { keys: used + 2 } } } as const
    expect(await tenantDirectory(env, demo.id).change(by, [edit])).toMatchObject({ ok: true })
    const made = await Promise.all([1, 2, 3, 4].map(() => ask(demo.adminKey, 'POST /admin/keys', { kind: 'rd' })))
    const active = Listed.parse((await ask(demo.adminKey, 'GET /admin/keys?status=active&limit=1000')).body)
    expect(active.data.length).toBe(used + 2)
    expect(made.map(codeOf).sort()).toEqual(['201 undefined', '201 undefined', '409 conflict', '409 conflict'])
    expect((await ask(demo.adminKey, `POST /admin/keys/${active.data[0].id}/rotate`)).status).toBe(201)
  })
})
