import * as z from 'zod'
import type { Handler } from '../../http/handler'
import { mintId } from '../../http/mint-id'
import { readQuery } from '../../http/read-query'
import { askWebhooks } from './ask-webhooks'
import { deliveryAccepted } from './delivery-accepted'

/** `POST /integration/webhooks/:webhook/test`: sends a `webhook_ping`, whatever the webhook has subscribed to. */
export const testWebhook: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const { webhook: id } = request.params
  const eventId = mintId('evt', Date.now(), crypto.getRandomValues(new Uint8Array(16)))
  const { delivery } = await askWebhooks<'test'>(request, env, { what: 'test', id, eventId })
  return deliveryAccepted(delivery)
}
