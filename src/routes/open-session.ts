import type { Env } from '../env'
import { refusalError } from '../http/caller'
import type { Handler, TenantRequest } from '../http/handler'
import { mintId } from '../http/mint-id'
import { ApiError } from '../http/problem'
import { makeSession, sessionCookie } from '../http/session'
import { withFreshHints } from '../http/with-fresh-hints'
import { SESSIONS_CLEARED_MAX, SESSIONS_PER_PRINCIPAL_MAX } from '../limits/limits'
import type { Caller } from '../tenant/contract'
import type { ChangeOutcome, DirectoryChange } from '../tenant/directory'
import { tenantDirectory } from '../tenant-stub'
import { VERSION } from '../version'
import { sessionAnswer } from './session-answer'

/**
 * `POST /session`: exchanges a key or JWT for a cookie. The credential is in a header, which no other site's page can send,
 * so that nobody is signed in as somebody else without knowing.
 */
export const openSession: Handler = async (request, env) => {
  const { url } = request
  // A session cannot prolong itself: whoever has stolen the cookie would have it for good.
  if (request.principal.kind === 'session')
    throw new ApiError('conflict', 'This is a session. Open a new one with a key or JWT.')
  const nowMs = Date.now()
  const id = mintId('ses', nowMs, crypto.getRandomValues(new Uint8Array(16)))
  const random = crypto.getRandomValues(new Uint8Array(32))
  const outcome = await withFreshHints(request, (caller) => {
    // Each time by who they are then: what they were let in by may have been old.
    const { row } = makeSession(request.principal, nowMs, random)
    return add(caller, request, env, { what: 'session.added', id, row, countMax: SESSIONS_PER_PRINCIPAL_MAX })
  })
  if (!outcome.ok) throw refusalError(outcome.refusal)
  const { secret, csrfToken, row } = makeSession(request.principal, nowMs, random)
  const session = { kind: 'session', id, role: row.role, scopes: row.scopes, filter: row.filter } as const
  const body = sessionAnswer({
    ...session,
    tenantId: request.tenantId,
    tenantName: request.settings.name,
    nowMs,
    csrfToken,
    expiresMs: row.expiresMs,
  })
  return new Response(body, {
    status: 201,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store, private',
      'set-cookie': sessionCookie(secret, url),
      'sluice-build': VERSION,
    },
  })
}

/** Adds the session, and takes away some that have ended: ids sort by age, so that the first are the oldest. */
async function add(
  caller: Caller,
  { tenantId }: TenantRequest,
  env: Env,
  added: DirectoryChange,
): Promise<ChangeOutcome> {
  const directory = tenantDirectory(env, tenantId)
  const oldest = await directory.readDirectory(caller, 'session', { after: '', limit: SESSIONS_CLEARED_MAX })
  if (!oldest.ok) return oldest
  const nowMs = Date.now()
  const ended = oldest.rows.filter(({ value }) => typeof value.expiresMs !== 'number' || value.expiresMs <= nowMs)
  const removed = ended.map(({ id }): DirectoryChange => ({ what: 'session.removed', id }))
  return directory.change(caller, [added, ...removed])
}
