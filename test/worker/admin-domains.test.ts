import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { proveDomainsAgain } from '../../src/admin/prove-domains-again'
import { DomainAnswer, DomainList, RegistrationAnswer, VerificationAnswer } from '../../src/domains/domain-answer'
import { ADMIN_BODY_BYTES_MAX, CHALLENGE_MS, PROOF_CHECK_EVERY_MS, PROOF_COOLDOWN_MS } from '../../src/limits/limits'
import type { DirectoryChange } from '../../src/tenant/directory'
import { addKey, change, makeOperator, makeTenant, type Sent, send } from '../support/admin-world'
import { fakeDns } from '../support/fake-dns'
import { silenceConsole } from '../support/silence-console'

/** The body in the main seed, as it stands there. */
const SEED = {
  domain: 'example.com',
  tenantId: 'example-tenant',
  plan: 'standard',
  contactEmail: 'admin@example.com',
  config: { retentionDays: 30, maxLogsPerDay: 100_000, enableAnalytics: true },
}

/** Far ahead of the real clock, so that no alarm rings by itself. */
const START_MS = Date.UTC(2040, 0, 9)
const DAY_MS = 86_400_000

vi.setConfig({ testTimeout: 30_000 })

let operator: string
let tenants = 0
const dns = fakeDns()

const newTenant = () => makeTenant(`tenant-${++tenants}`)
const asOperator = (route: string, body?: unknown) => send(operator, route, body === undefined ? {} : { body })

/** Shows to the world what the owner of a domain was asked to show. */
function publish(answer: { readonly text: string }): string {
  const { verification } = DomainAnswer.loose().parse(JSON.parse(answer.text))
  if (verification === null) return expect.fail('there is no challenge')
  dns.texts.set(verification.record.name, verification.record.value)
  return verification.record.name
}

/** Registers a domain for a tenant and proves it. */
async function prove(domain: string, tenantId: string) {
  const name = publish(await asOperator('POST /admin/domains', { domain, tenantId }))
  const verified = await asOperator(`POST /admin/domains/${domain}/verify`)
  expect(VerificationAnswer.parse(verified.body)).toMatchObject({ verified: true, status: 'active', proof: 'dns' })
  return name
}

silenceConsole()

beforeAll(async () => {
  operator = await makeOperator()
})

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START_MS })
  vi.stubGlobal('fetch', (request: Request) => dns.fetch(request))
  dns.isAway = false
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('POST /admin/domains with the body of the main seed', () => {
  it('makes the tenant and says so; again it changes nothing and makes none', async () => {
    const first = await asOperator('POST /admin/domains', SEED)
    expect(first.status, first.text).toBe(201)
    const answer = RegistrationAnswer.parse(first.body)
    expect(answer).toMatchObject({ ...SEED, tenantCreated: true, status: 'pending' })
    expect(answer.message).toContain('example-tenant was created')
    expect(first.headers.get('location')).toBe('/admin/domains/example.com')
    const again = await asOperator('POST /admin/domains', SEED)
    expect([again.status, again.headers.get('etag')]).toEqual([200, first.headers.get('etag')])
    expect(again.body).toMatchObject({ tenantCreated: false, verification: answer.verification })
    const tenant = await asOperator('GET /admin/tenants/example-tenant')
    expect(tenant.body).toMatchObject({
      ...{ plan: 'standard', contact_email: 'admin@example.com' },
      limits: { retention_days: 30, max_logs_per_day: 100_000, enable_analytics: true },
    })
    const other = await asOperator('POST /admin/domains', { ...SEED, plan: 'enterprise' })
    expect(other.body).toMatchObject({ code: 'conflict', errors: [{ pointer: '/plan' }] })
  })

  it('routes once it is proved and not before, and tells the owner in their logs', async () => {
    const { body } = await asOperator('POST /admin/domains', { ...SEED, domain: 'logs.seed.com', tenantId: 'seed-two' })
    const owner = z.object({ id: z.string() }).parse((await asOperator('GET /admin/tenants/seed-two')).body)
    const query = await addKey(owner.id, { kind: 'rd' })
    expect(await send(query, 'GET /logs', { host: 'logs.seed.com' })).toMatchObject({ status: 404 })
    const early = await asOperator('POST /admin/domains/logs.seed.com/verify')
    expect(early.body).toMatchObject({ verified: false, status: 'pending', message: expect.stringContaining('no TXT') })
    publish({ text: JSON.stringify(body) })
    vi.setSystemTime(START_MS + PROOF_COOLDOWN_MS)
    const verified = await asOperator('POST /admin/domains/LOGS.seed.com.:443/verify')
    expect(verified.body).toMatchObject({ verified: true, status: 'active', platform: null, verification: null })
    const found = await send(query, 'GET /logs?q=service:sluice', { host: 'logs.seed.com' })
    expect(found.status, found.text).toBe(200)
    expect(found.text).toContain('logs.seed.com: The domain was proved')
  })

  it('makes no tenant for what is refused', async () => {
    const local = { domain: 'taken.localhost', tenantId: (await newTenant()).name }
    expect(await asOperator('POST /admin/domains', local)).toMatchObject({ status: 201 })
    const wrong: readonly (readonly [object, number, string])[] = [
      [{ ...SEED, domain: '127.0.0.1' }, 400, '/domain'],
      [{ ...SEED, domain: 'co.uk' }, 400, '/domain'],
      [{ ...SEED, domain: 'p\u0430ypal.com' }, 400, '/domain'],
      [{ ...SEED, domain: 'a\u0000b.com' }, 400, '/domain'],
      [{ ...SEED, plan: 'free' }, 400, '/config/retentionDays'],
      [{ ...SEED, config: { surprise: 1 } }, 400, '/config/surprise'],
      [{ ...SEED, domain: 'taken.localhost' }, 409, ''],
    ]
    for (const [body, status, pointer] of wrong) {
      const refused = await asOperator('POST /admin/domains', { ...body, tenantId: 'never-made' })
      expect(refused.status, refused.text).toBe(status)
      if (pointer !== '') expect(refused.body.errors).toMatchObject([{ pointer }])
    }
    expect(await asOperator('GET /admin/tenants/never-made')).toMatchObject({ status: 404 })
  })

  it('refuses a megabyte of config by its size', async () => {
    const config = { retentionDays: 1, padding: 'x'.repeat(1_000_000) }
    const refused = await asOperator('POST /admin/domains', { ...SEED, config })
    expect(refused.status).toBe(413)
    expect(refused.body).toMatchObject({ code: 'payload_too_large', limit: { value: ADMIN_BODY_BYTES_MAX } })
  })
})

describe('an admin of a tenant', () => {
  const ROUTES = ['GET', 'PATCH', 'DELETE'] as const
  const bodyOf = (method: string): Sent => (method === 'PATCH' ? { body: { contactEmail: 'a@b.example' } } : {})

  it('sees and changes their own domains, and those of others are as if there were none', async () => {
    const [acme, globex] = [await newTenant(), await newTenant()]
    await prove('logs.acme.com', acme.name)
    const own = await send(acme.admin, 'GET /admin/domains')
    expect(DomainList.parse(own.body).data.map(({ domain }) => domain)).toEqual(['logs.acme.com'])
    expect((await send(globex.admin, 'GET /admin/domains')).body).toMatchObject({ data: [] })
    expect(await send(globex.admin, `GET /admin/domains?tenantId=${acme.name}`)).toMatchObject({ status: 404 })
    const shown = ({ text, status, headers }: Awaited<ReturnType<typeof send>>) => ({
      status,
      text: text.replace(/"instance":"req_\w+"/, ''),
      headers: [...headers].filter(([name]) => name !== 'x-request-id'),
    })
    for (const method of ROUTES) {
      const others = await send(globex.admin, `${method} /admin/domains/logs.acme.com`, bodyOf(method))
      const nobodys = await send(globex.admin, `${method} /admin/domains/logs.nobo.com`, bodyOf(method))
      expect(others.status).toBe(404)
      expect(shown(others)).toEqual(shown(nobodys))
    }
    const others = await send(globex.admin, 'POST /admin/domains/logs.acme.com/verify')
    expect(shown(others)).toEqual(shown(await send(globex.admin, 'POST /admin/domains/logs.nobo.com/verify')))
    const foreign = await send(globex.admin, 'POST /admin/domains', { body: { domain: 'x.com', tenantId: acme.name } })
    expect(foreign.status).toBe(404)
    expect(await send(acme.query, 'GET /admin/domains')).toMatchObject({ status: 403, body: { code: 'scope_missing' } })
    const edited = await send(acme.admin, 'PATCH /admin/domains/logs.acme.com', bodyOf('PATCH'))
    expect(edited.body).toMatchObject({ contactEmail: 'a@b.example' })
    const stale = { ...bodyOf('PATCH'), headers: { 'if-match': '"1"' } }
    expect(await send(acme.admin, 'PATCH /admin/domains/logs.acme.com', stale)).toMatchObject({ status: 412 })
  })

  it('may register without naming a tenant, as many as the plan allows', async () => {
    const acme = await newTenant()
    await asOperator(`PATCH /admin/tenants/${acme.name}`, { limits: { domains: 2 } })
    const register = (domain: string) => send(acme.admin, 'POST /admin/domains', { body: { domain } })
    expect((await register('first.many.com')).body).toMatchObject({ tenantId: acme.name, tenantCreated: false })
    // All at once: each finds room, and the object counts.
    const names = ['a.many.com', 'b.many.com', 'c.many.com']
    const answers = await Promise.all(
      names.map((domain) => asOperator('POST /admin/domains', { domain, tenantId: acme.name })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409])
    expect(await register('last.many.com')).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect(await register('first.many.com')).toMatchObject({ status: 200 })
  })

  it('resumes what they have suspended, and not what the operator has', async () => {
    const acme = await newTenant()
    await prove('sus.acme.com', acme.name)
    const path = '/admin/domains/sus.acme.com'
    const set = (key: string, status: string) => send(key, `PATCH ${path}`, { body: { status } })
    expect((await set(acme.admin, 'suspended')).body).toMatchObject({ status: 'suspended' })
    expect(await send(acme.query, 'GET /logs', { host: 'sus.acme.com' })).toMatchObject({ status: 404 })
    expect((await set(acme.admin, 'active')).body).toMatchObject({ status: 'active' })
    expect((await set(operator, 'suspended')).body).toMatchObject({ status: 'suspended' })
    expect(await set(acme.admin, 'active')).toMatchObject({ status: 403, body: { code: 'scope_missing' } })
    expect(await send(acme.admin, `DELETE ${path}`)).toMatchObject({ status: 403 })
    vi.setSystemTime(START_MS + PROOF_COOLDOWN_MS)
    expect((await send(acme.admin, `POST ${path}/verify`)).body).toMatchObject({ status: 'suspended' })
    expect((await set(operator, 'active')).body).toMatchObject({ status: 'active' })
    expect(await send(acme.query, 'GET /logs', { host: 'sus.acme.com' })).toMatchObject({ status: 200 })
    expect((await send(acme.admin, `DELETE ${path}`)).body).toEqual({ domain: 'sus.acme.com', removed: true })
    expect(await send(acme.query, 'GET /logs', { host: 'sus.acme.com' })).toMatchObject({ status: 404 })
  })
})

describe('a proof', () => {
  it('is looked for once in a while, however often somebody asks', async () => {
    const [acme, globex] = [await newTenant(), await newTenant()]
    const domain = 'often.customer.com'
    for (const { admin } of [acme, globex]) await send(admin, 'POST /admin/domains', { body: { domain } })
    const look = ({ admin }: typeof acme) => send(admin, `POST /admin/domains/${domain}/verify`)
    expect(await look(acme)).toMatchObject({ status: 200, body: { verified: false } })
    vi.setSystemTime(START_MS + PROOF_COOLDOWN_MS - 1)
    const early = await look(acme)
    expect(early).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
    expect(early.headers.get('retry-after')).toBe('1')
    expect((await look(globex)).status).toBe(200)
    vi.setSystemTime(START_MS + PROOF_COOLDOWN_MS)
    expect((await look(acme)).status).toBe(200)
  })

  it('decides between tenants that have registered the same domain: the first one wins', async () => {
    const [acme, globex] = [await newTenant(), await newTenant()]
    const domain = 'race.customer.com'
    const first = await send(acme.admin, 'POST /admin/domains', { body: { domain } })
    const second = await send(globex.admin, 'POST /admin/domains', { body: { domain } })
    expect([first.status, second.status]).toEqual([201, 201])
    publish(second)
    expect((await send(acme.admin, `POST /admin/domains/${domain}/verify`)).body).toMatchObject({ verified: false })
    expect((await send(globex.admin, `POST /admin/domains/${domain}/verify`)).body).toMatchObject({ verified: true })
    publish(first)
    vi.setSystemTime(START_MS + PROOF_COOLDOWN_MS)
    expect(await send(acme.admin, `POST /admin/domains/${domain}/verify`)).toMatchObject({ status: 409 })
    expect((await asOperator(`GET /admin/domains/${domain}`)).body).toMatchObject({ tenantId: globex.name })
    expect((await asOperator(`GET /admin/domains/${domain}?tenantId=${acme.name}`)).body).toMatchObject({
      status: 'pending',
    })
  })

  it('by a file on the host is as good, and a challenge that is over is not', async () => {
    const acme = await newTenant()
    const registered = await send(acme.admin, 'POST /admin/domains', { body: { domain: 'file.customer.com' } })
    const { verification } = RegistrationAnswer.parse(registered.body)
    dns.files.set(verification?.file.url ?? '', `${verification?.file.content}\n`)
    vi.setSystemTime(START_MS + CHALLENGE_MS)
    const late = await send(acme.admin, 'POST /admin/domains/file.customer.com/verify')
    expect(late.body).toMatchObject({ verified: false, message: expect.stringContaining('is over') })
    vi.setSystemTime(START_MS)
    const verified = await send(acme.admin, 'POST /admin/domains/file.customer.com/verify')
    expect(verified.body).toMatchObject({ verified: true, proof: 'http' })
  })

  it('that is lost for 72 hours ends the routing; the owner is told each day, and once', async () => {
    const acme = await newTenant()
    const domain = 'lost.customer.com'
    const record = await prove(domain, acme.name)
    dns.texts.delete(record)
    const checkAt = async (days: number) => {
      vi.setSystemTime(START_MS + days * DAY_MS)
      await proveDomainsAgain(env, Date.now())
      await proveDomainsAgain(env, Date.now())
      return (await send(acme.admin, `GET /admin/domains/${domain}`)).body
    }
    expect(await checkAt(0.5)).toMatchObject({ status: 'active', proofMissingSince: null })
    expect(PROOF_CHECK_EVERY_MS).toBe(DAY_MS)
    expect(await checkAt(1)).toMatchObject({ status: 'active', proofMissingSince: new Date(Date.now()).toISOString() })
    dns.isAway = true
    expect(await checkAt(2)).toMatchObject({ status: 'active' })
    dns.isAway = false
    expect(await checkAt(3)).toMatchObject({ status: 'active' })
    expect(await send(acme.query, 'GET /logs', { host: domain })).toMatchObject({ status: 200 })
    expect(await checkAt(4)).toMatchObject({ status: 'unrouted' })
    expect(await send(acme.query, 'GET /logs', { host: domain })).toMatchObject({ status: 404 })
    const told = await send(acme.query, `GET /logs?q=service:sluice+source:agent&from=-10d&order=asc`)
    const { data } = z
      .object({ data: z.array(z.object({ level: z.string(), body: z.object({ event: z.string() }) })) })
      .parse(told.body)
    expect(data.map(({ level, body }) => `${level} ${body.event}`)).toEqual([
      'info domain_verified',
      'warn domain_proof_missing',
      'warn domain_proof_missing',
      'error domain_unrouted',
    ])
    const again = await send(acme.admin, 'POST /admin/domains', { body: { domain } })
    publish(again)
    expect((await send(acme.admin, `POST /admin/domains/${domain}/verify`)).body).toMatchObject({ status: 'active' })
  })
})

describe('ten thousand domains', () => {
  it('of a tenant are listed page by page, each once, and found by a part of their names', async () => {
    const acme = await newTenant()
    await asOperator(`PATCH /admin/tenants/${acme.name}`, { plan: 'enterprise' })
    const row = { status: 'active', proof: 'none', config: {}, createdMs: 0 } as const
    const names = Array.from({ length: 10_000 }, (_, index) => `d${String(index).padStart(5, '0')}.many.localhost`)
    for (let at = 0; at < names.length; at += 500) {
      const added = names.slice(at, at + 500).map((id): DirectoryChange => ({ what: 'domain.added', id, row }))
      await change(acme.id, ...added)
    }
    const seen: string[] = []
    for (let cursor = ''; ; ) {
      const page = DomainList.parse((await send(acme.admin, `GET /admin/domains?limit=1000${cursor}`)).body)
      seen.push(...page.data.map(({ domain }) => domain))
      if (page.page.next_cursor === null) break
      cursor = `&cursor=${page.page.next_cursor}`
    }
    expect(seen).toEqual(names)
    const part = await send(acme.admin, 'GET /admin/domains?domain=d0999&status=active')
    expect(DomainList.parse(part.body).data).toHaveLength(10)
    const one = await send(acme.admin, 'POST /admin/domains', { body: { domain: 'one.more.localhost' } })
    expect(one.status, one.text).toBe(201)
    await asOperator(`PATCH /admin/tenants/${acme.name}`, { limits: { domains: 10_001 } })
    const full = await send(acme.admin, 'POST /admin/domains', { body: { domain: 'two.more.localhost' } })
    expect(full).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect(await send(acme.query, 'GET /logs', { host: 'd00500.many.localhost' })).toMatchObject({ status: 200 })
  })
})
