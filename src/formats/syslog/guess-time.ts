import { parseInstant } from '../../records/time'

/** A time that does not say its year or its zone. */
export interface BareTime {
  readonly month: number
  readonly day: number
  readonly year: number | undefined
  /** Milliseconds since midnight. */
  readonly ofDayMs: number
  /** Decimals of the second, as they were written. */
  readonly fraction: string
}

/** What is known when a time is guessed. */
export interface GuessClues {
  readonly receivedMs: number
  /** Minutes east of Greenwich, where somebody said it. */
  readonly offsetMinutes: number | undefined
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** A sender that writes as things happen is heard within seconds; clocks differ by no more. */
const PROMPT_MS = 10_000

/** The zones that there are, in minutes east of Greenwich. */
const OFFSETS: readonly number[] = [
  ...Array.from({ length: 27 }, (_, hour) => (hour - 12) * 60),
  ...[-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765],
]

/** A month ahead is last year (RFC 3164 names no year): devices send backlogs, none sends the future. */
const AHEAD_MS_MAX = 31 * DAY_MS

/**
 * The time that an RFC 3164 header means, in RFC 3339. The year is the one nearest to now. The zone is UTC, unless the time is,
 * to within seconds, now in another zone: then the message was just written by a clock there.
 */
export function guessTime(bare: BareTime, { receivedMs, offsetMinutes }: GuessClues): string | undefined {
  const asUtcMs = nearestYear(bare, receivedMs)
  if (asUtcMs === undefined) return undefined
  const offset = offsetMinutes ?? promptOffset(asUtcMs - receivedMs)
  const local = new Date(asUtcMs).toISOString().slice(0, 19)
  return `${local}${bare.fraction === '' ? '' : `.${bare.fraction.slice(0, 9)}`}${zoneText(offset)}`
}

function nearestYear(bare: BareTime, receivedMs: number): number | undefined {
  if (bare.year !== undefined) return utcOf(bare, bare.year)
  const year = new Date(receivedMs).getUTCFullYear()
  // The year after is for a sender just before midnight of 31 December whose clock is ahead.
  for (const candidate of [year + 1, year, year - 1]) {
    const ms = utcOf(bare, candidate)
    const isNext = candidate === year + 1
    if (ms !== undefined && ms <= receivedMs + (isNext ? DAY_MS : AHEAD_MS_MAX)) return ms
  }
  return undefined
}

/** 29 February is in some years only. */
function utcOf({ month, day, ofDayMs }: BareTime, year: number): number | undefined {
  const date = `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}`
  const midnight = parseInstant(date)
  return midnight && midnight.ms + ofDayMs
}

/** How far a clock in another zone is ahead of ours, if the difference is one that a zone makes. */
const promptOffset = (aheadMs: number): number =>
  OFFSETS.find((minutes) => Math.abs(aheadMs - minutes * MINUTE_MS) <= PROMPT_MS) ?? 0

function zoneText(minutes: number): string {
  if (minutes === 0) return 'Z'
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`
}

const twoDigits = (value: number): string => String(value).padStart(2, '0')

/** `+02:00`, `-0330`, `Z`: minutes east of Greenwich, or undefined. */
export function parseOffset(text: string): number | undefined {
  if (/^(?:z|utc|gmt)$/i.test(text)) return 0
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(text)
  if (!match) return undefined
  const [, sign, hours, minutes] = match
  const offset = Number(hours) * 60 + Number(minutes)
  return offset > 14 * 60 ? undefined : (sign === '-' ? -1 : 1) * offset
}
