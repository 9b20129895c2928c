import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HABIT_ARRIVALS_MIN, HABIT_DAYS_KEPT, HABIT_FACTOR, HABIT_SILENCE_MS_MIN } from '../../src/limits/limits'
import { afterArrival, type Habit, habitsText, parseHabits, silenceOf } from '../../src/services/habit'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const START_MS = Date.UTC(2026, 10, 2)

/** The habit after arrivals at these times. */
const habitOf = (timesMs: readonly number[]): Habit => {
  const habit = timesMs.reduce<Habit | undefined>(afterArrival, undefined)
  return habit ?? expect.fail('nothing has arrived')
}

/** What the habit should be, by all arrivals at once. */
function usualPauseByList(timesMs: readonly number[]): number | undefined {
  if (timesMs.length < HABIT_ARRIVALS_MIN) return undefined
  const longest = new Map<number, number>([[Math.floor(timesMs[0] / DAY_MS), 0]])
  for (const [index, timeMs] of timesMs.entries()) {
    if (index === 0) continue
    const day = Math.floor(timeMs / DAY_MS)
    const seconds = Math.ceil((timeMs - timesMs[index - 1]) / 1000)
    longest.set(day, Math.max(longest.get(day) ?? 0, seconds))
  }
  const last = [...longest.keys()].sort((left, right) => right - left).slice(0, HABIT_DAYS_KEPT)
  const pauses = last.map((day) => longest.get(day) ?? 0).sort((left, right) => right - left)
  return (pauses[1] ?? pauses[0]) * 1000
}

/** Times that only go on, by pauses of all sizes. */
const arrivals = fc
  .array(fc.oneof(fc.integer({ max: 5000, min: 0 }), fc.integer({ max: 3 * DAY_MS, min: 0 })), {
    minLength: 1,
    maxLength: 80,
  })
  .map((pauses) => {
    let timeMs = START_MS
    return pauses.map((pauseMs) => (timeMs += pauseMs))
  })

/** A service that sends each 10 s from one hour to another, on the days that `works`. */
const officeHours = (days: number, works: (day: number) => boolean): number[] =>
  Array.from({ length: days }, (_, day) => day)
    .filter(works)
    .flatMap((day) =>
      Array.from({ length: 8 * 360 }, (_, index) => START_MS + day * DAY_MS + 9 * HOUR_MS + index * 10_000),
    )

const isSilentAt = (timesMs: readonly number[], nowMs: number): boolean =>
  silenceOf(habitOf(timesMs), nowMs).silentSinceMs !== undefined

describe('the habit of a service', () => {
  it('is the second longest of the longest pauses of its last days, as by a list of all arrivals', () => {
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 0, max: 20 * DAY_MS }), (timesMs, laterMs) => {
        const usualMs = usualPauseByList(timesMs)
        const lastMs = timesMs[timesMs.length - 1]
        const silence = silenceOf(habitOf(timesMs), lastMs + laterMs)
        expect(silence.usualPauseMs).toBe(usualMs)
        const allowedMs = Math.max((usualMs ?? 0) * HABIT_FACTOR, HABIT_SILENCE_MS_MIN)
        expect(silence.silentSinceMs !== undefined).toBe(usualMs !== undefined && laterMs > allowedMs)
      }),
    )
  })

  it('survives being written down at any moment', () => {
    fc.assert(
      fc.property(arrivals, fc.nat(), fc.string(), (timesMs, at, name) => {
        const cut = at % timesMs.length
        const before = timesMs.slice(0, cut).reduce<Habit | undefined>(afterArrival, undefined)
        const text = before === undefined ? '' : habitsText(new Map([[name, before]]))
        const after = timesMs.slice(cut).reduce<Habit | undefined>(afterArrival, parseHabits(text).get(name))
        expect(after).toEqual(habitOf(timesMs))
      }),
    )
  })

  it('takes no notice of a clock that goes back', () => {
    const times = Array.from({ length: 50 }, (_, index) => START_MS + index * 1000)
    const back = [...times, START_MS - 5 * DAY_MS, START_MS + 49_000]
    expect(silenceOf(habitOf(back), START_MS + 100_000)).toMatchObject({
      lastMs: START_MS + 49_000,
      usualPauseMs: 1000,
      silentSinceMs: undefined,
    })
  })

  it('is not known before enough has come', () => {
    const times = Array.from({ length: HABIT_ARRIVALS_MIN - 1 }, (_, index) => START_MS + index * 1000)
    expect(silenceOf(habitOf(times), START_MS + 365 * DAY_MS).silentSinceMs).toBeUndefined()
  })

  it('knows nights, weekends and nightly runs, and still hears of an outage', () => {
    const weekdays = officeHours(19, (day) => day % 7 < 5)
    const friday = weekdays[weekdays.length - 1]
    expect(isSilentAt(weekdays, friday + 64 * HOUR_MS), 'on Monday morning').toBe(false)
    expect(isSilentAt(weekdays, friday + 6 * DAY_MS), 'a week later').toBe(true)

    const nightly = Array.from({ length: 10 }, (_, day) =>
      Array.from({ length: 60 }, (_unused, index) => START_MS + day * DAY_MS + index * 1000),
    ).flat()
    expect(isSilentAt(nightly, START_MS + 10 * DAY_MS - 1), 'before the next run').toBe(false)
    expect(isSilentAt(nightly, START_MS + 12 * DAY_MS), 'two runs later').toBe(true)

    const lively = Array.from({ length: 3 * 8640 }, (_, index) => START_MS + index * 10_000)
    const last = lively[lively.length - 1]
    const withOneOutage = [...lively, ...lively.map((timeMs) => timeMs - START_MS + last + 3 * HOUR_MS)]
    const end = withOneOutage[withOneOutage.length - 1]
    expect(isSilentAt(withOneOutage, end + HABIT_SILENCE_MS_MIN + 1), 'after an outage that was one').toBe(true)
    expect(isSilentAt(lively, last + HABIT_SILENCE_MS_MIN), 'during a restart').toBe(false)
  })

  it('is learned anew where what was written cannot be read', () => {
    for (const text of ['', '{}', '[[1]]', 'nonsense', '[["a",1,2,3]]', 'null']) expect(parseHabits(text).size).toBe(0)
    const odd = new Map([['__proto__', habitOf([START_MS])]])
    expect(parseHabits(habitsText(odd))).toEqual(odd)
  })
})
