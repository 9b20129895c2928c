import { describe, expect, it } from 'vitest'
import { readBatch } from '../../src/formats/read-batch'
import { limitedSurfaces } from '../../src/http/limited-surfaces'
import { dropLease, takeLease } from '../../src/limits/leases'
import { chargesOf, type Demand, type LimitDefaults, limitsOf } from '../../src/limits/policies'
import { tenantLimits } from '../../src/tenant/tenant-limits'
import { nothingRedacted, RECEIVED_MS } from '../support/read-back'

const DEFAULTS: LimitDefaults = {
  RATE_LIMIT_ENABLED: true,
  RATE_LIMIT_REQUESTS: 100,
  RATE_LIMIT_WINDOW: 3600,
  API_V1_REQUESTS_PER_MINUTE: 100,
  API_V1_BATCHES_PER_MINUTE: 20,
}
const OFF = { ...DEFAULTS, RATE_LIMIT_ENABLED: false, API_V1_REQUESTS_PER_MINUTE: 0, API_V1_BATCHES_PER_MINUTE: 0 }

const demand = (more: Partial<Demand> = {}): Demand => ({
  keyId: 'key_a',
  address: '192.0.2.1',
  surfaces: [],
  requests: 1,
  records: 10,
  bytes: 2000,
  services: [
    ['checkout', 7],
    ['billing', 3],
  ],
  unlistedRecords: 0,
  ...more,
})

const charged = (limits: Parameters<typeof limitsOf>[1], by = demand(), defaults = OFF) =>
  chargesOf(limitsOf(defaults, limits).policies, by).map(({ policy, subject, cost }) => [policy.name, subject, cost])

describe('limitsOf', () => {
  it('holds each key to the variables where plan and settings name no window', () => {
    expect(charged({}, demand(), DEFAULTS)).toEqual([['requests-per-key-3600s', 'key_a', 1]])
    expect(charged({}, demand(), OFF)).toEqual([])
    expect(charged({ rates: [] }, demand(), DEFAULTS)).toEqual([])
  })

  it('holds a tenant to what its plan and settings name, also where RATE_LIMIT_ENABLED is false', () => {
    const rates = [
      { per: 'tenant', unit: 'bytes', units: 1e9, windowSeconds: 60 },
      { per: 'address', unit: 'records', units: 1e6, windowSeconds: 3600 },
    ] as const
    expect(charged({ rates, maxLogsPerDay: 5000 })).toEqual([
      ['bytes-per-tenant-60s', '', 2000],
      ['records-per-address-3600s', '192.0.2.1', 10],
      ['records-per-day', '', 10],
    ])
  })

  it('holds each address to the limits of /api/v1 there, and nowhere else', () => {
    const requests = ['api-v1-requests', '192.0.2.1', 1]
    const on = { ...DEFAULTS, RATE_LIMIT_ENABLED: false }
    const chargedAt = (route: string) => charged({}, demand({ surfaces: limitedSurfaces(route) }), on)
    expect(chargedAt('/logs')).toEqual([])
    expect(chargedAt('/api/v1/logs/search')).toEqual([requests])
    expect(chargedAt('/api/v1/logs/ingest/batch')).toEqual([requests, ['api-v1-batches', '192.0.2.1', 1]])
  })
})

describe('limits of services', () => {
  it('count the records of the services that they name', () => {
    const limits = { maxLogsPerDayByService: { checkout: 1000, mail: 50 } }
    expect(charged(limits)).toEqual([['records-per-day-per-service', 'checkout', 7]])
  })

  it('count each service by itself where none is named', () => {
    const rates = [{ per: 'service', unit: 'records', units: 100, windowSeconds: 60 }] as const
    expect(charged({ rates })).toEqual([
      ['records-per-service-60s', 'checkout', 7],
      ['records-per-service-60s', 'billing', 3],
    ])
  })

  it('count records of services that are not listed for every one that may be among them', () => {
    const limits = { maxLogsPerDayByService: { checkout: 1000, mail: 50 } }
    expect(charged(limits, demand({ unlistedRecords: 40 }))).toEqual([
      ['records-per-day-per-service', 'checkout', 7],
      ['records-per-day-per-service', 'mail', 40],
    ])
  })

  it('keep long names as their hash', () => {
    const service = 'x'.repeat(5000)
    const [[, subject]] = charged({ maxLogsPerDayByService: { [service]: 5 } }, demand({ services: [[service, 1]] }))
    expect(subject).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('countServices', () => {
  it('counts the records of each service of a mixed batch', () => {
    const counted = countedIn(100, (index) =>
      index % 10 === 0 ? { message: 'none' } : { service: `s${index % 3}`, message: 'x' },
    )
    expect(counted).toEqual({ services: expect.any(Array), unlistedRecords: 0 })
    expect(Object.fromEntries(counted?.services ?? [])).toEqual({ s0: 30, s1: 30, s2: 30 })
  })

  it('lists no more than it may, and counts the rest', () => {
    const counted = countedIn(1500, (index) => ({ service: `s${index}`, message: 'x' }))
    expect([counted?.services.length, counted?.unlistedRecords]).toEqual([1000, 500])
  })

  it('tells names apart that end alike, and counts one name that comes in many places', () => {
    const names = ['a-checkout', 'b-checkout', '-checkout', 'checkout', 'ch', 'é-checkout', '']
    const counted = countedIn(700, (index) => ({ service: names[index % names.length], message: 'x' }))
    const expected = names.filter((name) => name !== '').map((name) => [name, 100])
    expect(Object.fromEntries(counted?.services ?? [])).toMatchObject(Object.fromEntries(expected))
  })

  const countedIn = (count: number, recordOf: (index: number) => object) => {
    const lines = Array.from({ length: count }, (_, index) => JSON.stringify(recordOf(index)))
    const settings = { receivedMs: RECEIVED_MS, retentionMs: 1e9, redactor: nothingRedacted, source: 'http' }
    const body = new TextEncoder().encode(lines.join('\n'))
    return readBatch(body, 'application/x-ndjson', { ...settings, countsServices: true }).counted
  }
})

describe('tenantLimits', () => {
  const variables = {
    DEFAULT_TTL_DAYS: 30,
    ...{ ENABLE_ANALYTICS: true, ENABLE_INTEGRATIONS: true, ENABLE_WEBHOOKS: true },
    ...{ ENABLE_CONTENT_ANALYSIS: true, ENABLE_WEBSOCKET: true },
  }
  const config = { alertOnErrors: false, createdMs: 0, updatedMs: 0 }

  it('puts what was agreed in the place of the plan, and adds what settings give to services', () => {
    const services = { mail: { ...config, maxLogsPerDay: 7 }, billing: config }
    const limits = { maxLogsPerDay: 50, maxLogsPerDayByService: { mail: 9, checkout: 3 } }
    expect(tenantLimits({ plan: 'free', limits, settings: { services } }, variables)).toMatchObject({
      maxLogsPerDay: 50,
      maxLogsPerDayByService: { mail: 7, checkout: 3 },
      concurrentQueries: 4,
    })
  })

  it('takes what it cannot read for nothing, and an unknown plan for the standard one', () => {
    const standard = tenantLimits({ plan: 'standard', limits: {}, settings: {} }, variables)
    const strange = { plan: 'platinum', limits: { maxLogsPerDay: 'many' }, settings: { services: 5 } }
    expect(tenantLimits(strange, variables)).toEqual(standard)
  })
})

describe('leases', () => {
  const limit = { limit: 2, leaseMs: 1000 }

  it('are given to no more at once than may run, and again when one ends', () => {
    const first = granted(takeLease({}, 'a', limit, 0))
    const both = granted(takeLease(first, 'b', limit, 400))
    expect(takeLease(both, 'c', limit, 500)).toEqual({ ok: false, running: 2, retryAfterMs: 500 })
    expect(granted(takeLease(both, 'a', limit, 500))).toEqual({ a: 1500, b: 1400 })
    expect(granted(takeLease(dropLease(both, 'a'), 'c', limit, 500))).toEqual({ b: 1400, c: 1500 })
    expect(granted(takeLease(both, 'c', limit, 1000))).toEqual({ b: 1400, c: 2000 })
  })

  it('last no longer than they may when the clock goes back', () => {
    const both = granted(takeLease(granted(takeLease({}, 'a', limit, 1e12)), 'b', limit, 1e12))
    expect(takeLease(both, 'c', limit, 5)).toEqual({ ok: false, running: 2, retryAfterMs: 1000 })
  })

  const granted = (outcome: ReturnType<typeof takeLease>) => {
    if (!outcome.ok) throw new Error('no lease was given')
    return outcome.leases
  }
})
