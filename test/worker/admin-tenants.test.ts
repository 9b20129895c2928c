import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { ACTIVITY_TENANT } from '../../src/activity/activity-tenant'
import { TenantAnswer } from '../../src/domains/tenant-answer'
import type { Env } from '../../src/env'
import { makeOperator, makeTenant, send } from '../support/admin-world'
import { silenceConsole } from '../support/silence-console'

/** Far ahead of the real clock, so that no alarm rings by itself. */
const START_MS = Date.UTC(2040, 0, 9)
const LOG = '{"message":"hello"}'

vi.setConfig({ testTimeout: 20_000 })

let operator: string
let tenants = 0

const newTenant = () => makeTenant(`tenant-${++tenants}`)
const asOperator = (route: string, body?: unknown) => send(operator, route, body === undefined ? {} : { body })
const patch = (name: string, body: object) => asOperator(`PATCH /admin/tenants/${name}`, body)

silenceConsole()

beforeAll(async () => {
  operator = await makeOperator()
})

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START_MS })
})

afterEach(() => {
  vi.useRealTimers()
})

describe('the operator', () => {
  it('makes a tenant, finds it again by the same request, and refuses another one of the name', async () => {
    const body = { name: 'made', plan: 'free', contact_email: 'a@made.example', limits: { retention_days: 3 } }
    const made = await asOperator('POST /admin/tenants', body)
    expect(made.status, made.text).toBe(201)
    const { id, name, status, in_force } = TenantAnswer.parse(made.body)
    expect([name, status]).toEqual(['made', 'active'])
    expect(in_force).toMatchObject({ retention_days: 3, domains: 3, max_logs_per_day: 100_000 })
    expect(in_force.features).toEqual(['analytics', 'websocket'])
    const again = await asOperator('POST /admin/tenants', body)
    expect([again.status, again.text]).toEqual([200, made.text])
    expect(await asOperator('POST /admin/tenants', { ...body, plan: 'standard' })).toMatchObject({ status: 409 })
    for (const reference of ['made', id])
      expect((await asOperator(`GET /admin/tenants/${reference}`)).text).toBe(made.text)
    const wrong = await asOperator('POST /admin/tenants', { name: 'large', plan: 'free', limits: { domains: 500 } })
    expect(wrong.body).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/limits/domains' }] })
  })

  it('lists tenants page by page, and by status, plan and part of the name', async () => {
    for (const name of ['list-a', 'list-b', 'list-c', 'list-d', 'list-e'])
      await asOperator('POST /admin/tenants', { name, plan: name === 'list-c' ? 'custom' : 'standard' })
    await patch('list-d', { status: 'suspended' })
    const Page = z.object({
      data: z.array(TenantAnswer),
      page: z.object({ next_cursor: z.string().nullable(), has_more: z.boolean() }),
    })
    const list = async (query: string) => Page.parse((await asOperator(`GET /admin/tenants?name=list-&${query}`)).body)
    const names = async (query: string) => (await list(query)).data.map(({ name }) => name)
    expect(await names('')).toEqual(['list-a', 'list-b', 'list-c', 'list-d', 'list-e'])
    expect(await names('plan=custom')).toEqual(['list-c'])
    expect(await names('status=suspended')).toEqual(['list-d'])
    const seen: string[] = []
    for (let cursor = ''; ; ) {
      const { data, page } = await list(`limit=2${cursor}`)
      seen.push(...data.map(({ name }) => name))
      if (page.next_cursor === null) break
      cursor = `&cursor=${page.next_cursor}`
    }
    expect(seen).toEqual(['list-a', 'list-b', 'list-c', 'list-d', 'list-e'])
    expect(await asOperator('GET /admin/tenants?cursor=nonsense')).toMatchObject({ body: { code: 'cursor_mismatch' } })
    expect(await asOperator('GET /admin/tenants?limit=0')).toMatchObject({ body: { code: 'validation_failed' } })
  })

  it('cannot suspend or delete the tenant of the service itself', async () => {
    const { name } = ACTIVITY_TENANT
    expect(await patch(name, { status: 'suspended' })).toMatchObject({ status: 409 })
    expect(await asOperator(`DELETE /admin/tenants/${name}`)).toMatchObject({ status: 409 })
    expect(await asOperator('GET /admin/usage')).not.toMatchObject({ body: { code: 'tenant_suspended' } })
  })
})

describe('a tenant', () => {
  it('is suspended and resumed: reads and writes are refused with their own codes, and nothing is lost', async () => {
    const acme = await newTenant()
    expect(await send(acme.ingest, 'POST /logs', { body: LOG })).toMatchObject({ status: 202 })
    expect((await patch(acme.name, { status: 'suspended' })).body).toMatchObject({ status: 'suspended' })
    expect(await send(acme.query, 'GET /logs')).toMatchObject({ status: 403, body: { code: 'tenant_suspended' } })
    expect(await send(acme.admin, 'GET /admin/domains')).toMatchObject({ body: { code: 'tenant_suspended' } })
    const written = await send(acme.ingest, 'POST /logs', { body: LOG })
    expect(written).toMatchObject({ status: 403, body: { code: 'ingest_suspended' } })
    expect((await asOperator(`GET /admin/tenants/${acme.name}`)).body).toMatchObject({ status: 'suspended' })
    expect((await patch(acme.name, { status: 'active' })).body).toMatchObject({ status: 'active' })
    expect((await send(acme.query, 'GET /logs')).body).toMatchObject({ meta: { matched: 1 } })
    expect(await send(acme.ingest, 'POST /logs', { body: LOG })).toMatchObject({ status: 202 })
  })

  it('has the features of its plan, its terms and the installation, from the next request on', async () => {
    const acme = await newTenant()
    const routes = ['/analytics/histogram', '/analytics/facets', '/analytics/fields']
    const ask = (bindings: Env = env) =>
      Promise.all(routes.map((route) => send(acme.query, `GET ${route}`, { bindings })))
    const refused = (detail: string) => ({ status: 403, body: { code: 'feature_disabled', detail } })
    for (const { status, text } of await ask()) expect(status, text).toBe(200)
    for (const answer of await ask({ ...env, ENABLE_ANALYTICS: 'false' }))
      expect(answer).toMatchObject(refused('ENABLE_ANALYTICS is false in this installation.'))
    await patch(acme.name, { limits: { enable_analytics: false } })
    for (const answer of await ask())
      expect(answer).toMatchObject(refused('The tenant has switched analytics off (enableAnalytics).'))
    expect(await send(acme.query, 'GET /logs')).toMatchObject({ status: 200 })
    await patch(acme.name, { limits: { enable_analytics: null } })
    for (const { status } of await ask()) expect(status).toBe(200)
  })

  it('cannot get a plan that does not allow what was agreed', async () => {
    const acme = await newTenant()
    expect((await patch(acme.name, { limits: { retention_days: 400 } })).body).toMatchObject({
      in_force: { retention_days: 400 },
    })
    const refused = await patch(acme.name, { plan: 'free' })
    expect(refused.body).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/plan' }] })
    expect((await patch(acme.name, { plan: 'free', limits: { retention_days: null } })).body).toMatchObject({
      ...{ plan: 'free', in_force: { retention_days: 7 } },
    })
  })

  it('is seen by its admins, and changed by its owners as far as the operator leaves it to them', async () => {
    const [acme, globex] = [await newTenant(), await newTenant()]
    for (const reference of [acme.name, acme.id]) {
      const path = `/admin/tenants/${reference}`
      expect((await send(acme.admin, `GET ${path}`)).body).toMatchObject({ name: acme.name })
      expect(await send(globex.admin, `GET ${path}`)).toMatchObject({ status: 404, body: { code: 'not_found' } })
      expect(await send(globex.owner, `DELETE ${path}`)).toMatchObject({ status: 404, body: { code: 'not_found' } })
    }
    const path = `/admin/tenants/${acme.name}`
    const email = { body: { contact_email: 'owner@acme.example' } }
    expect(await send(acme.admin, `PATCH ${path}`, email)).toMatchObject({ body: { code: 'scope_missing' } })
    expect((await send(acme.owner, `PATCH ${path}`, email)).body).toMatchObject({ contact_email: 'owner@acme.example' })
    for (const body of [{ plan: 'custom' }, { status: 'suspended' }, { limits: { domains: 5 } }])
      expect(await send(acme.owner, `PATCH ${path}`, { body })).toMatchObject({ body: { code: 'scope_missing' } })
    for (const route of ['GET /admin/tenants', 'POST /admin/tenants', `GET ${path}/certificate`])
      expect(await send(acme.owner, route)).toMatchObject({ status: 403, body: { code: 'scope_missing' } })
  })

  it('that is deleted is closed at once, waits for its grace period, and can be taken back with all that it had', async () => {
    const acme = await newTenant()
    await send(acme.ingest, 'POST /logs', { body: LOG })
    const deleted = await send(acme.owner, `DELETE /admin/tenants/${acme.name}`)
    expect(deleted.status, deleted.text).toBe(202)
    expect(deleted.body).toMatchObject({
      ...{ status: 'deleting', erased_after: new Date(START_MS + 168 * 3_600_000).toISOString() },
    })
    expect(await send(acme.query, 'GET /logs')).toMatchObject({ status: 403, body: { code: 'tenant_suspended' } })
    expect(await send(acme.ingest, 'POST /logs', { body: LOG })).toMatchObject({ body: { code: 'ingest_suspended' } })
    expect(await asOperator(`DELETE /admin/tenants/${acme.name}`)).toMatchObject({ status: 409 })
    expect(await patch(acme.name, { plan: 'custom' })).toMatchObject({ status: 409 })
    expect((await patch(acme.name, { status: 'active' })).body).toMatchObject({ status: 'active', erased_after: null })
    expect((await send(acme.query, 'GET /logs')).body).toMatchObject({ meta: { matched: 1 } })
  })
})
