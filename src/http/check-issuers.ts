import type { Config } from '../env'
import { checkOutsideAddress, type OutsideRules } from '../outside/outside-address'
import type { JwtIssuers } from '../tenant/jwt-issuer'
import type { ProblemItem } from './problem'

/**
 * What is wrong with issuers that a tenant wants to trust, beyond their shape: a key set that may not be fetched, and the
 * platform's own name, whose tokens would never reach them. To be asked before they are saved; pointers lead into the list.
 */
export function checkIssuers(
  issuers: JwtIssuers,
  rules: OutsideRules,
  { JWT_ISSUER }: Pick<Config, 'JWT_ISSUER'>,
): ProblemItem[] {
  return issuers.flatMap(({ issuer, jwks_url }, index) => {
    const found: ProblemItem[] = []
    const address = checkOutsideAddress(jwks_url, rules)
    if (issuer === JWT_ISSUER) {
      found.push({ code: 'invalid_issuer', detail: 'It is the platform’s own.', pointer: `/${index}/issuer` })
    }
    if (!address.ok) {
      const detail = `It may not be asked: ${address.reason}.`
      found.push({ code: 'invalid_address', detail, pointer: `/${index}/jwks_url` })
    }
    return found
  })
}
