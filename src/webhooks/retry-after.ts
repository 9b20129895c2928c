import { WEBHOOK_RETRY_AFTER_MS_MAX } from '../limits/limits'

const HTTP_DATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * How long a receiver asks to be left alone (RFC 9110, 10.2.3): seconds, or a date of HTTP. At most
 * WEBHOOK_RETRY_AFTER_MS_MAX; undefined for a time that is over and for anything that is neither.
 */
export function parseRetryAfter(text: string | null, nowMs: number): number | undefined {
  const trimmed = text?.trim() ?? ''
  const waitMs = /^\d{1,15}$/.test(trimmed) ? Number(trimmed) * 1000 : untilDate(trimmed, nowMs)
  return waitMs > 0 ? Math.min(waitMs, WEBHOOK_RETRY_AFTER_MS_MAX) : undefined
}

/** 0 for what is no date. The two old forms of a date are not sent by anybody. */
function untilDate(text: string, nowMs: number): number {
  if (!HTTP_DATE.test(text)) return 0
  const dateMs = Date.parse(text)
  return Number.isNaN(dateMs) ? 0 : dateMs - nowMs
}
