import type { Handler } from './handler'
import { ApiError } from './problem'

/** Everything a principal can be allowed to do. `operator` is the platform's, and goes with no tenant. */
export const SCOPES = ['logs:write', 'logs:read', 'admin', 'operator'] as const

export type Scope = (typeof SCOPES)[number]

/** Who a request acts for. */
export interface Principal {
  /** `key_…` */
  readonly id: string
  /** Absent for the operator. */
  readonly tenantId: string | undefined
  readonly scopes: ReadonlySet<Scope>
}

/** The access policy of a route: the last step before its handler, and readable for the documents made of the table. */
export type Policy = Handler & { readonly scope: Scope | 'public' }

/** Who has the scope goes on, anyone else is told which one is missing. */
export function requires(scope: Scope): Policy {
  const check: Handler = ({ principal }) => {
    if (!principal.scopes.has(scope)) throw new ApiError('scope_missing', `This needs a key with the scope ${scope}.`)
    return undefined
  }
  return Object.assign(check, { scope })
}

/** For what everybody may see. It is said, so that no route is open because somebody forgot. */
export const isPublic: Policy = Object.assign((): undefined => undefined, { scope: 'public' } as const)

/** The scopes among the names that a key can hold: `operator` without a tenant, the others with one. */
export function scopesFrom(names: readonly string[], tenantId: string | undefined): ReadonlySet<Scope> {
  const isHeld = (scope: Scope) => names.includes(scope) && (scope === 'operator') === (tenantId === undefined)
  return new Set(SCOPES.filter(isHeld))
}
