import { refusalError } from '../http/caller'
import type { Handler } from '../http/handler'
import { endedCookie } from '../http/session'
import { withFreshHints } from '../http/with-fresh-hints'
import { tenantDirectory } from '../tenant-stub'

/**
 * `DELETE /session`: ends the session of the request's cookie. It is gone for every copy of the cookie once this answers.
 * Whoever came by a key or JWT has none to end, and only loses the cookie.
 */
export const closeSession: Handler = async (request, env) => {
  const { principal, tenantId, url } = request
  const isSession = principal.kind === 'session'
  if (isSession) {
    const removal = { what: 'session.removed', id: principal.id } as const
    const outcome = await withFreshHints(request, (caller) => tenantDirectory(env, tenantId).change(caller, [removal]))
    // Two tabs may sign out at once: it is gone either way.
    if (!outcome.ok && outcome.refusal.kind !== 'not_found') throw refusalError(outcome.refusal)
  }
  return new Response(`${JSON.stringify({ ended: isSession })}\n`, {
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store, private',
      'set-cookie': endedCookie(url),
    },
  })
}
