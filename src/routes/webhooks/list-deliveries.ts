import { parsePageCursor, toPageCursor } from '../../domains/page-cursor'
import type { Handler } from '../../http/handler'
import { ApiError } from '../../http/problem'
import { readQuery } from '../../http/read-query'
import { deliveryId, deliveryNumber } from '../../webhooks/delivery'
import { jsonAnswer } from '../search-answer'
import { askWebhooks } from './ask-webhooks'
import { toDeliveryAnswer } from './webhook-answer'
import { DeliveryQuery } from './webhook-body'

/** `GET /integration/webhooks/:webhook/deliveries`: what was sent, waits or could not be sent, the newest first. */
export const listDeliveries: Handler = async (request, env) => {
  const { status, limit, cursor } = readQuery(request.url, DeliveryQuery)
  const { webhook: id } = request.params
  const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : positionOf(cursor, id)
  const ask = { what: 'deliveries', id, status, before, limit: limit + 1 } as const
  const { deliveries } = await askWebhooks<'deliveries'>(request, env, ask)
  const shown = deliveries.slice(0, limit)
  const last = deliveries.length > limit ? shown.at(-1) : undefined
  const nextCursor = last === undefined ? null : toPageCursor([deliveryId(last.number), id])
  return jsonAnswer({
    data: shown.map(toDeliveryAnswer),
    page: { next_cursor: nextCursor, has_more: nextCursor !== null },
  })
}

function positionOf(cursor: string, webhookId: string): number {
  const [id = '', of] = parsePageCursor(cursor) ?? []
  const number = deliveryNumber(id)
  if (number === undefined || of !== webhookId) throw new ApiError('cursor_mismatch')
  return number
}
