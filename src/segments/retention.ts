const DAY_MS = 86_400_000

/** Until when the records of segments have expired. */
export interface Expiry {
  /** Only segments of this class; of every class when it is left out. */
  readonly class?: string
  /** A segment all of whose records are older has expired. */
  readonly beforeMs: number
}

/** The retention class of everything that no policy says anything about. */
export const STANDARD_CLASS = 'standard'

/** What has expired at a moment where all records are kept equally long, counted from their own times. */
export const expiriesAt = (nowMs: number, ttlDays: number): Expiry[] => [{ beforeMs: nowMs - ttlDays * DAY_MS }]

/** Days of the classes. There are few, so that a day of a tenant does not fall into many small segments. */
const CLASS_DAYS = [1, 3, 7, 14, 30, 60, 90, 180, 365, 730, 1825, 3650] as const

/**
 * The class of records that a policy keeps for so many days: of the classes that keep as long or longer the shortest. A class
 * only says which records lie together; when they expire is asked of the policies in force.
 */
export function retentionClass(days: number): string {
  const fitting = CLASS_DAYS.find((classDays) => days <= classDays)
  return fitting === undefined ? 'forever' : `d${fitting}`
}
