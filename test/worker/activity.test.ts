import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { objectLog } from '../../src/activity/activity-log'
import { ACTIVITY_KEY_ID, ACTIVITY_TENANT } from '../../src/activity/activity-tenant'
import { sendActivity } from '../../src/activity/send-activity'
import type { Env } from '../../src/env'
import { router } from '../../src/router'
import { broken } from '../support/broken'
import { demo } from '../support/demo'

const { tenantId, ask } = await demo()

const Page = z.object({
  data: z.array(
    z.looseObject({ message: z.string(), service: z.string(), source: z.string(), body: z.looseObject({}) }),
  ),
})

/** What the operator finds in the service's own tenant. */
const activity = async (query: string) =>
  Page.parse(await (await ask('operator', `/logs?q=${encodeURIComponent(query)}&order=asc`)).json()).data

function envWith(changes: Partial<Env>): Env {
  const { TENANT, CONTROL, PAYLOAD, CACHE } = env
  return { TENANT, CONTROL, PAYLOAD, CACHE, LOG_LEVEL: 'warn', ...changes }
}

async function request(path: string, init: RequestInit, changed: Env): Promise<Response> {
  const ctx = createExecutionContext()
  const response = await router.fetch(new Request(`http://localhost${path}`, init), changed, ctx)
  await waitOnExecutionContext(ctx)
  return response
}

const stored = async (): Promise<number> => {
  const by = { tenantId: ACTIVITY_TENANT.id, host: '', keyId: '', address: '', settingsVersion: 0 }
  const outcome = await env.TENANT.getByName(ACTIVITY_TENANT.id).usage(by)
  return outcome.ok ? (outcome.usage.ledger.keys[ACTIVITY_KEY_ID]?.stored ?? 0) : -1
}

/** Objects of which one cannot be reached. */
const withoutObjectOf = (name: string): Env['TENANT'] =>
  new Proxy(env.TENANT, {
    get: (_target, property) => {
      if (property !== 'getByName') throw new Error(`${String(property)} is not for tests`)
      return (asked: string) => {
        if (asked === name) throw new Error('the object cannot be reached')
        return env.TENANT.getByName(asked)
      }
    },
  })

describe('the service’s own activity', () => {
  it('holds what went wrong with a request, by route and request id, and never its address or key', async () => {
    const changed = envWith({
      TENANT: withoutObjectOf(tenantId),
      LOG_SERVICE_API_KEY: 'a-very-secret-key-of-32-characters',
    })
    const headers = { 'x-api-key': 'a-very-secret-key-of-32-characters', 'x-request-id': 'req_seen' }
    const failed = await request('/logs?q=confidential', { headers }, changed)
    expect(failed.status).toBe(500)
    expect(await failed.text()).not.toContain('cannot be reached')
    const [line, ...more] = await activity('requestId:req_seen')
    expect(more).toEqual([])
    expect(line).toMatchObject({
      message: 'request_failed',
      body: { level: 'error', method: 'GET', route: '/logs', tenantId, error: 'Error: the object cannot be reached' },
    })
    expect(JSON.stringify(line)).not.toMatch(/confidential|very-secret/)
  })

  it('reads as logs of source agent, for the operator on the service’s own host', async () => {
    const noKv = envWith({ CACHE: broken(env.CACHE), LOG_SERVICE_API_KEY: 'another-key-of-32-characters-here' })
    const served = await request(
      '/logs',
      { headers: { 'x-api-key': 'another-key-of-32-characters-here', 'x-request-id': 'req_kv' } },
      noKv,
    )
    expect(served.status).toBe(200)
    const lines = await activity('requestId:req_kv')
    expect(lines.map(({ message }) => message)).toContain('kv_read_failed')
    for (const line of lines)
      expect(line).toMatchObject({ service: 'sluice-worker', source: 'agent', body: { tenantId, requestId: 'req_kv' } })
  })

  it('is nobody’s who has a tenant, and not the operator’s to write', async () => {
    const found = await ask('query', '/logs?q=kv_read_failed')
    expect(Page.parse(await found.json()).data).toEqual([])
    expect((await ask('operator', '/logs', { method: 'POST', body: '{"message":"forged"}' })).status).toBe(403)
    expect((await ask('operator', 'http://sluice.localhost:8787/logs')).status).toBe(404)
  })

  it('does not beget itself: nothing is kept of requests and objects of its own tenant', async () => {
    const before = await stored()
    await ask('operator', '/logs?q=kv_read_failed')
    const ctx = createExecutionContext()
    objectLog(env, ctx, ACTIVITY_TENANT.id).error('publish_failed')
    await waitOnExecutionContext(ctx)
    expect(await stored()).toBe(before)

    const other = createExecutionContext()
    objectLog(env, other, tenantId).error('publish_failed', { failures: 1 })
    await waitOnExecutionContext(other)
    expect(await stored()).toBe(before + 1)
    expect(await activity('publish_failed')).toMatchObject([
      { service: 'sluice-tenant', body: { tenantId, failures: 1 } },
    ])
  })

  it('keeps no secret that an error message quotes', async () => {
    const line = {
      time: new Date().toISOString(),
      level: 'error',
      event: 'quoted',
      fields: { error: 'password=hunter2' },
    } as const
    await sendActivity(env, { service: 'sluice-worker', lines: [line] })
    expect(JSON.stringify(await activity('quoted'))).not.toContain('hunter2')
  })

  it('fails nothing when it cannot be sent', async () => {
    const line = { time: new Date().toISOString(), level: 'error', event: 'lost', fields: {} } as const
    const changed = envWith({ TENANT: withoutObjectOf(ACTIVITY_TENANT.id) })
    await expect(sendActivity(changed, { service: 'sluice-worker', lines: [line] })).resolves.toBeUndefined()
    expect(await activity('lost')).toEqual([])
  })
})
