import { toDomainAnswer } from '../domains/domain-answer'
import type { Handler } from '../http/handler'
import { rowAnswer } from './directory-row'
import { findAddressedDomain, showDomain } from './domain-of-tenant'

/** `GET /admin/domains/:domain`: a domain, with its challenge while that waits for its proof. */
export const getDomain: Handler = async (request, env) => {
  const found = await findAddressedDomain(request, env)
  return rowAnswer(toDomainAnswer(await showDomain(env, found, Date.now())), found)
}
