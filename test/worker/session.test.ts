import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { type Bootstrap, bootstrap } from '../../src/admin/bootstrap'
import type { Env } from '../../src/env'
import { verifyJwt } from '../../src/http/jwt'
import { findKey, parseKeySet } from '../../src/http/key-set'
import { FAILED_ATTEMPTS_MAX, HINT_ABSENT_MS, SESSIONS_PER_PRINCIPAL_MAX } from '../../src/limits/limits'
import { ALWAYS_CURRENT } from '../../src/tenant/contract'
import type { DirectoryChange } from '../../src/tenant/directory'
import { SETTINGS_ID, type SessionRow } from '../../src/tenant/directory-rows'
import { JWT_ALGORITHMS, JwtIssuer } from '../../src/tenant/jwt-issuer'
import { tenantDirectory } from '../../src/tenant-stub'
import worker from '../../src/worker'

const SECRET = 'c2VjcmV0IG9mIHRoZSB3b3JrZXIgdGVzdHM-'
const HOST = 'http://acme.localhost:8787'
const ISSUER = { issuer: 'https://id.acme.com/', audience: 'sluice-acme', jwks_url: 'https://id.acme.com/jwks.json' }

let demo: NonNullable<Bootstrap['tenant']>
let pair: CryptoKeyPair

const variables: Env = { ...env, JWT_SECRET: SECRET }

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
  const { tenant } = await bootstrap(env, { demo: true, nowMs: Date.now() })
  demo = tenant ?? expect.fail('the demo tenant is missing')
  pair = await generateKeyPair('ES256', { extractable: true })
  await trust([{ id: 'acme', ...ISSUER, algorithms: ['ES256'], role: { default: 'viewer' } }])
})

afterEach(() => {
  vi.restoreAllMocks()
})

const change = async (...changes: DirectoryChange[]) => {
  const by = { tenantId: demo.id, host: '', keyId: 'test', address: '', settingsVersion: ALWAYS_CURRENT, surfaces: [] }
  const outcome = await tenantDirectory(env, demo.id).change(by, changes)
  expect(outcome).toMatchObject({ ok: true })
}

const trust = (issuers: object[]) =>
  change({ what: 'settings.put', id: SETTINGS_ID, row: JSON.parse(JSON.stringify({ jwt_issuers: issuers })) })

interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

async function ask(path: string, { method = 'GET', headers = {} }: Asked = {}, host = HOST): Promise<Response> {
  const ctx = createExecutionContext()
  const response = await worker.fetch(new Request(`${host}${path}`, { method, headers }), variables, ctx)
  await waitOnExecutionContext(ctx)
  return response
}

const bearer = (text: string) => ({ authorization: `Bearer ${text}` })

const Session = z.object({ id: z.string(), csrf_token: z.string(), expires: z.string(), role: z.string() })

/** Signs in, and answers what a page of the tenant then sends. */
async function signIn(credential: string) {
  const response = await ask('/session', { method: 'POST', headers: bearer(credential) })
  expect(response.status, await response.clone().text()).toBe(201)
  const session = Session.parse(await response.json())
  const cookie = (response.headers.get('set-cookie') ?? '').split(';')[0]
  const reading = { cookie, 'sec-fetch-site': 'same-origin' }
  return { session, cookie, reading, changing: { ...reading, origin: HOST, 'x-csrf-token': session.csrf_token } }
}

const platformToken = (claims: Readonly<Record<string, unknown>> = {}, typ = 'sluice+jwt') =>
  new SignJWT({ sub: 'grace', role: 'viewer', tenant: demo.id, ...claims })
    .setProtectedHeader({ alg: 'HS256', typ })
    .setIssuer('sluice')
    .setAudience('sluice')
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(SECRET))

const tenantToken = (key: CryptoKey = pair.privateKey) =>
  new SignJWT({ sub: 'ada' })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: 'one' })
    .setIssuer(ISSUER.issuer)
    .setAudience(ISSUER.audience)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(key)

/** The key server, in the place of the Internet. */
function serveKeys(answer: () => Promise<Response>) {
  const asked: string[] = []
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
    asked.push(input instanceof Request ? input.url : String(input))
    return answer()
  })
  return asked
}

const keySet = async () => Response.json({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one' }] })

const problem = async (response: Response) =>
  z.object({ code: z.string(), detail: z.string() }).parse(await response.json())

describe('a JWT', () => {
  it('of the platform reads on any host of its tenant, and not on that of another', async () => {
    const token = await platformToken()
    for (const host of [HOST, 'http://localhost:8787']) {
      const response = await ask('/session', { headers: bearer(token) }, host)
      expect(await response.json()).toMatchObject({
        kind: 'jwt',
        id: 'jwt:sluice:grace',
        tenant_id: demo.id,
        role: 'viewer',
      })
      expect((await ask('/logs', { headers: bearer(token) }, host)).status).toBe(200)
    }
    expect((await ask('/logs', { headers: bearer(token) }, 'http://other.localhost:8787')).status).toBe(404)
    expect((await ask('/logs', { headers: bearer(await platformToken({ tenant: 'ten_other' })) })).status).toBe(404)
  })

  it('has the scopes of its role, less those that it leaves out', async () => {
    expect((await ask('/admin/usage', { headers: bearer(await platformToken()) })).status).toBe(403)
    const admin = await platformToken({ role: 'admin' })
    expect((await ask('/admin/usage', { headers: bearer(admin) })).status).toBe(200)
    const narrow = await platformToken({ role: 'admin', scope: 'logs:read' })
    expect((await ask('/admin/usage', { headers: bearer(narrow) })).status).toBe(403)
  })

  it('that is refused is told no more than that it is', async () => {
    const [header, claims, signature] = (await platformToken()).split('.')
    const tokens = [
      `${header}.${claims}.${signature.slice(1)}A`,
      await platformToken({}, 'JWT'),
      await platformToken({ role: 'root' }),
    ]
    for (const token of tokens) {
      const response = await ask('/logs', { headers: bearer(token) })
      expect(response.status).toBe(401)
      expect(await problem(response)).toEqual({
        code: 'unauthenticated',
        detail: 'Credentials are missing or not valid',
      })
    }
  })

  it('of a tenant’s issuer is verified with its key set, which is fetched once through the guard', async () => {
    const asked = serveKeys(keySet)
    const token = await tenantToken()
    for (let index = 0; index < 3; index++) {
      const response = await ask('/session', { headers: bearer(token) })
      expect(await response.json()).toMatchObject({
        kind: 'jwt',
        id: 'jwt:acme:ada',
        tenant_id: demo.id,
        role: 'viewer',
      })
    }
    const { privateKey } = await generateKeyPair('ES256')
    expect((await ask('/logs', { headers: bearer(await tenantToken(privateKey)) })).status).toBe(401)
    expect((await ask('/logs', { headers: bearer(token) }, 'http://localhost:8787')).status).toBe(401)
    expect(asked).toEqual([ISSUER.jwks_url])
  })

  it('is verified under each algorithm in this runtime', async () => {
    const pairs = new Map<string, CryptoKeyPair>()
    for (const alg of JWT_ALGORITHMS) pairs.set(alg, await generateKeyPair(alg, { extractable: true }))
    const keys = Array.from(pairs, async ([kid, { publicKey }]) => ({ ...(await exportJWK(publicKey)), kid }))
    const set = await parseKeySet(JSON.stringify({ keys: await Promise.all(keys) }))
    const issuer = JwtIssuer.parse({
      id: 'acme',
      ...ISSUER,
      algorithms: [...JWT_ALGORITHMS],
      role: { default: 'viewer' },
    })
    for (const [alg, { privateKey }] of pairs) {
      const token = await new SignJWT({ sub: alg })
        .setProtectedHeader({ alg, kid: alg, typ: 'JWT' })
        .setIssuer(ISSUER.issuer)
        .setAudience(ISSUER.audience)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey)
      const identity = verifyJwt(token, {
        platform: undefined,
        tenant: { id: demo.id, issuers: [issuer] },
        findKey: async (_source, wanted) => findKey(set ?? [], wanted)?.key,
        nowMs: Date.now(),
      })
      await expect(identity, alg).resolves.toMatchObject({ subject: alg, role: 'viewer' })
    }
  })

  it('whose key server does not answer is 503 with Retry-After, and nobody gets in', async () => {
    await trust([
      {
        id: 'acme',
        ...ISSUER,
        jwks_url: 'https://id.acme.com/away.json',
        algorithms: ['ES256'],
        role: { default: 'viewer' },
      },
    ])
    const asked = serveKeys(() => Promise.reject(new Error('no connection')))
    const response = await ask('/logs', { headers: bearer(await tenantToken()) })
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await problem(response)).toMatchObject({ code: 'issuer_unavailable' })
    expect(asked).toEqual(['https://id.acme.com/away.json'])
  })

  it('is refused on the next request after its issuer is taken out of the settings', async () => {
    await trust([{ id: 'acme', ...ISSUER, algorithms: ['ES256'], role: { default: 'viewer' } }])
    serveKeys(keySet)
    // By then no isolate goes by what the settings were before: who is let in anew may have to wait for that.
    const laterMs = Date.now() + HINT_ABSENT_MS
    vi.spyOn(Date, 'now').mockImplementation(() => laterMs)
    const token = await tenantToken()
    expect((await ask('/logs', { headers: bearer(token) })).status).toBe(200)
    const { reading } = await signIn(token)
    expect((await ask('/logs', { headers: reading })).status).toBe(200)
    await trust([])
    expect((await ask('/logs', { headers: bearer(token) })).status).toBe(401)
    expect((await ask('/logs', { headers: reading })).status).toBe(401)
  })

  it('of an issuer that is changed in the settings has to be exchanged for a session again', async () => {
    const trusted = { id: 'acme', ...ISSUER, algorithms: ['ES256'], role: { default: 'viewer' } }
    const other = { ...trusted, id: 'other', issuer: 'https://other.acme.com/' }
    await trust([trusted])
    serveKeys(keySet)
    const laterMs = Date.now() + 2 * HINT_ABSENT_MS
    vi.spyOn(Date, 'now').mockImplementation(() => laterMs)
    const [{ reading }, ofKey] = [await signIn(await tenantToken()), await signIn(demo.queryKey)]
    await trust([other, trusted])
    expect((await ask('/logs', { headers: reading })).status).toBe(200)
    await trust([other, { ...trusted, filter: 'logs' }])
    expect((await ask('/logs', { headers: reading })).status).toBe(401)
    await trust([trusted])
    expect((await ask('/logs', { headers: reading })).status).toBe(401)
    expect((await ask('/logs', { headers: ofKey.reading })).status).toBe(200)
  })

  it('of a megabyte is refused', async () => {
    const response = await ask('/logs', { headers: bearer(`${'a'.repeat(500_000)}.${'b'.repeat(500_000)}.c`) })
    expect(response.status).toBe(401)
  })
})

describe('a session', () => {
  it('is opened with a key, read by its cookie, and closed', async () => {
    const { session, cookie, reading, changing } = await signIn(demo.queryKey)
    expect(cookie).toMatch(/^sluice_session=[\w-]{43}$/)
    expect(session).toMatchObject({ role: 'viewer' })
    const shown = await ask('/session', { headers: reading })
    expect(shown.headers.get('cache-control')).toBe('no-store, private')
    expect(await shown.json()).toEqual({
      ...session,
      kind: 'session',
      tenant_id: demo.id,
      tenant: 'acme',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.+Z$/),
      scopes: ['logs:read', 'tail', 'integrations:read'],
    })
    expect((await ask('/logs', { headers: reading })).status).toBe(200)

    const closed = await ask('/session', { method: 'DELETE', headers: changing })
    expect(await closed.json()).toEqual({ ended: true })
    expect(closed.headers.get('set-cookie')).toMatch(/^sluice_session=; .*Max-Age=0/)
    for (const path of ['/session', '/logs']) expect((await ask(path, { headers: reading })).status, path).toBe(401)
    expect((await ask('/session', { method: 'DELETE', headers: changing })).status).toBe(401)
  })

  it('is opened with a JWT too', async () => {
    const { session, reading } = await signIn(await platformToken({ role: 'editor' }))
    expect(session.role).toBe('editor')
    expect((await ask('/logs', { headers: reading })).status).toBe(200)
  })

  it('that does not exist counts as an attempt of its address, once however often it is sent', async () => {
    const from = (index: number) => ({
      'cf-connecting-ip': '198.51.100.9',
      cookie: `sluice_session=${String(index).padStart(43, 'x')}`,
      'sec-fetch-site': 'same-origin',
    })
    for (let again = 0; again <= FAILED_ATTEMPTS_MAX; again++)
      expect((await ask('/logs', { headers: from(0) })).status).toBe(401)
    for (let index = 1; index < FAILED_ATTEMPTS_MAX; index++)
      expect((await ask('/logs', { headers: from(index) })).status, String(index)).toBe(401)
    expect((await ask('/logs', { headers: from(FAILED_ATTEMPTS_MAX) })).status).toBe(429)
    const { reading } = await signIn(demo.queryKey)
    expect((await ask('/logs', { headers: reading })).status).toBe(200)
  })

  it('leaves neither its secret nor its token in D1 or KV', async () => {
    const { session, cookie, reading } = await signIn(demo.queryKey)
    await ask('/logs', { headers: reading })
    const { results } = await env.CONTROL.prepare('SELECT * FROM session').all()
    const { keys } = await env.CACHE.list()
    const values = await Promise.all(keys.map(({ name }) => env.CACHE.get(name)))
    const everything = JSON.stringify([results, keys, values])
    expect(everything).toContain(session.id)
    expect(everything).not.toContain(cookie.split('=')[1])
    expect(everything).not.toContain(session.csrf_token)
  })

  it('changes nothing without the token and the origin of its host', async () => {
    const { reading, changing } = await signIn(demo.adminKey)
    const foreign = [
      reading,
      { ...changing, 'x-csrf-token': 'x' },
      { ...changing, origin: 'http://evil.localhost:8787' },
    ]
    for (const headers of foreign) {
      const response = await ask('/session', { method: 'DELETE', headers })
      expect(await problem(response)).toMatchObject({ code: 'cross_site_request' })
    }
    expect((await ask('/logs', { headers: { ...reading, 'sec-fetch-site': 'cross-site' } })).status).toBe(403)
    expect((await ask('/session', { headers: reading })).status).toBe(200)
  })

  it('is good on no other host, nor under a secret that is one character off', async () => {
    const { reading, cookie } = await signIn(demo.queryKey)
    expect((await ask('/logs', { headers: reading }, 'http://other.localhost:8787')).status).toBe(404)
    const off = cookie.endsWith('A') ? `${cookie.slice(0, -1)}B` : `${cookie.slice(0, -1)}A`
    expect((await ask('/logs', { headers: { ...reading, cookie: off } })).status).toBe(401)
  })

  it('cannot open another, and gives way to a key that is sent beside it', async () => {
    const { changing, reading } = await signIn(demo.queryKey)
    expect(await problem(await ask('/session', { method: 'POST', headers: changing }))).toMatchObject({
      code: 'conflict',
    })
    const both = await ask('/session', { headers: { ...reading, ...bearer(demo.adminKey) } })
    expect(await both.json()).toMatchObject({ kind: 'key', role: 'admin' })
    expect((await ask('/logs', { headers: { ...reading, ...bearer('slc_rd_nonsense') } })).status).toBe(401)
  })

  it('is not opened without a credential, nor for who may not read', async () => {
    expect((await ask('/session', { method: 'POST' })).status).toBe(401)
    expect((await ask('/session', { method: 'POST', headers: bearer(demo.ingestKey) })).status).toBe(403)
  })

  it('ends with its key, on the next request', async () => {
    const { reading, session } = await signIn(demo.queryKey)
    expect((await ask('/logs', { headers: reading })).status).toBe(200)
    const row = await env.CONTROL.prepare('SELECT principal_id FROM session WHERE id = ?').bind(session.id).first()
    await change({ what: 'key.edited', id: String(row?.principal_id), patch: { status: 'revoked' } })
    for (const path of ['/session', '/logs']) expect((await ask(path, { headers: reading })).status, path).toBe(401)
  })

  it('that has ended is cleared away when another is opened', async () => {
    const ended: SessionRow = {
      ...{ hash: 'a'.repeat(64), csrfHash: 'b'.repeat(64), principalId: 'key_x', role: 'viewer', scopes: [] },
      ...{ status: 'active', createdMs: 0, expiresMs: 1 },
    }
    await change({ what: 'session.added', id: 'ses_0', row: ended })
    const stored = () => env.CONTROL.prepare("SELECT id FROM session WHERE id = 'ses_0'").first()
    expect(await stored()).not.toBeNull()
    await signIn(demo.adminKey)
    expect(await stored()).toBeNull()
  })

  it('is one of at most so many that live of one person, and others open theirs all the same', async () => {
    const row = (index: number, expiresMs: number): SessionRow => ({
      ...{ hash: String(index).padStart(64, 'c'), csrfHash: 'b'.repeat(64), principalId: 'jwt:sluice:many' },
      ...{ role: 'viewer', scopes: [], status: 'active', createdMs: 0, expiresMs },
    })
    const added = (index: number, expiresMs: number): DirectoryChange => ({
      ...{ what: 'session.added', id: `ses_many_${index}`, row: row(index, expiresMs) },
    })
    const laterMs = Date.now() + HINT_ABSENT_MS
    const live = Array.from({ length: SESSIONS_PER_PRINCIPAL_MAX - 1 }, (_, index) => added(index, laterMs))
    await change(...live, added(SESSIONS_PER_PRINCIPAL_MAX, 1))
    const token = await platformToken({ sub: 'many' })
    const { changing } = await signIn(token)
    const version = () => env.CONTROL.prepare('SELECT settings_version FROM tenant WHERE id = ?').bind(demo.id).first()
    const before = await version()
    const refused = await ask('/session', { method: 'POST', headers: bearer(token) })
    expect([refused.status, (await problem(refused)).code]).toEqual([409, 'conflict'])
    expect(await version()).toEqual(before)
    await signIn(await platformToken({ sub: 'other' }))
    expect((await ask('/session', { method: 'DELETE', headers: changing })).status).toBe(200)
    await signIn(token)
  })
})
