import { signal } from '@preact/signals'
import { noteServiceTime } from '../time/now'
import { type Asked, ask, csrfToken, isSignedOut } from './ask'

/** Who is signed in, as GET /session answers it. */
export interface Session {
  readonly kind: 'session' | 'key' | 'jwt'
  readonly id: string
  readonly tenant_id: string
  /** As people call the tenant. */
  readonly tenant: string
  /** The service's clock. */
  readonly time: string
  readonly role: string
  readonly scopes: readonly string[]
  readonly filter?: string
  readonly csrf_token?: string
  readonly expires?: string
}

/** Undefined while it is not known yet, null when nobody is. */
export const session = signal<Session | null | undefined>(undefined)

/** Whether whoever is signed in may do what needs this scope. */
export const may = (scope: string): boolean => session.value?.scopes.includes(scope) ?? false

/** The tabs of a browser share the cookie: what one does with it, the others learn at once, so that no two tenants mix. */
const tabs = new BroadcastChannel('sluice.session')
tabs.onmessage = () => void readSession()

/** Asks whether somebody is signed in. A service that does not answer leaves what is known. */
export async function readSession(): Promise<Asked<Session>> {
  const asked = await ask<Session>('/session')
  if (asked.ok) keep(asked.value)
  // Whoever was signed in signs in again over the page: it keeps what was typed.
  else if ((asked.problem.status === 401 || asked.problem.status === 403) && session.peek() === undefined)
    session.value = null
  return asked
}

/** Exchanges a key or token for the session's cookie. The credential is not kept anywhere. */
export async function signIn(credential: string): Promise<Asked<Session>> {
  const asked = await ask<Session>('/session', {
    method: 'POST',
    headers: { authorization: `Bearer ${credential.trim()}` },
  })
  if (asked.ok) keep(asked.value)
  if (asked.ok) tabs.postMessage('changed')
  return asked
}

export async function signOut(): Promise<void> {
  await ask('/session', { method: 'DELETE' })
  csrfToken.value = undefined
  session.value = null
  tabs.postMessage('changed')
}

function keep(found: Session): void {
  csrfToken.value = found.csrf_token
  noteServiceTime(found.time)
  isSignedOut.value = false
  session.value = found
}
