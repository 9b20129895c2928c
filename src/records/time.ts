/** A point in time: whole milliseconds since 1970 and the rest in nanoseconds, 0–999,999. */
export interface Instant {
  readonly ms: number
  readonly nanos: number
}

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9})\d*)?)?\s?(Z|z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?$/
const DECIMAL = /^(-?)(\d{1,19})(?:\.(\d{1,9})\d*)?$/
const CLF = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-]\d{2})(\d{2})$/
const DATE_OF_A_FAR_YEAR = /^[+-]?\d{5,}-\d{2}-\d{2}(?:[Tt ]|$)/
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const NO_DATE = /^(?:[+-]?(?:nan|inf|infinity)|invalid date)$/i
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/**
 * Reads a time as programs write it: RFC 3339 and its common relaxations (space for T, comma for the point, no zone means
 * UTC, up to nine decimals), the common log format's date, or a number since 1970 in seconds, milliseconds, microseconds
 * or nanoseconds by its magnitude. No digit goes through a double. Undefined when it is none of these.
 */
export function parseInstant(text: string): Instant | undefined {
  return fromIso(text) ?? fromNumber(text) ?? fromCommonLog(text)
}

/**
 * Whether a text that `parseInstant` cannot read was all the same meant as a time: a date that no calendar has, a year or a
 * number that is out of reach, or what programs print when they have none. Small numbers are not: they count or measure
 * something.
 */
export const isImpossibleTime = (text: string): boolean =>
  ISO.test(text) ||
  CLF.test(text) ||
  DATE_OF_A_FAR_YEAR.test(text) ||
  NO_DATE.test(text) ||
  (NUMBER.test(text) && isBeyondInstants(Number(text)))

const isBeyondInstants = (value: number): boolean => value <= -NEGATIVE_SECONDS_MIN || value >= NANOSECONDS_MAX

/** Three years of seconds: a duration or a balance is nearer to zero. */
const NEGATIVE_SECONDS_MIN = 1e8

/** More digits than nanoseconds since 1970 can have. */
const NANOSECONDS_MAX = 1e19

function fromIso(text: string): Instant | undefined {
  const match = ISO.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match
  // A leap second counts as the second after it.
  const utcMs = utc(Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second))
  if (utcMs === undefined) return undefined
  const digits = fraction.padEnd(9, '0')
  return { ms: utcMs + Number(digits.slice(0, 3)) - zoneOffsetMs(zone), nanos: Number(digits.slice(3)) }
}

function utc(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return undefined
  // Date.UTC would take the years below 100 for those of the twentieth century.
  const midnight = new Date(0).setUTCFullYear(year, month - 1, day)
  // 31 February would have rolled over into March.
  if (new Date(midnight).getUTCDate() !== day) return undefined
  return midnight + hour * 3_600_000 + minute * 60_000 + second * 1000
}

function zoneOffsetMs(zone: string): number {
  if (zone === 'Z' || zone === 'z' || zone === 'UTC') return 0
  const sign = zone.startsWith('-') ? -1 : 1
  const minutes = zone.length > 3 ? Number(zone.slice(-2)) : 0
  return sign * (Number(zone.slice(1, 3)) * 60 + minutes) * 60_000
}

function fromNumber(text: string): Instant | undefined {
  const match = DECIMAL.exec(text)
  if (!match) return undefined
  const [, sign, whole = '', fraction = ''] = match
  if (sign === '-') return undefined
  // Digits are shifted as text: 19-digit nanoseconds do not fit a double.
  const digits = whole.replace(/^0+(?=\d)/, '')
  const unit = unitDigits(digits)
  const all = digits + fraction.padEnd(9, '0').slice(0, 9)
  const nanosText = all.slice(0, digits.length + 9 - unit).padStart(10, '0')
  return { ms: Number(nanosText.slice(0, -6)), nanos: Number(nanosText.slice(-6)) }
}

/** How many decimal digits below a second the number's last whole digit stands for: 0, 3, 6 or 9. */
function unitDigits(digits: string): number {
  if (digits.length <= 11) return 0
  if (digits.length <= 14) return 3
  if (digits.length <= 17) return 6
  return 9
}

function fromCommonLog(text: string): Instant | undefined {
  const match = CLF.exec(text)
  if (!match) return undefined
  const [, day, monthName = '', year, hour, minute, second, zoneHours = '', zoneMinutes = ''] = match
  const month = MONTHS.indexOf(monthName) + 1
  const ms = utc(Number(year), month, Number(day), Number(hour), Number(minute), Number(second))
  return ms === undefined ? undefined : { ms: ms - zoneOffsetMs(zoneHours + zoneMinutes), nanos: 0 }
}

/** RFC 3339 in UTC with 3, 6 or 9 decimals: as many as the instant needs. */
export function formatInstant(instant: Instant): string {
  const text = new Date(instant.ms).toISOString()
  if (instant.nanos === 0) return text
  const digits = String(instant.nanos).padStart(6, '0')
  return `${text.slice(0, -1)}${digits.endsWith('000') ? digits.slice(0, 3) : digits}Z`
}
