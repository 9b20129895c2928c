import * as z from 'zod'
import { planOf, readTerms } from '../domains/tenant-terms'
import { askControl } from '../http/ask-control'
import { checkFilter } from '../http/check-filter'
import type { Handler, TenantRequest } from '../http/handler'
import { mintId } from '../http/mint-id'
import { ApiError } from '../http/problem'
import { readJson } from '../http/read-json'
import { readQuery } from '../http/read-query'
import { ADMIN_BODY_BYTES_MAX } from '../limits/limits'
import { effectiveTerms } from '../limits/plans'
import { narrowFilter } from '../query/narrow-filter'
import { findSameMember } from '../storage/d1/members'
import { JsonObject, type MemberRow } from '../tenant/directory-rows'
import { tenantDirectory } from '../tenant-stub'
import { noLaterThan } from './create-key'
import { makeChanges, rowAnswer } from './directory-row'
import { grantOf, grantOfMember, requireGrant } from './grant-of'
import { MemberInvitation, toMemberAnswer } from './member-body'

/** `POST /admin/members`: lets somebody in who signs in with a JWT, with this role. */
export const createMember: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const invitation = await readJson(request, MemberInvitation, ADMIN_BODY_BYTES_MAX)
  const { tenantId } = request
  const nowMs = Date.now()
  const id = mintId('mem', nowMs, crypto.getRandomValues(new Uint8Array(16)))
  const { version } = await makeChanges(request, async (caller) => {
    const row = checkedMember(request, invitation, nowMs)
    const wanted = { subject: row.subject, email: row.email, except: id }
    const found = await askControl(request, () => findSameMember(env.CONTROL, tenantId, wanted))
    if (found === undefined) throw new ApiError('not_found')
    if (found.same !== null) throw new ApiError('conflict', `They are a member already: ${found.same}.`)
    const added = { what: 'member.added', id, row, countMax: membersMaxOf(request) } as const
    return tenantDirectory(env, tenantId).change(noLaterThan(caller, found.version), [added])
  })
  return rowAnswer(toMemberAnswer(id, checkedMember(request, invitation, nowMs)), {
    version,
    status: 201,
    location: `/admin/members/${id}`,
  })
}

const membersMaxOf = ({ settings, config }: TenantRequest): number =>
  effectiveTerms(planOf(settings), readTerms(JsonObject.parse(settings.limits)), config).members

function checkedMember(request: TenantRequest, invitation: MemberInvitation, nowMs: number): MemberRow {
  const { email, subject, role } = invitation
  const own = grantOf(request)
  if (invitation.filter !== undefined) checkFilter(invitation.filter, nowMs)
  const filter = narrowFilter(own.filter, invitation.filter)
  if (filter !== undefined && filter !== invitation.filter) checkFilter(filter, nowMs)
  requireGrant(own, grantOfMember({ role, filter }))
  return {
    ...(email !== undefined && { email }),
    ...(subject !== undefined && { subject }),
    role,
    ...(filter !== undefined && { filter }),
    status: subject === undefined ? 'invited' : 'active',
    createdMs: nowMs,
  }
}
