import * as z from 'zod'
import {
  ADMIN_PAGE_DEFAULT,
  ADMIN_PAGE_MAX,
  OUTSIDE_URL_CHARACTERS_MAX,
  WEBHOOK_BATCH_SECONDS_MAX,
  WEBHOOK_EVENTS_MAX,
  WEBHOOK_OVERLAP_SECONDS_DEFAULT,
  WEBHOOK_OVERLAP_SECONDS_MAX,
  WEBHOOK_SECRET_CHARACTERS_MAX,
  WEBHOOK_SECRET_CHARACTERS_MIN,
} from '../../limits/limits'
import { DELIVERY_STATUSES } from '../../webhooks/after-attempt'
import { EVENT_NAME, EVERY_EVENT } from '../../webhooks/event'
import { secretFault } from '../../webhooks/signing-secret'
import { SIGNINGS } from '../../webhooks/webhook'

const url = z
  .string()
  .min(1)
  .max(OUTSIDE_URL_CHARACTERS_MAX)
  .meta({ description: 'Where events are sent: https on port 443 or 8443, on the public Internet.' })

const events = z
  .array(
    z
      .string()
      .max(64)
      .refine((name) => name === EVERY_EVENT || EVENT_NAME.test(name), {
        error: 'it must be the name of an event, or * for every one',
      }),
  )
  .min(1)
  .max(WEBHOOK_EVENTS_MAX)
  .refine((names) => new Set(names).size === names.length, { error: 'it names an event twice' })
  .meta({ description: 'Names of events. What is delivered has exactly the name that stands here as its `type`.' })

const secret = z
  .string()
  .min(WEBHOOK_SECRET_CHARACTERS_MIN)
  .max(WEBHOOK_SECRET_CHARACTERS_MAX)
  .check((context) => {
    const fault = secretFault(context.value)
    if (fault !== undefined) context.issues.push({ code: 'custom', input: '', message: fault })
  })
  .meta({ description: '`whsec_…` or a plain text. One is made when it is left out.' })

const description = z.string().max(1000).meta({ description: 'What it is for.' })

const batchSeconds = z
  .int()
  .min(0)
  .max(WEBHOOK_BATCH_SECONDS_MAX)
  .meta({ description: 'Events are gathered for so long and sent together; 0: each by itself, at once.' })

/** The body of POST /integration/webhooks, in the names of the main seed. */
export const WebhookRegistration = z
  .strictObject({
    webhookId: z
      .string()
      .regex(/^[\w.-]{1,64}$/, { error: 'it must be 1 to 64 letters, digits, or any of . _ -' })
      .optional()
      .meta({ description: 'Its name in addresses; one is made when it is left out.' }),
    url,
    events,
    secret: secret.optional(),
    active: z.boolean().default(true).meta({ description: 'false: nothing is sent, nor kept for it.' }),
    description: description.optional(),
    signing: z
      .enum(SIGNINGS)
      .default('symmetric')
      .meta({ description: 'ed25519: the answer has the public key, and there is no secret to keep.' }),
    batchSeconds: batchSeconds.default(0),
  })
  .refine(({ signing, secret: own }) => signing === 'symmetric' || own === undefined, {
    path: ['secret'],
    error: 'keys of ed25519 are made here: leave the secret out',
  })
export type WebhookRegistration = z.infer<typeof WebhookRegistration>

/** The body of PATCH /integration/webhooks/:webhook. What is absent stays; null takes a description away. */
export const WebhookEdit = z
  .strictObject({
    url: url.optional(),
    events: events.optional(),
    active: z.boolean().optional(),
    description: description.nullable().optional(),
    batchSeconds: batchSeconds.optional(),
  })
  .refine((edit) => Object.keys(edit).length > 0, { error: 'it changes nothing' })
export type WebhookEdit = z.infer<typeof WebhookEdit>

/** The body of POST /integration/webhooks/:webhook/rotate. */
export const WebhookRotation = z.strictObject({
  secret: secret.optional(),
  overlapSeconds: z
    .int()
    .min(0)
    .max(WEBHOOK_OVERLAP_SECONDS_MAX)
    .default(WEBHOOK_OVERLAP_SECONDS_DEFAULT)
    .meta({ description: 'How long the old secret still signs beside the new one.' }),
})

const limitOf = (what: string) =>
  z.coerce
    .number()
    .int()
    .min(1)
    .max(ADMIN_PAGE_MAX)
    .default(ADMIN_PAGE_DEFAULT)
    .meta({ description: `${what} on a page.`, examples: [10] })

const cursor = z.string().optional().meta({ description: 'next_cursor of the page before.' })

/** The parameters of GET /integration/webhooks. */
export const WebhookQuery = z.strictObject({ limit: limitOf('Webhooks'), cursor })

/** The parameters of GET /integration/webhooks/:webhook/deliveries. */
export const DeliveryQuery = z.strictObject({
  status: z
    .enum(DELIVERY_STATUSES)
    .optional()
    .meta({ description: 'Only deliveries in this state.', examples: ['dead'] }),
  limit: limitOf('Deliveries'),
  cursor,
})

const time = z.iso.datetime({ offset: true, error: 'it must be a time, 2027-01-31T00:00:00Z' })

/** The body of POST /integration/webhooks/:webhook/redeliver. */
export const Redelivery = z
  .strictObject({
    from: time.meta({ description: 'Of the events: the first moment.' }),
    to: time.meta({ description: 'The moment before which they came.' }),
    status: z
      .enum(['dead', 'delivered'])
      .default('dead')
      .meta({ description: 'Which are sent again: those that never arrived, or those that did.' }),
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { path: ['to'], error: 'it must be after from' })
