import * as z from 'zod'
import type { Handler } from '../../http/handler'
import { matchedVersions } from '../../http/if-match'
import { readQuery } from '../../http/read-query'
import { askWebhooks, webhookAnswer } from './ask-webhooks'

/** `POST /integration/webhooks/:webhook/resume`: switches a webhook on again, its failures forgiven. */
export const resumeWebhook: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const { webhook: id } = request.params
  const { row } = await askWebhooks<'resume'>(request, env, {
    what: 'resume',
    id,
    match: matchedVersions(request.headers),
  })
  return webhookAnswer(row)
}
