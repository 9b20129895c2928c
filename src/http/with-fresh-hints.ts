import type { Caller, Refusal } from '../tenant/contract'
import { callerOf } from './caller'
import type { TenantRequest } from './handler'
import { noteEntry } from './request-audit'
import { proveAgain } from './request-hints'

type Answer =
  | { readonly ok: true; readonly audit?: number | undefined }
  | { readonly ok: false; readonly refusal: Refusal }

/**
 * Asks the tenant's object for something. When the object says that the request was let in by old hints, the front door is
 * passed again by what D1 says, which may refuse it, and the object is asked once more. Every call that goes by a Caller is
 * made through this.
 */
export async function withFreshHints<Outcome extends Answer>(
  request: TenantRequest,
  ask: (caller: Caller) => Promise<Outcome>,
): Promise<Outcome> {
  const outcome = await ask(callerOf(request))
  if (outcome.ok || outcome.refusal.kind !== 'settings_changed') return noteEntry(request, outcome)
  await proveAgain(request)
  return noteEntry(request, await ask(callerOf(request)))
}
