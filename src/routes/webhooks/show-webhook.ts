import * as z from 'zod'
import type { Handler } from '../../http/handler'
import { readQuery } from '../../http/read-query'
import { askWebhooks, webhookAnswer } from './ask-webhooks'

/** `GET /integration/webhooks/:webhook`: one webhook, without its secret. */
export const showWebhook: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const { webhook: id } = request.params
  const { row } = await askWebhooks<'read'>(request, env, { what: 'read', id })
  return webhookAnswer(row)
}
