import { expect, it } from 'vitest'
import { decide, forgetAllIdle, type LimiterWindows, noWindows } from '../../src/limits/limiter'
import { LIMITER_SUBJECTS_MAX, WINDOW_ENTRIES_MAX } from '../../src/limits/limits'
import type { Charge, Policy } from '../../src/limits/policies'
import { emptyLog, nextMs, note, settle, type WindowLimit, waitMs } from '../../src/limits/sliding-window'
import { drawnSeed, seededFraction } from '../support/seeded-fraction'

const START_MS = 1_800_000_000_000
const seed = drawnSeed()

/** What the rule says, with nothing clever about it: everything that was admitted, and the sum of what is in the window. */
class Oracle {
  readonly #admitted: { readonly atMs: number; readonly cost: number }[] = []
  readonly #limit: WindowLimit
  #first = 0
  #used = 0

  constructor(limit: WindowLimit) {
    this.#limit = limit
  }

  used(nowMs: number): number {
    for (; this.#first < this.#admitted.length; this.#first++) {
      const { atMs, cost } = this.#admitted[this.#first]
      if (atMs > nowMs - this.#limit.windowMs) break
      this.#used -= cost
    }
    return this.#used
  }

  /** How many times are in the window. */
  count(nowMs: number): number {
    this.used(nowMs)
    return this.#admitted.length - this.#first
  }

  /** The first moment from now at which the cost fits. */
  waitMs(cost: number, nowMs: number): number {
    if (cost > this.#limit.units) return Number.POSITIVE_INFINITY
    let used = this.used(nowMs)
    let waitMs = 0
    for (let index = this.#first; used + cost > this.#limit.units; index++) {
      used -= this.#admitted[index].cost
      waitMs = this.#admitted[index].atMs + this.#limit.windowMs - nowMs
    }
    return waitMs
  }

  admit(cost: number, nowMs: number): void {
    this.#admitted.push({ atMs: nowMs, cost })
    this.#used += cost
  }
}

const LIMITS: readonly WindowLimit[] = [1, 2, 7, 50, 100, 1000].flatMap((units) =>
  [1, 10, 1000, 60_000, 3_600_000, 86_400_000].map((windowMs) => ({ units, windowMs })),
)

it('admits and refuses as a naive log does, with the same wait, over a million random requests', () => {
  const random = seededFraction(seed)
  let wrong = 0
  let refused = 0
  const each = Math.ceil(1_000_000 / LIMITS.length)
  for (const limit of LIMITS) {
    const log = emptyLog()
    const oracle = new Oracle(limit)
    // About twice what the limit allows, in bursts and pauses.
    const meanGapMs = limit.windowMs / limit.units
    let nowMs = START_MS
    for (let request = 0; request < each; request++) {
      nowMs += random() < 0.4 ? 0 : Math.floor(random() * 2 * meanGapMs)
      if (random() < 0.002) nowMs += Math.floor(random() * 2 * limit.windowMs)
      const cost = random() < 0.7 ? 1 : Math.ceil(random() * (limit.units / 4 + 1))
      settle(log, limit.windowMs, nowMs)
      const told = waitMs(log, limit, cost, nowMs)
      if (told !== oracle.waitMs(cost, nowMs) || log.used !== oracle.used(nowMs)) wrong++
      if (told > 0) refused++
      if (told > 0) continue
      note(log, limit.units, cost, nowMs)
      oracle.admit(cost, nowMs)
    }
  }
  expect(wrong, `seed ${seed}`).toBe(0)
  expect(refused).toBeGreaterThan(200_000)
})

it('admits every client that waits as it was told, 10,000 of 10,000', () => {
  const random = seededFraction(seed)
  const windows = noWindows()
  let nowMs = START_MS
  let refused = 0
  let admittedAsTold = 0
  while (refused < 10_000) {
    const charges = [
      charge({ name: 'requests', scope: 'tenant', unit: 'requests', units: 20, windowMs: 10_000 }, 1),
      charge(
        { name: 'records', scope: 'tenant', unit: 'records', units: 5000, windowMs: 60_000 },
        Math.ceil(random() * 900),
      ),
      charge(
        { name: 'bytes', scope: 'key', unit: 'bytes', units: 800_000, windowMs: 60_000 },
        Math.ceil(random() * 90_000),
      ),
    ]
    const decision = decide(windows, charges, nowMs)
    nowMs += Math.floor(random() * 700)
    if (decision.ok) continue
    refused++
    const before = nowMs
    nowMs = Math.max(before, nowMs + Math.max(...decision.violations.map(({ retryAfterMs }) => retryAfterMs)))
    if (decide(windows, charges, nowMs).ok) admittedAsTold++
  }
  expect(admittedAsTold, `seed ${seed}`).toBe(10_000)
})

it('tells the least wait that is enough', () => {
  const random = seededFraction(seed)
  const policy: Policy = { name: 'records', scope: 'tenant', unit: 'records', units: 500, windowMs: 1000 }
  const windows = noWindows()
  let nowMs = START_MS
  for (let request = 0; request < 5000; request++) {
    nowMs += Math.floor(random() * 40)
    const charges = [charge(policy, Math.ceil(random() * 100))]
    const decision = decide(windows, charges, nowMs)
    if (decision.ok) continue
    const [{ retryAfterMs }] = decision.violations
    expect(decide(structuredClone(windows), charges, nowMs + retryAfterMs - 1).ok).toBe(false)
    expect(decide(structuredClone(windows), charges, nowMs + retryAfterMs).ok).toBe(true)
  }
})

it('takes from all windows or from none', () => {
  const windows = noWindows()
  const wide = charge({ name: 'wide', scope: 'tenant', unit: 'records', units: 100, windowMs: 1000 }, 10)
  const narrow = charge({ name: 'narrow', scope: 'key', unit: 'records', units: 15, windowMs: 1000 }, 10)
  expect(decide(windows, [wide, narrow], START_MS).ok).toBe(true)
  for (let request = 0; request < 50; request++) {
    const refused = decide(windows, [wide, narrow], START_MS)
    expect(refused).toMatchObject({ ok: false, violations: [{ policy: 'narrow', remaining: 5, retryAfterMs: 1000 }] })
    expect(refused.statuses.map(({ policy, remaining }) => [policy, remaining])).toEqual([
      ['wide', 90],
      ['narrow', 5],
    ])
  }
})

it('is never too generous and less than 1 % too strict where a log of all would be too long', () => {
  const random = seededFraction(seed)
  for (const units of [10_000, 123_457, 1_000_000, 50_000_000]) {
    const limit = { units, windowMs: 60_000 }
    const log = emptyLog()
    const oracle = new Oracle(limit)
    let nowMs = START_MS
    let refused = 0
    let joined = false
    for (let request = 0; request < 30_000; request++) {
      nowMs += 1 + Math.floor(random() * 7)
      const cost = Math.max(1, Math.floor((random() * 2.4 * units) / 15_000))
      settle(log, limit.windowMs, nowMs)
      const used = oracle.used(nowMs)
      const isRight = log.used >= used && log.used - used < units / 100 && log.count <= WINDOW_ENTRIES_MAX
      if (!isRight) expect.fail(`seed ${seed}: ${log.used} instead of ${used} of ${units}, in ${log.count} entries`)
      joined ||= log.count < oracle.count(nowMs)
      if (waitMs(log, limit, cost, nowMs) > 0) refused++
      else {
        if (used + cost > units) expect.fail(`seed ${seed}: admitted ${used + cost} of ${units}`)
        note(log, units, cost, nowMs)
        oracle.admit(cost, nowMs)
      }
    }
    expect([refused > 0, joined], `${units}`).toEqual([true, true])
  }
})

it('admits no more in any window of real time when the clock goes back, and locks nobody out for longer than one', () => {
  const random = seededFraction(seed)
  const limit = { units: 20, windowMs: 10_000 }
  for (let history = 0; history < 200; history++) {
    const log = emptyLog()
    const oracle = new Oracle(limit)
    let realMs = START_MS
    let stepMs = 0
    for (let request = 0; request < 300; request++) {
      realMs += Math.floor(random() * 800)
      if (random() < 0.05) stepMs -= [1, 900, 10_000, 86_400_000, 315_360_000_000][Math.floor(random() * 5)]
      const nowMs = realMs + stepMs
      settle(log, limit.windowMs, nowMs)
      const cost = Math.ceil(random() * 3)
      const told = waitMs(log, limit, cost, nowMs)
      expect(told).toBeLessThanOrEqual(limit.windowMs)
      expect(nextMs(log, limit.windowMs, nowMs)).toBeLessThanOrEqual(limit.windowMs)
      if (told > 0) continue
      expect(oracle.used(realMs) + cost, `seed ${seed}, history ${history}`).toBeLessThanOrEqual(limit.units)
      note(log, limit.units, cost, nowMs)
      oracle.admit(cost, realMs)
    }
  }
})

it('lets time pass when the clock goes forward, and nothing twice when it comes back', () => {
  const limit = { units: 10, windowMs: 1000 }
  const log = emptyLog()
  note(log, limit.units, 10, START_MS)
  settle(log, limit.windowMs, START_MS + 3_600_000)
  note(log, limit.units, 10, START_MS + 3_600_000)
  settle(log, limit.windowMs, START_MS + 1)
  expect(waitMs(log, limit, 1, START_MS + 1)).toBe(1000)
  settle(log, limit.windowMs, START_MS + 1001)
  expect(waitMs(log, limit, 1, START_MS + 1001)).toBe(0)
})

it('admits no subject too much however many there are, and gives room back when they are gone', () => {
  const random = seededFraction(seed)
  const policy: Policy = { name: 'requests', scope: 'address', unit: 'requests', units: 3, windowMs: 60_000 }
  const windows = noWindows()
  const oracles = new Map<string, Oracle>()
  let shared = 0
  let nowMs = START_MS
  for (let request = 0; request < 60_000; request++) {
    nowMs += Math.floor(random() * 12)
    const subject = `${Math.floor(random() ** 3 * 3 * LIMITER_SUBJECTS_MAX)}`
    const oracle = oracles.get(subject) ?? new Oracle(policy)
    oracles.set(subject, oracle)
    const decision = decide(windows, [{ policy, subject, cost: 1 }], nowMs)
    if (!decision.ok) continue
    if (decision.takes[0].subject === undefined) shared++
    expect(oracle.used(nowMs) + 1, `seed ${seed}`).toBeLessThanOrEqual(policy.units)
    oracle.admit(1, nowMs)
    expect(subjectsIn(windows, policy)).toBeLessThanOrEqual(LIMITER_SUBJECTS_MAX)
  }
  expect(shared).toBeGreaterThan(0)
  nowMs += 600_000
  decide(windows, [{ policy, subject: 'one', cost: 1 }], nowMs)
  forgetAllIdle(windows, nowMs)
  expect(subjectsIn(windows, policy)).toBe(1)
  expect(windows.entries).toBe(1)
})

const charge = (policy: Policy, cost: number): Charge => ({
  policy,
  subject: policy.scope === 'key' ? 'key_a' : '',
  cost,
})

const subjectsIn = ({ policies }: LimiterWindows, { name }: Policy): number => policies.get(name)?.own.size ?? 0
