import { createExecutionContext, runInDurableObject, waitOnExecutionContext } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { expect } from 'vitest'
import * as z from 'zod'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { bootstrap } from '../../src/admin/bootstrap'
import { createTenant } from '../../src/admin/create-tenant'
import { newKey } from '../../src/admin/new-key'
import type { Env } from '../../src/env'
import { router } from '../../src/router'
import { Rule } from '../../src/rules/rule'
import { ALWAYS_CURRENT } from '../../src/tenant/contract'
import { tenantDirectory, tenantStub } from '../../src/tenant-stub'

const SERVICE = 'http://localhost:8787'

/** Who asks. `narrow` sees only some of the logs, `reader` may read rules but no logs. */
export type RulesCaller = 'owner' | 'viewer' | 'ingest' | 'narrow' | 'reader'

const Incident = z.looseObject({
  ...{ id: z.string(), number: z.number(), state: z.string(), count: z.number(), severity: z.string() },
  ...{ rule: z.looseObject({ id: z.string() }), group: z.record(z.string(), z.string().nullable()) },
  rows: z.array(z.looseObject({ id: z.string() })),
})
const Incidents = z.object({
  data: z.array(Incident),
  page: z.object({ next_cursor: z.string().nullable(), has_more: z.boolean() }),
})

/** A tenant of its own, whose object has the test's clock. */
export interface RulesWorld {
  readonly tenantId: string
  readonly ask: (
    who: RulesCaller,
    method: string,
    path: string,
    body?: unknown,
    headers?: HeadersInit,
    bindings?: Env,
  ) => Promise<Response>
  /** Sends logs; answers the receipt. */
  readonly send: (logs: readonly object[], headers?: HeadersInit) => Promise<Readonly<Record<string, unknown>>>
  readonly create: (draft: unknown) => Promise<Rule>
  readonly incidents: (query?: string) => Promise<z.infer<typeof Incidents>>
  /** Lets time go by, and the alarm ring when it is due. */
  readonly wait: (ms: number) => Promise<void>
}

let isReady = false
let tenants = 0

/** Makes such a tenant. */
export async function rulesWorld(): Promise<RulesWorld> {
  if (!isReady) {
    await env.CONTROL.prepare(schema).run()
    await env.PAYLOAD.prepare(payloadSchema).run()
    await bootstrap(env, { demo: false, nowMs: Date.now() })
    isReady = true
  }
  const created = await createTenant(env, { name: `rules${++tenants}`, plan: 'standard' }, Date.now())
  if (!created.ok) return expect.fail(created.refusal.kind)
  const tenantId = created.id
  const made = {
    owner: newKey({ kind: 'adm', role: 'owner', note: '' }, Date.now()),
    viewer: newKey({ kind: 'rd', note: '' }, Date.now()),
    ingest: newKey({ kind: 'ing', note: '' }, Date.now()),
    narrow: newKey({ kind: 'adm', role: 'owner', note: '', filter: 'service:web' }, Date.now()),
    reader: newKey({ kind: 'rd', note: '', scopes: ['integrations:read'] }, Date.now()),
  }
  const by = { tenantId, host: '', keyId: 'test', address: '', settingsVersion: ALWAYS_CURRENT }
  const changes = Object.values(made).map(({ id, row }) => ({ what: 'key.added', id, row }) as const)
  expect(await tenantDirectory(env, tenantId).change(by, changes)).toMatchObject({ ok: true })
  let aheadMs = 0
  const stub = tenantStub(env, tenantId)
  await runInDurableObject(stub, (instance) => {
    instance.clock = () => Date.now() + aheadMs
  })
  const ask: RulesWorld['ask'] = async (who, method, path, body, headers, bindings) => {
    const request = new Request(`${SERVICE}${path}`, {
      method,
      headers: { authorization: `Bearer ${made[who].text}`, 'content-type': 'application/json', ...Object(headers) },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    if (bindings === undefined) return exports.default.fetch(request)
    const ctx = createExecutionContext()
    const response = await router.fetch(request, bindings, ctx)
    await waitOnExecutionContext(ctx)
    return response
  }
  return {
    tenantId,
    ask,
    send: async (logs, headers) => {
      const lines = logs.map((log) => JSON.stringify(log)).join('\n')
      const response = await ask('ingest', 'POST', '/logs', lines, headers)
      const receipt = await response.json()
      expect(response.status, JSON.stringify(receipt)).toBe(202)
      return z.record(z.string(), z.unknown()).parse(receipt)
    },
    create: async (draft) => {
      const response = await ask('owner', 'POST', '/integration/rules', draft)
      const rule = await response.json()
      expect(response.status, JSON.stringify(rule)).toBe(201)
      return Rule.parse(rule)
    },
    incidents: async (query = '') => {
      const response = await ask('owner', 'GET', `/integration/incidents${query}`)
      const page = await response.json()
      expect(response.status, JSON.stringify(page)).toBe(200)
      return Incidents.parse(page)
    },
    wait: async (ms) => {
      aheadMs += ms
      await runInDurableObject(stub, (instance) => instance.alarm())
    },
  }
}
