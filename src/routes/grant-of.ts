import type { TenantRequest } from '../http/handler'
import { ApiError } from '../http/problem'
import type { DirectoryRow } from '../tenant/directory-rows'
import { faultOfGrant, type Grant, mayManage } from '../tenant/grant'
import { ROLE_SCOPES, type Role, scopesOf } from '../tenant/roles'

/** What the caller has and can give. */
export const grantOf = ({ principal }: Pick<TenantRequest, 'principal'>): Grant => principal

/** What a key with these terms would have. */
export const grantOfKey = (key: {
  readonly role: Role
  readonly scopes: readonly string[]
  readonly filter?: string | undefined
}): Grant => ({ role: key.role, scopes: scopesOf(key.role, key.scopes), filter: key.filter })

/** What a member with these terms would have: all that their role has. */
export const grantOfMember = ({
  role,
  filter,
}: {
  readonly role: Role
  readonly filter?: string | undefined
}): Grant => ({ role, scopes: new Set(ROLE_SCOPES[role]), filter })

/** Refuses to let somebody give what they do not have. */
export function requireGrant(own: Grant, given: Grant): void {
  const fault = faultOfGrant(own, given)
  if (fault !== undefined) throw new ApiError('scope_missing', fault)
}

/** Refuses to let somebody take away what is of a role above their own. */
export function requireRank(own: Grant, role: Role): void {
  if (!mayManage(own, role))
    throw new ApiError('scope_missing', `Only who is ${role} themselves may do this with the role ${role}.`)
}

/** The row of a directory by the schema of its kind; what this version of the code cannot read is a mistake of ours. */
export const rowOf = <Row>(schema: { parse: (value: unknown) => Row }, { value }: DirectoryRow): Row =>
  schema.parse(value)
