import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import schema from '../../schema.sql?raw'
import { addServiceTenant, bootstrap } from '../../src/admin/bootstrap'
import { hashKey, parseKey } from '../../src/http/api-key'
import { findDomain, findKey } from '../../src/storage/d1/credentials'

beforeAll(() => env.CONTROL.prepare(schema).run())

const statusOf = async (key: string) => (await findKey(env.CONTROL, hashKey(key)))?.status
const countOf = async (table: string) =>
  (await env.CONTROL.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>('n')) ?? 0

const namesOfTenants = async () => {
  const { results } = await env.CONTROL.prepare('SELECT name FROM tenant ORDER BY name').all<{ name: string }>()
  return results.map(({ name }) => name)
}

describe('bootstrap', () => {
  it('makes only the operator and the service’s own tenant where no demo is wanted', async () => {
    const { operatorKey, tenant } = await bootstrap(env, { demo: false, nowMs: 1000 })
    expect(tenant).toBeUndefined()
    expect(parseKey(operatorKey)?.kind).toBe('op')
    expect(await findKey(env.CONTROL, hashKey(operatorKey))).toEqual({
      id: expect.stringMatching(/^key_/),
      kind: 'op',
      role: 'operator',
      scopes: ['operator'],
      status: 'active',
      version: 0,
    })
    expect(await namesOfTenants()).toEqual(['sluice'])
  })

  it('makes the demo tenant with its domain and keys', async () => {
    const { tenant } = await bootstrap(env, { demo: true, nowMs: 2000 })
    expect(tenant?.id).toMatch(/^ten_[0-9a-z]{26}$/)
    expect(await findDomain(env.CONTROL, 'acme.localhost')).toEqual({
      tenantId: tenant?.id,
      status: 'active',
      version: 2,
    })
    const kinds = [tenant?.ingestKey, tenant?.queryKey, tenant?.adminKey].map((key) => parseKey(key ?? '')?.kind)
    expect(kinds).toEqual(['ing', 'rd', 'adm'])
    expect(await findKey(env.CONTROL, hashKey(tenant?.ingestKey ?? ''))).toMatchObject({
      tenantId: tenant?.id,
      scopes: ['logs:write'],
    })
  })

  it('keeps the tenant when it runs again, and puts new keys in the place of its earlier ones', async () => {
    const first = await bootstrap(env, { demo: true, nowMs: 3000 })
    const second = await bootstrap(env, { demo: true, nowMs: 4000 })
    expect(second.tenant?.id).toBe(first.tenant?.id)
    expect([await namesOfTenants(), await countOf('domain')]).toEqual([['acme', 'sluice'], 1])
    expect(await statusOf(first.operatorKey)).toBe('revoked')
    expect(await statusOf(first.tenant?.adminKey ?? '')).toBe('revoked')
    expect(await statusOf(second.operatorKey)).toBe('active')
    expect(await statusOf(second.tenant?.adminKey ?? '')).toBe('active')
  })

  it('leaves the keys of the demo tenant alone when only the operator is wanted', async () => {
    const { tenant } = await bootstrap(env, { demo: true, nowMs: 5000 })
    await bootstrap(env, { demo: false, nowMs: 6000 })
    expect(await statusOf(tenant?.ingestKey ?? '')).toBe('active')
  })

  it('leaves keys that it did not make alone', async () => {
    const { operatorKey } = await bootstrap(env, { demo: false, nowMs: 7000 })
    await env.CONTROL.prepare("UPDATE api_key SET note = 'of a person' WHERE hash = ?").bind(hashKey(operatorKey)).run()
    await bootstrap(env, { demo: false, nowMs: 8000 })
    expect(await statusOf(operatorKey)).toBe('active')
  })

  it('adds the service’s own tenant to data that was begun before there was one, and leaves the keys as they are', async () => {
    const { operatorKey, tenant } = await bootstrap(env, { demo: true, nowMs: 8500 })
    await env.CONTROL.prepare("DELETE FROM tenant WHERE name = 'sluice'").run()
    const before = await countOf('api_key')
    await addServiceTenant(env.CONTROL, 8600)
    await addServiceTenant(env.CONTROL, 8700)
    expect(await namesOfTenants()).toEqual(['acme', 'sluice'])
    expect(await countOf('api_key')).toBe(before)
    expect([await statusOf(operatorKey), await statusOf(tenant?.adminKey ?? '')]).toEqual(['active', 'active'])
  })

  it('stores no key in readable form', async () => {
    const { operatorKey, tenant } = await bootstrap(env, { demo: true, nowMs: 9000 })
    const { results } = await env.CONTROL.prepare('SELECT * FROM api_key').all()
    const stored = JSON.stringify(results)
    for (const key of [operatorKey, tenant?.ingestKey ?? '']) expect(stored).not.toContain(key.slice(8, -6))
  })
})
