import * as z from 'zod'
import { DELIVERY_STATUSES } from '../../webhooks/after-attempt'
import { type Attempt, type Delivery, deliveryId } from '../../webhooks/delivery'
import { ATTEMPT_ERRORS } from '../../webhooks/judge-answer'
import { WEBHOOK_STATUSES } from '../../webhooks/shown-webhook'
import { SIGNINGS } from '../../webhooks/webhook'

const time = z.iso.datetime()

/** A webhook as the routes show it, in the names of the main seed. Its secret is never part of it. */
export const WebhookAnswer = z.strictObject({
  webhookId: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  active: z.boolean(),
  description: z.string().nullable(),
  signing: z.enum(SIGNINGS),
  publicKey: z.string().nullable().meta({ description: 'For ed25519: `whpk_…`, which receivers verify with.' }),
  secretOverlapUntil: time.nullable().meta({ description: 'Until when an older secret signs too.' }),
  batchSeconds: z.int(),
  status: z.enum(WEBHOOK_STATUSES),
  disabled: z
    .strictObject({ code: z.enum(['gone', 'failing']), detail: z.string(), at: time })
    .nullable()
    .meta({ description: 'There when the service has switched it off: see resume.' }),
  health: z.strictObject({
    consecutiveFailures: z.int(),
    failingSince: time.nullable(),
    pausedUntil: time.nullable(),
    lastSuccess: time.nullable(),
    lastFailure: time.nullable(),
    attemptsSucceeded: z.int(),
    attemptsFailed: z.int(),
    latencyMs: z.int(),
  }),
  createdAt: time,
  createdBy: z.string(),
})

/** The answer that shows a secret, this once. */
export const NewWebhookAnswer = WebhookAnswer.extend({
  secret: z.string().nullable().meta({ description: 'As it was given, or made here; null for ed25519.' }),
  signingSecret: z
    .string()
    .nullable()
    .meta({ description: 'The same in the form `whsec_…`, which every library of Standard Webhooks takes.' }),
  warnings: z
    .array(z.string())
    .optional()
    .meta({ description: 'Names among `events` that only a rule of the tenant can send; absent when there are none.' }),
})

/** A delivery in a list. */
export const DeliveryAnswer = z.strictObject({
  id: z.string(),
  webhookId: z.string(),
  messageId: z.string().meta({ description: 'The header `webhook-id` of every attempt.' }),
  type: z.string(),
  status: z.enum(DELIVERY_STATUSES),
  reason: z.string().nullable().meta({ description: 'Why it is dead.' }),
  attempts: z.int(),
  createdAt: time,
  nextAttemptAt: time.nullable(),
  endedAt: time.nullable(),
})

/** One delivery with its attempts and what is sent. */
export const FullDeliveryAnswer = DeliveryAnswer.extend({
  body: z.record(z.string(), z.unknown()),
  attemptList: z.array(
    z.strictObject({
      number: z.int(),
      startedAt: time,
      endedAt: time.nullable(),
      latencyMs: z.int().nullable(),
      status: z.int().nullable(),
      error: z.enum(ATTEMPT_ERRORS).nullable(),
      detail: z.string().nullable(),
      answer: z.string().nullable().meta({ description: 'The first 1,024 bytes, with secrets masked.' }),
    }),
  ),
})

/** A delivery for its answer. */
export const toDeliveryAnswer = (delivery: Delivery): z.infer<typeof DeliveryAnswer> => ({
  id: deliveryId(delivery.number),
  webhookId: delivery.webhookId,
  messageId: delivery.messageId,
  type: delivery.type,
  status: delivery.status,
  reason: delivery.reason,
  attempts: delivery.attempts,
  createdAt: new Date(delivery.createdMs).toISOString(),
  nextAttemptAt: timeOf(delivery.dueMs),
  endedAt: timeOf(delivery.endedMs),
})

/** The same with all that is known of it. */
export const toFullDelivery = (
  delivery: Delivery,
  attempts: readonly Attempt[],
  body: string,
): z.infer<typeof FullDeliveryAnswer> => ({
  ...toDeliveryAnswer(delivery),
  body: JSON.parse(body),
  attemptList: attempts.map(({ number, startedMs, endedMs, latencyMs, status, error, detail, answer }) => ({
    number,
    startedAt: new Date(startedMs).toISOString(),
    endedAt: timeOf(endedMs),
    ...{ latencyMs, status, error, detail, answer },
  })),
})

const timeOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())
