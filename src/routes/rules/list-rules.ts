import { parsePageCursor, toPageCursor } from '../../domains/page-cursor'
import type { Handler } from '../../http/handler'
import { ApiError } from '../../http/problem'
import { readQuery } from '../../http/read-query'
import { jsonAnswer } from '../search-answer'
import { readRules } from './ask-rules'
import { RuleListQuery } from './rule-body'

/** `GET /integration/rules`: the rules of the tenant, in the order of their ids; built-in ones too. */
export const listRules: Handler = async (request, env) => {
  const { kind, enabled, limit, cursor } = readQuery(request.url, RuleListQuery)
  const after = cursor === undefined ? '' : positionOf(cursor)
  const rules = await readRules(request, env)
  const wanted = rules
    .filter((rule) => kind === undefined || rule.kind === kind)
    .filter((rule) => enabled === undefined || String(rule.enabled) === enabled)
    .filter(({ id }) => id > after)
    .sort((left, right) => (left.id < right.id ? -1 : 1))
  const page = wanted.slice(0, limit)
  const hasMore = wanted.length > limit
  const nextCursor = hasMore ? toPageCursor([page[limit - 1].id, 'rule']) : null
  return jsonAnswer({ data: page, page: { next_cursor: nextCursor, has_more: hasMore } })
}

function positionOf(cursor: string): string {
  const [id, of] = parsePageCursor(cursor) ?? []
  if (id === undefined || of !== 'rule') throw new ApiError('cursor_mismatch')
  return id
}
