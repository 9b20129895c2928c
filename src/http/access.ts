import type { Feature } from '../limits/plans'
import { type Role, SCOPES, type Scope } from '../tenant/roles'
import type { Handler, TenantRequest } from './handler'
import { ApiError } from './problem'
import { auditOf } from './request-audit'
import { provable } from './request-hints'
import { requireFeature } from './require-feature'

export { type Role, SCOPES, type Scope }

/** Who a request acts for. */
export interface Principal {
  /** What has proved it. */
  readonly kind: 'key' | 'jwt' | 'session'
  /** `key_…`, `ses_…`, or `jwt:<issuer id>:<sub>` */
  readonly id: string
  /** Absent for the operator. */
  readonly tenantId: string | undefined
  readonly role: Role
  readonly scopes: ReadonlySet<Scope>
  /** In the query language: ANDed into everything that is read for it. It can only be made narrower. */
  readonly filter: string | undefined
  /** Whose limits it uses, where not its own: that of the credential which a session was opened with. */
  readonly payerId?: string
  /** The member of the tenant that a JWT's subject is, if it is one. */
  readonly memberId?: string
  /** When a JWT expires; keys and sessions have it in their rows. */
  readonly expiresMs?: number
}

/** The access policy of a route: the last step before its handler, and readable for the documents made of the table. */
export type Policy = Handler & { readonly scope: Scope | 'public'; readonly feature?: Feature }

/**
 * Who has the scope goes on, anyone else is told which one is missing. What is of a tenant rests while the tenant does;
 * nothing of it is lost. `feature` is what plans and installations can do without.
 */
export function requires(scope: Scope, { feature }: { readonly feature?: Feature } = {}): Policy {
  const check: Handler = (request) => {
    auditOf(request).scope = scope
    if (!request.principal.scopes.has(scope))
      throw new ApiError('scope_missing', `This needs a key with the scope ${scope}.`)
    if (scope !== 'operator') requireActive(request, scope)
    if (feature !== undefined) requireFeature(request, feature)
    return undefined
  }
  return Object.assign(provable(check), { scope, ...(feature && { feature }) })
}

/**
 * For routes about the administration of a tenant: the operator may use them for every tenant, everybody else for their own and
 * with the scope. Whose tenant it is about is settled by administeredTenant.
 */
export function administers(scope: Scope): Policy & { readonly isOperatorsToo: true } {
  const isTenants = requires(scope)
  const check: Handler = (request, env, ctx) => {
    auditOf(request).scope = scope
    return request.principal.scopes.has('operator') ? undefined : isTenants(request, env, ctx)
  }
  return Object.assign(check, { scope, isOperatorsToo: true } as const)
}

/** Refuses what counts or shows all of a tenant to who sees some of its logs. */
export function requireFullSight({ principal }: Pick<TenantRequest, 'principal'>): void {
  if (principal.filter === undefined) return
  throw new ApiError('scope_missing', 'This is about all logs of the tenant, and these credentials see some of them.')
}

/** For what everybody may see. It is said, so that no route is open because somebody forgot. */
export const isPublic: Policy = Object.assign((): undefined => undefined, { scope: 'public' } as const)

/** A status that this version of the code does not know lets nobody in. */
function requireActive({ settings }: TenantRequest, scope: Scope): void {
  if (settings.status === 'active') return
  throw new ApiError(scope === 'logs:write' ? 'ingest_suspended' : 'tenant_suspended')
}
