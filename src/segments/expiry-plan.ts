import type { ExpirableSegment } from './change'
import type { ExpiryLook } from './look-for-expired'
import { addPolicies, type RemovedByPolicy, shareBytes } from './retention-run'
import type { SealedSegment } from './seal'

/** What one step of retention is going to do. */
export interface ExpiryPlan {
  readonly removed: ExpirableSegment[]
  /** What is left of some of them, with the time at which those were sealed. */
  readonly made: { readonly sealed: SealedSegment; readonly sealedMs: number }[]
  readonly counts: { segmentsRemoved: number; segmentsRewritten: number }
  policies: Record<string, RemovedByPolicy>
  /** Segments that stay, and when to look at them again. */
  readonly looks: { readonly id: string; readonly dueMs: number }[]
}

export const newExpiryPlan = (): ExpiryPlan => ({
  removed: [],
  made: [],
  counts: { segmentsRemoved: 0, segmentsRewritten: 0 },
  policies: {},
  looks: [],
})

/**
 * Adds what becomes of a segment. One whose successor would have the id of a segment that is there, because it holds the same
 * records, waits until that is gone.
 */
export function addToPlan(
  plan: ExpiryPlan,
  segment: ExpirableSegment,
  look: ExpiryLook,
  taken: ReadonlySet<string>,
): void {
  if (!look.ok || taken.size > 0) return
  const { made, expired, dueMs } = look
  if (made === undefined) {
    plan.looks.push({ id: segment.id, dueMs: dueMs ?? Number.MAX_SAFE_INTEGER })
    return
  }
  const left = made.reduce((sum, { bytes }) => sum + bytes.length, 0)
  plan.removed.push(segment)
  plan.made.push(...made.map((sealed) => ({ sealed, sealedMs: segment.sealedMs })))
  plan.counts.segmentsRemoved += made.length === 0 ? 1 : 0
  plan.counts.segmentsRewritten += made.length === 0 ? 0 : 1
  plan.policies = addPolicies(plan.policies, shareBytes(expired, Math.max(0, segment.bytes - left)))
}
