import type { Handler } from './handler'
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
    if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers })
    throw new ApiError('method_not_allowed', `${request.method} is not for this address.`, { headers })
  }

/** The methods that an address takes. Whatever can be read answers HEAD too. */
export function methodsOf(rows: readonly RouteRow[], pathname: string): string[] {
  const methods = rows.filter(([method, path]) => method !== 'ALL' && path.test(pathname)).map(([method]) => method)
  return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))]
}
