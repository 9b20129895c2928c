import { DEFAULT_BUCKETS_MAX } from './pipe-limits'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Steps that people read easily on an axis. */
const NICE_STEPS_MS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 7].map((days) => days * DAY_MS),
]

export interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
}

/** Buckets begin at multiples of the step since 1970, in UTC. */
export const bucketOf = (ms: number, stepMs: number): number => Math.floor(ms / stepMs)

export const bucketCount = ({ fromMs, toMs }: TimeRange, stepMs: number): number =>
  bucketOf(toMs, stepMs) - bucketOf(fromMs, stepMs) + 1

/** The smallest nice step with few enough buckets; past the largest, weeks are doubled. */
export function niceStepMs(range: TimeRange): number {
  let stepMs = 7 * DAY_MS
  const fits = (step: number): boolean => bucketCount(range, step) <= DEFAULT_BUCKETS_MAX
  const nice = NICE_STEPS_MS.find(fits)
  if (nice !== undefined) return nice
  while (!fits(stepMs)) stepMs *= 2
  return stepMs
}
