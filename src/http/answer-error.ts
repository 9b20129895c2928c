import * as z from 'zod'
import { errorFields } from '../log'
import { FilterFailure } from '../query/term'
import type { Dialect } from './dialect'
import type { TenantRequest } from './handler'
import { ApiError, PROBLEMS, problemResponse } from './problem'
import { auditOf } from './request-audit'
import { filterError } from './search-parameters'

/**
 * The router's one catch. What is our fault goes to the log by its route and request id; never the address, which holds
 * queries, nor headers and bodies, which hold secrets.
 */
export function answerError(thrown: unknown, answered: unknown): Response {
  const request = Answered.parse(answered)
  const { dialect, log, method, requestId, route } = request
  // Only a search can tell that a pattern costs too much.
  const error = thrown instanceof FilterFailure ? filterError(thrown.problem) : thrown
  const status = error instanceof ApiError ? PROBLEMS[error.code].status : PROBLEMS.internal.status
  if (!(error instanceof ApiError)) log.error('request_failed', { method, route, ...errorFields(error) })
  else if (status >= 500) log.warn('request_not_served', { method, route, code: error.code, detail: error.message })
  return dialect === undefined ? problemResponse(error, requestId) : refuseIn(dialect, error, request)
}

/** The request is the one that the steps before have noted things on; itty calls it by a type of its own. */
const Answered = z.custom<TenantRequest>((request) => request instanceof Request)

/** The same in a protocol of others. What the audit says of it is what we say of it. */
function refuseIn(dialect: Dialect, error: unknown, request: TenantRequest): Response {
  const known = error instanceof ApiError ? error : new ApiError('internal')
  const { code, extras } = known
  const { status } = PROBLEMS[code]
  auditOf(request).refused = { status, code }
  const { retryAfterSeconds, errors = [] } = extras
  const detail = dialect.answersProblems ? known.message : sentenceOf(known)
  const response = dialect.refuse({ status, code, detail, retryAfterSeconds, errors }, request)
  for (const [name, value] of Object.entries(extras.headers ?? {})) response.headers.set(name, value)
  if (retryAfterSeconds !== undefined) response.headers.set('retry-after', `${retryAfterSeconds}`)
  if (response.status === 401 && !response.headers.has('www-authenticate'))
    response.headers.set('www-authenticate', 'Bearer')
  return response
}

/** Protocols have one place for words, and no hint: where nothing but the title is known, what to do stands behind it. */
function sentenceOf({ code, message }: ApiError): string {
  const { title, hint } = PROBLEMS[code]
  return message === title ? `${title}. ${hint}` : message
}
