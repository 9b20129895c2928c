const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** The pauses after each failed attempt of a delivery (Standard Webhooks 1.0.0). After the attempt behind the last it is dead. */
export const RETRY_PAUSES_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
]

/** How far a pause may be from what the schedule says, either way, so that what failed together does not come back together. */
export const JITTER_PART = 0.1

/** A pause with its jitter. `random` is from 0 to 1. */
export const jittered = (pauseMs: number, random: number): number =>
  Math.round(pauseMs * (1 + JITTER_PART * (2 * random - 1)))

/** The pause after the n-th failure of a delivery, from 1; undefined when there is no further attempt. */
export function retryPauseMs(failures: number, random: number): number | undefined {
  const pauseMs = RETRY_PAUSES_MS.at(failures - 1)
  return failures < 1 || pauseMs === undefined ? undefined : jittered(pauseMs, random)
}
