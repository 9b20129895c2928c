import { SignJWT } from 'jose'

/** What a token of the platform is to say. */
export interface TokenWishes {
  readonly secret: string
  readonly issuer: string
  readonly audience: string
  /** Who it is for: a name that the audit shows. */
  readonly subject: string
  readonly role: string
  /** `ten_…`; absent for the operator. */
  readonly tenant: string | undefined
  /** Scopes that it limits itself to, separated by spaces. */
  readonly scope: string | undefined
  /** A filter in the query language, added to everything that is read. */
  readonly filter: string | undefined
  readonly hours: number
}

/** Signs a token that the service takes, or throws an error that says which wish it would refuse. */
export async function platformToken(wishes: TokenWishes, nowMs: number): Promise<string> {
  const { secret, issuer, audience, subject, role, tenant, scope, filter, hours } = wishes
  if (Buffer.byteLength(secret) < 32) throw new Error('JWT_SECRET must be at least 32 random bytes')
  if (!(hours > 0 && hours <= 24)) throw new Error('--hours must be more than 0 and at most 24')
  if ((role === 'operator') !== (tenant === undefined)) {
    throw new Error('--tenant ten_… goes with every role but operator, and with that not at all')
  }
  const nowSeconds = Math.floor(nowMs / 1000)
  const claims = { role, tenant, scope, filter }
  return new SignJWT(Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)))
    .setProtectedHeader({ alg: 'HS256', typ: 'sluice+jwt' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(subject)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + Math.round(hours * 3600))
    .sign(new TextEncoder().encode(secret))
}
