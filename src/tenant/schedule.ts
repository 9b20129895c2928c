import {
  RETRY_MS_MAX,
  RETRY_MS_MIN,
  SEAL_AFTER_MS,
  SEAL_START_BYTES,
  SEAL_START_UNPACKED_BYTES,
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
  state.journalRows >= SEGMENT_ROWS_MAX ||
  state.journalBytes >= SEAL_START_BYTES ||
  state.journalUnpackedBytes >= SEAL_START_UNPACKED_BYTES

/** What waits beside what the state says. */
export interface Waiting {
  /** A change of the catalog was begun and is not done. */
  readonly hasChange: boolean
  /** When the first of what was left behind may be deleted; undefined when there is nothing. */
  readonly garbageMs: number | undefined
  /** The store's work has failed and is not tried again before that; what is below does not wait for it. */
  readonly retryMs?: number | undefined
  /** When triage rules want to be looked at. */
  readonly rulesMs?: number | undefined
  /** When webhooks have something to be sent. */
  readonly outboxMs?: number | undefined
  /** When services are to be asked for their health. */
  readonly servicesMs?: number | undefined
  /** When live tails want to be looked at. */
  readonly tailsMs?: number | undefined
}

export const NOTHING_ELSE: Waiting = { hasChange: false, garbageMs: undefined }

/** True when D1 has not heard of the latest change of the directory. */
export const isUnpublished = ({ settingsVersion, publishedVersion }: TenantState): boolean =>
  publishedVersion < settingsVersion

/** When the object has to work next; undefined when it has nothing to do. */
export function nextWorkMs(state: TenantState, waiting: Waiting, nowMs: number): number | undefined {
  const storeMs = storeWorkMs(state, waiting, nowMs)
  const { retryMs = 0, rulesMs, outboxMs, servicesMs, tailsMs } = waiting
  const times = [storeMs === undefined ? undefined : Math.max(storeMs, retryMs), rulesMs, outboxMs, servicesMs, tailsMs]
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.max(nowMs, Math.min(...known))
}

/** When there is something to seal, publish, change or clear away. */
function storeWorkMs(state: TenantState, waiting: Waiting, nowMs: number): number | undefined {
  if (state.sealedSegments > 0 || state.isExpiring || waiting.hasChange || isSealDue(state, nowMs)) return nowMs
  if (isUnpublished(state)) return nowMs
  const times = [
    ...(state.journalRows > 0 ? [state.oldestMs + SEAL_AFTER_MS] : []),
    ...(state.upkeepMs > 0 ? [state.upkeepMs] : []),
    ...(waiting.garbageMs === undefined ? [] : [waiting.garbageMs]),
  ]
  return times.length === 0 ? undefined : Math.min(...times)
}

/** Pause after the n-th failure in a row, from 1. */
export const retryPauseMs = (failures: number): number => Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** (failures - 1))
