import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as limits from '../../src/limits/limits'
import {
  changeServiceConfig,
  ServiceConfigChange,
  ServiceConfigRow,
  ServiceConfigs,
  serviceConfigOf,
  toServiceConfigRow,
  toServiceConfigRows,
} from '../../src/tenant/service-config'

const TENANT_DAYS = 14
const NOW_MS = 1_795_255_200_000

const rowAfter = (...changes: ServiceConfigChange[]): ServiceConfigRow => {
  const configs = changes.reduce<ServiceConfigs>(
    (known, change, step) => changeServiceConfig(known, 'my-service', change, NOW_MS + step),
    {},
  )
  return toServiceConfigRow('my-service', serviceConfigOf(configs, 'my-service'), TENANT_DAYS)
}

/** What the document’s PUT sends. */
const DOCUMENT = {
  ttl_days: 90,
  retention_policy: 'extended',
  alert_on_errors: true,
  max_logs_per_day: 1_000_000,
} as const

describe('the configuration of a service', () => {
  it('is the document’s, back and forth', () => {
    expect(rowAfter(ServiceConfigChange.parse(DOCUMENT))).toEqual({
      service_name: 'my-service',
      ...DOCUMENT,
      created_at: NOW_MS,
      updated_at: NOW_MS,
    })
  })

  it('is the tenant’s where there is none', () => {
    expect(rowAfter()).toEqual({
      service_name: 'my-service',
      ttl_days: TENANT_DAYS,
      retention_policy: 'standard',
      alert_on_errors: false,
      max_logs_per_day: null,
      created_at: null,
      updated_at: null,
    })
    expect(rowAfter({ alert_on_errors: true }).ttl_days).toBe(TENANT_DAYS)
  })

  it.each([
    ['standard', 30],
    ['extended', 90],
    ['minimal', 7],
  ] as const)('has with the policy %s %i days, unless it has days of its own', (retention_policy, days) => {
    expect(rowAfter({ retention_policy }).ttl_days).toBe(days)
    expect(rowAfter({ ttl_days: 45 }, { retention_policy }).ttl_days).toBe(45)
    expect(rowAfter({ ttl_days: 45, retention_policy }, { ttl_days: null }).ttl_days).toBe(days)
  })

  it('keeps what a change leaves out, takes back what it says is null, and knows when', () => {
    const row = rowAfter(DOCUMENT, { max_logs_per_day: null }, { alert_on_errors: false })
    expect(row).toMatchObject({ ...DOCUMENT, max_logs_per_day: null, alert_on_errors: false })
    expect(row).toMatchObject({ created_at: NOW_MS, updated_at: NOW_MS + 2 })
  })

  it('after any changes is JSON that the settings take, and each member the last that was said of it', () => {
    const change = fc.record(
      {
        ttl_days: fc.option(fc.integer({ min: 1, max: limits.SERVICE_TTL_DAYS_MAX })),
        retention_policy: fc.constantFrom('standard', 'extended', 'minimal'),
        alert_on_errors: fc.boolean(),
        max_logs_per_day: fc.option(fc.integer({ min: 1 })),
      },
      { requiredKeys: [] },
    )
    const name = fc.constantFrom('a', 'b', 'constructor', 'toString')
    fc.assert(
      fc.property(fc.array(fc.tuple(name, change), { maxLength: 20 }), (steps) => {
        let configs: ServiceConfigs = {}
        const said = new Map<string, Record<string, unknown>>()
        for (const [service, asked] of steps) {
          configs = changeServiceConfig(configs, service, ServiceConfigChange.parse(asked), NOW_MS)
          said.set(service, { ...said.get(service), ...asked })
        }
        expect(ServiceConfigs.parse(JSON.parse(JSON.stringify(configs)))).toEqual(configs)
        const rows = toServiceConfigRows(configs, TENANT_DAYS)
        expect(rows.map((row) => row.service_name)).toEqual([...said.keys()].sort())
        for (const row of rows) {
          const { max_logs_per_day, alert_on_errors, retention_policy } = said.get(row.service_name) ?? {}
          expect(row.max_logs_per_day).toBe(max_logs_per_day ?? null)
          expect(row.alert_on_errors).toBe(alert_on_errors ?? false)
          expect(row.retention_policy).toBe(retention_policy ?? 'standard')
          expect(ServiceConfigRow.safeParse(row).success).toBe(true)
        }
      }),
    )
  })

  it('refuses what it cannot mean', () => {
    for (const change of [
      { ttl_days: 0 },
      { ttl_days: 1.5 },
      { ttl_days: limits.SERVICE_TTL_DAYS_MAX + 1 },
      { ttl_days: '90' },
      { retention_policy: 'forever' },
      { retention_policy: null },
      { alert_on_errors: 'yes' },
      { max_logs_per_day: 0 },
      { max_logs_per_day: -1 },
      { service_name: 'other' },
      { ttlDays: 90 },
    ])
      expect(ServiceConfigChange.safeParse(change).success, JSON.stringify(change)).toBe(false)
  })

  it('is kept for so many services and no more', () => {
    const config = { alertOnErrors: false, createdMs: 0, updatedMs: 0 }
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`s${index}`, config]))
    expect(ServiceConfigs.safeParse(many(limits.SERVICE_CONFIGS_MAX)).success).toBe(true)
    expect(ServiceConfigs.safeParse(many(limits.SERVICE_CONFIGS_MAX + 1)).success).toBe(false)
  })
})
