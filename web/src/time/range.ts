/** What is looked at: as it was typed, so that a link says the same. */
export interface RangeText {
  /** `-1h`, or an instant. */
  readonly from: string
  /** `now`, or an instant. */
  readonly to: string
}

export const DEFAULT_RANGE: RangeText = { from: '-1h', to: 'now' }

/** The ranges that are offered by name. */
export const PRESETS = [
  { from: '-5m', label: 'Last 5 minutes' },
  { from: '-15m', label: 'Last 15 minutes' },
  { from: '-1h', label: 'Last hour' },
  { from: '-6h', label: 'Last 6 hours' },
  { from: '-24h', label: 'Last 24 hours' },
  { from: '-7d', label: 'Last 7 days' },
  { from: '-30d', label: 'Last 30 days' },
] as const

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
}

/** The milliseconds of `90m` or `-2h`; undefined when it is no duration. */
export function durationMs(text: string): number | undefined {
  const found = /^-?(\d{1,9}(?:\.\d+)?)\s*(s|m|h|d|w)(?:in|ins|ec|ecs|ours?|ays?|eeks?)?$/i.exec(text.trim())
  return found ? Number(found[1]) * UNIT_MS[found[2].toLowerCase()] : undefined
}

/** The instant that a text means, in milliseconds since 1970; undefined when it means none. */
export function instantMs(text: string, nowMs: number, isUtc: boolean): number | undefined {
  const trimmed = text.trim().toLowerCase()
  if (trimmed === 'now') return nowMs
  const ago = durationMs(trimmed)
  if (ago !== undefined) return nowMs - ago
  return epochMs(trimmed) ?? dayMs(trimmed, nowMs, isUtc) ?? isoMs(text.trim(), isUtc)
}

/** Seconds, milliseconds, microseconds or nanoseconds since 1970, by their number of digits. */
function epochMs(text: string): number | undefined {
  if (!/^\d{9,19}$/.test(text)) return undefined
  const value = Number(text)
  if (value < 1e11) return value * 1000
  if (value < 1e14) return value
  return value < 1e17 ? value / 1000 : value / 1e6
}

/** `today`, `yesterday 14:00`, `09:30`. */
function dayMs(text: string, nowMs: number, isUtc: boolean): number | undefined {
  const found = /^(today|yesterday)?\s*(?:(\d{1,2}):(\d{2})(?::(\d{2}))?)?$/.exec(text)
  if (!found || text === '') return undefined
  const [, day, hours = '0', minutes = '0', seconds = '0'] = found
  const date = new Date(nowMs)
  const back = day === 'yesterday' ? 1 : 0
  const parts = [Number(hours), Number(minutes), Number(seconds), 0] as const
  if (isUtc) return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() - back, ...parts)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() - back, ...parts).getTime()
}

/** ISO 8601; without a zone it is read in the zone that the page shows. */
function isoMs(text: string, isUtc: boolean): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined
  const iso = text.replace(' ', 'T').replace(',', '.')
  const hasTime = iso.includes('T')
  const hasZone = /(?:z|[+-]\d{2}:?\d{2})$/i.test(iso)
  const whole = hasTime ? iso : `${iso}T00:00`
  const ms = Date.parse(hasZone || !isUtc ? whole : `${whole}Z`)
  return Number.isNaN(ms) ? undefined : ms
}

/** A range as it is typed: `90m`, `yesterday 14:00 to 15:30`, `around 10:31:07`, an instant. Undefined when it is none. */
export function parseRange(text: string, nowMs: number, isUtc: boolean): RangeText | undefined {
  const trimmed = text.trim()
  const around = /^around\s+(.+)$/i.exec(trimmed)
  if (around) return aroundText(instantMs(around[1], nowMs, isUtc))
  const two = /^(?:from\s+)?(.+?)\s+(?:to|until|-|–|…)\s+(.+)$/i.exec(trimmed)
  if (two) return betweenText(two[1], two[2], nowMs, isUtc)
  if (durationMs(trimmed) !== undefined) return { from: `-${trimmed.replace(/^-/, '').replace(/\s+/g, '')}`, to: 'now' }
  const fromMs = instantMs(trimmed, nowMs, isUtc)
  if (fromMs === undefined) return undefined
  // An instant of which somebody has a copy is what they want to see around.
  return /[:T]|^\d{9,}$/i.test(trimmed) ? aroundText(fromMs) : { from: iso(fromMs), to: 'now' }
}

const AROUND_MS = 5 * 60_000

const aroundText = (ms: number | undefined): RangeText | undefined =>
  ms === undefined ? undefined : { from: iso(ms - AROUND_MS), to: iso(ms + AROUND_MS) }

function betweenText(fromText: string, toText: string, nowMs: number, isUtc: boolean): RangeText | undefined {
  const fromMs = instantMs(fromText, nowMs, isUtc)
  const isClock = /^\d{1,2}:\d{2}/.test(toText.trim())
  // `yesterday 14:00 to 15:30`: the second is of the first one's day.
  const anchorMs = isClock && fromMs !== undefined ? fromMs : nowMs
  const toMs = toText.trim().toLowerCase() === 'now' ? nowMs : instantMs(toText, anchorMs, isUtc)
  if (fromMs === undefined || toMs === undefined || toMs <= fromMs) return undefined
  return { from: iso(fromMs), to: toText.trim().toLowerCase() === 'now' ? 'now' : iso(toMs) }
}

const iso = (ms: number): string => new Date(ms).toISOString()

/** Both ends of a range in milliseconds, at this moment. */
export function boundsOf(range: RangeText, nowMs: number): { readonly fromMs: number; readonly toMs: number } {
  const toMs = instantMs(range.to, nowMs, true) ?? nowMs
  return { fromMs: instantMs(range.from, nowMs, true) ?? toMs - UNIT_MS.h, toMs }
}

/** Whether the range ends where time is now, so that it can be followed. */
export const isOpen = (range: RangeText): boolean => range.to === 'now'

/** The range before (-1) or after (1) this one, as wide as it. */
export function shifted(range: RangeText, direction: -1 | 1, nowMs: number): RangeText {
  const { fromMs, toMs } = boundsOf(range, nowMs)
  const width = toMs - fromMs
  const nextToMs = toMs + direction * width
  return nextToMs >= nowMs
    ? { from: iso(nowMs - width), to: 'now' }
    : { from: iso(nextToMs - width), to: iso(nextToMs) }
}

/** The same range without anything that moves with the clock: for links. */
export function absolute(range: RangeText, nowMs: number): RangeText {
  const { fromMs, toMs } = boundsOf(range, nowMs)
  return { from: iso(fromMs), to: iso(toMs) }
}
