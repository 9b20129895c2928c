import {
  WEBHOOK_BREAKER_FAILURES,
  WEBHOOK_BREAKER_MS_MAX,
  WEBHOOK_BREAKER_MS_MIN,
  WEBHOOK_DISABLE_FAILURES,
  WEBHOOK_DISABLE_MS,
} from '../limits/limits'
import { jittered } from './delivery-schedule'

/** How a webhook's receiver has answered of late. */
export interface EndpointHealth {
  /** Failures in a row; 0 after a success. */
  readonly failures: number
  /** When the first of them was; 0 without any. */
  readonly failingSinceMs: number
  /** Nothing is sent before that. After it, one attempt tells whether to go on. */
  readonly pausedUntilMs: number
  readonly lastSuccessMs: number
  readonly lastFailureMs: number
  /** Attempts that were answered with 2xx, and all others. */
  readonly succeeded: number
  readonly failed: number
  /** A moving average over the last attempts that were answered. */
  readonly latencyMs: number
}

/** Nothing was sent yet. */
export const UNKNOWN_HEALTH: EndpointHealth = {
  failures: 0,
  failingSinceMs: 0,
  pausedUntilMs: 0,
  lastSuccessMs: 0,
  lastFailureMs: 0,
  succeeded: 0,
  failed: 0,
  latencyMs: 0,
}

/** Each new latency weighs as much as this part of the average. */
const LATENCY_PART = 10

/** The health after an attempt that was answered with 2xx: whatever was, is forgiven. */
export function afterSuccess(health: EndpointHealth, nowMs: number, latencyMs: number): EndpointHealth {
  const { succeeded, failed, lastFailureMs } = health
  const before = succeeded === 0 ? latencyMs : health.latencyMs
  return {
    ...UNKNOWN_HEALTH,
    lastFailureMs,
    failed,
    lastSuccessMs: nowMs,
    succeeded: succeeded + 1,
    latencyMs: before + (latencyMs - before) / LATENCY_PART,
  }
}

/** What is known of an attempt that failed. */
export interface Failure {
  readonly nowMs: number
  /** From 0 to 1. */
  readonly random: number
  /** How long the receiver has asked to be left alone. */
  readonly retryAfterMs?: number | undefined
}

/** The health after a failure. From the WEBHOOK_BREAKER_FAILURES-th in a row on, and where the receiver asks for it, all pauses. */
export function afterFailure(health: EndpointHealth, { nowMs, random, retryAfterMs = 0 }: Failure): EndpointHealth {
  const failures = health.failures + 1
  const beyond = failures - WEBHOOK_BREAKER_FAILURES
  const breakerMs =
    beyond < 0 ? 0 : jittered(Math.min(WEBHOOK_BREAKER_MS_MAX, WEBHOOK_BREAKER_MS_MIN * 2 ** beyond), random)
  const pauseMs = Math.max(breakerMs, retryAfterMs)
  return {
    ...health,
    failures,
    failingSinceMs: health.failures === 0 ? nowMs : health.failingSinceMs,
    pausedUntilMs: pauseMs === 0 ? health.pausedUntilMs : Math.max(health.pausedUntilMs, nowMs + pauseMs),
    lastFailureMs: nowMs,
    failed: health.failed + 1,
  }
}

/** Whether a webhook has failed so often, and for so long, that it is switched off. */
export const isBeyondHope = ({ failures, failingSinceMs }: EndpointHealth, nowMs: number): boolean =>
  failures >= WEBHOOK_DISABLE_FAILURES && nowMs - failingSinceMs >= WEBHOOK_DISABLE_MS
