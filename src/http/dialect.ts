import type { Config } from '../env'
import { CREDENTIAL_CHARACTERS_MAX } from '../limits/limits'
import { parseKey } from './api-key'
import type { Handler } from './handler'
import type { ProblemCode, ProblemItem } from './problem'

/** How the clients of a protocol name themselves, and how they have to be refused so that they do the right thing. */
export interface Dialect {
  readonly name: string
  /**
   * The credential of a request, wherever the clients of the protocol put it. Undefined when there is none; then a bearer token
   * and the header of the operator's choice are looked at, as everywhere.
   */
  readonly credential: (request: Request, config: Config) => string | undefined
  /** Its refusals are problems, which say beside the words what can be done; in all others the words have to. */
  readonly answersProblems?: true
  /** The answer to what is refused. Retry-After and the headers of the limits are added to it where they belong. */
  readonly refuse: (problem: RefusedProblem, request: Request) => Response
}

/** What is refused, and why, before it has the shape of a protocol. */
export interface RefusedProblem {
  /** As our own API would answer it. */
  readonly status: number
  readonly code: ProblemCode
  readonly detail: string
  readonly retryAfterSeconds: number | undefined
  /** What is wrong with which record, where that is known. */
  readonly errors: readonly ProblemItem[]
}

/** The first step of a route that speaks a protocol of others: what is refused after it is refused in its words. */
export function speaks(dialect: Dialect): Handler & { readonly dialect: Dialect } {
  const step: Handler = (request) => {
    request.dialect = dialect
    return undefined
  }
  return Object.assign(step, { dialect })
}

/** What stands behind a scheme in the Authorization header: `ApiKey`, `Splunk`, `Token`. */
export function schemeCredential({ headers }: Request, scheme: string): string | undefined {
  const text = headers.get('authorization')?.trim() ?? ''
  if (text.slice(0, scheme.length).toLowerCase() !== scheme.toLowerCase() || text[scheme.length] !== ' ')
    return undefined
  return usable(text.slice(scheme.length + 1))
}

/**
 * The key in an Authorization of the scheme Basic (RFC 7617): clients that know nothing else have it as the password, and some
 * as the user.
 */
export function basicCredential(request: Request): string | undefined {
  const encoded = schemeCredential(request, 'basic')
  if (encoded === undefined || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(encoded)) return undefined
  const [, user, password] = /^([^:]*):?(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
  if (user !== undefined && parseKey(user) !== undefined) return user
  return usable(password ?? '') ?? usable(user ?? '')
}

/** A header that some protocol has its key in. */
export const headerCredential = ({ headers }: Request, name: string): string | undefined =>
  usable(headers.get(name) ?? '')

/** A parameter of the address that some protocol has its key in. Addresses of such routes are not logged. */
export const queryCredential = ({ url }: Request, name: string): string | undefined =>
  usable(new URL(url).searchParams.get(name) ?? '')

function usable(text: string): string | undefined {
  const trimmed = text.trim()
  return trimmed !== '' && trimmed.length <= CREDENTIAL_CHARACTERS_MAX ? trimmed : undefined
}
