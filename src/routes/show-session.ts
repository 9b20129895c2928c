import { refusalError } from '../http/caller'
import type { Handler } from '../http/handler'
import { csrfTokenOf, readSessionSecret } from '../http/session'
import { withFreshHints } from '../http/with-fresh-hints'
import { tenantDirectory } from '../tenant-stub'
import { VERSION } from '../version'
import { sessionAnswer } from './session-answer'

/**
 * `GET /session`: who the request acts for, be it by a session, a key or a JWT. A page asks it when it is loaded: whether
 * somebody is signed in, and which token to send.
 */
export const showSession: Handler = async (request, env) => {
  const directory = tenantDirectory(env, request.tenantId)
  // The object is asked for every kind of credential: it knows whether what the front door went by still holds.
  const outcome = await withFreshHints(request, (caller) =>
    directory.readDirectory(caller, 'session', { id: request.principal.id }),
  )
  if (!outcome.ok) throw refusalError(outcome.refusal)
  const { kind, id, role, scopes, filter } = request.principal
  const expiresMs = outcome.rows[0]?.value.expiresMs
  const secret = kind === 'session' ? readSessionSecret(request.headers, request.url) : undefined
  const body = sessionAnswer({
    ...{ kind, id, role, filter, scopes: [...scopes], tenantId: request.tenantId },
    ...{ tenantName: request.settings.name, nowMs: Date.now() },
    csrfToken: secret === undefined ? undefined : csrfTokenOf(secret),
    expiresMs: typeof expiresMs === 'number' ? expiresMs : undefined,
  })
  return new Response(body, {
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store, private', 'sluice-build': VERSION },
  })
}
