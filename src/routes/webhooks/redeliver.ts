import * as z from 'zod'
import { requireFullSight } from '../../http/access'
import type { Handler } from '../../http/handler'
import { readJson } from '../../http/read-json'
import { readQuery } from '../../http/read-query'
import { ADMIN_BODY_BYTES_MAX } from '../../limits/limits'
import { jsonAnswer } from '../search-answer'
import { askWebhooks } from './ask-webhooks'
import { deliveryAccepted } from './delivery-accepted'
import { numberOf } from './show-delivery'
import { Redelivery } from './webhook-body'

/**
 * `POST /integration/webhooks/:webhook/deliveries/:delivery/redeliver`: sends the same once more, under the same webhook-id, and
 * begins its schedule anew.
 */
export const redeliver: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const { webhook: id } = request.params
  const ask = { what: 'redeliver', id, number: numberOf(request) } as const
  const { delivery } = await askWebhooks<'redeliver'>(request, env, ask)
  return deliveryAccepted(delivery)
}

/** `POST /integration/webhooks/:webhook/redeliver`: the same for all that came in a range of time. */
export const redeliverRange: Handler = async (request, env) => {
  requireFullSight(request)
  readQuery(request.url, z.strictObject({}))
  const { from, to, status } = await readJson(request, Redelivery, ADMIN_BODY_BYTES_MAX)
  const { webhook: id } = request.params
  const ask = { what: 'redeliverRange', id, fromMs: Date.parse(from), toMs: Date.parse(to), status } as const
  const { redelivered, more } = await askWebhooks<'redeliverRange'>(request, env, ask)
  return jsonAnswer({ redelivered, more })
}
