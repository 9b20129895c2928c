import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { createTenant } from '../../src/admin/create-tenant'
import { newKey } from '../../src/admin/new-key'
import { router } from '../../src/router'
import { ALWAYS_CURRENT } from '../../src/tenant/contract'
import { tenantDirectory } from '../../src/tenant-stub'

interface Tenant {
  readonly id: string
  readonly key: string
  /** Ids of what is theirs, by the parameter of the routes that name it. */
  readonly things: Readonly<Record<string, string>>
}

let ours: Tenant
let theirs: Tenant

async function ask(key: string, method: string, path: string, body?: string) {
  const ctx = createExecutionContext()
  const headers = { authorization: `Bearer ${key}`, 'x-request-id': 'the-same-for-all' }
  const request = new Request(`http://localhost:8787${path}`, { method, headers, ...(body !== undefined && { body }) })
  const response = await router.fetch(request, env, ctx)
  const answer = { status: response.status, headers: [...response.headers], text: await response.text() }
  await waitOnExecutionContext(ctx)
  return answer
}

async function makeTenant(name: string): Promise<Tenant> {
  const nowMs = Date.now()
  const created = await createTenant(env, { name, plan: 'standard' }, nowMs)
  if (!created.ok) return expect.fail(created.refusal.kind)
  const { id } = created
  const owner = newKey({ kind: 'adm', role: 'owner', note: '' }, nowMs)
  const member = `mem_${name}`
  const domain = `${name}.localhost`
  const by = { tenantId: id, host: '', keyId: 'test', address: '', settingsVersion: ALWAYS_CURRENT }
  const outcome = await tenantDirectory(env, id).change(by, [
    { what: 'key.added', id: owner.id, row: owner.row },
    { what: 'member.added', id: member, row: { subject: 'sluice:x', role: 'viewer', status: 'active', createdMs: 0 } },
    { what: 'domain.added', id: domain, row: { status: 'active', proof: 'none', config: {}, createdMs: 0 } },
  ])
  expect(outcome).toMatchObject({ ok: true })
  expect(await ask(owner.text, 'POST', '/logs', `{"message":"of ${name}"}`)).toMatchObject({ status: 202 })
  const found = JSON.parse((await ask(owner.text, 'GET', '/logs')).text)
  const make = async (path: string, body: object): Promise<string> => {
    const made = await ask(owner.text, 'POST', path, JSON.stringify(body))
    expect(made.status, made.text).toBe(201)
    const { id, webhookId } = JSON.parse(made.text)
    return id ?? webhookId
  }
  const url = `https://${name}.example.com`
  const serviceId = await make('/integration/services', { serviceName: name, serviceUrl: url })
  const trigger = { kind: 'trigger', query: `"of ${name}"`, trigger: { type: 'match' } }
  const actions = [{ type: 'incident', severity: 'low' }]
  const rule = await make('/integration/rules', { name, ...trigger, actions })
  expect(await ask(owner.text, 'POST', '/logs', `{"message":"of ${name}"}`)).toMatchObject({ status: 202 })
  const incidents = JSON.parse((await ask(owner.text, 'GET', '/integration/incidents')).text)
  const webhook = await make('/integration/webhooks', { url, events: ['*'] })
  const things = { id: found.data[0].id, key: owner.id, member, domain, tenant: id }
  return {
    id,
    key: owner.text,
    things: { ...things, serviceId, rule, builtin: rule, incident: incidents.data[0].id, webhook },
  }
}

beforeAll(async () => {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
  ours = await makeTenant('ours')
  theirs = await makeTenant('theirs')
})

/** Of the same form and length as a thing that is there. */
const ABSENT: Readonly<Record<string, (there: string) => string>> = {
  id: (there) => `${there.slice(0, -1)}${there.endsWith('0') ? '1' : '0'}`,
  key: () => 'key_01kaj2m4x8v3c9t0w5b6n7p2qr',
  member: () => 'mem_nobody',
  domain: () => 'nobody.localhost',
  tenant: () => 'ten_01kaj2m4x8v3c9t0w5b6n7p2qr',
  serviceId: () => 'svc_01kaj2m4x8v3c9t0w5b6n7p2qr',
  rule: () => 'rul_01kaj2m4x8v3c9t0w5b6n7p2qr',
  builtin: () => 'rul_01kaj2m4x8v3c9t0w5b6n7p2qr',
  incident: () => 'inc_01kaj2m4x8v3c9t0w5b6n7p2qr',
  webhook: () => 'whk_01kaj2m4x8v3c9t0w5b6n7p2qr',
}

/** Bodies that are right, so that it comes to the thing. */
const BODIES: Readonly<Record<string, string>> = {
  'PATCH /admin/keys/:key': '{"note":"x"}',
  'PATCH /integration/services/:serviceId': '{"version":"2"}',
  'PATCH /admin/members/:member': '{"role":"viewer"}',
  'PATCH /admin/domains/:domain': '{"status":"suspended"}',
  'PATCH /admin/tenants/:tenant': '{"contact_email":"a@b.example"}',
  'PUT /integration/rules/:rule':
    '{"name":"x","kind":"trigger","query":"x","trigger":{"type":"match"},"actions":[{"type":"incident","severity":"low"}]}',
  'PATCH /integration/rules/:rule': '{"enabled":false}',
  'PATCH /integration/webhooks/:webhook': '{"description":"x"}',
  'POST /integration/webhooks/:webhook/redeliver': '{"from":"2026-01-01T00:00:00Z","to":"2026-01-02T00:00:00Z"}',
}

describe('what is of another tenant', () => {
  const routes = router.routes.flatMap(([method, , , path = '']) => {
    const name = /:(\w+)/.exec(path)?.[1] ?? ''
    // What is named by a service is of whoever asks. The app's page is the same for everybody, and a key in an address proves.
    const isNobodys = path.endsWith('/certificate') || path.startsWith('/app/') || path === '/v1/input/:key'
    return Object.hasOwn(ABSENT, name) && !isNobodys ? [{ method, path, name }] : []
  })

  it('is named by many routes', () => {
    expect(routes.length).toBeGreaterThan(30)
  })

  for (const { method, path, name } of routes) {
    it(`is to ${method} ${path}, byte for byte, what is not there`, async () => {
      const thing = theirs.things[name]
      const body = BODIES[`${method} ${path}`]
      const other = await ask(ours.key, method, path.replace(/:\w+/, thing), body)
      const absent = await ask(ours.key, method, path.replace(/:\w+/, ABSENT[name](thing)), body)
      expect(other).toEqual(absent)
      expect([403, 404]).toContain(other.status)
      expect(other.text).not.toContain(theirs.id)
    })
  }

  it('is still there', async () => {
    for (const [path, name] of [
      ['/logs', 'id'],
      ['/admin/keys', 'key'],
      ['/admin/members', 'member'],
      ['/integration/services', 'serviceId'],
      ['/integration/rules', 'rule'],
      ['/integration/incidents', 'incident'],
      ['/integration/webhooks', 'webhook'],
    ] as const)
      expect((await ask(theirs.key, 'GET', `${path}/${theirs.things[name]}`)).status, path).toBe(200)
  })
})
