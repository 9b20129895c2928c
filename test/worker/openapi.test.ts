import { env, exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { bootstrap } from '../../src/admin/bootstrap'
import { SCOPES, type Scope } from '../../src/http/access'
import { ProblemAnswer } from '../../src/openapi/answers'
import { openapiDocument } from '../../src/openapi/document'
import { contentOf, type Example, type Operation } from '../../src/openapi/operation'
import { OPERATIONS } from '../../src/openapi/operations'

const SERVICE = 'http://localhost:8787'
const LOG = { level: 'error', service: 'checkout', message: 'payment timeout after 30s', orderId: 'o_17' }

const keys = new Map<Scope, string>()
let logId = ''

const Hits = z.object({ data: z.array(z.object({ id: z.string() })).min(1) })

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
  const { tenant } = await bootstrap(env, { demo: true, nowMs: Date.now() })
  if (!tenant) throw new Error('the demo tenant is missing')
  for (const scope of SCOPES) if (scope.startsWith('admin:')) keys.set(scope, tenant.adminKey)
  keys.set('logs:write', tenant.ingestKey).set('logs:read', tenant.queryKey)
  await ask('logs:write', '/logs', { method: 'POST', body: JSON.stringify(LOG) })
  const found = await ask('logs:read', '/logs?q=timeout', {})
  logId = Hits.parse(await found.json()).data[0].id
})

const ask = (scope: Operation['scope'], path: string, init: RequestInit): Promise<Response> => {
  const headers = new Headers(init.headers)
  const key = scope === 'public' ? undefined : keys.get(scope)
  if (key !== undefined) headers.set('authorization', `Bearer ${key}`)
  return exports.default.fetch(`${SERVICE}${path}`, { ...init, headers })
}

/** The example's own id is of no record here. */
const addressOf = ({ path }: Operation, example: Example): string => {
  const filled = path.replace(/:(\w+)/g, (_whole, name) => (name === 'id' ? logId : (example.path?.[name] ?? '')))
  return example.query === undefined ? filled : `${filled}?${new URLSearchParams(example.query)}`
}

/** What a fetch of text would call text/plain is JSON, as the document says. */
const initOf = ({ method }: Operation, { headers, body }: Example): RequestInit => {
  if (body === undefined) return { method, headers: { ...headers } }
  return { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

/** NDJSON is no text to the runtime, and it warns of it. */
const read = async (response: Response): Promise<unknown> => {
  const text = new TextDecoder().decode(await response.arrayBuffer())
  return response.headers.get('content-type') === 'application/json' ? JSON.parse(text) : text
}

for (const operation of OPERATIONS) {
  const { method, path, example, answers, query, scope } = operation
  const [mediaType, answerSchema] = contentOf(answers[example.status])[0]

  describe(`${method} ${path}`, () => {
    it('answers its example as it says', async () => {
      const response = await ask(scope, addressOf(operation, example), initOf(operation, example))
      const body = await read(response)
      expect(response.status, JSON.stringify(body)).toBe(example.status)
      expect(response.headers.get('content-type')).toBe(mediaType)
      expect(z.treeifyError(answerSchema.safeParse(body).error ?? new z.ZodError([]))).toEqual({ errors: [] })
    })

    it('shows an answer that its schema allows', () => {
      expect(answerSchema.safeParse(example.answer).error).toBeUndefined()
    })

    if (scope !== 'public') {
      it('refuses who has no key, and a key without the scope', async () => {
        const address = addressOf(operation, example)
        const nobody = await exports.default.fetch(`${SERVICE}${address}`, initOf(operation, example))
        expect(ProblemAnswer.parse(await nobody.json())).toMatchObject({ code: 'unauthenticated', status: 401 })
        const wrong = scope === 'logs:write' ? 'logs:read' : 'logs:write'
        const refused = await ask(wrong, address, initOf(operation, example))
        expect(ProblemAnswer.parse(await refused.json())).toMatchObject({ code: 'scope_missing', status: 403 })
      })
    }

    if (query !== undefined) {
      it('knows exactly the parameters that it documents', async () => {
        const known = Object.entries(query.shape).flatMap(([name, schema]) => {
          const [value] = z
            .array(z.unknown())
            .parse(z.globalRegistry.get(z.custom<z.ZodType>().parse(schema))?.examples ?? [])
          return value === undefined ? [] : [{ name, value: String(value) }]
        })
        expect(known.length).toBeGreaterThan(0)
        for (const { name, value } of known) {
          const one = { ...example, query: { [name]: value } }
          const response = await ask(scope, addressOf(operation, one), initOf(operation, example))
          expect(response.status, `${name}=${value}: ${JSON.stringify(await read(response))}`).toBe(example.status)
        }
        const unknown = await ask(
          scope,
          addressOf(operation, { ...example, query: { nope: '1' } }),
          initOf(operation, example),
        )
        expect(ProblemAnswer.parse(await unknown.json())).toMatchObject({ code: 'validation_failed' })
      })
    }
  })
}

describe('GET /openapi.json', () => {
  it('is the description of these operations', async () => {
    const served = await ask('public', '/openapi.json', {})
    const { info } = z.object({ info: z.object({ version: z.string() }) }).parse(await served.clone().json())
    const expected = openapiDocument(OPERATIONS, { version: info.version, server: SERVICE })
    expect(await served.json()).toEqual(JSON.parse(JSON.stringify(expected)))
  })
})
