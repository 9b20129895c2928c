import { WEBHOOK_INTERRUPTIONS_MAX } from '../limits/limits'
import { jittered, retryPauseMs } from './delivery-schedule'
import { afterFailure, afterSuccess, type EndpointHealth, isBeyondHope } from './endpoint-health'
import type { AttemptResult } from './judge-answer'
import type { Disabled } from './webhook'

/** Where a delivery is: it waits for its next attempt, or it has ended. */
export const DELIVERY_STATUSES = ['waiting', 'delivered', 'dead'] as const

export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]

/** Why a delivery is among the dead letters. */
export type DeadReason = 'attempts_used_up' | 'endpoint_gone' | 'endpoint_disabled' | 'outbox_full'

/** What becomes of a delivery. */
export type NextStep =
  | { readonly status: 'waiting'; readonly dueMs: number; readonly failures: number }
  | { readonly status: 'delivered' }
  | { readonly status: 'dead'; readonly reason: DeadReason; readonly failures: number }

/** One attempt that has ended, and what it was made under. */
export interface EndedAttempt {
  readonly result: AttemptResult
  /** Failures of the delivery before it. */
  readonly failures: number
  readonly health: EndpointHealth
  readonly latencyMs: number
  readonly nowMs: number
  /** From 0 to 1. */
  readonly random: number
}

/** What an attempt leads to: for its delivery, for its webhook, and whether that is switched off. */
export interface Consequence {
  readonly next: NextStep
  readonly health: EndpointHealth
  readonly disabled?: Disabled
}

/** Decides what comes after an attempt. The next one is never before a Retry-After, and else by the schedule. */
export function afterAttempt(attempt: EndedAttempt): Consequence {
  const { result, nowMs, latencyMs } = attempt
  if (result.error === undefined)
    return { next: { status: 'delivered' }, health: afterSuccess(attempt.health, nowMs, latencyMs) }
  const { random } = attempt
  const health = afterFailure(attempt.health, { nowMs, random, retryAfterMs: result.retryAfterMs })
  const failures = attempt.failures + 1
  if (result.error === 'gone') {
    const detail = 'The receiver answered 410: it is gone for good.'
    return {
      next: { status: 'dead', reason: 'endpoint_gone', failures },
      health,
      disabled: { code: 'gone', detail, atMs: nowMs },
    }
  }
  const next = nextStep(failures, result, nowMs, random)
  if (!isBeyondHope(health, nowMs)) return { next, health }
  const detail = `The last ${health.failures} attempts have failed, since ${new Date(health.failingSinceMs).toISOString()}.`
  return {
    next: { status: 'dead', reason: 'endpoint_disabled', failures },
    health,
    disabled: { code: 'failing', detail, atMs: nowMs },
  }
}

/**
 * When an attempt is made again that nobody knows the end of, because the process ended first. It counts for nothing, unless
 * that has happened so often that it may be its own fault.
 */
export function afterInterruption(
  { failures, interruptions }: { readonly failures: number; readonly interruptions: number },
  nowMs: number,
  random: number,
): NextStep {
  if (interruptions <= WEBHOOK_INTERRUPTIONS_MAX) return { status: 'waiting', dueMs: nowMs, failures }
  return nextStep(failures + 1, {}, nowMs, random)
}

function nextStep(failures: number, { retryAfterMs = 0 }: AttemptResult, nowMs: number, random: number): NextStep {
  const pauseMs = retryPauseMs(failures, random)
  if (pauseMs === undefined) return { status: 'dead', reason: 'attempts_used_up', failures }
  // A receiver that was promised peace until then is not asked a moment before, whatever the jitter.
  const askedMs = retryAfterMs === 0 ? 0 : Math.max(retryAfterMs, jittered(retryAfterMs, random))
  return { status: 'waiting', dueMs: nowMs + Math.max(pauseMs, askedMs), failures }
}
