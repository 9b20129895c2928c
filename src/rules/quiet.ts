import type { Maintenance, TriggerRule } from './rule'
import { WEEKDAYS } from './rule'

/** Why a rule tells nothing. */
export type QuietReason = 'cooldown' | 'flapping' | 'muted' | 'maintenance'

/** Why nothing is told at a moment, and until when that is known to last. */
export interface QuietSpan {
  readonly reason: QuietReason
  readonly untilMs: number
}

/** What quietens a whole rule at a moment; undefined when nothing does. By the clock on the wall. */
export type Quiet = (atMs: number) => QuietSpan | undefined

/** What a rule says about when it is quiet. */
export function quietOf({ muted_until, maintenance = [] }: Pick<TriggerRule, 'muted_until' | 'maintenance'>): Quiet {
  const mutedMs = muted_until === undefined ? Number.NEGATIVE_INFINITY : Date.parse(muted_until)
  const windows = maintenance.map(windowOf)
  return (atMs) => {
    if (atMs < mutedMs) return { reason: 'muted', untilMs: mutedMs }
    const ends = windows.map((window) => window(atMs)).filter((end) => end !== undefined)
    return ends.length === 0 ? undefined : { reason: 'maintenance', untilMs: Math.max(...ends) }
  }
}

type Window = (atMs: number) => number | undefined

function windowOf(maintenance: Maintenance): Window {
  if ('days' in maintenance) return weekly(maintenance)
  const fromMs = Date.parse(maintenance.from)
  const toMs = Date.parse(maintenance.to)
  return (atMs) => (atMs >= fromMs && atMs < toMs ? toMs : undefined)
}

const MINUTE_MS = 60_000
const DAY_MINUTES = 24 * 60

/**
 * A window of each week, by the clock of a zone. Where that clock is set forward or back meanwhile, the end comes early or
 * late by as much at first, and is looked at again then.
 */
function weekly({ days, from, to, zone }: Extract<Maintenance, { days: unknown }>): Window {
  const clock = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  })
  const start = minutesOf(from)
  const length = ((minutesOf(to) - start + DAY_MINUTES - 1) % DAY_MINUTES) + 1
  const begins = new Set(days.map((day) => WEEKDAYS.indexOf(day)))
  return (atMs) => {
    const { day, minute } = localTime(clock, atMs)
    const isToday = minute >= start && begins.has(day)
    const since = isToday ? minute - start : minute - start + DAY_MINUTES
    if ((!isToday && !begins.has((day + 6) % 7)) || since >= length) return undefined
    return Math.floor(atMs / MINUTE_MS) * MINUTE_MS + (length - since) * MINUTE_MS
  }
}

const DAY_NUMBERS: ReadonlyMap<string, number> = new Map(WEEKDAYS.map((name, day) => [name, day]))

function localTime(clock: Intl.DateTimeFormat, atMs: number): { readonly day: number; readonly minute: number } {
  const parts = new Map(clock.formatToParts(atMs).map(({ type, value }) => [type, value]))
  const weekday = parts.get('weekday')?.toLowerCase() ?? ''
  return {
    day: DAY_NUMBERS.get(weekday) ?? -1,
    minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  }
}

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':')
  return Number(hours) * 60 + Number(minutes)
}
