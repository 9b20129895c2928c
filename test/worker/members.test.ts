import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { type Bootstrap, bootstrap } from '../../src/admin/bootstrap'
import type { Env } from '../../src/env'
import { NewKeyAnswer } from '../../src/routes/key-answer'
import { MemberAnswer } from '../../src/routes/member-body'
import { ALWAYS_CURRENT } from '../../src/tenant/contract'
import { SETTINGS_ID } from '../../src/tenant/directory-rows'
import { tenantDirectory } from '../../src/tenant-stub'
import worker from '../../src/worker'

const HOST = 'http://acme.localhost:8787'
const SECRET = 'c2VjcmV0IG9mIHRoZSB3b3JrZXIgdGVzdHM-'
const CLAIMS_ISSUER = { issuer: 'https://id.acme.com/', audience: 'sluice', jwks_url: 'https://id.acme.com/jwks.json' }
const MEMBERS_ISSUER = { ...CLAIMS_ISSUER, issuer: 'https://other.acme.com/' }

const variables: Env = { ...env, JWT_SECRET: SECRET }

let demo: NonNullable<Bootstrap['tenant']>
let owner = ''
let pair: CryptoKeyPair

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
  const made = await bootstrap(env, { demo: true, nowMs: Date.now() })
  demo = made.tenant ?? expect.fail('the demo tenant is missing')
  pair = await generateKeyPair('ES256', { extractable: true })
  const jwt_issuers = [
    { id: 'acme', ...CLAIMS_ISSUER, algorithms: ['ES256'], role: { default: 'viewer' }, filter: undefined },
    { id: 'other', ...MEMBERS_ISSUER, algorithms: ['ES256'] },
  ]
  const by = { tenantId: demo.id, host: '', keyId: 'test', address: '', settingsVersion: ALWAYS_CURRENT }
  const row = JSON.parse(JSON.stringify({ jwt_issuers }))
  const outcome = await tenantDirectory(env, demo.id).change(by, [{ what: 'settings.put', id: SETTINGS_ID, row }])
  expect(outcome).toMatchObject({ ok: true })
  const key = await ask(
    made.operatorKey,
    'POST /admin/tenants/acme/keys',
    { kind: 'adm', role: 'owner' },
    'http://localhost',
  )
  owner = NewKeyAnswer.parse(key.body).key
})

beforeEach(async () => {
  const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'one' }]
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => Response.json({ keys }))
})

async function ask(token: string, route: string, body?: unknown, host = HOST) {
  const [method, path] = route.split(' ')
  const isCookie = token.includes('=') && token.startsWith('sluice_session')
  const headers: Record<string, string> = isCookie
    ? { cookie: token, 'sec-fetch-site': 'same-origin' }
    : { authorization: `Bearer ${token}` }
  const init = { method, headers }
  const request = new Request<unknown, IncomingRequestCfProperties>(
    `${host}${path}`,
    body === undefined ? init : { ...init, body: JSON.stringify(body) },
  )
  const ctx = createExecutionContext()
  const response = await worker.fetch(request, variables, ctx)
  const text = await response.text()
  await waitOnExecutionContext(ctx)
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text === '' ? '{}' : text) }
}

const codeOf = ({ status, body }: { status: number; body: { code?: string } }) => `${status} ${body.code}`

const token = (sub: string, claims: object = {}, { issuer, audience } = CLAIMS_ISSUER) =>
  new SignJWT({ sub, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: 'one' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(pair.privateKey)

const invite = async (body: object, by = owner) => {
  const added = await ask(by, 'POST /admin/members', body)
  expect(added.status, added.text).toBe(201)
  return MemberAnswer.parse(added.body)
}

const whoIs = async (jwt: string) => (await ask(jwt, 'GET /session')).body

const signIn = async (jwt: string) => {
  const { status, headers, text } = await ask(jwt, 'POST /session')
  expect(status, text).toBe(201)
  return (headers.get('set-cookie') ?? '').split(';')[0]
}

describe('a member', () => {
  it('has the role and filter of their row on the very next request, whatever their token claims', async () => {
    const ada = await token('ada')
    expect(await whoIs(ada)).toMatchObject({ role: 'viewer' })
    const member = await invite({ subject: 'acme:ada', role: 'editor', filter: 'service:a' })
    expect(await whoIs(ada)).toMatchObject({ role: 'editor', filter: 'service:a' })
    await ask(owner, `PATCH /admin/members/${member.id}`, { role: 'admin', filter: null })
    const now = await whoIs(ada)
    expect(now).toMatchObject({ role: 'admin' })
    expect(now.filter).toBeUndefined()
    await ask(owner, `PATCH /admin/members/${member.id}`, { status: 'suspended' })
    expect(codeOf(await ask(ada, 'GET /logs'))).toBe('401 unauthenticated')
    await ask(owner, `DELETE /admin/members/${member.id}`)
    expect(await whoIs(ada)).toMatchObject({ role: 'viewer' })
  })

  it('is let in by an issuer whose claims give no role, and nobody else is', async () => {
    const eve = await token('eve', {}, MEMBERS_ISSUER)
    expect(codeOf(await ask(eve, 'GET /logs'))).toBe('401 unauthenticated')
    const { id } = await invite({ subject: 'other:eve', role: 'viewer' })
    expect((await ask(eve, 'GET /logs')).status).toBe(200)
    await ask(owner, `DELETE /admin/members/${id}`)
    expect(codeOf(await ask(eve, 'GET /logs'))).toBe('401 unauthenticated')
  })

  it('who is invited by an address is bound to the subject that first comes with it, verified', async () => {
    const { id, status } = await invite({ email: 'Grace@Acme.com', role: 'editor' })
    expect(status).toBe('invited')
    const address = { email: 'grace@acme.com' }
    expect(await whoIs(await token('grace', { ...address, email_verified: false }))).toMatchObject({ role: 'viewer' })
    expect(await whoIs(await token('grace', address))).toMatchObject({ role: 'viewer' })
    expect(await whoIs(await token('grace', { ...address, email_verified: true }))).toMatchObject({ role: 'editor' })
    const shown = await ask(owner, `GET /admin/members/${id}`)
    expect(shown.body).toMatchObject({ email: 'grace@acme.com', subject: 'acme:grace', status: 'active' })
    expect(await whoIs(await token('mallory', { ...address, email_verified: true }))).toMatchObject({ role: 'viewer' })
    expect(await whoIs(await token('grace'))).toMatchObject({ role: 'editor' })
  })

  it('sees what both their row and their token allow', async () => {
    const platform = await new SignJWT({ sub: 'joan', role: 'viewer', tenant: demo.id, filter: 'level:error' })
      .setProtectedHeader({ alg: 'HS256', typ: 'sluice+jwt' })
      .setIssuer('sluice')
      .setAudience('sluice')
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(SECRET))
    await invite({ subject: 'sluice:joan', role: 'viewer', filter: 'service:a OR service:b' })
    expect(await whoIs(platform)).toMatchObject({ filter: '(service:a OR service:b) level:error' })
  })

  it('is only added once, by whichever name', async () => {
    await invite({ email: 'twice@acme.com', subject: 'acme:twice', role: 'viewer' })
    for (const body of [{ email: 'TWICE@acme.com' }, { subject: 'acme:twice' }])
      expect(codeOf(await ask(owner, 'POST /admin/members', { ...body, role: 'viewer' }))).toBe('409 conflict')
    for (const body of [{}, { subject: 'ada' }, { subject: 'acme:' }, { email: 'ada' }, { subject: 'acme:a\u0000b' }])
      expect(codeOf(await ask(owner, 'POST /admin/members', { ...body, role: 'viewer' })), JSON.stringify(body)).toBe(
        '400 validation_failed',
      )
  })
})

describe('the sessions of a member', () => {
  const endings = [
    ['they are removed', (id: string) => ask(owner, `DELETE /admin/members/${id}`)],
    ['they are suspended', (id: string) => ask(owner, `PATCH /admin/members/${id}`, { status: 'suspended' })],
    ['their role changes', (id: string) => ask(owner, `PATCH /admin/members/${id}`, { role: 'viewer' })],
    ['they see less', (id: string) => ask(owner, `PATCH /admin/members/${id}`, { filter: 'level:error' })],
  ] as const
  for (const [index, [reason, end]] of endings.entries()) {
    it(`end when ${reason}, and no one else’s do`, async () => {
      const { id } = await invite({ subject: `acme:guest-${index}`, role: 'editor' })
      const [theirs, others] = [await signIn(await token(`guest-${index}`)), await signIn(await token('bystander'))]
      for (const cookie of [theirs, others]) expect((await ask(cookie, 'GET /logs')).status).toBe(200)
      expect((await end(id)).status).toBe(200)
      expect(codeOf(await ask(theirs, 'GET /logs'))).toBe('401 unauthenticated')
      expect((await ask(others, 'GET /logs')).status).toBe(200)
    })
  }

  it('begin with their first sign-in, which ends none, and end for who was let in by claims before', async () => {
    const before = await signIn(await token('late', { email: 'late@acme.com', email_verified: true }))
    await invite({ email: 'late@acme.com', role: 'editor' })
    expect(codeOf(await ask(before, 'GET /logs'))).toBe('401 unauthenticated')
    const after = await signIn(await token('late', { email: 'late@acme.com', email_verified: true }))
    expect((await ask(after, 'GET /session')).body).toMatchObject({ role: 'editor' })
    await invite({ subject: 'acme:claimed', role: 'viewer' })
    expect((await ask(after, 'GET /logs')).status).toBe(200)
  })
})

describe('owners', () => {
  it('are made, changed and removed by owners only, and the last one stays', async () => {
    for (const body of [{ subject: 'acme:boss', role: 'owner' }])
      expect(codeOf(await ask(demo.adminKey, 'POST /admin/members', body))).toBe('403 scope_missing')
    const boss = await invite({ subject: 'acme:boss', role: 'owner' })
    const invited = await invite({ email: 'second@acme.com', role: 'owner' })
    for (const route of [`DELETE /admin/members/${boss.id}`])
      expect(codeOf(await ask(demo.adminKey, route))).toBe('403 scope_missing')
    expect(codeOf(await ask(demo.adminKey, `PATCH /admin/members/${boss.id}`, { role: 'viewer' }))).toBe(
      '403 scope_missing',
    )
    const jwt = await token('boss')
    expect(await whoIs(jwt)).toMatchObject({ role: 'owner' })
    // Who has never signed in does not count: the tenant could be left without anybody.
    for (const answer of [
      await ask(jwt, `DELETE /admin/members/${boss.id}`),
      await ask(jwt, `PATCH /admin/members/${boss.id}`, { role: 'admin' }),
      await ask(jwt, `PATCH /admin/members/${boss.id}`, { status: 'suspended' }),
    ])
      expect(codeOf(answer)).toBe('409 conflict')
    await whoIs(await token('second', { email: 'second@acme.com', email_verified: true }))
    expect((await ask(jwt, `DELETE /admin/members/${boss.id}`)).status).toBe(200)
    expect(codeOf(await ask(owner, `DELETE /admin/members/${invited.id}`))).toBe('409 conflict')
  })
})

describe('an owner by claims', () => {
  it('stays one whatever row an admin adds for them, and is bound by that of an owner', async () => {
    const claims = { tenant: demo.id, role: 'owner' }
    const jwt = await new SignJWT({ sub: 'founder', ...claims })
      .setProtectedHeader({ alg: 'HS256', typ: 'sluice+jwt' })
      .setIssuer('sluice')
      .setAudience('sluice')
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(SECRET))
    const subject = 'sluice:founder'
    const row = await invite({ subject, role: 'viewer', filter: 'service:a' }, demo.adminKey)
    expect(await whoIs(jwt)).toMatchObject({ role: 'owner' })
    const suspended = await ask(demo.adminKey, `PATCH /admin/members/${row.id}`, { status: 'suspended' })
    expect(suspended.status, suspended.text).toBe(200)
    expect(await whoIs(jwt)).toMatchObject({ role: 'owner' })
    expect((await ask(jwt, `GET /admin/members/${row.id}`)).status).toBe(200)
    expect((await ask(jwt, `DELETE /admin/members/${row.id}`)).status).toBe(200)
    const theirs = await invite({ subject, role: 'owner' })
    const others = await invite({ subject: 'acme:another-owner', role: 'owner' })
    await ask(owner, `PATCH /admin/members/${theirs.id}`, { status: 'suspended' })
    expect(codeOf(await ask(jwt, 'GET /session'))).toBe('401 unauthenticated')
    for (const { id } of [theirs, others]) await ask(owner, `DELETE /admin/members/${id}`)
  })
})

describe('who sees some logs', () => {
  it('lets nobody in who sees more', async () => {
    const made = await ask(owner, 'POST /admin/keys', { kind: 'adm', filter: 'service:a' })
    const { key } = NewKeyAnswer.parse(made.body)
    const narrow = await invite({ subject: 'acme:narrow', role: 'viewer' }, key)
    expect(narrow.filter).toBe('service:a')
    expect(codeOf(await ask(key, `PATCH /admin/members/${narrow.id}`, { filter: null }))).toBe('403 scope_missing')
    expect((await ask(key, `PATCH /admin/members/${narrow.id}`, { filter: 'level:error service:a' })).status).toBe(200)
    expect(codeOf(await ask(key, 'GET /admin/usage'))).toBe('403 scope_missing')
    expect(codeOf(await ask(key, 'GET /metrics'))).toBe('403 scope_missing')
  })
})
