import * as z from 'zod'

/** Who a request acts for, as the session's routes answer it. */
export const SessionAnswer = z.object({
  kind: z.enum(['session', 'key', 'jwt']),
  id: z.string(),
  tenant_id: z.string(),
  /** As people call the tenant. */
  tenant: z.string(),
  /** RFC 3339; the service's clock: that of a device may be wrong. */
  time: z.iso.datetime(),
  role: z.string(),
  scopes: z.array(z.string()),
  /** In the query language: added to everything that is read. */
  filter: z.string().optional(),
  /** To be sent in X-CSRF-Token with whatever changes something; only for sessions. */
  csrf_token: z.string().optional(),
  /** RFC 3339; only for sessions. */
  expires: z.string().optional(),
})

/** What is known of a session, or of another credential. */
export interface SessionFacts {
  readonly kind: 'session' | 'key' | 'jwt'
  readonly id: string
  readonly tenantId: string
  readonly tenantName: string
  readonly nowMs: number
  readonly role: string
  readonly scopes: readonly string[]
  readonly filter: string | undefined
  readonly csrfToken: string | undefined
  readonly expiresMs: number | undefined
}

/** The answer's JSON text. The secret of the session is not in it: no script may read that. */
export function sessionAnswer(facts: SessionFacts): string {
  const { kind, id, tenantId, tenantName, nowMs, role, scopes, filter, csrfToken, expiresMs } = facts
  const answer = {
    ...{
      kind,
      id,
      tenant_id: tenantId,
      tenant: tenantName,
      time: new Date(nowMs).toISOString(),
      role,
      scopes,
      filter,
      csrf_token: csrfToken,
    },
    expires: expiresMs === undefined ? undefined : new Date(expiresMs).toISOString(),
  }
  return `${JSON.stringify(answer)}\n`
}
