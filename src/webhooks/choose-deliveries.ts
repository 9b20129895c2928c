import { WEBHOOK_IN_FLIGHT_MAX, WEBHOOKS_FAILING_IN_FLIGHT_MAX, WEBHOOKS_IN_FLIGHT_MAX } from '../limits/limits'
import type { EndpointHealth } from './endpoint-health'

/** A webhook with what it has due, the oldest first. */
export interface Candidate {
  readonly webhookId: string
  readonly health: Pick<EndpointHealth, 'failures' | 'pausedUntilMs'>
  /** Its attempts that are under way. */
  readonly inFlight: number
  readonly due: readonly DueDelivery[]
}

export interface DueDelivery {
  readonly number: number
  readonly dueMs: number
}

/** What is under way for a tenant, that of webhooks which have nothing due included. */
export interface UnderWay {
  readonly all: number
  /** Of webhooks whose last attempt has failed. */
  readonly failing: number
  /** Whether the tenant has no other webhook that could be kept waiting. */
  readonly isAlone: boolean
}

/** When a webhook may be sent something again: at once, unless it pauses. */
export const isPaused = ({ pausedUntilMs }: Pick<EndpointHealth, 'pausedUntilMs'>, nowMs: number): boolean =>
  nowMs < pausedUntilMs

/**
 * Chooses what is sent next, so that webhooks do not wait for each other: those with the least under way come first, one that
 * fails has one attempt at a time, all that fail have a part of the places, and none has all of them unless it is alone.
 */
export function chooseDeliveries(candidates: readonly Candidate[], underWay: UnderWay, nowMs: number): number[] {
  const places = candidates
    .filter(({ health }) => !isPaused(health, nowMs))
    .map(({ health, inFlight, due }) => ({ isFailing: health.failures > 0, inFlight, due: [...due] }))
  const mayHave = underWay.isAlone ? WEBHOOKS_IN_FLIGHT_MAX : WEBHOOK_IN_FLIGHT_MAX
  const chosen: number[] = []
  let { all, failing } = underWay
  while (all < WEBHOOKS_IN_FLIGHT_MAX) {
    const isFull = failing >= WEBHOOKS_FAILING_IN_FLIGHT_MAX
    const next = places.filter((place) => hasRoom(place, mayHave, isFull)).toSorted(byNeed)[0]
    const first = next?.due.shift()
    if (next === undefined || first === undefined) return chosen
    chosen.push(first.number)
    next.inFlight++
    all++
    if (next.isFailing) failing++
  }
  return chosen
}

interface Place {
  readonly isFailing: boolean
  readonly due: readonly DueDelivery[]
  readonly inFlight: number
}

function hasRoom({ isFailing, due, inFlight }: Place, mayHave: number, isFull: boolean): boolean {
  if (due.length === 0) return false
  return isFailing ? inFlight === 0 && !isFull : inFlight < mayHave
}

const byNeed = (one: Place, other: Place): number =>
  one.inFlight - other.inFlight || (one.due[0]?.dueMs ?? 0) - (other.due[0]?.dueMs ?? 0)
