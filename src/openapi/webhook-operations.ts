import * as z from 'zod'
import { DeliveryAnswer, FullDeliveryAnswer, NewWebhookAnswer, WebhookAnswer } from '../routes/webhooks/webhook-answer'
import {
  DeliveryQuery,
  Redelivery,
  WebhookEdit,
  WebhookQuery,
  WebhookRegistration,
  WebhookRotation,
} from '../routes/webhooks/webhook-body'
import type { Operation } from './operation'
import { IfMatch, json } from './request-parts'

const WebhookPath = z.object({ webhook: z.string().meta({ description: 'Its webhookId.' }) })
const DeliveryPath = WebhookPath.extend({ delivery: z.string().meta({ description: 'Its id, dlv_….' }) })

const page = z.strictObject({ next_cursor: z.string().nullable(), has_more: z.boolean() })

const webhookId = 'alert-webhook-1'
const deliveryId = 'dlv_0000000001'

/** The body of the main seed's example. */
const registration = {
  webhookId,
  url: 'https://alerts.example.com/webhook',
  events: ['critical_error', 'security_incident'],
  secret: 'webhook-secret',
  active: true,
}

const shown = {
  webhookId,
  url: registration.url,
  events: registration.events,
  active: true,
  description: null,
  signing: 'symmetric',
  publicKey: null,
  secretOverlapUntil: null,
  batchSeconds: 0,
  status: 'active',
  disabled: null,
  health: {
    consecutiveFailures: 0,
    failingSince: null,
    pausedUntil: null,
    lastSuccess: null,
    lastFailure: null,
    attemptsSucceeded: 0,
    attemptsFailed: 0,
    latencyMs: 0,
  },
  createdAt: '2026-11-21T10:00:00.000Z',
  createdBy: 'key_01kaj2m4x8v3c9t0w5b6n7p2qs',
}

const waiting = {
  id: deliveryId,
  webhookId,
  messageId: 'evt_01kaj2m4x8v3c9t0w5b6n7p2qt',
  type: 'webhook_ping',
  status: 'waiting',
  reason: null,
  attempts: 0,
  createdAt: '2026-11-21T10:05:00.000Z',
  nextAttemptAt: '2026-11-21T10:05:00.000Z',
  endedAt: null,
}

const delivered = {
  ...waiting,
  status: 'delivered',
  attempts: 1,
  nextAttemptAt: null,
  endedAt: '2026-11-21T10:05:00.120Z',
}

const CHANGES = ['validation_failed', 'precondition_failed', 'feature_disabled'] as const
const BODIES = ['invalid_json', 'payload_too_large'] as const

/** The webhooks of a tenant, and what is sent to them. */
export const WEBHOOK_OPERATIONS: readonly Operation[] = [
  {
    id: 'createWebhook',
    group: 'integration',
    method: 'POST',
    path: '/integration/webhooks',
    scope: 'integrations:write',
    summary: 'Subscribes a receiver to events',
    description:
      'Each event is sent as a POST that is signed by Standard Webhooks 1.0.0, until the receiver answers 2xx or every ' +
      'attempt is used up. The secret is in this answer and in no other. See docs/webhooks.md.',
    body: { description: 'Where to, what, and signed with what.', content: json(WebhookRegistration) },
    answers: { 201: { description: 'The webhook, with its secret, this once.', content: json(NewWebhookAnswer) } },
    problems: ['validation_failed', 'conflict', 'feature_disabled', 'feature_not_configured', ...BODIES],
    example: {
      body: registration,
      status: 201,
      answer: { ...shown, secret: registration.secret, signingSecret: 'whsec_d2ViaG9vay1zZWNyZXQ=' },
    },
  },
  {
    id: 'listWebhooks',
    group: 'integration',
    method: 'GET',
    path: '/integration/webhooks',
    scope: 'integrations:read',
    summary: 'The webhooks of the tenant',
    description: 'With how their receivers answer. No answer holds a secret.',
    query: WebhookQuery,
    answers: {
      200: {
        description: 'A page of webhooks.',
        content: json(z.strictObject({ data: z.array(WebhookAnswer), page })),
      },
    },
    problems: ['validation_failed', 'cursor_mismatch', 'feature_disabled'],
    example: { status: 200, answer: { data: [shown], page: { next_cursor: null, has_more: false } } },
  },
  {
    id: 'showWebhook',
    group: 'integration',
    method: 'GET',
    path: '/integration/webhooks/:webhook',
    scope: 'integrations:read',
    summary: 'One webhook',
    description: 'With its version in `ETag`.',
    pathParameters: WebhookPath,
    answers: { 200: { description: 'The webhook.', content: json(WebhookAnswer) } },
    problems: ['validation_failed', 'feature_disabled'],
    example: { path: { webhook: webhookId }, status: 200, answer: shown },
  },
  {
    id: 'changeWebhook',
    group: 'integration',
    method: 'PATCH',
    path: '/integration/webhooks/:webhook',
    scope: 'integrations:write',
    summary: 'Changes a webhook',
    description:
      'What is absent stays. What waits is sent to the new address. With `active: false` nothing is sent: what waits goes on ' +
      'waiting, and what happens meanwhile is not kept for it.',
    pathParameters: WebhookPath,
    headers: IfMatch,
    body: { description: 'The members to change.', content: json(WebhookEdit) },
    answers: { 200: { description: 'The webhook as it is now.', content: json(WebhookAnswer) } },
    problems: [...CHANGES, ...BODIES],
    example: {
      path: { webhook: webhookId },
      body: { description: 'for the people on call' },
      status: 200,
      answer: { ...shown, description: 'for the people on call' },
    },
  },
  {
    id: 'rotateWebhookSecret',
    group: 'integration',
    method: 'POST',
    path: '/integration/webhooks/:webhook/rotate',
    scope: 'integrations:write',
    summary: 'Gives a webhook a new secret',
    description:
      'Until the overlap is over, a day when nothing is said, everything is signed with both, so that receivers can change at ' +
      'their leisure. The body may be left out.',
    pathParameters: WebhookPath,
    headers: IfMatch,
    body: { description: 'The new secret, and how long both sign.', content: json(WebhookRotation) },
    answers: { 200: { description: 'The webhook, with its secret, this once.', content: json(NewWebhookAnswer) } },
    problems: [...CHANGES, 'feature_not_configured', ...BODIES],
    example: {
      path: { webhook: webhookId },
      body: { secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', overlapSeconds: 3600 },
      status: 200,
      answer: {
        ...{ ...shown, secretOverlapUntil: '2026-11-21T11:00:00.000Z' },
        secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
        signingSecret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      },
    },
  },
  {
    id: 'testWebhook',
    group: 'integration',
    method: 'POST',
    path: '/integration/webhooks/:webhook/test',
    scope: 'integrations:write',
    summary: 'Sends a test',
    description:
      'A `webhook_ping`, whatever the webhook has subscribed to. `Location` says where to see what became of it.',
    pathParameters: WebhookPath,
    answers: { 202: { description: 'It is on its way.', content: json(DeliveryAnswer) } },
    problems: ['validation_failed', 'conflict', 'feature_disabled'],
    example: { path: { webhook: webhookId }, status: 202, answer: waiting },
  },
  {
    id: 'resumeWebhook',
    group: 'integration',
    method: 'POST',
    path: '/integration/webhooks/:webhook/resume',
    scope: 'integrations:write',
    summary: 'Switches a webhook on again',
    description:
      'For one that the service has switched off, because its receiver said 410 or failed for a day. What did not arrive ' +
      'meanwhile is among the dead letters: redeliver sends it.',
    pathParameters: WebhookPath,
    headers: IfMatch,
    answers: { 200: { description: 'The webhook as it is now.', content: json(WebhookAnswer) } },
    problems: [...CHANGES],
    example: { path: { webhook: webhookId }, status: 200, answer: shown },
  },
  {
    id: 'listDeliveries',
    group: 'integration',
    method: 'GET',
    path: '/integration/webhooks/:webhook/deliveries',
    scope: 'integrations:read',
    summary: 'What was sent to a webhook',
    description: 'The newest first: what waits, what was delivered, and the dead letters. Kept for 30 days.',
    pathParameters: WebhookPath,
    query: DeliveryQuery,
    answers: {
      200: {
        description: 'A page of deliveries.',
        content: json(z.strictObject({ data: z.array(DeliveryAnswer), page })),
      },
    },
    problems: ['validation_failed', 'cursor_mismatch', 'feature_disabled'],
    example: {
      path: { webhook: webhookId },
      status: 200,
      answer: { data: [delivered], page: { next_cursor: null, has_more: false } },
    },
  },
  {
    id: 'showDelivery',
    group: 'integration',
    method: 'GET',
    path: '/integration/webhooks/:webhook/deliveries/:delivery',
    scope: 'integrations:read',
    summary: 'One delivery with its attempts',
    description: 'With what is sent, and of each attempt the status, the latency and the beginning of the answer.',
    pathParameters: DeliveryPath,
    answers: { 200: { description: 'The delivery.', content: json(FullDeliveryAnswer) } },
    problems: ['validation_failed', 'feature_disabled'],
    example: {
      path: { webhook: webhookId, delivery: deliveryId },
      status: 200,
      answer: {
        ...delivered,
        body: {
          type: 'webhook_ping',
          timestamp: '2026-11-21T10:05:00.000Z',
          data: { webhookId, message: 'A test, sent by hand.' },
          links: { api: 'https://logs.example.com/integration/webhooks/alert-webhook-1' },
        },
        attemptList: [
          {
            number: 1,
            startedAt: '2026-11-21T10:05:00.001Z',
            endedAt: '2026-11-21T10:05:00.120Z',
            latencyMs: 119,
            status: 200,
            error: null,
            detail: null,
            answer: 'ok',
          },
        ],
      },
    },
  },
  {
    id: 'redeliver',
    group: 'integration',
    method: 'POST',
    path: '/integration/webhooks/:webhook/deliveries/:delivery/redeliver',
    scope: 'integrations:write',
    summary: 'Sends a delivery again',
    description: 'The same bytes under the same `webhook-id`; its attempts begin anew.',
    pathParameters: DeliveryPath,
    answers: { 202: { description: 'It is on its way.', content: json(DeliveryAnswer) } },
    problems: ['validation_failed', 'conflict', 'feature_disabled'],
    example: { path: { webhook: webhookId, delivery: deliveryId }, status: 202, answer: waiting },
  },
  {
    id: 'redeliverRange',
    group: 'integration',
    method: 'POST',
    path: '/integration/webhooks/:webhook/redeliver',
    scope: 'integrations:write',
    summary: 'Sends all deliveries of a time again',
    description:
      'Of those that came from `from` until before `to`: the dead letters, or those that were delivered. At most 1,000 in one ' +
      'request, the oldest first; `more` says to ask again.',
    pathParameters: WebhookPath,
    body: { description: 'Which ones.', content: json(Redelivery) },
    answers: {
      200: {
        description: 'How many.',
        content: json(z.strictObject({ redelivered: z.int(), more: z.boolean() })),
      },
    },
    problems: ['validation_failed', 'conflict', 'feature_disabled', ...BODIES],
    example: {
      path: { webhook: webhookId },
      body: { from: '2026-11-20T00:00:00Z', to: '2026-11-21T00:00:00Z' },
      status: 200,
      answer: { redelivered: 12, more: false },
    },
  },
  {
    id: 'removeWebhook',
    group: 'integration',
    method: 'DELETE',
    path: '/integration/webhooks/:webhook',
    scope: 'integrations:write',
    summary: 'Takes a webhook away',
    description: 'With its deliveries: what was on its way is not sent again.',
    pathParameters: WebhookPath,
    headers: IfMatch,
    answers: { 200: { description: 'The webhook, as it was.', content: json(WebhookAnswer) } },
    problems: [...CHANGES],
    example: { path: { webhook: webhookId }, status: 200, answer: shown },
  },
]
