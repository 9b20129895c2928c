import { parseDuration } from './quantity'

const DATE = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/
const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d))?$/i
const RELATIVE = /^(?:now)?([-+]?)([^-+]+)$/i
const EPOCH = /^-?\d+(?:\.\d+)?$/

/**
 * A point in time as people type it, in milliseconds: a date or RFC 3339 time (UTC unless it names an offset), a number since
 * 1970 in s, ms, µs or ns, `now`, or a duration, which means ago: `2h`, `-15m` and `now-15m`. Only `+5m` lies ahead.
 */
export function parseTime(text: string, nowMs: number): number | undefined {
  if (/^now$/i.test(text)) return nowMs
  return parseDate(text) ?? parseDateTime(text) ?? parseEpoch(text) ?? parseRelative(text, nowMs)
}

function parseDate(text: string): number | undefined {
  const [whole, year, month = '01', day = '01'] = DATE.exec(text) ?? []
  return whole === undefined ? undefined : toUtcMs(year, month, day)
}

function parseDateTime(text: string): number | undefined {
  const match = DATE_TIME.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second = '0', fraction = '0', sign, offsetHour = '0', offsetMinute = '0'] =
    match
  const midnightMs = toUtcMs(year, month, day)
  if (midnightMs === undefined) return undefined
  // A leap second is written as 60.
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined
  const offsetMinutes = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === '-' ? -1 : 1)
  const minutes = Number(hour) * 60 + Number(minute) - offsetMinutes
  return midnightMs + minutes * 60_000 + Number(second) * 1000 + Number(`0.${fraction}`) * 1000
}

/** Date.UTC rolls the 31st of June over to July; such a day is a mistake. */
function toUtcMs(year: string, month: string, day: string): number | undefined {
  const isoDay = `${year}-${month}-${day}`
  const ms = Date.parse(`${isoDay}T00:00:00Z`)
  if (Number.isNaN(ms)) return undefined
  return new Date(ms).toISOString().startsWith(isoDay) ? ms : undefined
}

/** The unit shows in the size: each is a thousand times the one before, and 10^11 seconds are three thousand years. */
function parseEpoch(text: string): number | undefined {
  if (!EPOCH.test(text)) return undefined
  const value = Number(text)
  const size = Math.abs(value)
  if (size < 1e11) return value * 1000
  if (size < 1e14) return value
  if (size < 1e17) return value / 1000
  return size < 1e20 ? value / 1e6 : undefined
}

function parseRelative(text: string, nowMs: number): number | undefined {
  const [, sign, duration] = RELATIVE.exec(text) ?? []
  const durationMs = duration === undefined ? undefined : parseDuration(duration)
  if (durationMs === undefined) return undefined
  return sign === '+' ? nowMs + durationMs : nowMs - durationMs
}
