import { fromBase32, toBase32 } from '../records/base32'
import type { DeadReason, DeliveryStatus } from './after-attempt'
import type { AttemptError } from './judge-answer'

/** One event, or a batch of them, on its way to one webhook: the chain of its attempts. */
export interface Delivery {
  readonly number: number
  readonly webhookId: string
  /** The `webhook-id` of every attempt. */
  readonly messageId: string
  readonly type: string
  readonly status: DeliveryStatus
  /** Why it is dead. */
  readonly reason: DeadReason | null
  readonly createdMs: number
  /** When the next attempt may be; null once it has ended. While one is under way, when that is given up for lost. */
  readonly dueMs: number | null
  readonly endedMs: number | null
  readonly attempts: number
  /** Of those of the present schedule that have failed. */
  readonly failures: number
  /** Attempts that the end of the process has cut short. */
  readonly interruptions: number
}

/** One attempt of a delivery. */
export interface Attempt {
  readonly number: number
  readonly startedMs: number
  /** Null while it is under way. */
  readonly endedMs: number | null
  readonly latencyMs: number | null
  readonly status: number | null
  readonly error: AttemptError | null
  readonly detail: string | null
  readonly answer: string | null
}

const PREFIX = 'dlv_'
const DIGITS = 10

/** The id of a delivery, as the API has it: they sort by age. */
export const deliveryId = (number: number): string => `${PREFIX}${toBase32(number, DIGITS)}`

/** The number behind an id; undefined for what is none. */
export function deliveryNumber(id: string): number | undefined {
  const digits = id.slice(PREFIX.length)
  if (!id.startsWith(PREFIX) || !/^[0-9a-hjkmnp-tv-z]{10}$/.test(digits)) return undefined
  return fromBase32(digits)
}
