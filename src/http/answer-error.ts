import { errorFields } from '../log'
import { FilterFailure } from '../query/term'
import type { TenantRequest } from './handler'
import { ApiError, problemResponse } from './problem'
import { filterError } from './search-parameters'

/**
 * The router's one catch. What is our fault goes to the log by its route and request id; never the address, which holds
 * queries, nor headers and bodies, which hold secrets.
 */
export function answerError(
  thrown: unknown,
  { log, method, requestId, route }: Pick<TenantRequest, 'log' | 'method' | 'requestId' | 'route'>,
): Response {
  // Only a search can tell that a pattern costs too much.
  const error = thrown instanceof FilterFailure ? filterError(thrown.problem) : thrown
  const response = problemResponse(error, requestId)
  if (!(error instanceof ApiError)) log.error('request_failed', { method, route, ...errorFields(error) })
  else if (response.status >= 500)
    log.warn('request_not_served', { method, route, code: error.code, detail: error.message })
  return response
}
