import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/tenant/directory-rows'
import { retentionRulesOf } from '../../src/tenant/retention-rules'
import { readTenantSettings, TenantSettings } from '../../src/tenant/settings'
import { changedMembers, mergePatch, shownSettings, storedSettings } from '../../src/tenant/settings-document'
import { faultsOfSettings } from '../../src/tenant/settings-faults'
import { settingsChangeOf } from '../../src/tenant/settings-history'

const NOW_MS = Date.UTC(2026, 10, 21)

describe('a merge patch', () => {
  // RFC 7396, appendix A.
  it.each([
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', '{}'],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"b"}', '["c"]', '["c"]'],
    ['{"a":"foo"}', 'null', 'null'],
    ['{"a":"foo"}', '"bar"', '"bar"'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
    ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ])('%s with %s is %s', (target, patch, result) => {
    expect(mergePatch(JSON.parse(target), JSON.parse(patch))).toEqual(JSON.parse(result))
  })

  it('takes a member that is called __proto__ for one', () => {
    const merged = mergePatch({}, JSON.parse('{"__proto__":{"polluted":true}}'))
    expect(JSON.stringify(merged)).toBe('{"__proto__":{"polluted":true}}')
    expect(Object.getPrototypeOf({})).not.toHaveProperty('polluted')
  })
})

describe('the document of settings', () => {
  const stored = (before: JsonObject, asked: object) => storedSettings(before, TenantSettings.parse(asked), NOW_MS)

  it('holds only what is set, and keeps what a newer version of the code wrote', () => {
    expect(stored({}, {})).toEqual({})
    expect(stored({ newer: { a: 1 }, hot_hours: 3 }, { origins: ['https://a.example'] })).toEqual({
      ...{ newer: { a: 1 }, origins: ['https://a.example'] },
    })
  })

  it('is shown as it can be put again, without a change', () => {
    const asked = {
      retention: { preset: 'streaming', policies: [{ name: 'a', query: 'x', days: 'forever' }] },
      services: { web: { ttl_days: 9, alert_on_errors: true }, till: { retention_policy: 'minimal' } },
    }
    const document = stored({}, asked)
    expect(storedSettings(document, TenantSettings.parse(shownSettings(document)), NOW_MS + 1)).toEqual(document)
  })

  it('is read without the parts that cannot be read, and nothing expires by such', () => {
    const read = readTenantSettings({ redaction: { kinds: 7 }, hot_hours: 'x', retention: { policies: 'all' } })
    expect(read.redaction).toEqual(TenantSettings.parse({}).redaction)
    expect(read.hot_hours).toBeUndefined()
    expect(retentionRulesOf(read, 30)).toMatchObject({ isUnknown: true })
  })

  it('says which of its members a change has changed', () => {
    expect(changedMembers({ a: 1, b: [1], c: 3 }, { a: 1, b: [2], d: 4 })).toEqual({
      before: { b: [1], c: 3 },
      after: { b: [2], d: 4 },
    })
    const change = {
      what: 'settings.put',
      kind: 'settings',
      id: 'settings',
      before: { a: 1 },
      after: { a: 1 },
    } as const
    const by = { keyId: 'key_a', address: '' }
    expect(settingsChangeOf([change], by, { version: 2, nowMs: NOW_MS })).toBeUndefined()
  })
})

describe('rules of retention', () => {
  const rulesOf = (retention: object, services = {}) => {
    const read = readTenantSettings({ retention, services })
    return retentionRulesOf(read, 30)
  }
  const config = { alertOnErrors: false, createdMs: 0, updatedMs: 0 }

  it('are those of S3 under the preset streaming', () => {
    const { rules, defaultDays } = rulesOf({ preset: 'streaming' })
    expect(rules.map((rule) => (rule.kind === 'policy' ? [rule.name, rule.days] : []))).toEqual([
      ['security-and-audit', null],
      ['workflow-executions', 365],
      ['errors', 90],
      ['warnings', 30],
      ['info', 7],
      ['debug', 7],
    ])
    expect(defaultDays).toBe(30)
  })

  it('are a number of days under the presets of S4, which a number of one’s own beats', () => {
    expect(['development', 'staging', 'production'].map((preset) => rulesOf({ preset }).defaultDays)).toEqual([
      7, 14, 30,
    ])
    expect(rulesOf({ preset: 'staging', default_days: 3 }).defaultDays).toBe(3)
  })

  it('go by priority, of one priority in their order, the configurations of services last', () => {
    const policies = [
      { name: 'low', priority: -1, query: 'a', days: 1 },
      { name: 'first', query: 'b', days: 2 },
      { name: 'second', query: 'c', days: 3 },
      { name: 'high', priority: 1, query: 'd', days: 4 },
    ]
    const services = { web: { ...config, ttlDays: 9 }, till: { ...config, retentionPolicy: 'extended' }, plain: config }
    const { rules } = rulesOf({ policies }, services)
    expect(rules.map((rule) => (rule.kind === 'policy' ? rule.name : rule.days))).toEqual([
      ...['high', 'first', 'second'],
      { web: 9, till: 90 },
      'low',
    ])
  })
})

describe('what a plan allows', () => {
  const pointers = (plan: 'free' | 'standard' | 'custom', retention: object) =>
    faultsOfSettings(TenantSettings.parse({ retention }), plan).map(({ pointer }) => pointer)
  const forever = { policies: [{ name: 'a', query: 'x', days: 'forever' }] }

  it('bounds the days of the default, of policies and of presets', () => {
    expect(pointers('free', { default_days: 8 })).toEqual(['/retention/default_days'])
    expect(pointers('free', { preset: 'streaming' })).toEqual(['/retention/preset'])
    expect(pointers('free', forever)).toEqual(['/retention/policies/0/days'])
    expect(pointers('standard', { policies: [{ name: 'a', query: 'x', days: 401 }] })).toEqual([
      '/retention/policies/0/days',
    ])
    expect(pointers('standard', { preset: 'streaming', ...forever })).toEqual([])
    expect(pointers('custom', { default_days: 36_500 })).toEqual([])
  })
})
