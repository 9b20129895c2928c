import { CORS_MAX_AGE_SECONDS } from '../limits/limits'
import type { TenantRequest } from './handler'

/** Headers of an answer that a page may read, beside those that it always may (Fetch, 3.2.3). */
const READABLE = ['etag', 'idempotency-replayed', 'ratelimit', 'ratelimit-policy', 'retry-after', 'x-request-id']

/** Headers that a page may send to have logs stored, beside the one of the operator's choice. */
const SENDABLE = ['authorization', 'content-encoding', 'content-type', 'idempotency-key', 'traceparent', 'x-request-id']

/**
 * Lets the page that sent a request with a key for browsers read the answer (Fetch standard, CORS protocol). The origin is
 * one of the key's by now, and named as such: never `*`, and never together with cookies.
 */
export function addCorsHeaders(response: Response, { pageOrigin }: Pick<TenantRequest, 'pageOrigin'>): Response {
  if (pageOrigin === undefined || response.status === 101) return response
  response.headers.set('access-control-allow-origin', pageOrigin)
  response.headers.set('access-control-expose-headers', READABLE.join(', '))
  response.headers.append('vary', 'Origin')
  return response
}

/**
 * What a browser asks before a page may send logs, for a route with this policy; undefined for any other question. It names
 * no key, so that nobody can know yet whether the page may: the request itself is refused when it may not, and what is
 * answered here says nothing about any tenant.
 */
export function preflightHeaders(
  { headers, config }: Pick<TenantRequest, 'headers' | 'config'>,
  policyOf: (method: string) => { readonly scope: string } | undefined,
): Headers | undefined {
  const origin = headers.get('origin')
  const method = headers.get('access-control-request-method')
  if (origin === null || method === null || policyOf(method)?.scope !== 'logs:write') return undefined
  return new Headers({
    'access-control-allow-origin': origin,
    'access-control-allow-methods': method,
    'access-control-allow-headers': [...SENDABLE, config.API_KEY_HEADER.toLowerCase()].join(', '),
    'access-control-max-age': `${CORS_MAX_AGE_SECONDS}`,
    vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  })
}
