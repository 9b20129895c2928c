import { parsePageCursor, toPageCursor } from '../../domains/page-cursor'
import type { Handler } from '../../http/handler'
import { ApiError } from '../../http/problem'
import { readQuery } from '../../http/read-query'
import { shownWebhook } from '../../webhooks/shown-webhook'
import { jsonAnswer } from '../search-answer'
import { askWebhooks } from './ask-webhooks'
import { WebhookQuery } from './webhook-body'

/** `GET /integration/webhooks`: the webhooks of the tenant, in the order of their ids. */
export const listWebhooks: Handler = async (request, env) => {
  const { limit, cursor } = readQuery(request.url, WebhookQuery)
  const after = cursor === undefined ? '' : positionOf(cursor)
  const { rows } = await askWebhooks<'list'>(request, env, { what: 'list', after, limit: limit + 1 })
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  const nextCursor = last === undefined ? null : toPageCursor([last.id, 'webhook'])
  const nowMs = Date.now()
  return jsonAnswer({
    data: shown.map((row) => shownWebhook(row, nowMs)),
    page: { next_cursor: nextCursor, has_more: nextCursor !== null },
  })
}

function positionOf(cursor: string): string {
  const [id, of] = parsePageCursor(cursor) ?? []
  if (id === undefined || of !== 'webhook') throw new ApiError('cursor_mismatch')
  return id
}
