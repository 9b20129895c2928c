import type { Env } from '../env'
import { MEMBER_CACHE_ENTRIES_MAX } from '../limits/limits'
import { errorFields } from '../log'
import { findMember, type MemberRecord, type Person } from '../storage/d1/members'
import { ALWAYS_CURRENT } from '../tenant/contract'
import { tenantDirectory } from '../tenant-stub'
import type { TenantRequest } from './handler'
import { HintCache } from './hint-cache'
import { findHint } from './request-hints'

/** The member of a tenant that the person of a token is. */
export type Member = NonNullable<MemberRecord['member']>

const members = new HintCache<MemberRecord>(MEMBER_CACHE_ENTRIES_MAX)

/**
 * Finds the member that a person is, if they are one. That they are none is known as of a version of the tenant too, so that
 * a new member's role and filter hold on the very next request. KV is left out: a tenant may have any number of people.
 */
export async function findMemberOf(
  tenantId: string,
  person: Person,
  request: TenantRequest,
  { env, ctx }: { readonly env: Env; readonly ctx: ExecutionContext },
): Promise<Member | undefined> {
  const source = {
    cache: members,
    readKv: async () => undefined,
    putKv: async () => {},
    readD1: () => findMember(env.CONTROL, tenantId, person),
    waitUntil: (work: Promise<void>) => ctx.waitUntil(work),
  }
  // Who is refused because of it may be let in meanwhile: the tenant's object knows.
  request.hints.tenantId = tenantId
  const record = await findHint(request, source, JSON.stringify([tenantId, person.subject, person.email ?? '']))
  const member = record?.member
  if (member?.status === 'invited') request.signIn = () => bind(tenantId, member, person, { env, request })
  return member
}

/** Binds who was invited and has signed in, once they are answered: it makes old what their request was let in by. */
export function bindInvited(response: Response, request: TenantRequest, _env: Env, ctx: ExecutionContext): Response {
  if (request.signIn !== undefined) ctx.waitUntil(request.signIn())
  return response
}

/**
 * The first sign-in of somebody who was invited: from then on they are known by their subject, whoever is given their
 * address later. It is taken up again by their next request when it fails.
 */
async function bind(
  tenantId: string,
  { id, version }: Member,
  { subject }: Person,
  { env, request }: { readonly env: Env; readonly request: TenantRequest },
): Promise<void> {
  const by = { tenantId, host: request.host, keyId: `jwt:${subject}`, address: '', settingsVersion: ALWAYS_CURRENT }
  const patch = { subject, status: 'active' }
  try {
    await tenantDirectory(env, tenantId).change(by, [{ what: 'member.edited', id, patch, ifVersion: version }])
  } catch (error) {
    request.log.warn('member_not_bound', errorFields(error))
  }
}
