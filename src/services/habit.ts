import * as z from 'zod'
import { HABIT_ARRIVALS_MIN, HABIT_DAYS_KEPT, HABIT_FACTOR, HABIT_SILENCE_MS_MIN } from '../limits/limits'

/** How a service usually sends: what is needed to tell a pause from a silence, and no more. */
export interface Habit {
  /** When the last batch with records of it came. */
  readonly lastMs: number
  /** Batches with records of it, up to HABIT_ARRIVALS_MIN. */
  readonly arrivals: number
  /** The last day with records of it, since 1970. */
  readonly day: number
  /** The longest pause that ended on each of its last days with records, in seconds, the newest first. */
  readonly pausesSeconds: readonly number[]
}

/** By the name of the service. */
export type Habits = ReadonlyMap<string, Habit>

/** What there is to say of a service's silence. */
export interface Silence {
  readonly lastMs: number
  /** The pause that it is used to; undefined while that is being learned. */
  readonly usualPauseMs: number | undefined
  /** Since when it has been silent for longer than its habit; undefined while it has not. */
  readonly silentSinceMs: number | undefined
}

const DAY_MS = 86_400_000

/** The habit after a batch with records of the service. Of a clock that goes back it takes no notice. */
export function afterArrival(habit: Habit | undefined, nowMs: number): Habit {
  const today = Math.floor(nowMs / DAY_MS)
  if (habit === undefined) return { lastMs: nowMs, arrivals: 1, day: today, pausesSeconds: [0] }
  const pauseSeconds = Math.max(0, Math.ceil((nowMs - habit.lastMs) / 1000))
  const [newest = 0, ...older] = habit.pausesSeconds
  const isSameDay = today <= habit.day
  const pauses = isSameDay ? [Math.max(newest, pauseSeconds), ...older] : [pauseSeconds, newest, ...older]
  return {
    lastMs: Math.max(nowMs, habit.lastMs),
    arrivals: Math.min(habit.arrivals + 1, HABIT_ARRIVALS_MIN),
    day: Math.max(today, habit.day),
    pausesSeconds: pauses.slice(0, HABIT_DAYS_KEPT),
  }
}

/**
 * Whether a service is silent for longer than its own habit. Its usual pause is the second longest of the longest pauses of its
 * last days: what happens every night or weekend is a habit, what happened once is none. The silence is reported after
 * HABIT_FACTOR times that, and no sooner than HABIT_SILENCE_MS_MIN.
 */
export function silenceOf(habit: Habit, nowMs: number): Silence {
  const usualPauseMs = usualPauseOf(habit)
  if (usualPauseMs === undefined) return { lastMs: habit.lastMs, usualPauseMs, silentSinceMs: undefined }
  const dueMs = habit.lastMs + Math.max(usualPauseMs * HABIT_FACTOR, HABIT_SILENCE_MS_MIN)
  return { lastMs: habit.lastMs, usualPauseMs, silentSinceMs: nowMs > dueMs ? dueMs : undefined }
}

/** As the state row of the object keeps them. */
export const habitsText = (habits: Habits): string =>
  habits.size === 0
    ? ''
    : JSON.stringify(
        Array.from(habits, ([name, { lastMs, arrivals, day, pausesSeconds }]) => [
          ...[name, lastMs, arrivals, day],
          pausesSeconds,
        ]),
      )

const Written = z.array(z.tuple([z.string(), z.number(), z.number(), z.number(), z.array(z.number())]))

/** What another version of the code has written and cannot be read is learned anew. */
export function parseHabits(text: string): Habits {
  if (text === '') return new Map()
  const read = Written.safeParse(parseJson(text)).data ?? []
  return new Map(
    read.map(([name, lastMs, arrivals, day, pausesSeconds]) => [name, { lastMs, arrivals, day, pausesSeconds }]),
  )
}

function usualPauseOf({ arrivals, pausesSeconds }: Habit): number | undefined {
  if (arrivals < HABIT_ARRIVALS_MIN) return undefined
  const [longest = 0, second = longest] = pausesSeconds.toSorted((left, right) => right - left)
  return second * 1000
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
