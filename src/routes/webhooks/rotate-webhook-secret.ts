import * as z from 'zod'
import type { Handler } from '../../http/handler'
import { matchedVersions } from '../../http/if-match'
import { ApiError } from '../../http/problem'
import { readJson } from '../../http/read-json'
import { readQuery } from '../../http/read-query'
import { ADMIN_BODY_BYTES_MAX } from '../../limits/limits'
import { askWebhooks, webhookAnswer } from './ask-webhooks'
import { sealSecretOf } from './seal-secret'
import { WebhookRotation } from './webhook-body'

/**
 * `POST /integration/webhooks/:webhook/rotate`: gives a webhook a new secret, and shows it once. Until the overlap is over
 * everything is signed with both.
 */
export const rotateWebhookSecret: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const { secret, overlapSeconds } =
    request.body === null ? WebhookRotation.parse({}) : await readJson(request, WebhookRotation, ADMIN_BODY_BYTES_MAX)
  const { webhook: id } = request.params
  const { row: before } = await askWebhooks<'read'>(request, env, { what: 'read', id })
  const { signing } = before.webhook
  if (signing === 'ed25519' && secret !== undefined)
    throw new ApiError('validation_failed', 'Keys of ed25519 are made here: leave the secret out.')
  const fresh = await sealSecretOf(request, id, { signing, secret })
  const { row } = await askWebhooks<'rotate'>(request, env, {
    ...{ what: 'rotate', id },
    match: matchedVersions(request.headers),
    secret: fresh.stored,
    overlapMs: overlapSeconds * 1000,
  })
  return webhookAnswer(row, { members: fresh.shown })
}
