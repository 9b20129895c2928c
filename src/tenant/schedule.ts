import {
  RETRY_MS_MAX,
  RETRY_MS_MIN,
  SEAL_AFTER_MS,
  SEGMENT_DECODED_BYTES_MAX,
  SEGMENT_ROWS_MAX,
} from '../limits/limits'
import type { TenantState } from './state'

/** True when the journal holds a segment's worth of records, or has held some for long enough. */
export function isSealDue(state: TenantState, nowMs: number): boolean {
  if (state.journalRows === 0) return false
  return isSegmentFull(state) || nowMs >= state.oldestMs + SEAL_AFTER_MS
}

/** True when the journal holds as much as a segment may. */
const isSegmentFull = (state: TenantState): boolean =>
  state.journalRows >= SEGMENT_ROWS_MAX || state.journalBytes >= SEGMENT_DECODED_BYTES_MAX

/** When the object has to work next; undefined when it has nothing to do. */
export function nextWorkMs(state: TenantState, nowMs: number): number | undefined {
  if (state.sealedSegments > 0 || isSealDue(state, nowMs)) return nowMs
  return state.journalRows > 0 ? state.oldestMs + SEAL_AFTER_MS : undefined
}

/** Pause after the n-th failure in a row, from 1. */
export const retryPauseMs = (failures: number): number => Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** (failures - 1))
