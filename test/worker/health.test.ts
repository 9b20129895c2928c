import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import schema from '../../schema.sql?raw'
import type { Env } from '../../src/env'
import { router } from '../../src/router'
import { Health } from '../../src/routes/show-health'
import { broken, silent } from '../support/broken'

beforeAll(() => env.CONTROL.prepare(schema).run())

async function health(changes: Partial<Env> = {}) {
  const { TENANT, CONTROL, PAYLOAD, CACHE, ARCHIVE } = env
  const changed: Env = { TENANT, CONTROL, PAYLOAD, CACHE, LOG_LEVEL: 'error', ...(ARCHIVE && { ARCHIVE }), ...changes }
  const response = await router.fetch(new Request('http://localhost/health'), changed, createExecutionContext())
  return { status: response.status, body: Health.parse(await response.json()) }
}

const allOk = { control: 'ok', payload: 'ok', cache: 'ok', archive: 'ok', tenant: 'ok' }

describe('GET /health', () => {
  it('has the second seed’s shape and the state of each binding, without a key', async () => {
    const { status, body } = await health()
    expect(status).toBe(200)
    expect(body).toMatchObject({ status: 'healthy', service: 'sluice', db: 'connected', bindings: allOk })
    expect(Math.abs(body.timestamp - Date.now())).toBeLessThan(60_000)
  })

  it('is unhealthy, with 503, while the control database or the objects are down', async () => {
    const noControl = await health({ CONTROL: broken(env.CONTROL) })
    expect(noControl).toMatchObject({ status: 503, body: { status: 'unhealthy', db: 'unavailable' } })
    expect(noControl.body.bindings).toEqual({ ...allOk, control: 'down' })
    const noObjects = await health({ TENANT: broken(env.TENANT) })
    expect(noObjects).toMatchObject({ status: 503, body: { status: 'unhealthy', db: 'connected' } })
  })

  it('is degraded, with 200, while a store is down that logs can wait for', async () => {
    for (const changes of [{ PAYLOAD: broken(env.PAYLOAD) }, { CACHE: broken(env.CACHE) }]) {
      expect(await health(changes)).toMatchObject({ status: 200, body: { status: 'degraded' } })
    }
  })

  it('does not wait for who does not answer', async () => {
    const { body } = await health({ CACHE: silent(env.CACHE, 'get') })
    expect(body).toMatchObject({ status: 'degraded', bindings: { ...allOk, cache: 'down' } })
  })

  it('tells a binding that is not configured from one that is down', async () => {
    const { TENANT, CONTROL, PAYLOAD, CACHE } = env
    const bare: Env = { TENANT, CONTROL, PAYLOAD, CACHE, LOG_LEVEL: 'error' }
    const response = await router.fetch(new Request('http://localhost/health'), bare, createExecutionContext())
    expect(Health.parse(await response.json())).toMatchObject({ status: 'healthy', bindings: { archive: 'absent' } })
  })
})
