import { TIME_FORM } from './block'

/**
 * Reads a UTC time in the RFC 3339 forms that can be rebuilt from the instant (`2026-11-21T10:00:00Z`, with no, 3, 6 or 9
 * decimals) straight from the bytes. Writes milliseconds and nanoseconds into `result` and answers the TIME_FORM, or 0 when
 * it is another spelling or no such date.
 */
export function readIsoInstant(bytes: Uint8Array, at: number, length: number, result: Float64Array): number {
  const form = FORM_OF_LENGTH[length] ?? 0
  if (form === 0 || bytes[at + length - 1] !== 0x5a) return 0
  if (bytes[at + 4] !== 0x2d || bytes[at + 7] !== 0x2d || bytes[at + 10] !== 0x54) return 0
  if (bytes[at + 13] !== 0x3a || bytes[at + 16] !== 0x3a) return 0
  const year = digits(bytes, at, 4)
  const month = digits(bytes, at + 5, 2)
  const day = digits(bytes, at + 8, 2)
  const hour = digits(bytes, at + 11, 2)
  const minute = digits(bytes, at + 14, 2)
  const second = digits(bytes, at + 17, 2)
  if (!(year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return 0
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return 0
  let fractionNanos = 0
  if (length > 20) {
    if (bytes[at + 19] !== 0x2e) return 0
    const fraction = digits(bytes, at + 20, length - 21)
    fractionNanos = length === 24 ? fraction * 1_000_000 : length === 27 ? fraction * 1000 : fraction
  }
  const wholeMs = Math.floor(fractionNanos / 1_000_000)
  result[0] =
    daysSince1970(year, month, day) * 86_400_000 + hour * 3_600_000 + minute * 60_000 + second * 1000 + wholeMs
  result[1] = fractionNanos - wholeMs * 1_000_000
  return Number.isNaN(result[0] + result[1]) ? 0 : form
}

/** Thirteen digits are milliseconds since 1970; undefined for anything else. */
export function readEpochMs(bytes: Uint8Array, at: number, length: number): number | undefined {
  if (length !== 13 || bytes[at] === 0x30) return undefined
  const value = digits(bytes, at, 13)
  return Number.isNaN(value) ? undefined : value
}

/**
 * Ten digits with up to nine decimals are seconds since 1970, as Splunk and others write them. Writes milliseconds and nanoseconds
 * into `result`; false for anything else.
 */
export function readEpochSeconds(bytes: Uint8Array, at: number, length: number, result: Float64Array): boolean {
  const decimals = length - 11
  if (decimals < 1 || decimals > 9 || bytes[at] === 0x30 || bytes[at + 10] !== 0x2e) return false
  const seconds = digits(bytes, at, 10)
  const nanos = digits(bytes, at + 11, decimals) * 10 ** (9 - decimals)
  if (Number.isNaN(seconds + nanos)) return false
  const wholeMs = Math.floor(nanos / 1_000_000)
  result[0] = seconds * 1000 + wholeMs
  result[1] = nanos - wholeMs * 1_000_000
  return true
}

const FORM_OF_LENGTH: readonly (number | undefined)[] = Object.assign(
  new Array<number | undefined>(31).fill(undefined),
  {
    20: TIME_FORM.iso,
    24: TIME_FORM.isoMs,
    27: TIME_FORM.isoMicros,
    30: TIME_FORM.isoNanos,
  },
)

/** NaN when one of them is no digit. */
function digits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0
  for (let index = 0; index < count; index++) {
    const digit = bytes[at + index] - 0x30
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365]

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0

const daysIn = (year: number, month: number): number =>
  DAYS_BEFORE[month] - DAYS_BEFORE[month - 1] + (month === 2 && isLeap(year) ? 1 : 0)

function daysSince1970(year: number, month: number, day: number): number {
  const before = year - 1
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 477
  return (year - 1970) * 365 + leapDays + DAYS_BEFORE[month - 1] + (month > 2 && isLeap(year) ? 1 : 0) + day - 1
}
