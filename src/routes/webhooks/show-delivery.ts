import * as z from 'zod'
import type { Handler, TenantRequest } from '../../http/handler'
import { ApiError } from '../../http/problem'
import { readQuery } from '../../http/read-query'
import { deliveryNumber } from '../../webhooks/delivery'
import { jsonAnswer } from '../search-answer'
import { askWebhooks } from './ask-webhooks'
import { toFullDelivery } from './webhook-answer'

/** `GET /integration/webhooks/:webhook/deliveries/:delivery`: one delivery, with what is sent and each of its attempts. */
export const showDelivery: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const { webhook: id } = request.params
  const ask = { what: 'delivery', id, number: numberOf(request) } as const
  const { delivery, attempts, body } = await askWebhooks<'delivery'>(request, env, ask)
  return jsonAnswer(toFullDelivery(delivery, attempts, body))
}

/** The delivery that the address names; `not_found` for what cannot be the id of one. */
export function numberOf({ params }: TenantRequest): number {
  const number = deliveryNumber(params.delivery ?? '')
  if (number === undefined) throw new ApiError('not_found')
  return number
}
