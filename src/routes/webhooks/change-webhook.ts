import * as z from 'zod'
import { requireFullSight } from '../../http/access'
import type { Handler } from '../../http/handler'
import { matchedVersions } from '../../http/if-match'
import { readJson } from '../../http/read-json'
import { readQuery } from '../../http/read-query'
import { requireReceiver } from '../../http/require-receiver'
import { ADMIN_BODY_BYTES_MAX } from '../../limits/limits'
import { askWebhooks, webhookAnswer } from './ask-webhooks'
import { WebhookEdit } from './webhook-body'

/** `PATCH /integration/webhooks/:webhook`: changes a webhook. What waits for it goes to where it is then. */
export const changeWebhook: Handler = async (request, env) => {
  requireFullSight(request)
  readQuery(request.url, z.strictObject({}))
  const { url, events, active, description, batchSeconds } = await readJson(request, WebhookEdit, ADMIN_BODY_BYTES_MAX)
  if (url !== undefined) await requireReceiver(request, url)
  const { webhook: id } = request.params
  const patch = {
    ...(url !== undefined && { url }),
    ...(events !== undefined && { events }),
    ...(active !== undefined && { active }),
    ...(description !== undefined && { description }),
    ...(batchSeconds !== undefined && { batchSeconds }),
  }
  const match = matchedVersions(request.headers)
  const { row } = await askWebhooks<'change'>(request, env, { what: 'change', id, match, patch })
  return webhookAnswer(row)
}
