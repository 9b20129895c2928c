import { AUDIT_REFUSALS_MAX, AUDIT_REFUSALS_WINDOW_MS, AUDIT_REFUSED_CALLERS_MAX } from '../limits/limits'
import { BoundedCache } from '../storage/bounded-cache'

interface Refusals {
  readonly sinceMs: number
  told: number
  untold: number
}

const callers = new BoundedCache<Refusals>(AUDIT_REFUSED_CALLERS_MAX)

/**
 * Whether a refusal is told by itself, as the first AUDIT_REFUSALS_MAX of a caller in a window are: somebody with a dead key
 * must not write as much as they like. The first of the next window tells how many were not.
 */
export function tellRefusal(callerId: string, nowMs: number): { readonly isTold: boolean; readonly omitted: number } {
  const before = callers.get(callerId)
  const isSame = before !== undefined && nowMs - before.sinceMs < AUDIT_REFUSALS_WINDOW_MS
  const now = isSame ? before : { sinceMs: nowMs, told: 0, untold: 0 }
  const omitted = isSame ? 0 : (before?.untold ?? 0)
  const isTold = now.told < AUDIT_REFUSALS_MAX
  if (isTold) now.told++
  else now.untold++
  callers.put(callerId, now, 1)
  return { isTold, omitted }
}
