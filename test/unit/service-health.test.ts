import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  SERVICE_BACKOFF_MS_MAX,
  SERVICE_CHECK_MS,
  SERVICE_CHECKS_KEPT,
  SERVICE_DAYS_KEPT,
  SERVICE_HOURS_KEPT,
} from '../../src/limits/limits'
import { afterCheck, type Check, isWell, NEW_HEALTH, transitionOf, uptimeSince } from '../../src/services/health'
import { healthUrlOf } from '../../src/services/service-row'
import { variableServices } from '../../src/services/variable-services'
import { shownEnd } from '../../src/tenant/secret-box'

const HOUR_MS = 3_600_000
const START_MS = Date.UTC(2026, 10, 21)

const well = (atMs: number): Check => ({ atMs, latencyMs: 10, status: 200 })
const bad = (atMs: number): Check => ({ atMs, latencyMs: 10, status: 500 })

/** Looks one after the other, each when it is due. */
const healthAfter = (outcomes: readonly boolean[], chance = 0.5) =>
  outcomes.reduce((health, isUp) => {
    const atMs = Math.max(health.dueMs, START_MS)
    return afterCheck(health, isUp ? well(atMs) : bad(atMs), chance)
  }, NEW_HEALTH)

describe('the health of a service', () => {
  it('goes by two failures in a row, and by one success', () => {
    const states = (outcomes: readonly boolean[]) =>
      outcomes.map((_, index) => healthAfter(outcomes.slice(0, index + 1)).state)
    expect(states([true, false, true, false, false, false, true])).toEqual([
      ...['up', 'degraded', 'up', 'degraded', 'down', 'down', 'up'],
    ])
    expect(states([false, false])).toEqual(['unknown', 'down'])
  })

  it('tells of each outage and of each end of one, in turns', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), (outcomes) => {
        const told: string[] = []
        let health = NEW_HEALTH
        for (const isUp of outcomes) {
          const next = afterCheck(health, isUp ? well(health.dueMs) : bad(health.dueMs), 0.5)
          const transition = transitionOf(health.state, next.state)
          if (transition !== undefined) told.push(transition)
          health = next
        }
        expect(told).toEqual(told.map((_, index) => (index % 2 === 0 ? 'down' : 'up')))
        expect(health.state === 'down').toBe(told.at(-1) === 'down')
      }),
    )
  })

  it('looks every minute, soon after a failure, then less and less often, each a little off', () => {
    const pauses = (chance: number) =>
      [0, 1, 2, 3, 4, 5, 6, 20].map((failures) => {
        const health = healthAfter([true, ...Array<boolean>(failures).fill(false)], chance)
        return health.dueMs - (health.checks.at(-1)?.atMs ?? 0)
      })
    expect(pauses(0.5)).toEqual([60_000, 15_000, 30_000, 60_000, 120_000, 240_000, 300_000, 300_000])
    expect(pauses(0)[0]).toBe(SERVICE_CHECK_MS * 0.9)
    expect(pauses(1)[7]).toBe(SERVICE_BACKOFF_MS_MAX * 1.1)
  })

  it('remembers no more than it says, however long it goes on', () => {
    const health = healthAfter(Array.from({ length: 50_000 }, (_, index) => index % 7 !== 0))
    expect(health.checks).toHaveLength(SERVICE_CHECKS_KEPT)
    expect(health.hours).toHaveLength(SERVICE_HOURS_KEPT)
    expect(health.days.length).toBeLessThanOrEqual(SERVICE_DAYS_KEPT)
    expect(JSON.stringify(health).length).toBeLessThan(12_000)
    expect([health.checksTotal, health.failuresTotal]).toEqual([50_000, 7143])
  })

  it('counts the uptime of the time that is asked for, and none where nobody looked', () => {
    expect(uptimeSince(NEW_HEALTH, START_MS - 24 * HOUR_MS, START_MS)).toBeUndefined()
    const old = [...Array(10).keys()].reduce(
      (health, index) => afterCheck(health, bad(START_MS + index), 0.5),
      NEW_HEALTH,
    )
    const later = START_MS + 48 * HOUR_MS
    const health = afterCheck(old, well(later), 0.5)
    expect(uptimeSince(health, later - 24 * HOUR_MS, later)).toBe(1)
    expect(uptimeSince(health, later - 30 * 24 * HOUR_MS, later)).toBeCloseTo(1 / 11)
  })

  it('takes only success for well', () => {
    const statuses = [100, 199, 200, 204, 299, 300, 302, 400, 500, undefined]
    expect(statuses.filter((status) => isWell({ status }))).toEqual([200, 204, 299])
  })
})

describe('the address of a health endpoint', () => {
  it('is below the service, or there is none', () => {
    const at = (healthEndpoint: string, url = 'https://a.example/api/') => healthUrlOf({ url, healthEndpoint })
    expect(at('/health')).toBe('https://a.example/api/health')
    expect(at('/health?full=1')).toBe('https://a.example/api/health?full=1')
    expect(at('/health', 'https://a.example')).toBe('https://a.example/health')
    expect(healthUrlOf({ url: 'https://a.example' })).toBeUndefined()
    for (const path of ['health', '@b.example/', ':8080/', 'https://b.example/', '', '.b.example/'])
      expect(at(path, 'https://a.example'), path).toBeUndefined()
  })

  it('never is on another server, whatever the path', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.webPath(), fc.string(), fc.constantFrom('//b.example', '/\\b.example', '/../..//b')),
        (path) => {
          const address = healthUrlOf({ url: 'https://a.example', healthEndpoint: path })
          expect(address === undefined || new URL(address).origin === 'https://a.example').toBe(true)
        },
      ),
    )
  })
})

describe('the services of the installation', () => {
  it('are those whose variables are set, with no more of their keys than the end', () => {
    const variables = {
      AUTH_SERVICE_URL: 'https://auth.example.com',
      AUTH_SERVICE_API_KEY: 'a-key-of-some-length-1234',
      CONTENT_SKIMMER_URL: 'https://content.example.com',
      DATA_SERVICE_API_KEY: 'of nothing',
    }
    const services = variableServices(variables, shownEnd)
    expect(services.map(({ known }) => [known.id, known.name, known.hasApiKey, known.apiKeyLast4])).toEqual([
      ['svc_auth', 'auth-service', true, '1234'],
      ['svc_content_skimmer', 'content-skimmer', false, undefined],
    ])
    expect(JSON.stringify(services.map(({ known }) => known))).not.toContain('a-key')
  })
})
