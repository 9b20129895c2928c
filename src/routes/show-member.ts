import * as z from 'zod'
import type { Env } from '../env'
import type { Handler, TenantRequest } from '../http/handler'
import { readQuery } from '../http/read-query'
import { MemberRow } from '../tenant/directory-rows'
import { readRow, rowAnswer } from './directory-row'
import { rowOf } from './grant-of'
import { toMemberAnswer } from './member-body'

/** `GET /admin/members/:member`: one member. */
export const showMember: Handler = (request, env) => {
  readQuery(request.url, z.strictObject({}))
  return answerMember(request, env, request.params.member)
}

/** The answer about a member as they are now. */
export async function answerMember(request: TenantRequest, env: Env, id: string): Promise<Response> {
  const row = await readRow(request, env, 'member', id)
  return rowAnswer(toMemberAnswer(id, rowOf(MemberRow, row)), { version: row.version })
}
