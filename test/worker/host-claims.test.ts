import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import schema from '../../schema.sql?raw'
import { HOST_CLAIM_MS } from '../../src/limits/limits'
import { claimHosts } from '../../src/storage/d1/directory'

const HOST = 'logs.customer.com'

beforeAll(() => env.CONTROL.exec(schema.replaceAll(/--.*$/gm, '').replaceAll('\n', ' ')))
beforeEach(async () => {
  await env.CONTROL.batch([env.CONTROL.prepare('DELETE FROM host_claim'), env.CONTROL.prepare('DELETE FROM domain')])
})

/** Whether a tenant gets a host that it has just proved. */
const wins = async (tenantId: string, nowMs = 0, hosts: readonly string[] = [HOST]): Promise<boolean> =>
  (await claimHosts(env.CONTROL, { tenantId, hosts, staleMs: nowMs - HOST_CLAIM_MS, nowMs })).taken.length === 0

const route = (tenantId: string, status: string) =>
  env.CONTROL.prepare('INSERT INTO domain (host, tenant_id, status, created_ms) VALUES (?, ?, ?, 0)')
    .bind(HOST, tenantId, status)
    .run()

describe('tenants that prove the same host', () => {
  it('in the same moment: exactly one gets it, and the same one when all try again', async () => {
    for (let race = 0; race < 6; race++) {
      const hosts = [`race-${race}.customer.com`]
      const tenants = Array.from({ length: 6 }, (_, index) => `ten_${(index + race) % 6}`)
      const first = await Promise.all(tenants.map((tenantId) => wins(tenantId, race, hosts)))
      expect(first.filter(Boolean)).toHaveLength(1)
      expect(await Promise.all(tenants.map((tenantId) => wins(tenantId, race + 1, hosts)))).toEqual(first)
    }
  })

  it('one after another: the second does not get what the first holds, routed or suspended, however old', async () => {
    for (const status of ['active', 'suspended']) {
      await env.CONTROL.prepare('DELETE FROM domain').run()
      expect(await wins('ten_first')).toBe(true)
      await route('ten_first', status)
      expect(await wins('ten_second', 1e12)).toBe(false)
    }
  })

  it('the second gets what the first lost, and not before the first had time to have it routed', async () => {
    expect(await wins('ten_first')).toBe(true)
    expect(await wins('ten_second', HOST_CLAIM_MS - 1)).toBe(false)
    await route('ten_first', 'unrouted')
    expect(await wins('ten_second', HOST_CLAIM_MS)).toBe(true)
    expect(await wins('ten_first', HOST_CLAIM_MS + 1)).toBe(false)
  })

  it('a pending registration holds nothing', async () => {
    await route('ten_first', 'pending')
    expect(await wins('ten_second')).toBe(true)
  })
})
