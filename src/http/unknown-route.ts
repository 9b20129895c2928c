import { preflightHeaders } from './cors'
import type { Handler, TenantRequest } from './handler'
import { ApiError } from './problem'

/** What a route table says of a route, as itty-router keeps it. */
export type RouteRow = readonly [method: string, path: RegExp, ...rest: readonly unknown[]]

/** The last route: the methods that the address takes where it takes any, else that there is nothing. */
export const unknownRoute =
  (rows: readonly RouteRow[]): Handler =>
  (request) => {
    const methods = methodsOf(rows, new URL(request.url).pathname)
    if (methods.length === 0) throw new ApiError('not_found')
    const headers = { allow: [...methods, 'OPTIONS'].join(', ') }
    if (request.method === 'OPTIONS') return answerOptions(request, rows, headers)
    throw new ApiError('method_not_allowed', `${request.method} is not for this address.`, { headers })
  }

/** The methods; and to a browser that asks for a page of another origin, whether that page may send logs here. */
function answerOptions(
  request: TenantRequest,
  rows: readonly RouteRow[],
  headers: Readonly<Record<string, string>>,
): Response {
  const { pathname } = new URL(request.url)
  const answer = preflightHeaders(request, (method) => policyOf(rows, method, pathname)) ?? new Headers()
  for (const [name, value] of Object.entries(headers)) answer.set(name, value)
  return new Response(null, { status: 204, headers: answer })
}

/** The policy stands right before the handler. */
function policyOf(rows: readonly RouteRow[], method: string, pathname: string): { readonly scope: string } | undefined {
  const steps = rows.find(([own, path]) => own === method && path.test(pathname))?.[2]
  const policy: unknown = Array.isArray(steps) ? steps.at(-2) : undefined
  return typeof policy === 'function' && 'scope' in policy ? { scope: String(policy.scope) } : undefined
}

/** The methods that an address takes. Whatever can be read answers HEAD too. */
export function methodsOf(rows: readonly RouteRow[], pathname: string): string[] {
  const methods = rows.filter(([method, path]) => method !== 'ALL' && path.test(pathname)).map(([method]) => method)
  return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))]
}
