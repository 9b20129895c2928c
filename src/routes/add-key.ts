import { type NewKey, newKey } from '../admin/new-key'
import { planOf, readTerms } from '../domains/tenant-terms'
import type { Env } from '../env'
import { askControl } from '../http/ask-control'
import { checkFilter } from '../http/check-filter'
import type { TenantRequest } from '../http/handler'
import { ApiError } from '../http/problem'
import { KEY_KEPT_MS, KEYS_CLEARED_MAX } from '../limits/limits'
import { effectiveTerms } from '../limits/plans'
import { narrowFilter } from '../query/narrow-filter'
import type { SettingsRecord } from '../storage/d1/credentials'
import { countKeys, type KeyCensus } from '../storage/d1/keys'
import type { Caller } from '../tenant/contract'
import type { DirectoryChange } from '../tenant/directory'
import { JsonObject } from '../tenant/directory-rows'
import type { Grant } from '../tenant/grant'
import { tenantDirectory } from '../tenant-stub'
import { makeChanges, rowAnswer } from './directory-row'
import { grantOfKey, requireGrant } from './grant-of'
import { toKeyAnswer } from './key-answer'
import { faultsOfKey, type KeyRegistration, termsOfKey } from './key-body'

/** Who makes a key, and for which tenant. */
export interface KeyMaker {
  readonly tenantId: string
  /** The terms of the tenant, as they are known when it is asked. */
  readonly terms: () => TermsOfTenant
  /** What they have, as it is known when the tenant is asked: what they were let in by may have been old. */
  readonly own: () => Grant
  /** What the tenant's object is told, when D1 shows this version of the tenant. */
  readonly callerAt: (caller: Caller, version: number) => Caller
}

/** What says how many keys a tenant may have. */
export type TermsOfTenant = Pick<SettingsRecord, 'plan' | 'limits'>

/** Makes a key of a tenant, if its maker has all that the key would have. The answer shows it, this once. */
export async function addKey(
  request: TenantRequest,
  env: Env,
  maker: KeyMaker,
  wishes: KeyRegistration,
): Promise<Response> {
  const nowMs = Date.now()
  const added: NewKey[] = []
  const { version } = await makeChanges(request, async (caller) => {
    const made = checkedKey(wishes, { own: maker.own(), nowMs, createdBy: request.principal.id })
    added.unshift(made)
    const census = await takeCensus(request, env, { tenantId: maker.tenantId, terms: maker.terms(), nowMs })
    const changes = [additionOf(made), ...removalsOf(census)]
    return tenantDirectory(env, maker.tenantId).change(maker.callerAt(caller, census.version), changes)
  })
  return newKeyAnswer(added[0], version, nowMs)
}

/** The addition of a key to the directory. */
export const additionOf = ({ id, row }: NewKey): DirectoryChange => ({ what: 'key.added', id, row })

/** Keys that ended long ago go when one comes. */
export const removalsOf = ({ dead }: KeyCensus): DirectoryChange[] =>
  dead.map((id): DirectoryChange => ({ what: 'key.removed', id }))

/** The answer that shows a new key. */
export const newKeyAnswer = ({ text, id, row }: NewKey, version: number, nowMs: number): Response =>
  rowAnswer(
    { ...toKeyAnswer({ id, row, lastUsedDay: undefined }, nowMs), key: text },
    { version, status: 201, location: `/admin/keys/${id}` },
  )

/** Counts the tenant's keys; refuses when there is no room for one more. For a while a rotation doubles each of them. */
export async function takeCensus(
  request: TenantRequest,
  env: Env,
  asking: {
    readonly tenantId: string
    readonly terms: TermsOfTenant
    readonly nowMs: number
    readonly isRotation?: boolean
  },
): Promise<KeyCensus> {
  const { tenantId, terms, nowMs, isRotation = false } = asking
  const asked = { nowMs, deadMs: nowMs - KEY_KEPT_MS, deadMax: KEYS_CLEARED_MAX }
  const census = await askControl(request, () => countKeys(env.CONTROL, tenantId, asked))
  if (census === undefined) throw new ApiError('not_found')
  const { keys } = effectiveTerms(planOf(terms), readTerms(JsonObject.parse(terms.limits)), request.config)
  if (census.live >= keys * (isRotation ? 2 : 1))
    throw new ApiError('conflict', `The tenant’s plan allows ${keys} keys that work. Revoke those that are not used.`)
  return census
}

function checkedKey(
  wishes: KeyRegistration,
  { own, nowMs, createdBy }: { readonly own: Grant; readonly nowMs: number; readonly createdBy: string },
): NewKey {
  const { kind, note, origins, addresses, expires_at } = wishes
  if (wishes.filter !== undefined) checkFilter(wishes.filter, nowMs)
  const filter = narrowFilter(own.filter, wishes.filter)
  if (filter !== undefined && filter !== wishes.filter) checkFilter(filter, nowMs)
  const terms = {
    ...{ kind, note, createdBy, ...termsOfKey(wishes) },
    ...(filter !== undefined && { filter }),
    ...(origins !== undefined && { origins }),
    ...(addresses !== undefined && { addresses }),
    ...(expires_at !== undefined && { expiresMs: Date.parse(expires_at) }),
  }
  const errors = faultsOfKey(terms, nowMs)
  if (errors.length > 0) throw new ApiError('validation_failed', 'There can be no such key.', { errors })
  requireGrant(own, grantOfKey(terms))
  return newKey(terms, nowMs)
}
