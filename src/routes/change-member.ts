import * as z from 'zod'
import { checkFilter } from '../http/check-filter'
import type { Handler, TenantRequest } from '../http/handler'
import { readJson } from '../http/read-json'
import { readQuery } from '../http/read-query'
import { ADMIN_BODY_BYTES_MAX } from '../limits/limits'
import { type DirectoryRow, type JsonObject, MemberRow } from '../tenant/directory-rows'
import { changeRow, toPatch } from './directory-row'
import { grantOf, grantOfMember, requireGrant, rowOf } from './grant-of'
import { MemberEdit } from './member-body'
import { answerMember } from './show-member'

/** `PATCH /admin/members/:member`: changes what somebody may do or see. It holds from the next request on. */
export const changeMember: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const edit = await readJson(request, MemberEdit, ADMIN_BODY_BYTES_MAX)
  const { member: id } = request.params
  await changeRow(request, env, { kind: 'member', id }, (row) => [
    { what: 'member.edited', id, patch: checkedPatch(request, row, edit) },
  ])
  return answerMember(request, env, id)
}

/** Whoever changes a member must have all that they had and all that they will have. */
function checkedPatch(request: TenantRequest, found: DirectoryRow, edit: MemberEdit): JsonObject {
  const own = grantOf(request)
  const before = rowOf(MemberRow, found)
  requireGrant(own, grantOfMember(before))
  if (typeof edit.filter === 'string') checkFilter(edit.filter, Date.now())
  const filter = edit.filter === undefined ? before.filter : (edit.filter ?? undefined)
  requireGrant(own, grantOfMember({ role: edit.role ?? before.role, filter }))
  // Who has not signed in yet is still only known by their address.
  if (edit.status === 'active' && before.subject === undefined) return toPatch({ ...edit, status: 'invited' })
  return toPatch(edit)
}
