import { describe, expect, it } from 'vitest'
import type * as z from 'zod'
import {
  DomainEdit,
  DomainQuery,
  DomainRegistration,
  TenantEdit,
  TenantRegistration,
} from '../../src/domains/admin-bodies'
import { toBodyErrors } from '../../src/domains/body-errors'
import { challengeOf } from '../../src/domains/challenge'
import { DomainAnswer, RegistrationAnswer, toRegistrationAnswer } from '../../src/domains/domain-answer'
import { parsePageCursor, toPageCursor } from '../../src/domains/page-cursor'
import { decideVerification, judgeRecord } from '../../src/domains/proof'
import {
  decideDomainEdit,
  decideRegistration,
  faultOfRemoval,
  type RegistrationWorld,
} from '../../src/domains/registration'
import { editTenant, shownTerms, termsOfNewTenant } from '../../src/domains/tenant-terms'
import { readConfig } from '../../src/env'
import { BODY_ERRORS_MAX, CHALLENGE_MS, PROOF_LOST_MS } from '../../src/limits/limits'
import { PLANS } from '../../src/limits/plans'
import { DomainRow, TenantRow } from '../../src/tenant/directory-rows'

/** The body in the main seed, as it stands there. */
const SEED = {
  domain: 'example.com',
  tenantId: 'example-tenant',
  plan: 'standard',
  contactEmail: 'admin@example.com',
  config: { retentionDays: 30, maxLogsPerDay: 100_000, enableAnalytics: true },
}

const tenant: TenantRow = {
  name: 'example-tenant',
  status: 'active',
  plan: 'standard',
  limits: { ...SEED.config },
  payloadDatabase: 'PAYLOAD',
  createdMs: 0,
}

const worldWith = (changes: Partial<RegistrationWorld> = {}): RegistrationWorld => ({
  serviceHosts: new Set(['logs.sluice.example']),
  variables: readConfig({}),
  tenantId: 'ten_a',
  tenant: undefined,
  row: undefined,
  secret: new Uint8Array(32).fill(3),
  nowMs: 1000,
  ...changes,
})

function register(body: object, changes: Partial<RegistrationWorld> = {}) {
  const outcome = decideRegistration(DomainRegistration.parse(body), worldWith(changes))
  return outcome.ok ? outcome.plan : expect.fail(JSON.stringify(outcome.faults))
}

function faultsOf(body: object, changes: Partial<RegistrationWorld> = {}) {
  const outcome = decideRegistration(DomainRegistration.parse(body), worldWith(changes))
  return outcome.ok ? expect.fail('it was taken') : outcome.faults
}

describe('the registration of the main seed', () => {
  it('makes the tenant, leaves the domain pending, and says both', () => {
    const plan = register(SEED)
    expect(plan.newTenant).toEqual({ plan: 'standard', limits: SEED.config, contactEmail: SEED.contactEmail })
    expect(plan.row).toMatchObject({ status: 'pending', tokenExpiresMs: 1000 + CHALLENGE_MS, config: SEED.config })
    expect(DomainRow.parse(plan.row)).toEqual(plan.row)
    expect(plan.changes).toEqual([{ what: 'domain.added', id: 'example.com', row: plan.row, countMax: 100 }])
    const { domain, row, challenge } = plan
    const answer = toRegistrationAnswer({ domain: domain.name, tenant, row, challenge }, true)
    expect(RegistrationAnswer.parse(answer)).toEqual(answer)
    expect(answer).toMatchObject({ ...SEED, status: 'pending', proof: null, tenantCreated: true })
    expect(answer.message).toContain('example-tenant was created')
    expect(answer.verification?.record).toMatchObject({ type: 'TXT', name: '_sluice-challenge.example.com' })
  })

  it('for a tenant that is there adds the domain and leaves the tenant alone', () => {
    const plan = register(SEED, { tenant })
    expect([plan.newTenant, plan.isNew]).toEqual([undefined, true])
    const { domain, row, challenge } = plan
    const answer = toRegistrationAnswer({ domain: domain.name, tenant, row, challenge }, false)
    expect([answer.tenantCreated, answer.message.includes('created')]).toEqual([false, false])
  })

  it('may be sent again: nothing changes, and the same challenge is shown', () => {
    const first = register(SEED)
    const again = register(SEED, { tenant, row: first.row, nowMs: 500_000 })
    expect([again.changes, again.isNew]).toEqual([[], false])
    expect(again.challenge).toEqual(first.challenge)
  })

  it('gives a new challenge once the old one is over', () => {
    const first = register(SEED)
    const later = 1000 + CHALLENGE_MS
    const again = register(SEED, { tenant, row: first.row, nowMs: later })
    expect(again.changes).toEqual([
      {
        what: 'domain.edited',
        id: 'example.com',
        patch: { tokenHash: again.challenge?.answerHash, tokenExpiresMs: later + CHALLENGE_MS },
      },
    ])
    expect(again.challenge?.answer).not.toBe(first.challenge?.answer)
  })

  it('leaves a domain alone that was proved: its challenge is looked for every day', () => {
    for (const status of ['active', 'suspended'] as const) {
      const row: DomainRow = { ...register(SEED).row, status, proof: 'dns' }
      const again = register(SEED, { tenant, row, nowMs: 1e15 })
      expect([again.changes, again.challenge]).toEqual([[], undefined])
    }
  })
})

describe('a registration', () => {
  it('stores a name in its one spelling', () => {
    const plan = register({ ...SEED, domain: 'Bücher.Example.:443' })
    expect(plan.changes[0]).toMatchObject({ id: 'xn--bcher-kva.example' })
  })

  it('routes names below localhost and below our own host at once', () => {
    for (const domain of ['shop.localhost', 'shop.logs.sluice.example']) {
      const plan = register({ ...SEED, domain })
      expect(plan.row).toMatchObject({ status: 'active', proof: 'none' })
      expect(plan.challenge).toBeUndefined()
    }
  })

  it('is refused for a name that nobody may have, with where it stands in the body', () => {
    for (const domain of ['co.uk', '127.1', 'logs.sluice.example', 'раypal.com'])
      expect(faultsOf({ ...SEED, domain })).toMatchObject([{ code: 'validation_failed', pointer: '/domain' }])
  })

  it('does not change a tenant by the way', () => {
    const other = { ...SEED, plan: 'free', config: { retentionDays: 7, enableAnalytics: false } }
    const pointers = faultsOf(other, { tenant }).map(({ code, pointer }) => `${code} ${pointer}`)
    expect(pointers).toEqual(['conflict /plan', 'conflict /config/retentionDays', 'conflict /config/enableAnalytics'])
    expect(faultsOf(SEED, { tenant: { ...tenant, status: 'deleting' } })).toMatchObject([{ code: 'conflict' }])
    // What is on unless somebody says otherwise may be said.
    register(
      { domain: 'a.com', tenantId: 'x', config: { enableAnalytics: true } },
      { tenant: { ...tenant, limits: {} } },
    )
  })

  it('is held against the plan of a new tenant', () => {
    expect(faultsOf({ ...SEED, plan: 'free' })).toMatchObject([
      { code: 'validation_failed', pointer: '/config/retentionDays' },
    ])
    expect(faultsOf({ ...SEED, config: { retentionDays: 401 } })).toMatchObject([
      { detail: expect.stringContaining('1 to 400') },
    ])
    register({ ...SEED, plan: 'custom', config: { retentionDays: 36_500 } })
  })

  it('ends at the domains that the plan allows, which the object counts: there may be 10,000 where there is room for them', () => {
    const countOf = (changes: Partial<RegistrationWorld>) => register(SEED, changes).changes
    expect(countOf({ tenant })).toMatchObject([{ what: 'domain.added', countMax: 100 }])
    expect(countOf({ tenant: { ...tenant, limits: { ...SEED.config, domains: 101 } } })).toMatchObject([
      { countMax: 101 },
    ])
    expect(countOf({})).toMatchObject([{ countMax: 100 }])
    expect(countOf({ tenant, row: register(SEED).row })).toEqual([])
    expect(PLANS.enterprise.domains.max).toBeGreaterThanOrEqual(10_000)
  })
})

describe('two tenants', () => {
  it('may both register a domain, and only the proof of the one who owns it counts', () => {
    const [one, other] = ['ten_a', 'ten_b'].map((tenantId) => register(SEED, { tenantId }))
    const shown = [one.challenge?.answer ?? '']
    const looks = (hash: string | undefined) =>
      judgeRecord(
        [
          { resolver: 'a', texts: shown },
          { resolver: 'b', texts: shown },
        ],
        hash ?? '',
      )
    expect(looks(one.row.tokenHash).result).toBe('proved')
    expect(looks(other.row.tokenHash).result).toBe('absent')
    const decided = decideVerification(one.row, { ...looks(one.row.tokenHash), proof: 'dns' }, 2000)
    expect(decided?.patch.status).toBe('active')
  })

  it('are told nothing of each other by registering', () => {
    const [one, other] = ['ten_a', 'ten_b'].map((tenantId) => register(SEED, { tenantId }))
    const hide = ({ changes: _, challenge, row, ...rest }: typeof one) => ({
      ...rest,
      status: row.status,
      has: challenge !== undefined,
    })
    expect(hide(one)).toEqual(hide(other))
  })
})

describe('bodies', () => {
  const errorsOf = (schema: z.ZodType, body: unknown) => {
    const parsed = schema.safeParse(body)
    return parsed.success ? expect.fail('it was taken') : toBodyErrors(parsed.error)
  }

  it('of the seed need not say more than the domain and the tenant', () => {
    expect(DomainRegistration.parse({ domain: 'a.com', tenantId: 'a' })).toEqual({
      domain: 'a.com',
      tenantId: 'a',
      config: {},
    })
  })

  it('name what is wrong by its place', () => {
    const wrong = {
      domain: 7,
      tenantId: 'No Slug',
      plan: 'gold',
      contactEmail: 'nobody',
      config: { retentionDays: 'x', a: 1 },
    }
    expect(errorsOf(DomainRegistration, wrong).map(({ pointer }) => pointer)).toEqual([
      '/domain',
      '/tenantId',
      '/plan',
      '/contactEmail',
      '/config/retentionDays',
      '/config/a',
    ])
  })

  it('of a megabyte, or with names of any characters, are answered in a few lines', () => {
    const many = Object.fromEntries(
      Array.from({ length: 50_000 }, (_, index) => [`member-${index}-${'x'.repeat(10)}`, index]),
    )
    const long = { ['k'.repeat(1_000_000)]: 1 }
    const odd: unknown = JSON.parse(
      '{"a\\u0000b": 1, "__proto__": {"x": 1}, "constructor": 1, "a/b~c": 1, "\\ud800": 1}',
    )
    for (const config of [many, long, odd, 'x'.repeat(1_000_000), Array(200_000).fill(0)]) {
      const errors = errorsOf(DomainRegistration, { ...SEED, config })
      expect(errors.length).toBeLessThanOrEqual(BODY_ERRORS_MAX)
      expect(JSON.stringify(errors).length).toBeLessThan(12_000)
      for (const { detail } of errors) expect(detail).not.toMatch(/\p{Cc}|\p{Cs}/u)
    }
    const pointers = errorsOf(DomainRegistration, { ...SEED, config: odd }).map(({ pointer }) => pointer)
    expect(pointers).toContain('/config/a~1b~0c')
    expect(pointers).toContain('/config/__proto__')
    expect(errorsOf(DomainRegistration, { ...SEED, domain: `${'x'.repeat(1_000_000)}.com` })).toHaveLength(1)
    expect(errorsOf(DomainRegistration, { ...SEED, tenantId: 'a\u0000b' })).toHaveLength(1)
  })

  it('that change nothing are refused', () => {
    for (const schema of [DomainEdit, TenantEdit]) expect(errorsOf(schema, {})).toHaveLength(1)
  })

  it('and parameters of a list have their defaults', () => {
    expect(DomainQuery.parse({})).toEqual({ limit: 100 })
    expect(DomainQuery.parse({ limit: '7', status: 'pending' })).toEqual({ limit: 7, status: 'pending' })
    expect(errorsOf(DomainQuery, { limit: '0', statuss: 'x' })).toHaveLength(2)
  })
})

describe('an edited domain', () => {
  const row: DomainRow = { status: 'active', proof: 'dns', config: {}, createdMs: 0 }
  const edited = (before: DomainRow, status: 'active' | 'suspended', nowMs = 0) => {
    const outcome = decideDomainEdit(before, { status }, { by: 'operator', nowMs })
    return outcome.ok ? outcome.patch.status : outcome.faults[0].code
  }

  it('is suspended and resumed, and not made active in the place of a proof', () => {
    expect(edited(row, 'suspended')).toBe('suspended')
    expect(edited({ ...row, status: 'suspended' }, 'active')).toBe('active')
    for (const status of ['pending', 'unrouted'] as const) {
      expect(edited({ ...row, status }, 'active')).toBe('conflict')
      expect(edited({ ...row, status }, 'suspended')).toBe('conflict')
    }
    expect(edited(row, 'active')).toBeUndefined()
  })

  it('does not come back from a suspension in which its proof was lost', () => {
    const suspended: DomainRow = { ...row, status: 'suspended', lostMs: 0 }
    expect(edited(suspended, 'active', PROOF_LOST_MS - 1)).toBe('active')
    expect(edited(suspended, 'active', PROOF_LOST_MS)).toBe('unrouted')
  })

  it('that the operator has suspended is resumed and removed by the operator only', () => {
    const by = (keeper: 'operator' | 'tenant', before: DomainRow, status: 'active' | 'suspended') => {
      const outcome = decideDomainEdit(before, { status }, { by: keeper, nowMs: 0 })
      return outcome.ok ? { ...before, ...outcome.patch } : expect.fail(outcome.faults[0].code)
    }
    const stored = (patched: object): DomainRow => DomainRow.parse(patched)
    const ofTenant = stored(by('tenant', row, 'suspended'))
    expect(by('tenant', ofTenant, 'active').status).toBe('active')
    expect(faultOfRemoval(ofTenant, 'tenant')).toBeUndefined()
    // Also one that the tenant itself had suspended before, and one from before it was known who had.
    const ofOperator = [
      stored(by('operator', row, 'suspended')),
      stored(by('operator', ofTenant, 'suspended')),
      { ...row, status: 'suspended' as const },
    ]
    for (const suspended of ofOperator) {
      const refused = decideDomainEdit(suspended, { status: 'active' }, { by: 'tenant', nowMs: 0 })
      expect(refused).toMatchObject({ ok: false, faults: [{ code: 'scope_missing' }] })
      expect(faultOfRemoval(suspended, 'tenant')?.code).toBe('scope_missing')
      expect(decideDomainEdit(suspended, { status: 'suspended' }, { by: 'tenant', nowMs: 0 })).toMatchObject({
        patch: {},
      })
      expect(by('operator', suspended, 'active').status).toBe('active')
      expect(faultOfRemoval(suspended, 'operator')).toBeUndefined()
    }
  })

  it('shows no more than its answer has', () => {
    const answer = toRegistrationAnswer(
      { domain: 'a.com', tenant, row: { ...row, tokenHash: 'f'.repeat(64) }, challenge: undefined },
      false,
    )
    const { tenantCreated: _, message: __, ...domain } = answer
    expect(DomainAnswer.parse(domain)).toEqual(domain)
    expect(JSON.stringify(answer)).not.toContain('ffff')
  })
})

describe('a tenant', () => {
  it('is registered with terms that its plan allows', () => {
    const made = termsOfNewTenant(
      TenantRegistration.parse({ name: 'a', limits: { retention_days: 90, domains: 500, keys: null } }),
    )
    expect(made).toEqual({ ok: true, value: { plan: 'standard', limits: { retentionDays: 90, domains: 500 } } })
    const refused = termsOfNewTenant(TenantRegistration.parse({ name: 'a', plan: 'free', limits: { domains: 500 } }))
    expect(refused).toMatchObject({ ok: false, faults: [{ code: 'validation_failed', pointer: '/limits/domains' }] })
  })

  it('is edited member by member; null goes back to the plan', () => {
    const edit = TenantEdit.parse({
      status: 'suspended',
      limits: { retention_days: null, keys: 5 },
      contact_email: null,
    })
    expect(editTenant(tenant, edit)).toEqual({
      ok: true,
      value: {
        status: 'suspended',
        contactEmail: null,
        limits: { maxLogsPerDay: 100_000, enableAnalytics: true, keys: 5 },
      },
    })
    expect(shownTerms({ retentionDays: 3, rates: [], keys: 5 })).toEqual({ retention_days: 3, keys: 5 })
  })

  it('keeps terms of another version of the code through an edit', () => {
    const edited = editTenant(
      { ...tenant, limits: { later: { a: 1 }, keys: 5 } },
      TenantEdit.parse({ limits: { members: 7 } }),
    )
    expect(edited).toMatchObject({ value: { limits: { later: { a: 1 }, keys: 5, members: 7 } } })
  })

  it('does not change to a plan that its terms do not fit', () => {
    expect(editTenant(tenant, TenantEdit.parse({ plan: 'free' }))).toMatchObject({
      ok: false,
      faults: [{ code: 'validation_failed', pointer: '/plan' }],
    })
    expect(
      editTenant(tenant, TenantEdit.parse({ plan: 'free', limits: { retention_days: 7, max_logs_per_day: 100 } })),
    ).toMatchObject({ ok: true })
    expect(editTenant({ ...tenant, status: 'deleting' }, TenantEdit.parse({ plan: 'custom' }))).toMatchObject({
      ok: false,
    })
  })

  it('that is being deleted is taken back by a status, and not once it is being erased', () => {
    const deleting: TenantRow = { ...tenant, status: 'deleting', deleteMs: 5 }
    for (const status of ['active', 'suspended'] as const) {
      const edit = TenantEdit.parse({ status })
      expect(editTenant(deleting, edit)).toMatchObject({ ok: true, value: { status, deleteMs: null } })
      expect(editTenant({ ...deleting, status: 'erasing' }, edit)).toMatchObject({
        ok: false,
        faults: [{ code: 'conflict' }],
      })
    }
  })

  it('has rows that the directory takes', () => {
    expect(TenantRow.parse(tenant)).toEqual(tenant)
  })
})

describe('a cursor of a list', () => {
  it('is read as it was written, and nothing else is', () => {
    const position: [string, string] = ['xn--bcher-kva.example', 'ten_a']
    expect(parsePageCursor(toPageCursor(position))).toEqual(position)
    for (const cursor of [
      '',
      'a',
      '!!',
      'x'.repeat(5000),
      toPageCursor(position).slice(1),
      `${toPageCursor(position)}A`,
    ])
      expect(parsePageCursor(cursor)).toBeUndefined()
  })
})

it('a challenge can be made again from the row that was stored', () => {
  const { row, challenge } = register(SEED)
  const expiresMs = row.tokenExpiresMs ?? expect.fail()
  const secret = new Uint8Array(32).fill(3)
  expect(challengeOf({ secret, tenantId: 'ten_a', domain: 'example.com', expiresMs })).toEqual(challenge)
})
