import type { Env } from '../env'
import { findTenantByReference } from '../storage/d1/tenants'
import { ALWAYS_CURRENT, type Caller, type Refusal } from '../tenant/contract'
import { type TenantDirectory, tenantDirectory } from '../tenant-stub'
import { askControl } from './ask-control'
import { callerOf } from './caller'
import type { TenantRequest } from './handler'
import { ApiError } from './problem'
import { auditOf, noteEntry } from './request-audit'
import { withFreshHints } from './with-fresh-hints'

type Answer =
  | { readonly ok: true; readonly audit?: number | undefined }
  | { readonly ok: false; readonly refusal: Refusal }

/** The tenant that a request administers. */
export interface AdministeredTenant {
  readonly id: string
  /** Whether it is the operator who asks. */
  readonly isOperator: boolean
  readonly directory: TenantDirectory
  /** Asks the tenant's object for something, as the caller that it takes the request for. */
  readonly ask: <Outcome extends Answer>(call: (by: Caller) => Promise<Outcome>) => Promise<Outcome>
}

/**
 * Settles which tenant a request administers, behind the policy `administers`. `reference` is a tenant's name or id: the
 * operator may name any, everybody else only their own, and a tenant that is not theirs is to them as one that does not exist.
 */
export async function administeredTenant(
  request: TenantRequest,
  env: Env,
  reference: string,
): Promise<AdministeredTenant> {
  if (request.principal.tenantId !== undefined) {
    const { tenantId, settings } = request
    if (reference !== tenantId && reference !== settings.name) throw new ApiError('not_found')
    return ownTenant(request, env)
  }
  const id = await askControl(request, () => findTenantByReference(env.CONTROL, reference))
  if (id === undefined) throw new ApiError('not_found')
  return tenantOfOperator(request, env, id)
}

/** The tenant that somebody belongs to who is not the operator. */
export const ownTenant = (request: TenantRequest, env: Env): AdministeredTenant => ({
  id: request.tenantId,
  isOperator: false,
  directory: tenantDirectory(env, request.tenantId),
  ask: (call) => withFreshHints(request, call),
})

/** Any tenant, for the operator. */
export const tenantOfOperator = (request: TenantRequest, env: Env, id: string): AdministeredTenant => {
  // The operator's key was looked up in D1 for this very request, and goes by no hints of the tenant.
  const caller: Caller = { ...callerOf(request), tenantId: id, settingsVersion: ALWAYS_CURRENT }
  auditOf(request).aboutTenantId = id
  return {
    ...{ id, isOperator: true, directory: tenantDirectory(env, id) },
    ask: async (call) => noteEntry(request, await call(caller)),
  }
}
