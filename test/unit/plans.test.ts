import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/env'
import {
  DomainConfig,
  effectiveTerms,
  faultsOfTerms,
  PLAN_NAMES,
  PLANS,
  type Span,
  TenantTerms,
} from '../../src/limits/plans'
import { limitsOf, type Rate } from '../../src/limits/policies'

const config = readConfig({ DEFAULT_TTL_DAYS: '45' })

describe('plans', () => {
  it('have spans that hold their own defaults, and grow from one to the next', () => {
    for (const [index, name] of PLAN_NAMES.entries()) {
      const { rates: _, features: __, ...spans } = PLANS[name]
      for (const [member, { min, max, default: own = min }] of Object.entries(spans)) {
        expect(min <= own && own <= max, `${name} ${member}`).toBe(true)
      }
      const before = PLANS[PLAN_NAMES[Math.max(0, index - 1)]]
      expect(PLANS[name].domains.max).toBeGreaterThanOrEqual(before.domains.max)
      expect(PLANS[name].retentionDays.max).toBeGreaterThanOrEqual(before.retentionDays.max)
      expect(PLANS[name].features).toEqual(expect.arrayContaining([...before.features]))
    }
  })

  it('stand in docs/limits.md as they are', () => {
    const page = readFileSync('docs/limits.md', 'utf8')
    const table = page.slice(page.indexOf('## Plans'), page.indexOf('\n## ', page.indexOf('## Plans')))
    const rows = Array.from(table.matchAll(/^\| ([^|`]+?) \| (.+) \|$/gm), ([, name, cells]) => [
      name,
      cells.split(' | '),
    ])
    expect(rows).toEqual(
      Object.entries(ROWS).map(([name, cell]) => [name, PLAN_NAMES.map((plan) => cell(PLANS[plan]))]),
    )
  })
})

type Plan = (typeof PLANS)[keyof typeof PLANS]

const number = (value: number): string => value.toLocaleString('en-US')

/** What a tenant has when nothing was agreed, and how far it may be agreed. */
const spanned = ({ default: own, min, max }: Span): string =>
  `${own === undefined ? 'none' : number(own)} (${number(min)}–${number(max)})`

const rate = ({ per, unit, units, windowSeconds }: Rate): string =>
  `${number(units)} ${unit} per ${per} in ${number(windowSeconds)} s`

const ROWS: Readonly<Record<string, (plan: Plan) => string>> = {
  windows: ({ rates }) => {
    if (rates === undefined) return 'the variables’'
    return rates.length === 0 ? 'none' : rates.map(rate).join('; ')
  },
  'days of retention': ({ retentionDays }) => spanned(retentionDays).replace('none', 'DEFAULT_TTL_DAYS'),
  'records in 24 hours': ({ maxLogsPerDay }) => spanned(maxLogsPerDay),
  domains: ({ domains }) => spanned(domains),
  keys: ({ keys }) => spanned(keys),
  members: ({ members }) => spanned(members),
  'live tails at once': ({ concurrentTails }) => spanned(concurrentTails),
  'searches at once': ({ concurrentQueries }) => spanned(concurrentQueries),
  features: ({ features }) => features.join(', '),
}

describe('what holds for a tenant', () => {
  it('is the plan where nothing was agreed', () => {
    const free = effectiveTerms('free', {}, config)
    expect(free).toMatchObject({ retentionDays: 7, domains: 3, limits: { maxLogsPerDay: 100_000 } })
    expect([...free.features]).toEqual(['analytics', 'websocket'])
    const standard = effectiveTerms('standard', {}, config)
    expect(standard.retentionDays).toBe(45)
    expect(standard.limits).not.toHaveProperty('rates')
    expect(limitsOf(config, standard.limits).policies[0]).toMatchObject({
      units: 100,
      windowMs: 3_600_000,
      scope: 'key',
    })
    expect(
      limitsOf(config, effectiveTerms('custom', {}, config).limits).policies.some(({ scope }) => scope === 'key'),
    ).toBe(false)
  })

  it('is the config of the main seed where it was sent', () => {
    const seed = DomainConfig.parse({ retentionDays: 30, maxLogsPerDay: 100_000, enableAnalytics: true })
    const terms = effectiveTerms('standard', seed, config)
    expect(terms).toMatchObject({ retentionDays: 30, limits: { maxLogsPerDay: 100_000 } })
    expect(terms.features.has('analytics')).toBe(true)
    expect(effectiveTerms('standard', { enableAnalytics: false }, config).features.has('analytics')).toBe(false)
  })

  it('never has a feature that a variable switches off', () => {
    const off = readConfig({ ENABLE_ANALYTICS: 'false', ENABLE_WEBHOOKS: 'false' })
    const { features } = effectiveTerms('enterprise', { enableAnalytics: true }, off)
    expect([...features]).toEqual(['integrations', 'content_analysis', 'websocket'])
  })

  it('is cut to the plan after a change of plan, but for retention', () => {
    const terms = { domains: 50_000, concurrentTails: 9000, retentionDays: 3000, maxLogsPerDay: 5e9 }
    const cut = effectiveTerms('free', terms, config)
    expect(cut).toMatchObject({
      domains: 3,
      retentionDays: 3000,
      limits: { concurrentTails: 5, maxLogsPerDay: 100_000 },
    })
  })

  it('is within the plan whatever was agreed, and what was agreed where the plan has no fault to find', () => {
    const whole = fc.option(fc.nat(200_000), { nil: undefined })
    const Terms = fc.record({
      domains: whole,
      keys: whole,
      members: whole,
      concurrentTails: whole,
      concurrentQueries: whole,
    })
    fc.assert(
      fc.property(fc.constantFrom(...PLAN_NAMES), Terms, (plan, agreed) => {
        const terms = TenantTerms.parse(agreed)
        const holds = effectiveTerms(plan, terms, config)
        const faults = faultsOfTerms(plan, terms).map(({ member }) => member)
        for (const member of ['domains', 'keys', 'members'] as const) {
          const { min, max, default: own } = PLANS[plan][member]
          expect(holds[member]).toBeGreaterThanOrEqual(min)
          expect(holds[member]).toBeLessThanOrEqual(max)
          if (!faults.includes(member)) expect(holds[member]).toBe(terms[member] ?? own)
        }
      }),
    )
  })
})

describe('the config of a domain', () => {
  it('is refused when it is anything else than the seed shows', () => {
    const wrong = [
      { retentionDays: 0 },
      { retentionDays: 1.5 },
      { retentionDays: '30' },
      { maxLogsPerDay: -1 },
      { maxLogsPerDay: Number.MAX_VALUE },
      { enableAnalytics: 'yes' },
      { other: 1 },
      [],
      'text',
      null,
    ]
    for (const one of wrong) expect(DomainConfig.safeParse(one).success, JSON.stringify(one)).toBe(false)
    expect(DomainConfig.parse({})).toEqual({})
  })
})
