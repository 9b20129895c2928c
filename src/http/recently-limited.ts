import type { Env } from '../env'
import { RECENTLY_LIMITED_MAX } from '../limits/limits'
import { BoundedCache } from '../storage/bounded-cache'
import type { Refusal } from '../tenant/contract'
import { tenantStub } from '../tenant-stub'
import { callerOf, refusalError } from './caller'
import type { TenantRequest } from './handler'

/** Until when callers were told to wait, as this isolate knows it. */
const waiting = new BoundedCache<number>(RECENTLY_LIMITED_MAX)

/** Remembers a caller whom the tenant's object has just told to wait. */
export function noteLimited(request: TenantRequest, refusal: Refusal): void {
  if (refusal.kind === 'limited') waiting.put(callerKey(request), Date.now() + refusal.retryAfterMs, 1)
}

/**
 * Spares the body of a caller who does not wait as told: the object is asked first whether a request of his would be let in
 * at all. What it says holds at this moment, so that nobody waits longer than his limits want.
 */
export async function refuseWhileLimited(request: TenantRequest, env: Env): Promise<void> {
  if ((waiting.get(callerKey(request)) ?? 0) <= Date.now()) return
  const refusal = await tenantStub(env, request.tenantId).limitedNow(callerOf(request))
  if (refusal) throw refusalError(refusal)
}

function callerKey(request: TenantRequest): string {
  const { tenantId, keyId, payerId = keyId, address } = callerOf(request)
  return `${tenantId} ${payerId} ${address} ${request.route}`
}
