import { describe, expect, it } from 'vitest'
import { problemResponse } from '../../src/http/problem'
import { limitError, rateLimitHeaders } from '../../src/http/rate-limit-headers'
import { decide, type LimitStatus, noWindows } from '../../src/limits/limiter'
import { type Charge, limitsOf } from '../../src/limits/policies'
import { limitRefusal } from '../../src/tenant/take-limits'
import { drawnSeed, seededFraction } from '../support/seeded-fraction'

const START_MS = 1_800_000_000_000
const seed = drawnSeed()

const POLICIES = limitsOf(
  {
    RATE_LIMIT_ENABLED: true,
    RATE_LIMIT_REQUESTS: 20,
    RATE_LIMIT_WINDOW: 60,
    API_V1_REQUESTS_PER_MINUTE: 0,
    API_V1_BATCHES_PER_MINUTE: 0,
  },
  {
    rates: [
      { per: 'key', unit: 'requests', units: 20, windowSeconds: 60 },
      { per: 'tenant', unit: 'records', units: 3000, windowSeconds: 10 },
      { per: 'address', unit: 'bytes', units: 2 ** 40, windowSeconds: 3600 },
    ],
    maxLogsPerDay: 100_000_000,
  },
).policies

const chargesOf = (cost: number): Charge[] =>
  POLICIES.map((policy) => ({ policy, subject: 'a', cost: policy.unit === 'requests' ? 1 : cost }))

describe('rateLimitHeaders', () => {
  it('are lists of strings with integer parameters, as RFC 9651 and the draft have them', () => {
    const random = seededFraction(seed)
    const windows = noWindows()
    let nowMs = START_MS
    for (let request = 0; request < 2000; request++) {
      nowMs += Math.floor(random() * 3000)
      const { statuses } = decide(windows, chargesOf(Math.ceil(random() * 900)), nowMs)
      const headers = rateLimitHeaders(statuses)
      expect(parseList(headers['ratelimit-policy'])).toEqual(statuses.map(expectedPolicy))
      expect(parseList(headers.ratelimit)).toEqual(statuses.map(expectedStatus))
    }
  })

  it('are absent where nothing is limited', () => {
    expect(rateLimitHeaders([])).toEqual({})
  })
})

describe('limitError', () => {
  it('tells 1,000 of 1,000 clients to wait long enough, in Retry-After and in RateLimit', () => {
    const random = seededFraction(seed)
    const windows = noWindows()
    let nowMs = START_MS
    for (let refused = 0; refused < 1000; ) {
      nowMs += Math.floor(random() * 700)
      const charges = chargesOf(Math.ceil(random() * 900))
      const decision = decide(windows, charges, nowMs)
      if (decision.ok) continue
      refused++
      const response = problemResponse(limitError(asLimit(limitRefusal(decision))), 'req_1')
      const waitSeconds = Number(response.headers.get('retry-after'))
      const told = parseList(response.headers.get('ratelimit') ?? '').map(({ parameters }) => Number(parameters.t ?? 0))
      expect(waitSeconds).toBeGreaterThanOrEqual(
        Math.max(...decision.violations.map(({ policy }) => toldOf(decision.statuses, policy))),
      )
      expect(told.every(Number.isInteger)).toBe(true)
      nowMs += waitSeconds * 1000
      expect(decide(windows, charges, nowMs).ok, `seed ${seed}`).toBe(true)
    }
  })

  it('is the problem that IANA registers, with the names of the limits', async () => {
    const windows = noWindows()
    for (let request = 0; request < 20; request++) decide(windows, chargesOf(1), START_MS)
    const decision = decide(windows, chargesOf(1), START_MS + 500)
    if (decision.ok) throw new Error('the request was let through')
    const response = problemResponse(limitError(asLimit(limitRefusal(decision))), 'req_1')
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('60')
    expect(await response.json()).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      code: 'quota_exceeded',
      limit: { name: 'requests-per-key-60s', value: 20 },
      'violated-policies': ['requests-per-key-60s'],
    })
  })

  it('is 413 with the limit for what would never fit', async () => {
    const decision = decide(noWindows(), chargesOf(3001), START_MS)
    if (decision.ok) throw new Error('the request was let through')
    const response = problemResponse(limitError(asLimit(limitRefusal(decision))), 'req_1')
    expect(response.status).toBe(413)
    expect(response.headers.get('retry-after')).toBeNull()
    expect(await response.json()).toMatchObject({
      code: 'batch_too_large',
      limit: { name: 'records-per-tenant-10s', value: 3000 },
    })
  })
})

const toldOf = (statuses: readonly LimitStatus[], policy: string): number =>
  Math.ceil((statuses.find((status) => status.policy === policy)?.nextMs ?? 0) / 1000)

function asLimit(refusal: ReturnType<typeof limitRefusal>) {
  if (refusal.kind !== 'limited' && refusal.kind !== 'too_large_for_limit') throw new Error(refusal.kind)
  return refusal
}

const UNITS = { requests: {}, records: { qu: 'records' }, bytes: { qu: 'content-bytes' } }

const expectedPolicy = ({ policy, limit, windowMs, unit }: LimitStatus) => ({
  value: policy,
  parameters: { q: limit, w: windowMs / 1000, ...UNITS[unit] },
})

const expectedStatus = ({ policy, remaining, nextMs }: LimitStatus) => ({
  value: policy,
  parameters: { r: remaining, ...(nextMs > 0 ? { t: Math.ceil(nextMs / 1000) } : {}) },
})

/** Parses what these fields use of RFC 9651: a List of Strings, with parameters that are Integers or Strings. */
function parseList(text: string) {
  let at = 0
  const take = (pattern: RegExp): string => {
    const found = new RegExp(pattern, 'y')
    found.lastIndex = at
    const [match] = found.exec(text) ?? []
    if (match === undefined) throw new Error(`${text} at ${at}: ${pattern}`)
    at += match.length
    return match
  }
  const takeString = () => take(/"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/).slice(1, -1)
  const items: { value: string; parameters: Record<string, string | number> }[] = []
  do {
    if (items.length > 0) take(/[ \t]*,[ \t]*/)
    const parameters: Record<string, string | number> = {}
    const item = { value: takeString(), parameters }
    while (text[at] === ';') {
      const name = take(/; *[a-z*][a-z0-9_.*-]*=/)
        .slice(1, -1)
        .trim()
      item.parameters[name] = text[at] === '"' ? takeString() : Number(take(/-?\d{1,15}(?![\d.])/))
    }
    items.push(item)
  } while (at < text.length)
  return items
}
