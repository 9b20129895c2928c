import { createHmac } from 'node:crypto'
import { SESSION_MS } from '../limits/limits'
import type { SessionRow } from '../tenant/directory-rows'
import type { Principal } from './access'
import { hashKey, isSameSecret } from './api-key'
import { ApiError } from './problem'

/** The header that a page of ours sends with whatever changes something. */
export const CSRF_HEADER = 'x-csrf-token'

/** A session that is being opened. Its secret is in the browser's cookie only, and we keep the hash. */
export interface NewSession {
  readonly secret: string
  readonly csrfToken: string
  readonly row: SessionRow
}

/** Makes a session for who has proved themselves by a key or a JWT, with their role, scopes and filter and no more. */
export function makeSession(principal: Principal, nowMs: number, random: Uint8Array): NewSession {
  if (random.length < SECRET_BYTES) throw new RangeError(`a session needs ${SECRET_BYTES} random bytes`)
  if (principal.role === 'operator')
    throw new ApiError('conflict', 'A session is of a tenant, and an operator has none.')
  const secret = Buffer.from(random.subarray(0, SECRET_BYTES)).toString('base64url')
  const csrfToken = csrfTokenOf(secret)
  const row: SessionRow = {
    hash: hashKey(secret),
    csrfHash: hashKey(csrfToken),
    principalId: principal.id,
    ...(principal.memberId !== undefined && { memberId: principal.memberId }),
    role: principal.role,
    scopes: [...principal.scopes],
    ...(principal.filter !== undefined && { filter: principal.filter }),
    status: 'active',
    createdMs: nowMs,
    expiresMs: nowMs + SESSION_MS,
  }
  return { secret, csrfToken, row }
}

/**
 * The token that a page has to send beside the cookie. It follows from the cookie's secret, so that a page that was loaded
 * again can ask for it again, and nobody who has only the token learns anything of the secret.
 */
export const csrfTokenOf = (secret: string): string =>
  createHmac('sha256', secret).update('sluice session csrf token').digest('base64url')

/** `Set-Cookie` for a session. No script reads it, no other site's page sends it, and it ends with the session. */
export const sessionCookie = (secret: string, url: string): string =>
  cookieText(`${cookieNameOf(url)}=${secret}`, url, SESSION_MS / 1000)

/** `Set-Cookie` that takes the session's cookie away. */
export const endedCookie = (url: string): string => cookieText(`${cookieNameOf(url)}=`, url, 0)

/** The secret in the request's cookie. Of two cookies with the name, which only a mistake or an attack makes, neither counts. */
export function readSessionSecret(headers: Headers, url: string): string | undefined {
  const start = `${cookieNameOf(url)}=`
  const pairs = (headers.get('cookie') ?? '').split(';').map((pair) => pair.trim())
  const [found, ...others] = pairs.filter((pair) => pair.startsWith(start)).map((pair) => pair.slice(start.length))
  return found !== undefined && others.length === 0 && SECRET.test(found) ? found : undefined
}

/**
 * Refuses what a page of another site, or of a sibling domain, makes a browser send with the session's cookie (OWASP CSRF
 * Prevention Cheat Sheet; ASVS 5.0 3.5.1). SameSite=Strict keeps the cookie from other sites; these checks hold in browsers
 * without it and against siblings, which are the same site. By what the browser itself says of the sender: `Sec-Fetch-Site`,
 * and `Origin`, which all browsers send with whatever changes something and with WebSockets. And by a token that only a page
 * of this origin can read, in a header that no form can send.
 */
export function requireSameSite(request: Pick<Request, 'headers' | 'method' | 'url'>, csrfHash: string): void {
  const { headers, method, url } = request
  const site = headers.get('sec-fetch-site')
  // `none`: the person typed the address or followed a bookmark.
  if (site !== null && site !== 'same-origin' && !(site === 'none' && isSafe(request))) throw refused('Sec-Fetch-Site')
  const origin = headers.get('origin')
  if (origin === null ? !isSafe(request) : !isOwnOrigin(origin, url)) throw refused('Origin')
  if (SAFE_METHODS.includes(method)) return
  if (!isSameSecret(hashKey(headers.get(CSRF_HEADER) ?? ''), csrfHash)) throw refused('X-CSRF-Token')
}

const SECRET_BYTES = 32
const SECRET = /^[\w-]{43}$/

const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/** A WebSocket begins as a GET, and another site's page can open one: it counts as a change. */
const isSafe = ({ method, headers }: Pick<Request, 'headers' | 'method'>): boolean =>
  SAFE_METHODS.includes(method) && !headers.has('upgrade')

/** Names a header and no value: who sent it knows it, and nobody else should. */
const refused = (header: string): ApiError =>
  new ApiError('cross_site_request', `${header} does not say that a page of this host sent it.`)

/** Behind a proxy that ends TLS we see http where the browser sees https; never the other way round. */
export function isOwnOrigin(origin: string, url: string): boolean {
  if (!URL.canParse(origin)) return false // `null` among others
  const theirs = new URL(origin)
  const ours = new URL(url)
  return theirs.host === ours.host && (theirs.protocol === ours.protocol || theirs.protocol === 'https:')
}

/**
 * The prefix has browsers take the cookie only with Secure, for this host alone and from this host, so that no sibling can
 * plant one (RFC 6265bis, 4.1.3.2). Without TLS, which is for one's own machine, they would not take it at all.
 */
const cookieNameOf = (url: string): string => (isLocalHttp(url) ? 'sluice_session' : '__Host-sluice_session')

function cookieText(pair: string, url: string, maxAgeSeconds: number): string {
  const attributes = ['Path=/', `Max-Age=${maxAgeSeconds}`, 'HttpOnly', 'SameSite=Strict']
  return [pair, ...attributes, ...(isLocalHttp(url) ? [] : ['Secure'])].join('; ')
}

function isLocalHttp(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  const isLocal =
    hostname === 'localhost' || hostname.endsWith('.localhost') || ['127.0.0.1', '[::1]'].includes(hostname)
  return protocol === 'http:' && isLocal
}
