import * as z from 'zod'
import { requireFullSight } from '../../http/access'
import type { Handler } from '../../http/handler'
import { mintId } from '../../http/mint-id'
import { readJson } from '../../http/read-json'
import { readQuery } from '../../http/read-query'
import { requireReceiver } from '../../http/require-receiver'
import { ADMIN_BODY_BYTES_MAX } from '../../limits/limits'
import { subscriptionWarnings } from '../../webhooks/event'
import { askWebhooks, webhookAnswer } from './ask-webhooks'
import { sealSecretOf } from './seal-secret'
import { WebhookRegistration } from './webhook-body'

/** `POST /integration/webhooks`: subscribes a receiver to events, and shows its secret once. */
export const createWebhook: Handler = async (request, env) => {
  requireFullSight(request)
  readQuery(request.url, z.strictObject({}))
  const wanted = await readJson(request, WebhookRegistration, ADMIN_BODY_BYTES_MAX)
  const { webhookId, secret, url, events, active, description, signing, batchSeconds } = wanted
  await requireReceiver(request, url)
  const nowMs = Date.now()
  const id = webhookId ?? mintId('whk', nowMs, crypto.getRandomValues(new Uint8Array(16)))
  const fresh = await sealSecretOf(request, id, { signing, secret })
  const { row } = await askWebhooks<'create'>(request, env, {
    what: 'create',
    id,
    webhook: {
      ...{ url, events, active, signing, batchSeconds },
      ...(description !== undefined && { description }),
      secrets: [fresh.stored],
      origin: new URL(request.url).origin,
      createdMs: nowMs,
      createdBy: request.principal.id,
    },
  })
  const location = `/integration/webhooks/${encodeURIComponent(id)}`
  const warnings = subscriptionWarnings(events)
  const members = { ...fresh.shown, ...(warnings.length > 0 && { warnings }) }
  return webhookAnswer(row, { status: 201, location, members })
}
