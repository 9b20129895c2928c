import type { LimitStatus } from '../limits/limiter'
import type { LimitUnit } from '../limits/policies'
import type { Refusal } from '../tenant/contract'
import type { TenantRequest } from './handler'
import { ApiError } from './problem'

/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10, as structured fields of RFC 9651): what was
 * allowed and what is left, for each policy that the request was held against. No fields where there is no policy.
 */
export function rateLimitHeaders(limits: readonly LimitStatus[]): Readonly<Record<string, string>> {
  if (limits.length === 0) return {}
  return {
    'ratelimit-policy': limits.map(policyItem).join(', '),
    ratelimit: limits.map(statusItem).join(', '),
  }
}

/** Tells the client of a request that was let through what is left. Those of a refused one come with its problem. */
export function addRateLimitHeaders(response: Response, request: TenantRequest): Response {
  if (request.limits === undefined || response.status === 101 || response.headers.has('ratelimit')) return response
  for (const [name, value] of Object.entries(rateLimitHeaders(request.limits))) response.headers.set(name, value)
  return response
}

type LimitRefusal = Extract<Refusal, { kind: 'limited' | 'too_large_for_limit' }>

/** The answer to a request that is over a limit: wait, or, where waiting does not help, send less at once. */
export function limitError(refusal: LimitRefusal): ApiError {
  const headers = rateLimitHeaders(refusal.limits)
  const limit = { name: refusal.policy, value: refusal.limit }
  if (refusal.kind === 'too_large_for_limit') {
    const detail = `The limit ${refusal.policy} is ${refusal.limit} ${refusal.unit}, and this request alone has more.`
    return new ApiError(TOO_LARGE[refusal.unit], `${detail} Nothing was stored.`, { limit, headers })
  }
  const retryAfterSeconds = secondsUp(refusal.retryAfterMs)
  return new ApiError('quota_exceeded', detailOf(refusal, retryAfterSeconds), {
    ...{ limit, headers, retryAfterSeconds },
    violatedPolicies: refusal.violated,
  })
}

const TOO_LARGE = {
  requests: 'payload_too_large',
  records: 'batch_too_large',
  bytes: 'payload_too_large',
} as const satisfies Record<LimitUnit, string>

function detailOf(
  { policy, limit, unit, windowMs, remaining }: Extract<Refusal, { kind: 'limited' }>,
  retryAfterSeconds: number,
): string {
  const within = windowMs === 0 ? 'at once' : `in any ${secondsUp(windowMs)} s`
  return `The limit ${policy} is ${limit} ${unit} ${within}; ${remaining} are left. The same request fits in ${retryAfterSeconds} s.`
}

/** Requests are the unit where none is named. */
const UNIT_PARAMETERS = {
  requests: '',
  records: ';qu="records"',
  bytes: ';qu="content-bytes"',
} as const satisfies Record<LimitUnit, string>

const policyItem = ({ policy, unit, limit, windowMs }: LimitStatus): string =>
  `"${policy}";q=${fieldInteger(limit)};w=${secondsUp(windowMs)}${UNIT_PARAMETERS[unit]}`

/** `t` says when more is left; where nothing is used there is nothing to come. */
const statusItem = ({ policy, remaining, nextMs }: LimitStatus): string =>
  `"${policy}";r=${fieldInteger(remaining)}${nextMs > 0 ? `;t=${secondsUp(nextMs)}` : ''}`

/** Rounded up: whoever waits as long finds that the time has come. */
const secondsUp = (ms: number): number => Math.max(1, Math.ceil(ms / 1000))

/** An Integer of structured fields has at most 15 digits. */
const fieldInteger = (value: number): number => Math.min(value, 999_999_999_999_999)
