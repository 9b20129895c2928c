import {
  createExecutionContext,
  runDurableObjectAlarm,
  runInDurableObject,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { bootstrap } from '../../src/admin/bootstrap'
import { router } from '../../src/router'
import { tenantStub } from '../../src/tenant-stub'
import { limit, limitSql } from '../support/production-limits'
import { sampleLogs } from '../support/sample-logs'

const RECORDS = 40_000
const keys = { ingest: '', query: '', tenantId: '' }
/** What the object broke, over its whole life. */
const brokenByObject: string[] = []

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
  const { tenant } = await bootstrap(env.CONTROL, { demo: true, nowMs: Date.now() })
  if (tenant === undefined) throw new Error('the demo has a tenant')
  Object.assign(keys, { ingest: tenant.ingestKey, query: tenant.queryKey, tenantId: tenant.id })
  await runInDurableObject(tenantStub(env, tenant.id), (_, state) => limitSql(state.storage.sql, brokenByObject))
})

afterAll(() => {
  vi.restoreAllMocks()
})

/** One invocation of the Worker under production's limits, with a clock that stands still between calls to bindings. */
async function invoke(path: string, init: RequestInit, key: string) {
  const limited = limit(env)
  vi.spyOn(Date, 'now').mockImplementation(limited.now)
  const ctx = createExecutionContext()
  const request = new Request(`http://localhost${path}`, { ...init, headers: { authorization: `Bearer ${key}` } })
  const response = await router.fetch(request, limited.env, ctx)
  const text = await response.text()
  await waitOnExecutionContext(ctx)
  vi.restoreAllMocks()
  expect(limited.broken).toEqual([])
  return { status: response.status, text, spent: limited.spent }
}

describe('under the limits of production', () => {
  it('takes, seals and publishes a segment and more', async () => {
    const lines = sampleLogs({ count: RECORDS, seed: 3, startMs: Date.now() - 3_600_000 })
    for (let from = 0; from < RECORDS; from += 10_000) {
      const body = lines.slice(from, from + 10_000).join('\n')
      const { status } = await invoke('/logs', { method: 'POST', body }, keys.ingest)
      expect(status).toBe(202)
    }
    const stub = tenantStub(env, keys.tenantId)
    const limited = limit(env)
    await runInDurableObject(stub, (instance) => {
      Reflect.set(instance, 'env', limited.env)
    })
    await runDurableObjectAlarm(stub)
    expect(limited.broken).toEqual([])
    expect(brokenByObject).toEqual([])
    const { results } = await env.CONTROL.prepare('SELECT rows FROM segment').all()
    expect(results.length).toBeGreaterThan(0)
  })

  it.each([
    ['a count over everything', '/logs?q=rocess+%7C+count'],
    ['a page', '/logs?q=level:error&limit=1000'],
    ['an export', '/logs/export?q=level:error'],
    ['facets', '/analytics/facets'],
    ['a histogram', '/analytics/histogram?step=1m'],
  ])('answers %s in few calls, six at a time', async (_, path) => {
    const { status, spent } = await invoke(path, {}, keys.query)
    expect(status).toBe(200)
    expect(spent.subrequests).toBeLessThan(50)
    expect(spent.busiest).toBeLessThanOrEqual(6)
  })

  it('finds all that was taken', async () => {
    const { text } = await invoke('/logs?q=%7C+count', {}, keys.query)
    expect(JSON.parse(text).data).toEqual([{ count: RECORDS }])
  })
})
