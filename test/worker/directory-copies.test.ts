import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import schema from '../../schema.sql?raw'
import { createTenant } from '../../src/admin/create-tenant'
import { newKey } from '../../src/admin/new-key'
import { findDomain, findKey, findSettings } from '../../src/storage/d1/credentials'
import { readStoredDirectory } from '../../src/storage/d1/directory'
import { ALWAYS_CURRENT } from '../../src/tenant/contract'
import type { DirectoryChange } from '../../src/tenant/directory'
import { DIRECTORY_KINDS, SETTINGS_ID } from '../../src/tenant/directory-rows'
import { tenantDirectory, tenantStub } from '../../src/tenant-stub'

const hash = (digit: string): string => digit.repeat(64)

const key = newKey(
  {
    ...{ kind: 'pub', note: "a “quoted” note, with ? and ' in it", filter: 'userId:1', createdBy: 'key_x' },
    ...{ origins: ['https://a.example'], addresses: ['10.0.0.0/8'], expiresMs: 5, rotatedFrom: 'key_before' },
  },
  1000,
)

/** Rows with every member that they can have. */
const FULL: readonly DirectoryChange[] = [
  { what: 'settings.put', id: SETTINGS_ID, row: { retention: [{ level: 'error', days: 90 }], nothing: null } },
  { what: 'key.added', id: key.id, row: key.row },
  {
    what: 'domain.added',
    id: 'full.localhost',
    row: {
      ...{
        status: 'active',
        tokenHash: hash('a'),
        tokenExpiresMs: 2,
        proof: 'dns',
        provedMs: 3,
        checkedMs: 4,
        lostMs: 5,
      },
      ...{ hostnameId: 'ch_1', contactEmail: 'a@example.com', config: { deep: { er: [1, 'ü'] } }, createdMs: 6 },
    },
  },
  {
    what: 'member.added',
    id: 'mem_1',
    row: { email: 'a@example.com', subject: 'iss:sub', role: 'owner', filter: 'x:1', status: 'active', createdMs: 7 },
  },
  {
    what: 'session.added',
    id: 'ses_1',
    row: {
      ...{ hash: hash('b'), csrfHash: hash('c'), principalId: 'mem_1', role: 'owner', scopes: ['logs:read', 'tail'] },
      ...{ filter: 'x:1', status: 'active', createdMs: 8, expiresMs: 9 },
    },
  },
]

const TABLES = ['api_key', 'domain', 'host_claim', 'member', 'session']

let tenants = 0

async function makeTenant(): Promise<string> {
  const created = await createTenant(
    env,
    { name: `copies-${++tenants}`, plan: 'free', contactEmail: 'c@example.com' },
    1000,
  )
  return created.ok ? created.id : expect.fail(created.refusal.kind)
}

const by = (tenantId: string) => ({
  tenantId,
  host: '',
  keyId: 'key_test',
  address: '',
  settingsVersion: ALWAYS_CURRENT,
})

const change = (id: string, changes: readonly DirectoryChange[]) => tenantDirectory(env, id).change(by(id), changes)

async function rowsIn(table: string, tenantId: string): Promise<Record<string, unknown>[]> {
  const { results } = await env.CONTROL.prepare(`SELECT * FROM ${table} WHERE tenant_id = ?`).bind(tenantId).all()
  return results
}

async function ownRows(id: string) {
  const pages = await Promise.all(
    DIRECTORY_KINDS.map((kind) => tenantDirectory(env, id).readDirectory(by(id), kind, { limit: 100 })),
  )
  return pages.flatMap((page) => (page.ok ? page.rows : []))
}

beforeAll(() => env.CONTROL.prepare(schema).run())

it('copies every member of every kind of row to D1, and takes it back when the row is gone', async () => {
  const id = await makeTenant()
  expect(await change(id, FULL)).toMatchObject({ ok: true, version: 2 })
  const [stored] = await rowsIn('session', id)
  expect(stored).toMatchObject({
    hash: hash('b'),
    csrf_hash: hash('c'),
    scopes: 'logs:read tail',
    expires_ms: 9,
    version: 2,
  })
  expect(await rowsIn('member', id)).toMatchObject([{ id: 'mem_1', subject: 'iss:sub', role: 'owner', filter: 'x:1' }])
  for (const table of TABLES) {
    const [row] = await rowsIn(table, id)
    const empty = Object.entries(row ?? {}).filter(([name, value]) => value === null && name !== 'last_used_day')
    expect([table, row !== undefined, empty]).toEqual([table, true, []])
  }
  const removed = await change(id, [
    { what: 'key.removed', id: key.id },
    { what: 'domain.removed', id: 'full.localhost' },
    { what: 'session.removed', id: 'ses_1' },
    { what: 'member.added', id: 'mem_2', row: { role: 'owner', status: 'active', createdMs: 1 } },
    { what: 'member.removed', id: 'mem_1' },
  ])
  expect(removed).toMatchObject({ ok: true, version: 3 })
  for (const table of TABLES) expect(await rowsIn(table, id)).toHaveLength(table === 'member' ? 1 : 0)
  const left = await runInDurableObject(tenantStub(env, id), (_, { storage }) =>
    storage.sql.exec('SELECT 1 FROM directory WHERE json IS NULL').toArray(),
  )
  expect(left).toEqual([])
})

it('can take the directory back from its copies, as an object without one does', async () => {
  const id = await makeTenant()
  await change(
    id,
    FULL.filter(({ what }) => !/^(member|session)/.test(what)).map((one) => withOwnHash(one)),
  )
  const stored = await readStoredDirectory(env.CONTROL, id)
  const order = (left: { id: string }, right: { id: string }) => (left.id < right.id ? -1 : 1)
  expect(stored?.version).toBe(2)
  expect([...(stored?.rows ?? [])].sort(order)).toEqual((await ownRows(id)).sort(order))
})

/** Hashes and hosts are unique over all tenants. */
const withOwnHash = (one: DirectoryChange): DirectoryChange => {
  if (one.what === 'key.added') return { ...one, id: 'key_own', row: { ...one.row, hash: hash('d') } }
  return one.what === 'domain.added' ? { ...one, id: 'own.localhost' } : one
}

it('tells the front door with each look-up which version of the tenant it saw', async () => {
  const id = await makeTenant()
  const own = newKey({ kind: 'ing', note: '' }, 1)
  const row = { status: 'active', config: {}, createdMs: 1 } as const
  await change(id, [{ what: 'key.added', id: own.id, row: own.row }])
  await change(id, [{ what: 'domain.added', id: 'versions.localhost', row }])
  expect(await findKey(env.CONTROL, own.row.hash)).toEqual({
    ...{ id: own.id, tenantId: id, kind: 'ing', role: 'ingest', scopes: ['logs:write'], status: 'active', version: 3 },
  })
  expect(await findDomain(env.CONTROL, 'versions.localhost')).toEqual({ tenantId: id, status: 'active', version: 3 })
  expect(await findSettings(env.CONTROL, id)).toEqual({
    ...{ tenantId: id, name: `copies-${tenants}`, status: 'active', plan: 'free', limits: {}, settings: {} },
    ...{ edition: 1, version: 3 },
  })
})

it('makes one tenant of a name, however often and by however many it is asked for at once', async () => {
  const made = await Promise.all(
    Array.from({ length: 5 }, () => createTenant(env, { name: 'wanted', plan: 'free' }, Date.now())),
  )
  expect(new Set(made.map((one) => (one.ok ? one.id : '')))).toHaveProperty('size', 1)
  expect(made.filter((one) => one.ok && one.isNew)).toHaveLength(1)
  expect(await createTenant(env, { name: 'wanted', plan: 'custom' }, Date.now())).toMatchObject({
    ok: true,
    isNew: false,
  })
})

it('finishes a tenant of which only the name was taken, and lets nobody use it before', async () => {
  const insert = `INSERT INTO tenant (id, name, status, plan, payload_database, settings_version, created_ms)
    VALUES ('ten_half', 'half', 'reserved', 'free', 'PAYLOAD', 0, 0)`
  await env.CONTROL.prepare(insert).run()
  expect(await findSettings(env.CONTROL, 'ten_half')).toBeUndefined()
  expect(await change('ten_half', [])).toEqual({ ok: false, refusal: { kind: 'not_found' } })
  expect(await createTenant(env, { name: 'half', plan: 'free' }, 5)).toMatchObject({
    ...{ ok: true, id: 'ten_half', isNew: false },
  })
  expect(await findSettings(env.CONTROL, 'ten_half')).toMatchObject({ status: 'active', version: 1 })
})

it('goes on from the version that D1 has when the object was put back to a time before it', async () => {
  const id = await makeTenant()
  await env.CONTROL.prepare('UPDATE tenant SET settings_version = 40 WHERE id = ?').bind(id).run()
  expect(await change(id, [{ what: 'tenant.edited', id, patch: { plan: 'custom' } }])).toMatchObject({
    ok: true,
    version: 41,
  })
  expect(await findSettings(env.CONTROL, id)).toMatchObject({ plan: 'custom', version: 41 })
})

it('has nothing of a tenant that there is not', async () => {
  expect(await change('ten_none', FULL)).toEqual({ ok: false, refusal: { kind: 'not_found' } })
  for (const table of TABLES) expect(await rowsIn(table, 'ten_none')).toEqual([])
})
