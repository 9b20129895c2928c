import type { Env } from '../env'
import { mintId } from '../http/mint-id'
import { reserveTenant } from '../storage/d1/directory'
import type { Caller, Refusal } from '../tenant/contract'
import type { TenantRow } from '../tenant/directory-rows'
import { tenantDirectory } from '../tenant-stub'

/** What making a tenant needs of the platform. */
export type TenantBindings = Pick<Env, 'CONTROL' | 'TENANT'>

/** What became of it: the tenant's id, and whether it is new. */
export type CreateTenantOutcome =
  | {
      readonly ok: true
      readonly id: string
      readonly isNew: boolean
      /** The number of the first entry of its audit. */
      readonly audit?: number | undefined
    }
  | { readonly ok: false; readonly refusal: Refusal }

/**
 * Makes a tenant, or finds the one that has the name. The name is taken in D1 first, since no object knows all names; then
 * the tenant's object begins its directory and tells D1. What was cut short in between is finished by asking again. `by` is who
 * makes it, for its audit; absent for the service itself.
 */
export async function createTenant(
  env: TenantBindings,
  wishes: Pick<TenantRow, 'name' | 'plan'> & Partial<Pick<TenantRow, 'limits' | 'contactEmail'>>,
  nowMs: number,
  by?: Caller,
): Promise<CreateTenantOutcome> {
  const { name, plan } = wishes
  const minted = mintId('ten', nowMs, crypto.getRandomValues(new Uint8Array(32)))
  const id = await reserveTenant(env.CONTROL, { id: minted, name, plan }, nowMs)
  const row: TenantRow = { status: 'active', limits: {}, payloadDatabase: 'PAYLOAD', createdMs: nowMs, ...wishes }
  const outcome = await tenantDirectory(env, id).initialise(row, by)
  return outcome.ok ? { ok: true, id, isNew: id === minted, audit: outcome.audit } : outcome
}
