import { isAsNarrow } from '../query/narrow-filter'
import { ROLE_SCOPES, ROLES, type Role, type Scope } from './roles'

/** What somebody has, and so can give: their role, their scopes, and what they may see. */
export interface Grant {
  readonly role: Role
  readonly scopes: ReadonlySet<Scope>
  /** In the query language; undefined for all logs of the tenant. */
  readonly filter: string | undefined
}

/** What an operator has in a tenant whose keys they make: all that an owner has. */
export const GRANT_OF_OPERATOR: Grant = { role: 'owner', scopes: new Set(ROLE_SCOPES.owner), filter: undefined }

/** Why somebody may not give this, for a person to read; undefined when they may. Nobody gives what they do not have. */
export function faultOfGrant(own: Grant, given: Grant): string | undefined {
  if (!mayManage(own, given.role))
    return `Only who is ${given.role} themselves may do this with the role ${given.role}.`
  const missing = [...given.scopes].find((scope) => !own.scopes.has(scope))
  if (missing !== undefined) return `This needs the scope ${missing} itself: nobody gives what they do not have.`
  if (!isAsNarrow(given.filter, own.filter)) return 'It would see more logs than these credentials do.'
  return undefined
}

/** Whether somebody may take away what is of a role: nobody does who has less. */
export const mayManage = ({ role: own }: Pick<Grant, 'role'>, role: Role): boolean =>
  ROLES.indexOf(own) <= ROLES.indexOf(role)
