import { LEVELS, type Level, type TableAnswer } from '../api/logs'

/** A bar of the histogram: how many records of each level came between two instants. */
export interface Bucket {
  readonly fromMs: number
  readonly toMs: number
  readonly counts: Readonly<Record<Level, number>>
  readonly total: number
}

const STEPS_MS = [
  1, 5, 10, 50, 100, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000,
  1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 604_800_000,
] as const

const BUCKETS_MAX = 150

/** A width at which the range has 60 to 150 bars where it can, and that people can say. */
export const stepFor = (widthMs: number): number =>
  STEPS_MS.find((step) => widthMs / step <= BUCKETS_MAX) ?? STEPS_MS[STEPS_MS.length - 1]

/** All bars of a range, empty ones too, out of what the server counted. */
export function bucketsOf(
  answer: TableAnswer,
  range: { readonly fromMs: number; readonly toMs: number },
  stepMs: number,
): Bucket[] {
  const found = new Map<number, Record<Level, number>>()
  for (const { time, level, count } of answer.data) {
    const ms = Date.parse(String(time))
    const counts = found.get(ms) ?? none()
    const known = LEVELS.find((one) => one === level)
    if (known !== undefined) counts[known] += Number(count)
    found.set(ms, counts)
  }
  const buckets: Bucket[] = []
  for (let fromMs = Math.floor(range.fromMs / stepMs) * stepMs; fromMs < range.toMs; fromMs += stepMs) {
    const counts = found.get(fromMs) ?? none()
    const total = LEVELS.reduce((sum, level) => sum + counts[level], 0)
    buckets.push({ fromMs, toMs: fromMs + stepMs, counts, total })
  }
  return buckets
}

const none = (): Record<Level, number> => ({ trace: 0, debug: 0, info: 0, warn: 0, error: 0, fatal: 0 })
