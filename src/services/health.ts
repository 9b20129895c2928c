import {
  SERVICE_BACKOFF_MS_MAX,
  SERVICE_CHECK_JITTER_PERCENT,
  SERVICE_CHECK_MS,
  SERVICE_CHECKS_KEPT,
  SERVICE_DAYS_KEPT,
  SERVICE_FAILURES_TO_DOWN,
  SERVICE_HOURS_KEPT,
  SERVICE_RECHECK_MS,
} from '../limits/limits'

/** How a service is: `degraded` after a failure that may be chance, `unknown` until it was asked. */
export const SERVICE_STATES = ['unknown', 'up', 'degraded', 'down'] as const

export type ServiceState = (typeof SERVICE_STATES)[number]

/** What one look at a service found. */
export interface Check {
  readonly atMs: number
  readonly latencyMs: number
  /** Of the answer; undefined where there was none. */
  readonly status?: number | undefined
  /** Why there was no answer, by the kinds of the guard. */
  readonly fault?: string | undefined
}

/** Sums over the looks of an hour or day, by its number since 1970. */
export interface CheckSums {
  readonly period: number
  readonly checks: number
  readonly failures: number
  /** Of those that did not fail. */
  readonly latencyMs: number
}

/** What is remembered of how a service was. Bounded: a ring of looks, and sums by the hour and by the day. */
export interface ServiceHealth {
  readonly state: ServiceState
  /** Since when it is in that state; 0 while it is unknown. */
  readonly sinceMs: number
  /** In a row, up to now. */
  readonly failures: number
  /** When to look next. */
  readonly dueMs: number
  /** When it last was well; 0 for never. */
  readonly upMs: number
  /** The last looks, the oldest first. */
  readonly checks: readonly Check[]
  readonly hours: readonly CheckSums[]
  readonly days: readonly CheckSums[]
  readonly checksTotal: number
  readonly failuresTotal: number
}

/** Of a service that was just registered: to be asked at once. */
export const NEW_HEALTH: ServiceHealth = {
  ...{ state: 'unknown', sinceMs: 0, failures: 0, dueMs: 0, upMs: 0 },
  ...{ checks: [], hours: [], days: [], checksTotal: 0, failuresTotal: 0 },
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Whether a look found the service well: it answered, and with success. A redirect is none. */
export const isWell = ({ status }: Pick<Check, 'status'>): boolean =>
  status !== undefined && status >= 200 && status < 300

/** What is remembered after a look. `chance` is from 0 to 1, and moves the next look. */
export function afterCheck(health: ServiceHealth, check: Check, chance: number): ServiceHealth {
  const isUp = isWell(check)
  const failures = isUp ? 0 : health.failures + 1
  const state = stateAfter(health.state, failures)
  return {
    state,
    sinceMs: state === health.state ? health.sinceMs : check.atMs,
    failures,
    dueMs: check.atMs + Math.round(pauseMs(failures) * jitter(chance)),
    upMs: isUp ? check.atMs : health.upMs,
    checks: [...health.checks, check].slice(-SERVICE_CHECKS_KEPT),
    hours: addCheck(health.hours, check, HOUR_MS).slice(-SERVICE_HOURS_KEPT),
    days: addCheck(health.days, check, DAY_MS).slice(-SERVICE_DAYS_KEPT),
    checksTotal: health.checksTotal + 1,
    failuresTotal: health.failuresTotal + (isUp ? 0 : 1),
  }
}

/** What of a change of state people have to know: that it went down, or came back. */
export function transitionOf(before: ServiceState, after: ServiceState): 'down' | 'up' | undefined {
  if (after === 'down' && before !== 'down') return 'down'
  return after === 'up' && before === 'down' ? 'up' : undefined
}

/** The share of looks that found the service well, of those since a time; undefined where there were none. */
export function uptimeSince({ hours, days }: ServiceHealth, sinceMs: number, nowMs: number): number | undefined {
  const [sums, periodMs] = nowMs - sinceMs <= DAY_MS ? ([hours, HOUR_MS] as const) : ([days, DAY_MS] as const)
  const recent = sums.filter(({ period }) => (period + 1) * periodMs > sinceMs)
  const checks = recent.reduce((sum, one) => sum + one.checks, 0)
  const failures = recent.reduce((sum, one) => sum + one.failures, 0)
  return checks === 0 ? undefined : (checks - failures) / checks
}

function stateAfter(before: ServiceState, failures: number): ServiceState {
  if (failures === 0) return 'up'
  if (failures >= SERVICE_FAILURES_TO_DOWN || before === 'down') return 'down'
  return before === 'unknown' ? 'unknown' : 'degraded'
}

/** Soon after the first failure, ever later after more. */
const pauseMs = (failures: number): number =>
  failures === 0 ? SERVICE_CHECK_MS : Math.min(SERVICE_BACKOFF_MS_MAX, SERVICE_RECHECK_MS * 2 ** (failures - 1))

const jitter = (chance: number): number => 1 + ((2 * chance - 1) * SERVICE_CHECK_JITTER_PERCENT) / 100

/** Adds a look to its period. A clock that was set back adds to the newest one. */
function addCheck(sums: readonly CheckSums[], check: Check, periodMs: number): readonly CheckSums[] {
  const last = sums.at(-1)
  const period = Math.max(Math.floor(check.atMs / periodMs), last?.period ?? 0)
  const own = last?.period === period ? last : { period, checks: 0, failures: 0, latencyMs: 0 }
  const isUp = isWell(check)
  const added = {
    period,
    checks: own.checks + 1,
    failures: own.failures + (isUp ? 0 : 1),
    latencyMs: own.latencyMs + (isUp ? check.latencyMs : 0),
  }
  return own === last ? [...sums.slice(0, -1), added] : [...sums, added]
}
