import { FAILED_ATTEMPTS_ADDRESSES_MAX, FAILED_ATTEMPTS_MAX, FAILED_ATTEMPTS_WINDOW_MS } from '../limits/limits'
import { emptyLog, note, settle, type WindowLog, waitMs } from '../limits/sliding-window'
import { BoundedCache } from '../storage/bounded-cache'
import { ApiError } from './problem'

/** The platform's counter, of one of its locations and about right: `success` is false once there are too many. */
export interface PlatformCounter {
  limit(about: { readonly key: string }): Promise<{ readonly success: boolean }>
}

const LIMIT = { units: FAILED_ATTEMPTS_MAX, windowMs: FAILED_ATTEMPTS_WINDOW_MS }

/** Addresses that named keys which do not exist, as this isolate knows them. */
const failures = new BoundedCache<WindowLog>(FAILED_ATTEMPTS_ADDRESSES_MAX)

/**
 * Refuses an address that has named too many keys or sessions that do not exist: to be asked before a store is. It is approximate: an
 * isolate knows what it saw and what the platform's counter told it, and forgets the addresses that failed least recently
 * when there are too many. Where no address is known, as under npm start, nobody is refused.
 */
export function refuseAfterFailures(address: string, nowMs: number): void {
  const log = failures.get(groupOf(address))
  if (log === undefined) return
  settle(log, LIMIT.windowMs, nowMs)
  const wait = waitMs(log, LIMIT, 1, nowMs)
  if (wait === 0) return
  throw new ApiError(
    'rate_limited',
    'Too many attempts with keys or sessions that do not exist came from this address.',
    {
      retryAfterSeconds: Math.ceil(wait / 1000),
    },
  )
}

/** Counts a key or a session that does not exist. A key with a wrong checksum costs nothing, and is not counted. */
export async function noteFailure(address: string, nowMs: number, counter: PlatformCounter | undefined): Promise<void> {
  if (address === '') return
  const group = groupOf(address)
  const log = failures.get(group) ?? emptyLog()
  settle(log, LIMIT.windowMs, nowMs)
  note(log, LIMIT.units, 1, nowMs)
  failures.put(group, log, 1)
  // The counter is a second opinion: without it, the isolate's own stands.
  const verdict = await counter?.limit({ key: group }).catch(() => undefined)
  if (verdict?.success === false) note(log, LIMIT.units, Math.max(0, LIMIT.units - log.used), nowMs)
}

/** Whom an address stands for: itself, or with IPv6 its /64, which is what one customer has. */
export function groupOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address
  const [head, tail = ''] = address.toLowerCase().split('::')
  const before = head.split(':').filter(Boolean)
  const after = tail.split(':').filter(Boolean)
  const zeros = address.includes('::') ? Math.max(0, 8 - before.length - after.length) : 0
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after]
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}
