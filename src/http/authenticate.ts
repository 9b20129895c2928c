import type { Env } from '../env'
import type { Principal } from './access'
import type { Handler, TenantRequest } from './handler'
import { ApiError } from './problem'
import { jwtReader } from './prove-jwt'
import { keyReader, noteGuess, serviceKeyReader } from './prove-key'
import { sessionReader } from './prove-session'
import { ticketReader } from './prove-ticket'
import { credentialOf } from './read-credential'
import { provable } from './request-hints'

/** A form that a credential can have, and what it proves. */
export interface CredentialReader {
  /** The request's credential, if it has one of this form. Nothing but the request is looked at. */
  readonly find: (request: TenantRequest) => string | undefined
  /** Whom the credential stands for; undefined when it is for nobody. */
  readonly prove: (
    text: string,
    request: TenantRequest,
    env: Env,
    ctx: ExecutionContext,
  ) => Promise<Principal | undefined>
}

/** The first form that the request has a credential of decides; another one is not tried when that proves nothing. */
const READERS: readonly CredentialReader[] = [serviceKeyReader, keyReader, jwtReader, ticketReader, sessionReader]

/** Finds out who asks, or refuses. What is no credential at all is refused without reading anything. */
export const authenticate: Handler = provable(async (request, env, ctx) => {
  for (const { find, prove } of READERS) {
    const text = find(request)
    if (text === undefined) continue
    const principal = await prove(text, request, env, ctx)
    if (principal === undefined) throw new ApiError('unauthenticated')
    request.principal = principal
    return undefined
  }
  if (credentialOf(request) !== undefined) {
    await noteGuess(request, env)
    throw new ApiError('unauthenticated')
  }
  throw new ApiError('unauthenticated', `Send Authorization: Bearer slc_… or ${request.config.API_KEY_HEADER}.`)
})
