import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { Env } from '../../src/env'
import { receiveTail } from '../../src/receive-tail'
import { makeOperator, makeTenant, send } from '../support/admin-world'

/** What `tail()` is handed, and whose it becomes. With a second Worker: test/e2e/tail-worker.test.ts. */

let shop: Awaited<ReturnType<typeof makeTenant>>
let other: Awaited<ReturnType<typeof makeTenant>>

beforeAll(async () => {
  await makeOperator()
  shop = await makeTenant('shop')
  other = await makeTenant('other')
})

const bindings = (variables: Partial<Env>): Env => ({ ...env, DEFAULT_TENANT: 'shop', ...variables })

const item = (scriptName: string | null, word: string, more: object = {}) => ({
  ...{
    scriptName,
    outcome: 'ok',
    eventTimestamp: Date.now(),
    event: null,
    exceptions: [],
    diagnosticsChannelEvents: [],
  },
  logs: [{ timestamp: Date.now(), level: 'warn', message: [word] }],
  ...{ truncated: false, cpuTime: 2, wallTime: 5 },
  ...more,
})

async function found(key: string, word: string): Promise<Record<string, unknown>[]> {
  const { body } = await send(key, `GET /logs?q=${word}`)
  return Array.isArray(body.data) ? body.data : []
}

describe('receiveTail', () => {
  it('gives scripts to the tenants that TAIL_SCRIPTS names, and all others to the default tenant', async () => {
    const items = [item('cart', 'mine1'), item('stock', 'theirs1'), item(null, 'nameless1')]
    await receiveTail(items, bindings({ TAIL_SCRIPTS: 'stock=other' }))
    expect(await found(shop.query, 'mine1')).toMatchObject([{ service: 'cart', level: 'warn', source: 'tail' }])
    expect(await found(shop.query, 'nameless1')).toHaveLength(1)
    expect(await found(other.query, 'theirs1')).toMatchObject([{ service: 'stock' }])
    expect(await found(shop.query, 'theirs1')).toEqual([])
  })

  it('keeps what is known of the script and of the run with each record', async () => {
    const about = {
      ...{ entrypoint: 'Api', scriptVersion: { id: 'v1', tag: 't' }, scriptTags: ['a'], executionModel: 'stateless' },
      ...{ durableObjectId: 'd1', dispatchNamespace: 'n1', tailAttributes: { k: 'v' } },
      exceptions: [{ timestamp: Date.now(), name: 'TypeError', message: 'about2 broke', stack: 'at here' }],
      outcome: 'exceededCpu',
    }
    await receiveTail([item('cart', 'about2', about)], bindings({}))
    const script = {
      ...{
        name: 'cart',
        entrypoint: 'Api',
        version: { id: 'v1', tag: 't' },
        tags: ['a'],
        execution_model: 'stateless',
      },
      ...{ durable_object_id: 'd1', dispatch_namespace: 'n1', tail_attributes: { k: 'v' } },
    }
    expect(await found(shop.query, 'about2')).toMatchObject([
      { level: 'error', body: { exception: { name: 'TypeError', stack: 'at here' }, script } },
      { level: 'warn', body: { script, outcome: 'exceededCpu' } },
    ])
    expect(await found(shop.query, 'exceededCpu')).toMatchObject([
      { level: 'error', body: { cpu_time_ms: 2, wall_time_ms: 5 } },
    ])
  })

  it('stores nothing for a tenant that is not there, says so, and throws never', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    await receiveTail([item('x', 'lost3'), item('y', 'lost3')], bindings({ DEFAULT_TENANT: 'nobody' }))
    expect(warn.mock.calls.flat().join()).toMatch(
      /"items":2.*"event":"tail_not_stored"|"event":"tail_not_stored".*"items":2/,
    )
    await receiveTail([], bindings({}))
    await receiveTail([null, 7, { logs: 'odd', event: 3 }], bindings({}))
    warn.mockRestore()
  })

  it('stores more items than fit into one batch', async () => {
    await receiveTail(
      Array.from({ length: 120 }, () => item('many', 'many4')),
      bindings({}),
    )
    const { body } = await send(shop.query, 'GET /logs?q=many4&limit=1000')
    expect(body.data).toHaveLength(120)
  })
})
