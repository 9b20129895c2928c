import { type Delivery, deliveryId } from '../../webhooks/delivery'
import { toDeliveryAnswer } from './webhook-answer'

/** The answer to what is sent as soon as there is a place: where to see what became of it. */
export function deliveryAccepted(delivery: Delivery): Response {
  const webhook = encodeURIComponent(delivery.webhookId)
  const location = `/integration/webhooks/${webhook}/deliveries/${deliveryId(delivery.number)}`
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store, private', location }
  return new Response(`${JSON.stringify(toDeliveryAnswer(delivery))}\n`, { status: 202, headers })
}
