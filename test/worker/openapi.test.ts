import { env, exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { bootstrap } from '../../src/admin/bootstrap'
import { createTenant } from '../../src/admin/create-tenant'
import { eraseTenants } from '../../src/admin/erase-tenants'
import { SCOPES, type Scope } from '../../src/http/access'
import type { ProblemCode } from '../../src/http/problem'
import { ProblemAnswer } from '../../src/openapi/answers'
import { openapiDocument } from '../../src/openapi/document'
import { contentOf, type Example, type Operation, problemsOf, refusalOf } from '../../src/openapi/operation'
import { OPERATIONS } from '../../src/openapi/operations'
import { ALWAYS_CURRENT } from '../../src/tenant/contract'
import { tenantDirectory } from '../../src/tenant-stub'

const SERVICE = 'http://localhost:8787'
const LOG = { level: 'error', service: 'checkout', message: 'payment timeout after 30s', orderId: 'o_17' }

// The first request of all compiles the Worker, and the examples need a tenant that lives and one that did.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const keys = new Map<Scope, string>()
/** Ids of things that are here, by the parameter of the paths that name them. */
const ids = new Map<string, string>()

let revokedKey = ''

const Hits = z.object({ data: z.array(z.object({ id: z.string() })).min(1) })

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
  const { operatorKey, tenant } = await bootstrap(env, { demo: true, nowMs: Date.now() })
  if (!tenant) throw new Error('the demo tenant is missing')
  for (const scope of SCOPES) if (/^(admin|integrations):/.test(scope)) keys.set(scope, tenant.adminKey)
  keys
    .set('logs:write', tenant.ingestKey)
    .set('logs:read', tenant.queryKey)
    .set('tail', tenant.queryKey)
    .set('operator', operatorKey)
  await ask('logs:write', '/logs', { method: 'POST', body: JSON.stringify(LOG) })
  const found = await ask('logs:read', '/logs?q=timeout', {})
  ids.set('id', Hits.parse(await found.json()).data[0].id)
  await eraseOne()
  const made = [
    ['key', 'admin:keys', { kind: 'rd', note: 'of the examples' }],
    ['member', 'admin:members', { email: 'someone@acme.com', role: 'viewer' }],
  ] as const
  for (const [name, scope, body] of made) {
    const response = await ask(scope, `/admin/${name}s`, { method: 'POST', body: JSON.stringify(body) })
    ids.set(name, z.object({ id: z.string() }).parse(await response.json()).id)
  }
  const service = JSON.stringify({ serviceName: 'of the examples', serviceUrl: 'https://service.example.com' })
  const registered = await ask('integrations:write', '/integration/services', { method: 'POST', body: service })
  ids.set('serviceId', z.object({ id: z.string() }).parse(await registered.json()).id)
  await makeIncident()
  const body = JSON.stringify({ kind: 'rd', note: 'to be revoked' })
  const response = await ask('admin:keys', '/admin/keys', { method: 'POST', body })
  const revoked = z.object({ id: z.string(), key: z.string() }).parse(await response.json())
  await ask('admin:keys', `/admin/keys/${revoked.id}`, { method: 'DELETE' })
  revokedKey = revoked.key
})

/** A rule of the tenant's own, and something that a built-in one has found. */
async function makeIncident(): Promise<void> {
  const rule = { name: 'of the examples', kind: 'trigger', query: 'x', trigger: { type: 'match' } }
  const body = JSON.stringify({ ...rule, actions: [{ type: 'incident', severity: 'low' }] })
  const made = await ask('integrations:write', '/integration/rules', { method: 'POST', body })
  ids.set('rule', z.object({ id: z.string() }).parse(await made.json()).id)
  await ask('logs:write', '/logs', { method: 'POST', body: JSON.stringify({ ...LOG, level: 'fatal' }) })
  const found = await ask('integrations:read', '/integration/incidents', {})
  ids.set('incident', Hits.parse(await found.json()).data[0].id)
}

/** A tenant that was there once, for the examples of its certificate. */
async function eraseOne(): Promise<void> {
  const created = await createTenant(env, { name: 'initech', plan: 'free' }, Date.now())
  if (!created.ok) throw new Error(created.refusal.kind)
  await tenantDirectory(env, created.id).change(
    { tenantId: created.id, host: '', keyId: 'test', address: '', settingsVersion: ALWAYS_CURRENT },
    [{ what: 'tenant.edited', id: created.id, patch: { status: 'deleting', deleteMs: 0 } }],
  )
  await eraseTenants(env, Date.now())
}

const ask = (scope: Operation['scope'], path: string, init: RequestInit): Promise<Response> => {
  const headers = new Headers(init.headers)
  const key = scope === 'public' ? undefined : keys.get(scope)
  if (key !== undefined) headers.set('authorization', `Bearer ${key}`)
  return exports.default.fetch(`${SERVICE}${path}`, { ...init, headers })
}

const described = openapiDocument(OPERATIONS, { version: '0', server: SERVICE })

/** What the description shows of a problem. */
const problemExample = (code: ProblemCode): unknown =>
  z.object({ value: z.unknown() }).parse(described.components.examples[code]).value

/** The example's own id is of no record here. */
const addressOf = ({ path }: Operation, example: Example): string => {
  const filled = path.replace(/:(\w+)/g, (_whole, name) => ids.get(name) ?? example.path?.[name] ?? '')
  return example.query === undefined ? filled : `${filled}?${new URLSearchParams(example.query)}`
}

/** What a fetch of text would call text/plain is JSON, as the document says. */
const initOf = ({ method }: Operation, { headers, body, text }: Example): RequestInit => {
  if (text !== undefined) return { method, headers: { ...headers }, body: text }
  if (body === undefined) return { method, headers: { ...headers } }
  return { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

/** NDJSON is no text to the runtime, and it warns of it. */
const read = async (response: Response): Promise<unknown> => {
  const text = new TextDecoder().decode(await response.arrayBuffer())
  return /^application\/(vnd\.\S+\+)?json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text
}

for (const operation of OPERATIONS) {
  const { method, path, example, answers, query, scope } = operation
  const [mediaType, answerSchema] = contentOf(answers[example.status]).at(0) ?? [null, z.literal('')]
  const key = example.by ?? scope

  describe(`${method} ${path}`, () => {
    it('answers its example as it says', async () => {
      const response = await ask(key, addressOf(operation, example), initOf(operation, example))
      const body = await read(response)
      expect(response.status, JSON.stringify(body)).toBe(example.status)
      expect(response.headers.get('content-type')).toBe(mediaType)
      expect(z.treeifyError(answerSchema.safeParse(body).error ?? new z.ZodError([]))).toEqual({ errors: [] })
    })

    it('shows an answer that its schema allows', () => {
      expect(answerSchema.safeParse(example.answer).error).toBeUndefined()
    })

    if (scope !== 'public' && operation.dialect !== undefined) {
      it('refuses in the words of its protocol', async () => {
        const address = addressOf(operation, example)
        const asked = initOf(operation, example)
        const withKey = (text: string) => ({ ...asked, headers: { ...asked.headers, authorization: `Bearer ${text}` } })
        const answers: readonly (readonly [ProblemCode, Promise<Response>])[] = [
          ['unauthenticated', exports.default.fetch(`${SERVICE}${address}`, asked)],
          ['scope_missing', ask('logs:read', address, asked)],
          ['key_revoked', exports.default.fetch(`${SERVICE}${address}`, withKey(revokedKey))],
          [
            'not_found',
            exports.default.fetch(`http://nobody.localhost:8787${address}`, withKey(keys.get(scope) ?? '')),
          ],
        ]
        for (const [code, answer] of answers) {
          const response = await answer
          const told = { status: response.status, contentType: response.headers.get('content-type') ?? '' }
          expect(told, code).toEqual(refusalOf(operation, code))
          await response.body?.cancel()
          expect(problemsOf(operation)).toContain(code)
        }
      })
    } else if (scope !== 'public') {
      it('refuses who has no key, and a key without the scope', async () => {
        const address = addressOf(operation, example)
        const nobody = await exports.default.fetch(`${SERVICE}${address}`, initOf(operation, example))
        expect(ProblemAnswer.parse(await nobody.json())).toMatchObject({ code: 'unauthenticated', status: 401 })
        const wrong = scope === 'logs:write' ? 'logs:read' : 'logs:write'
        const refused = await ask(wrong, address, initOf(operation, example))
        expect(ProblemAnswer.parse(await refused.json())).toMatchObject({ code: 'scope_missing', status: 403 })
      })

      it('refuses as its examples of problems show', async () => {
        const address = addressOf(operation, example)
        const headers = { ...initOf(operation, example).headers }
        const asked = { ...initOf(operation, example), redirect: 'manual' } as const
        const withKey = (key: string) => ({ ...asked, headers: { ...headers, authorization: `Bearer ${key}` } })
        const answers: readonly (readonly [ProblemCode, Promise<Response>])[] = [
          ['unauthenticated', exports.default.fetch(`${SERVICE}${address}`, asked)],
          ['scope_missing', ask(scope === 'logs:write' ? 'logs:read' : 'logs:write', address, asked)],
          ['key_revoked', exports.default.fetch(`${SERVICE}${address}`, withKey(revokedKey))],
          [
            'not_found',
            exports.default.fetch(`http://nobody.localhost:8787${address}`, withKey(keys.get('logs:read') ?? '')),
          ],
        ]
        for (const [code, answer] of answers) {
          const response = await answer
          const { detail, instance, ...told } = ProblemAnswer.parse(await response.json())
          const { detail: _detail, instance: _instance, ...shown } = ProblemAnswer.parse(problemExample(code))
          expect(told, `${detail} ${instance}`).toEqual(shown)
          expect(response.headers.get('content-type')).toBe('application/problem+json')
          expect(problemsOf(operation)).toContain(code)
        }
      })
    }

    // Clients of other protocols send parameters that nobody needs.
    if (query !== undefined && operation.dialect === undefined) {
      it('knows exactly the parameters that it documents', async () => {
        const known = Object.entries(query.shape).flatMap(([name, schema]) => {
          const [value] = z
            .array(z.unknown())
            .parse(z.globalRegistry.get(z.custom<z.ZodType>().parse(schema))?.examples ?? [])
          return value === undefined ? [] : [{ name, value: String(value) }]
        })
        expect(known.length).toBeGreaterThan(0)
        for (const { name, value } of known) {
          const one = { ...example, query: { ...example.always, [name]: value } }
          const response = await ask(key, addressOf(operation, one), initOf(operation, example))
          expect(response.status, `${name}=${value}: ${JSON.stringify(await read(response))}`).toBe(example.status)
        }
        const unknown = await ask(
          key,
          addressOf(operation, { ...example, query: { nope: '1' } }),
          initOf(operation, example),
        )
        expect(ProblemAnswer.parse(await unknown.json())).toMatchObject({ code: 'validation_failed' })
      })
    }
  })
}

describe('the description', () => {
  it('has an example of every problem that it names, and each is one', () => {
    const named = Array.from(
      JSON.stringify(described.paths).matchAll(/#\/components\/examples\/(\w+)/g),
      ([, code]) => code,
    )
    expect(new Set(Object.keys(described.components.examples))).toEqual(new Set(named))
    for (const [code, example] of Object.entries(described.components.examples)) {
      const { value } = z.object({ value: ProblemAnswer }).parse(example)
      expect(value).toMatchObject({ code, status: expect.any(Number) })
    }
  })
})

describe('GET /docs', () => {
  it('lets a browser load and run nothing but the style that is in the page', async () => {
    for (const path of ['/docs', '/docs/errors']) {
      const response = await ask('public', path, {})
      const text = await response.text()
      const style = text.split('<style>')[1]?.split('</style>')[0] ?? ''
      const digest = Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style))).toString(
        'base64',
      )
      expect(response.headers.get('content-security-policy')).toBe(
        `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      )
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  it('is where the type of a problem leads', async () => {
    const refused = ProblemAnswer.parse(await (await ask('public', '/logs', {})).json())
    const [path, anchor] = refused.type.split('#')
    expect(await (await ask('public', path, {})).text()).toContain(`id="${anchor}"`)
  })
})

describe('GET /openapi.json', () => {
  it('is the description of these operations', async () => {
    const served = await ask('public', '/openapi.json', {})
    const { info } = z.object({ info: z.object({ version: z.string() }) }).parse(await served.clone().json())
    const expected = openapiDocument(OPERATIONS, { version: info.version, server: SERVICE })
    expect(await served.json()).toEqual(JSON.parse(JSON.stringify(expected)))
  })
})
