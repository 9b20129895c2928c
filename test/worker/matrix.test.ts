import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT, UnsecuredJWT } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { activityLog } from '../../src/activity/activity-log'
import { ACTIVITY_TENANT } from '../../src/activity/activity-tenant'
import { bootstrap } from '../../src/admin/bootstrap'
import { createTenant } from '../../src/admin/create-tenant'
import { newKey } from '../../src/admin/new-key'
import type { Env } from '../../src/env'
import type { Principal, Scope } from '../../src/http/access'
import { hashKey, mintKey } from '../../src/http/api-key'
import { configure } from '../../src/http/configure'
import type { Handler, TenantRequest } from '../../src/http/handler'
import { ApiError, problemResponse } from '../../src/http/problem'
import { noHints } from '../../src/http/request-hints'
import { requestId } from '../../src/http/request-id'
import { makeSession } from '../../src/http/session'
import { router } from '../../src/router'
import { ALWAYS_CURRENT } from '../../src/tenant/contract'
import type { DirectoryChange } from '../../src/tenant/directory'
import { type KeyRow, SETTINGS_ID } from '../../src/tenant/directory-rows'
import { scopesOf } from '../../src/tenant/roles'
import { tenantDirectory } from '../../src/tenant-stub'
import { runInvocation } from '../support/invocation'

/**
 * Every route × every role × own, other and unknown tenant × every state of a credential. The routes and their policies are
 * those of the route table; what each role may is said here once more, by hand.
 */
const MAY = {
  operator: ['operator'],
  owner:
    'logs:write logs:read tail integrations:read integrations:write admin:read admin:keys admin:members admin:domains admin:settings admin:audit admin:tenant'.split(
      ' ',
    ),
  admin:
    'logs:write logs:read tail integrations:read integrations:write admin:read admin:keys admin:members admin:domains admin:settings admin:audit'.split(
      ' ',
    ),
  editor: ['logs:write', 'logs:read', 'tail', 'integrations:read', 'integrations:write'],
  viewer: ['logs:read', 'tail', 'integrations:read'],
  ingest: ['logs:write'],
  pub: ['logs:write'],
  none: [],
} as const satisfies Record<string, readonly string[]>

type Who = keyof typeof MAY

/** The host of the tenant itself, the service's own, that of another tenant, and one of nobody. */
const HOSTS = { own: 'own.localhost', service: 'localhost', other: 'other.localhost', unknown: 'unknown.localhost' }

type Place = keyof typeof HOSTS

/** The status of each refusal, by its code. */
const STATUS = {
  unauthenticated: 401,
  key_revoked: 401,
  scope_missing: 403,
  origin_not_allowed: 403,
  address_not_allowed: 403,
  not_found: 404,
} as const

type Refused = keyof typeof STATUS

/** A credential in one of its states. */
interface Credential {
  readonly form: 'key' | 'platform JWT' | 'issuer JWT' | 'session' | 'nothing'
  readonly who: Who
  readonly state: string
  /** For the host that it is sent to. */
  readonly headers: (host: string) => Readonly<Record<string, string>>
  /** How it is refused wherever it is sent; undefined when it is good. */
  readonly refused?: Refused
  /** Scopes that it is limited to. */
  readonly only?: readonly string[]
}

interface Route {
  readonly method: string
  readonly path: string
  readonly scope: string
  readonly isOperatorsToo: boolean
  /** What comes before the policy: who asks, in whose words, and of which tenant. */
  readonly before: readonly Handler[]
  readonly policy: Handler
}

const SECRET = 'c2VjcmV0IG9mIHRoZSB3b3JrZXIgdGVzdHM-'
const ISSUER = { issuer: 'https://id.own.com/', audience: 'sluice', jwks_url: 'https://id.own.com/jwks.json' }
const PAGE = 'https://shop.example'
const HOUR_SECONDS = 3600

const variables: Env = { ...env, JWT_SECRET: SECRET }
const TENANT_ROLES = ['owner', 'admin', 'editor', 'viewer', 'ingest'] as const

/** Who has credentials of which form. */
const ROLES_OF: Readonly<Record<Credential['form'], readonly Who[]>> = {
  key: ['operator', ...TENANT_ROLES, 'pub'],
  'platform JWT': ['operator', ...TENANT_ROLES],
  'issuer JWT': TENANT_ROLES,
  session: TENANT_ROLES,
  nothing: ['none'],
}

let tenantId = ''
let keySet: unknown
const credentials: Credential[] = []
const routes: Route[] = []

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const by = (id: string) => ({ tenantId: id, host: '', keyId: 'test', address: '', settingsVersion: ALWAYS_CURRENT })

async function change(id: string, ...changes: DirectoryChange[]) {
  const outcome = await tenantDirectory(env, id).change(by(id), changes)
  expect(outcome).toMatchObject({ ok: true })
}

async function makeTenant(name: string, host: string): Promise<string> {
  const created = await createTenant(env, { name, plan: 'standard' }, Date.now())
  if (!created.ok) return expect.fail(created.refusal.kind)
  const row = { status: 'active', proof: 'none', config: {}, createdMs: 0 } as const
  await change(created.id, { what: 'domain.added', id: host, row })
  return created.id
}

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
  const { operatorKey } = await bootstrap(env, { demo: false, nowMs: Date.now() })
  tenantId = await makeTenant('own', HOSTS.own)
  await makeTenant('other', HOSTS.other)
  await addKeys()
  await addOperatorKeys(operatorKey)
  await addTokens()
  await addSessions()
  credentials.push({ form: 'nothing', who: 'none', state: 'missing', headers: () => ({}), refused: 'unauthenticated' })
  readRoutes()
})

beforeEach(() => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => Response.json(keySet))
})

const bearer =
  (text: string, more: Record<string, string> = {}) =>
  () => ({ authorization: `Bearer ${text}`, ...more })

const mistyped = (text: string) => `${text.slice(0, 20)}${text[20] === 'a' ? 'b' : 'a'}${text.slice(21)}`

/** A key of each role in each state. */
async function addKeys() {
  const nowMs = Date.now()
  const kinds = { owner: 'adm', admin: 'adm', editor: 'adm', viewer: 'rd', ingest: 'ing', pub: 'pub' } as const
  const changes: DirectoryChange[] = []
  for (const who of ['owner', 'admin', 'editor', 'viewer', 'ingest', 'pub'] as const) {
    const page = who === 'pub' ? { origin: PAGE } : undefined
    const add = (
      state: string,
      terms: Partial<KeyRow>,
      more: Partial<Credential> = {},
      status: KeyRow['status'] = 'active',
    ) => {
      const role = who === 'pub' ? 'ingest' : who
      const wishes = {
        kind: kinds[who],
        role,
        scopes: [...MAY[who]],
        note: '',
        ...(page && { origins: [PAGE] }),
        ...terms,
      }
      const { id, text, row } = newKey(wishes, nowMs)
      changes.push({ what: 'key.added', id, row: { ...row, status } })
      credentials.push({ form: 'key', who, state, headers: bearer(text, page), ...more })
      return { id, text }
    }
    const { id: old } = add('rotated, inside the overlap', { expiresMs: nowMs + 600_000 })
    add('valid, come in the place of another', { rotatedFrom: old })
    add('rotated, after the overlap', { expiresMs: nowMs - 1 }, { refused: 'key_revoked' })
    add('expired', { expiresMs: nowMs - 86_400_000 }, { refused: 'key_revoked' })
    add('revoked', {}, { refused: 'key_revoked' }, 'revoked')
    add('without its scopes', { scopes: ['tail'] }, { only: ['tail'] })
    add('bound to other addresses', { addresses: ['203.0.113.0/24'] }, { refused: 'address_not_allowed' })
    const { text } = add('valid', {})
    const key = { form: 'key', who } as const
    credentials.push({ ...key, state: 'malformed', headers: bearer(mistyped(text), page), refused: 'unauthenticated' })
    const unknown = mintKey(kinds[who], crypto.getRandomValues(new Uint8Array(32)))
    credentials.push({ ...key, state: 'never made', headers: bearer(unknown, page), refused: 'unauthenticated' })
    if (who !== 'pub') continue
    for (const origin of ['https://evil.example', 'null'])
      credentials.push({
        ...key,
        state: `from ${origin}`,
        headers: bearer(text, { origin }),
        refused: 'origin_not_allowed',
      })
    credentials.push({ ...key, state: 'from no page', headers: bearer(text), refused: 'origin_not_allowed' })
  }
  await change(tenantId, ...changes)
}

async function addOperatorKeys(valid: string) {
  const key = { form: 'key', who: 'operator' } as const
  const insert = env.CONTROL.prepare(
    `INSERT INTO api_key (id, kind, hash, last4, scopes, status, note, created_ms, expires_ms, role)
     VALUES (?, 'op', ?, '', 'operator', ?, '', 0, ?, 'operator')`,
  )
  const states = [
    ['revoked', 'revoked', null],
    ['expired', 'active', Date.now() - 1],
  ] as const
  for (const [state, status, expiresMs] of states) {
    const text = mintKey('op', crypto.getRandomValues(new Uint8Array(32)))
    await insert.bind(`key_${state}`, hashKey(text), status, expiresMs).run()
    credentials.push({ ...key, state, headers: bearer(text), refused: 'key_revoked' })
  }
  credentials.push({ ...key, state: 'valid', headers: bearer(valid) })
  credentials.push({ ...key, state: 'malformed', headers: bearer(mistyped(valid)), refused: 'unauthenticated' })
}

interface Token {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Partial<JWTHeaderParameters>
  readonly key?: CryptoKey | Uint8Array
}

/** What is wrong with a token, whoever has issued it. */
const TOKEN_FAULTS = (nowSeconds: number): Readonly<Record<string, Token>> => ({
  expired: { claims: { iat: nowSeconds - 2 * HOUR_SECONDS, exp: nowSeconds - HOUR_SECONDS } },
  'not yet valid': { claims: { nbf: nowSeconds + HOUR_SECONDS } },
  'from the future': { claims: { iat: nowSeconds + HOUR_SECONDS, exp: nowSeconds + 2 * HOUR_SECONDS } },
  'of the wrong issuer': { claims: { iss: 'https://id.evil.com/' } },
  'for the wrong audience': { claims: { aud: 'somebody else' } },
  'of the wrong type': { header: { typ: 'secevent+jwt' } },
  'without a subject': { claims: { sub: undefined } },
})

async function addTokens() {
  const nowSeconds = Math.floor(Date.now() / 1000)
  const pair = await generateKeyPair('ES256', { extractable: true })
  const stranger = await generateKeyPair('ES256')
  const rsa = await generateKeyPair('RS256')
  keySet = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one' }] }
  const map = Object.fromEntries(TENANT_ROLES.map((role) => [role, role]))
  const issuer = { id: 'idp', ...ISSUER, algorithms: ['ES256'], role: { claim: 'role', map } }
  const row = JSON.parse(JSON.stringify({ jwt_issuers: [issuer] }))
  const suspended = { subject: 'idp:suspended', role: 'owner', status: 'suspended', createdMs: 0 } as const
  await change(
    tenantId,
    { what: 'settings.put', id: SETTINGS_ID, row },
    { what: 'member.added', id: 'mem_suspended', row: suspended },
  )
  const sign = (base: object, header: JWTHeaderParameters, token: Token, key: CryptoKey | Uint8Array) =>
    new SignJWT(
      JSON.parse(JSON.stringify({ iat: nowSeconds, exp: nowSeconds + HOUR_SECONDS, ...base, ...token.claims })),
    )
      .setProtectedHeader({ ...header, ...token.header })
      .sign(token.key ?? key)

  for (const who of ['operator', ...TENANT_ROLES] as const) {
    const claims = {
      iss: 'sluice',
      aud: 'sluice',
      sub: who,
      role: who,
      ...(who !== 'operator' && { tenant: tenantId }),
    }
    const header = { alg: 'HS256', typ: 'sluice+jwt' }
    const secret = new TextEncoder().encode(SECRET)
    const jwt = { form: 'platform JWT', who } as const
    const add = async (state: string, token: Token, more: Partial<Credential> = {}) =>
      credentials.push({ ...jwt, state, headers: bearer(await sign(claims, header, token, secret)), ...more })
    const refused = { refused: 'unauthenticated' } as const
    await add('valid', {})
    for (const [state, token] of Object.entries(TOKEN_FAULTS(nowSeconds))) await add(state, token, refused)
    await add('of the wrong algorithm', { header: { alg: 'HS512' } }, refused)
    await add('with another secret', { key: new TextEncoder().encode(`${SECRET}x`) }, refused)
    await add('of another role', { claims: { role: 'root' } }, refused)
    const unsigned = new UnsecuredJWT({ ...claims, exp: nowSeconds + HOUR_SECONDS }).encode()
    credentials.push({ ...jwt, state: 'unsigned', headers: bearer(unsigned), ...refused })
    if (who !== 'operator') await add('without its scopes', { claims: { scope: 'tail' } }, { only: ['tail'] })
  }
  for (const who of TENANT_ROLES) {
    const claims = { iss: ISSUER.issuer, aud: ISSUER.audience, sub: who, role: who }
    const header = { alg: 'ES256', typ: 'JWT', kid: 'one' }
    const jwt = { form: 'issuer JWT', who } as const
    const add = async (state: string, token: Token, more: Partial<Credential> = {}) => {
      const text = await sign(claims, header, token, pair.privateKey)
      credentials.push({ ...jwt, state, headers: bearer(text), ...more })
      return text
    }
    const refused = { refused: 'unauthenticated' } as const
    const valid = await add('valid', {})
    for (const [state, token] of Object.entries(TOKEN_FAULTS(nowSeconds))) await add(state, token, refused)
    await add('of the wrong algorithm', { header: { alg: 'RS256' }, key: rsa.privateKey }, refused)
    await add(
      'signed with the public key',
      { header: { alg: 'HS256' }, key: new TextEncoder().encode(JSON.stringify(keySet)) },
      refused,
    )
    await add('of the wrong kid', { header: { kid: 'two' } }, refused)
    await add('of a stranger’s key', { key: stranger.privateKey }, refused)
    await add('of no mapped role', { claims: { role: 'root' } }, refused)
    await add('of a member who is suspended', { claims: { sub: 'suspended' } }, refused)
    credentials.push({ ...jwt, state: 'malformed', headers: bearer(valid.replace('.', '..')), ...refused })
  }
}

/** Sessions of members, of whom the service knows nothing but what was there when they signed in. */
async function addSessions() {
  const nowMs = Date.now()
  const changes: DirectoryChange[] = []
  for (const who of TENANT_ROLES) {
    const states = [
      ['valid', 0, 'active', undefined],
      ['expired', -86_400_000, 'active', 'unauthenticated'],
      ['revoked', 0, 'revoked', 'unauthenticated'],
    ] as const
    for (const [state, agoMs, status, refused] of states) {
      const scopes = scopesOf(who, MAY[who])
      const principal: Principal = { kind: 'jwt', id: `jwt:idp:${who}`, tenantId, role: who, scopes, filter: undefined }
      const random = crypto.getRandomValues(new Uint8Array(32))
      const { secret, csrfToken, row } = makeSession(principal, nowMs + agoMs, random)
      changes.push({ what: 'session.added', id: `ses_${who}_${state}`, row: { ...row, status } })
      const headers = (host: string) => ({
        cookie: `sluice_session=${secret}`,
        'x-csrf-token': csrfToken,
        origin: `http://${host}:8787`,
        'sec-fetch-site': 'same-origin',
      })
      credentials.push({ form: 'session', who, state, headers, ...(refused && { refused }) })
    }
  }
  await change(tenantId, ...changes)
}

/** What a policy is recognised by. */
const Policy = z.custom<{ readonly scope: string; readonly isOperatorsToo?: boolean }>(
  (value) => typeof value === 'function' && 'scope' in value,
)

/** The steps of each route before its handler, as the router takes them. */
function readRoutes() {
  for (const [method, , steps, path = ''] of router.routes.slice(0, -1)) {
    const { scope, isOperatorsToo = false } = Policy.parse(steps.at(-2))
    const before = z.array(Step).parse(steps.slice(0, -2))
    const policy = Step.parse(steps.at(-2))
    routes.push({ method, path: path.replace(/:\w+/g, 'x'), scope, isOperatorsToo, before, policy })
  }
}

const Step = z.custom<Handler & { readonly dialect?: object }>((value) => typeof value === 'function')

/**
 * The closed routes by method and the very steps that come before their policies: these prove the same for all of a group.
 * Only a dialect is set by a step of each route's own.
 */
function groupsOfRoutes(): Route[][] {
  const numbers = new Map<object, number>()
  const numberOf = (step: object): number => {
    const known = numbers.get(step) ?? numbers.size
    numbers.set(step, known)
    return known
  }
  const closed = routes.filter(({ scope }) => scope !== 'public')
  const groups = Map.groupBy(closed, ({ method, before }) =>
    [method, ...before.map((step) => numberOf(Step.parse(step).dialect ?? step))].join(' '),
  )
  return [...groups.values()]
}

const requestOf = ({ method, path }: Pick<Route, 'method' | 'path'>, { headers }: Credential, place: Place) => {
  const host = HOSTS[place]
  const sent = { ...headers(host), 'x-request-id': 'the-same-for-all' }
  return new Request(`http://${host}:8787${path}`, { method, headers: sent })
}

/** The request of a route whose steps before the policy are still to be taken. */
function unprovedRequest(route: Route, credential: Credential, place: Place): TenantRequest {
  const nobody = { kind: 'key', id: '', tenantId: undefined, role: 'ingest', filter: undefined } as const
  return Object.assign(requestOf(route, credential, place), {
    ...{ route: route.path, params: {}, query: {}, requestId: '', host: '', tenantId: '', hints: noHints() },
    principal: { ...nobody, scopes: new Set<Scope>() },
    config: JSON.parse('{}'),
    settings: JSON.parse('{}'),
    log: activityLog('error', {}),
  })
}

/** What was proved about one request of a group, on the request of another of its routes. */
function provedRequest(route: Route, credential: Credential, place: Place, proved: TenantRequest): TenantRequest {
  const { principal, tenantId, settings, config, host, hints, log, requestId: id } = proved
  return Object.assign(unprovedRequest(route, credential, place), {
    ...{ principal, tenantId, settings, config, host, log, requestId: id },
    hints: { ...hints, steps: [...hints.steps] },
  })
}

/** Takes steps in an invocation of their own: `reached`, or the code that the request is refused with. */
const take = (steps: readonly Handler[], request: TenantRequest): Promise<Outcome> =>
  runInvocation({ name: 'fetch' }, async () => {
    const ctx = createExecutionContext()
    try {
      for (const step of steps) await step(request, variables, ctx)
      return { status: 299, code: 'reached', tenantId: request.tenantId }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return { status: problemResponse(error, '').status, code: error.code, tenantId: undefined }
    }
  })

/** Takes the steps before a route's handler. */
const knock = (route: Route, credential: Credential, place: Place): Promise<Outcome> =>
  take([requestId, configure, ...route.before, route.policy], unprovedRequest(route, credential, place))

interface Outcome {
  readonly status: number
  readonly code: string
  readonly tenantId: string | undefined
}

/** What a cell of the matrix must be, by the rules that people are told. */
function expectedOf(route: Route, credential: Credential, place: Place): string {
  const { form, who, refused, only } = credential
  if (route.scope === 'public') return '299 reached'
  // A tenant's issuer is only trusted where the tenant is: its name says nothing on any other host.
  if (form === 'issuer JWT' && place !== 'own') return refusal('unauthenticated')
  if (refused !== undefined) return refusal(refused)
  const isThere = who === 'operator' ? place === 'service' : place === 'own' || place === 'service'
  if (!isThere) return refusal('not_found')
  const may: readonly string[] = only ? MAY[who].filter((scope) => only.includes(scope)) : MAY[who]
  // The operator reads what the service says of itself, and who did what to it.
  const isOperators = who === 'operator' && (route.isOperatorsToo || ['logs:read', 'admin:audit'].includes(route.scope))
  return may.includes(route.scope) || isOperators ? '299 reached' : refusal('scope_missing')
}

const refusal = (code: Refused): string => `${STATUS[code]} ${code}`

/** Every place for what lets somebody in somewhere; what is refused before anybody asks where has one. */
const placesOf = ({ refused }: Credential): readonly Place[] =>
  refused === undefined ? ['own', 'service', 'other', 'unknown'] : ['own']

const faultOf = async (route: Route, credential: Credential, place: Place): Promise<string[]> =>
  faultIn(route, credential, place, await knock(route, credential, place))

/**
 * What is wrong in the cells of a group of routes: one of them, another for each credential and place, takes all its steps, and
 * what these have proved is held against the policy of every route.
 */
async function faultsOf(group: readonly Route[], turn: number, credential: Credential, place: Place) {
  const taken = group[turn % group.length]
  const proved = unprovedRequest(taken, credential, place)
  const outcome = await take([requestId, configure, ...taken.before], proved)
  const faults = group.map(async (route) => {
    if (outcome.code !== 'reached') return faultIn(route, credential, place, outcome)
    const request = route === taken ? proved : provedRequest(route, credential, place, proved)
    return faultIn(route, credential, place, await take([route.policy], request))
  })
  return (await Promise.all(faults)).flat()
}

function faultIn(route: Route, credential: Credential, place: Place, outcome: Outcome): string[] {
  const { status, code, tenantId: reached } = outcome
  const { who, state } = credential
  const isOurs = reached === undefined || route.scope === 'public' || reached === tenantOf(credential)
  const expected = expectedOf(route, credential, place)
  if (`${status} ${code}` === expected && isOurs) return []
  const cell = `${route.method} ${route.path} (${route.scope}) at ${place} by ${who}, ${state}`
  return [`${cell}: ${status} ${code} ${reached ?? ''}, not ${expected}`]
}

const tenantOf = ({ who }: Credential): string => (who === 'operator' ? ACTIVITY_TENANT.id : tenantId)

describe('the matrix', () => {
  it('has thousands of cells, of every route, role and state', () => {
    const cells = credentials.reduce((sum, credential) => sum + placesOf(credential).length * routes.length, 0)
    expect(cells).toBeGreaterThan(10_000)
    expect(routes.length).toBe(router.routes.length - 1)
    expect(new Set(credentials.map(({ who }) => who))).toEqual(new Set(Object.keys(MAY)))
  })

  // One test for each kind of credential and role: there are many routes, and each of these takes its part of the time.
  for (const form of ['key', 'platform JWT', 'issuer JWT', 'session', 'nothing'] as const) {
    for (const who of ROLES_OF[form]) {
      it(`is as it is told in every cell of: ${form}, ${who}`, async () => {
        const wrong: string[] = []
        const asked = credentials.filter((one) => one.form === form && one.who === who)
        expect(asked.length).toBeGreaterThan(0)
        let turn = 0
        for (const credential of asked) {
          for (const place of placesOf(credential)) {
            // The first fills the caches for the others.
            const [first, ...others] = groupsOfRoutes()
            wrong.push(...(await faultsOf(first, turn, credential, place)))
            const faults = await Promise.all(others.map((group) => faultsOf(group, turn, credential, place)))
            wrong.push(...faults.flat())
            turn++
          }
        }
        expect(wrong.slice(0, 20)).toEqual([])
      })
    }
  }

  it('has no credential that these tests leave out', () => {
    for (const { form, who } of credentials) expect(ROLES_OF[form]).toContain(who)
  })

  it('is as it is told in every cell of the routes that everybody may see', async () => {
    const open = routes.filter(({ scope }) => scope === 'public')
    const cells = credentials.flatMap((credential) => open.map((route) => faultOf(route, credential, 'unknown')))
    expect((await Promise.all(cells)).flat()).toEqual([])
  })
})

describe('the whole answer', () => {
  const ask = async (route: Route, credential: Credential, place: Place) => {
    const ctx = createExecutionContext()
    const request = requestOf(route, credential, place)
    const response = await runInvocation({ name: 'fetch' }, () => router.fetch(request, variables, ctx))
    // Firehose is told the time.
    const text = (await response.text()).replace(/"timestamp":\d{13}/, '"timestamp":now')
    const answer = { status: response.status, headers: [...response.headers], text }
    await waitOnExecutionContext(ctx)
    return answer
  }

  // One who has all scopes, one who has none here, and the operator: the cells above are of all the others.
  for (const who of ['owner', 'pub', 'operator'] as const) {
    it(`at another tenant’s host is, byte for byte, that at a host of nobody, to: ${who}`, async () => {
      const valid = credentials.filter((one) => one.form === 'key' && one.state === 'valid' && one.who === who)
      expect(valid.length).toBe(1)
      const closed = routes.filter(({ scope }) => scope !== 'public')
      for (const route of closed) {
        const theirs = await ask(route, valid[0], 'other')
        // To Better Stack's clients, every credential that does not do is a 403.
        expect(theirs.status, `${route.method} ${route.path}`).toBe(
          `${route.method} ${route.path}` === 'POST ' ? 403 : 404,
        )
        expect(theirs, `${route.method} ${route.path}`).toEqual(await ask(route, valid[0], 'unknown'))
      }
    })
  }
})
