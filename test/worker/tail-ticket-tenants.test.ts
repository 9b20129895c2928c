import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { ACTIVITY_TENANT } from '../../src/activity/activity-tenant'
import { bootstrap } from '../../src/admin/bootstrap'
import type { Env } from '../../src/env'
import { router } from '../../src/router'

const HOST = 'http://acme.localhost:8787'

let queryKey: string
let adminKey: string

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
  const { tenant } = await bootstrap(env, { demo: true, nowMs: Date.now() })
  if (tenant === undefined) expect.fail('the demo tenant is missing')
  queryKey = tenant.queryKey
  adminKey = tenant.adminKey
})

async function ask(route: string, headers: Record<string, string>, bindings: Env = env, body?: string) {
  const [method, path] = route.split(' ')
  const ctx = createExecutionContext()
  const response = await router.fetch(
    new Request(`${HOST}${path}`, { method, headers, ...(body !== undefined && { body }) }),
    bindings,
    ctx,
  )
  await waitOnExecutionContext(ctx)
  return response
}

const page = (ticket: string) => ({
  ...{ origin: HOST, upgrade: 'websocket' },
  'sec-websocket-protocol': `sluice.tail.v1, ticket.${ticket}`,
})

async function newTicket(): Promise<string> {
  const response = await ask('POST /logs/tail/tickets', { authorization: `Bearer ${queryKey}` })
  return z.object({ ticket: z.string() }).parse(await response.json()).ticket
}

describe('a ticket', () => {
  it('of a tenant that nobody has made is refused without making its object', async () => {
    const made: string[] = []
    const watched: Env = {
      ...env,
      TENANT: new Proxy(env.TENANT, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name)
          if (typeof value !== 'function') return value
          return (...given: readonly unknown[]) => {
            // The service's own object is told what was refused.
            if (name === 'getByName' && given[0] !== ACTIVITY_TENANT.id) made.push(String(given[0]))
            return Reflect.apply(value, target, given)
          }
        },
      }),
    }
    const { status } = await ask('GET /logs/tail', page(`ten_nobody.${'a'.repeat(43)}`), watched)
    expect(status).toBe(401)
    expect(made).toEqual([])
    const known = await ask('GET /logs/tail', page(await newTicket()), watched)
    expect(known.status).toBe(101)
    expect(new Set(made).size).toBe(1)
    known.webSocket?.accept()
    known.webSocket?.close()
  })

  it('is good after a change of which this Worker has not heard', async () => {
    const ticket = await newTicket()
    const changed = await ask(
      'PUT /admin/settings',
      { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      env,
      '{"origins":["https://page.example"]}',
    )
    expect(changed.status).toBe(200)
    const opened = await ask('GET /logs/tail', page(ticket))
    expect(opened.status).toBe(101)
    opened.webSocket?.accept()
    opened.webSocket?.close()
  })
})
