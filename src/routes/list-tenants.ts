import { TenantQuery } from '../domains/admin-bodies'
import { parsePageCursor, toPageCursor } from '../domains/page-cursor'
import { toTenantAnswer } from '../domains/tenant-answer'
import { askControl } from '../http/ask-control'
import type { Handler } from '../http/handler'
import { ApiError } from '../http/problem'
import { readQuery } from '../http/read-query'
import { listTenantRows } from '../storage/d1/tenants'
import { jsonAnswer } from './search-answer'

/** Tells cursors of tenants from those of other lists. */
const LIST = 'tenants'

/** `GET /admin/tenants`: all tenants, in the order of their names. */
export const listTenants: Handler = async (request, env) => {
  const { status, plan, name: part, limit, cursor } = readQuery(request.url, TenantQuery)
  const [after, list] = cursor === undefined ? ['', LIST] : (parsePageCursor(cursor) ?? [])
  if (after === undefined || list !== LIST) throw new ApiError('cursor_mismatch')
  const filter = { status, plan, part, after, limit: limit + 1 }
  const rows = await askControl(request, () => listTenantRows(env.CONTROL, filter))
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  return jsonAnswer({
    data: page.map(({ id, row }) => toTenantAnswer(id, row, request.config)),
    page: { next_cursor: last ? toPageCursor([last.row.name, LIST]) : null, has_more: last !== undefined },
  })
}
