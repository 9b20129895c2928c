import { expect, it } from 'vitest'
import { decide, forgetAllIdle, type LimiterWindows, noWindows, repeatTakes } from '../../src/limits/limiter'
import { decodeWindows, encodeWindows, TakeTail } from '../../src/limits/limiter-bytes'
import { LIMITER_ENTRIES_MAX, LIMITER_SUBJECTS_MAX, ROW_BYTES_MAX } from '../../src/limits/limits'
import type { Charge, Policy } from '../../src/limits/policies'
import { emptyLog, note, type WindowLog } from '../../src/limits/sliding-window'
import { drawnSeed, seededFraction } from '../support/seeded-fraction'

const START_MS = 1_800_000_000_000
const seed = drawnSeed()

const POLICIES: readonly Policy[] = [
  { name: 'requests-per-key-60s', scope: 'key', unit: 'requests', units: 30, windowMs: 60_000 },
  { name: 'records-per-tenant-60s', scope: 'tenant', unit: 'records', units: 60_000, windowMs: 60_000 },
  { name: 'bytes-per-address-3600s', scope: 'address', unit: 'bytes', units: 2 ** 40, windowMs: 3_600_000 },
]

/** An object's memory, and what its storage has. */
class Kept {
  windows: LimiterWindows = noWindows()
  row: Uint8Array | undefined
  tail = new TakeTail()

  ask(charges: readonly Charge[], nowMs: number): boolean {
    const decision = decide(this.windows, charges, nowMs)
    if (decision.ok) this.tail.add(decision.takes, nowMs)
    return decision.ok
  }

  store(nowMs: number): void {
    forgetAllIdle(this.windows, nowMs)
    this.row = encodeWindows(this.windows).slice()
    this.tail = new TakeTail()
  }

  /** As after kill -9: only storage is left. */
  reopen(): Kept {
    const opened = new Kept()
    opened.row = this.row
    opened.windows = (this.row && decodeWindows(this.row)) ?? noWindows()
    opened.tail = new TakeTail(this.tail.text)
    for (const { takes, atMs } of opened.tail.read()) repeatTakes(opened.windows, takes, atMs)
    return opened
  }
}

it('decides after any number of kills as if there had been none', () => {
  const random = seededFraction(seed)
  for (let history = 0; history < 30; history++) {
    const lasting = new Kept()
    let killed = new Kept()
    let nowMs = START_MS
    for (let request = 0; request < 500; request++) {
      nowMs += Math.floor(random() * 1500)
      const charges = POLICIES.map((policy) => ({
        policy,
        subject: policy.scope === 'tenant' ? '' : `${policy.scope}\n${Math.floor(random() * 4)}`,
        cost: policy.unit === 'requests' ? 1 : Math.ceil(random() * 4000),
      }))
      expect(killed.ask(charges, nowMs), `seed ${seed}, history ${history}, request ${request}`).toBe(
        lasting.ask(charges, nowMs),
      )
      if (random() < 0.02) killed.store(nowMs)
      if (random() < 0.1) killed = killed.reopen()
    }
  }
})

it('admits no more in any window of real time when kills and steps back of the clock come together', () => {
  const random = seededFraction(seed)
  const policy: Policy = { name: 'requests', scope: 'tenant', unit: 'requests', units: 10, windowMs: 10_000 }
  for (let history = 0; history < 50; history++) {
    let killed = new Kept()
    let realMs = START_MS
    let stepMs = 0
    const admitted: number[] = []
    for (let request = 0; request < 300; request++) {
      realMs += Math.floor(random() * 1200)
      if (random() < 0.05) stepMs -= Math.floor(random() ** 3 * 40_000)
      if (killed.ask([{ policy, subject: '', cost: 1 }], realMs + stepMs)) admitted.push(realMs)
      const within = admitted.filter((atMs) => atMs > realMs - policy.windowMs)
      expect(within.length, `seed ${seed}, history ${history}`).toBeLessThanOrEqual(policy.units)
      if (random() < 0.02) killed.store(realMs + stepMs)
      if (random() < 0.1) killed = killed.reopen()
    }
    expect(admitted.length).toBeGreaterThan(40)
  }
})

it('gives back the entries that it was given, and says how many there are', () => {
  const windows = noWindows()
  const log = emptyLog()
  for (let index = 0; index < 100; index++) note(log, 1e15, 2 ** (index % 50), START_MS + index ** 2)
  windows.policies.set('a policy ✓', {
    own: new Map([['', log]]),
    shared: emptyLog(),
    windowMs: 86_400_000,
    sweptMs: 0,
  })
  const again = decodeWindows(encodeWindows(windows))
  expect(again?.entries).toBe(100)
  expect(entriesOf(again?.policies.get('a policy ✓')?.own.get(''))).toEqual(entriesOf(log))
})

it('skips sections that it does not know, and begins anew with a layout that it does not know', () => {
  const bytes = encodeWindows(noWindows())
  expect(decodeWindows(new Uint8Array([...bytes, 9, 3, 1, 2, 3]))).toEqual(noWindows())
  expect(decodeWindows(new Uint8Array([2, ...bytes.subarray(1)]))).toBeUndefined()
  expect(() => decodeWindows(bytes.subarray(0, bytes.length - 1))).toThrow(RangeError)
})

it('fits a row of storage with as many windows and entries as there can be', () => {
  const windows = noWindows()
  const names = ['requests-per-address-2678400s', 'bytes-per-address-86400s', 'records-per-service-86400s']
  for (const [at, name] of names.entries()) {
    const own = new Map<string, WindowLog>()
    for (let subject = 0; subject < LIMITER_SUBJECTS_MAX; subject++) {
      const log = emptyLog()
      const entries = Math.ceil(LIMITER_ENTRIES_MAX / names.length / LIMITER_SUBJECTS_MAX)
      for (let entry = 0; entry < entries; entry++) note(log, 1e15, 16_777_216, START_MS + entry * 200_000_000)
      own.set(`${at}${subject}`.padEnd(64, 'x'), log)
    }
    windows.policies.set(name, { own, shared: emptyLog(), windowMs: 2_678_400_000, sweptMs: 0 })
  }
  expect(encodeWindows(windows).length).toBeLessThan(ROW_BYTES_MAX)
})

const entriesOf = (log: WindowLog | undefined) => {
  const { times, costs, first, count } = log ?? emptyLog()
  return Array.from({ length: count }, (_, index) => [times[first + index], costs[first + index]])
}
