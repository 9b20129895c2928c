import * as z from 'zod'
import type { Handler } from '../http/handler'
import { readQuery } from '../http/read-query'
import { MemberRow } from '../tenant/directory-rows'
import { changeRow } from './directory-row'
import { grantOf, requireRank, rowOf } from './grant-of'
import { jsonAnswer } from './search-answer'

/** `DELETE /admin/members/:member`: removes somebody, and ends their sessions. The last owner stays. */
export const removeMember: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const { member: id } = request.params
  await changeRow(request, env, { kind: 'member', id }, (found) => {
    requireRank(grantOf(request), rowOf(MemberRow, found).role)
    return [{ what: 'member.removed', id }]
  })
  return jsonAnswer({ removed: id })
}
