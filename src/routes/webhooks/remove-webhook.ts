import * as z from 'zod'
import type { Handler } from '../../http/handler'
import { matchedVersions } from '../../http/if-match'
import { readQuery } from '../../http/read-query'
import { askWebhooks, webhookAnswer } from './ask-webhooks'

/** `DELETE /integration/webhooks/:webhook`: takes a webhook away, and all that was or would be sent to it. */
export const removeWebhook: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const { webhook: id } = request.params
  const { row } = await askWebhooks<'remove'>(request, env, {
    what: 'remove',
    id,
    match: matchedVersions(request.headers),
  })
  return webhookAnswer(row)
}
