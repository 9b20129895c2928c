const DAY_MS = 86_400_000

/** Until when the records of each retention class have expired. */
export interface Expiry {
  readonly class: string
  /** A segment all of whose records are older has expired. */
  readonly beforeMs: number
}

/** The retention class of everything that no later rule puts into another one. */
export const STANDARD_CLASS = 'standard'

/** What has expired at a moment, counted from the records' own times. */
export const expiriesAt = (nowMs: number, ttlDays: number): Expiry[] => [
  { class: STANDARD_CLASS, beforeMs: nowMs - ttlDays * DAY_MS },
]
