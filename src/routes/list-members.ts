import type { Handler } from '../http/handler'
import { readQuery } from '../http/read-query'
import { type DirectoryRow, MemberRow } from '../tenant/directory-rows'
import { readDirectoryPage } from './directory-page'
import { rowOf } from './grant-of'
import { MemberQuery, toMemberAnswer } from './member-body'
import { jsonAnswer } from './search-answer'

/** `GET /admin/members`: who belongs to the tenant, those who came first at the top. */
export const listMembers: Handler = async (request, env) => {
  const { role, limit, cursor } = readQuery(request.url, MemberQuery)
  const isWanted = (found: DirectoryRow): boolean => role === undefined || rowOf(MemberRow, found).role === role
  const { rows, nextCursor } = await readDirectoryPage(request, env, { kind: 'member', limit, cursor, isWanted })
  return jsonAnswer({
    data: rows.map((row) => toMemberAnswer(row.id, rowOf(MemberRow, row))),
    page: { next_cursor: nextCursor, has_more: nextCursor !== null },
  })
}
