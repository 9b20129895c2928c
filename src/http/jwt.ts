import { errors, type JWTPayload, jwtVerify } from 'jose'
import * as z from 'zod'
import {
  EMAIL_CHARACTERS_MAX,
  JWT_CLOCK_TOLERANCE_SECONDS,
  JWT_LIFETIME_SECONDS_MAX,
  JWT_SUBJECT_CHARACTERS_MAX,
} from '../limits/limits'
import { parseQuery } from '../query/parse'
import { type ClaimPath, JWT_ROLES, type JwtAlgorithm, type JwtIssuer, PLATFORM_ISSUER_ID } from '../tenant/jwt-issuer'
import { type JwtHeader, type JwtText, parseJwt } from './jwt-text'
import type { WantedKey } from './key-set'
import type { KeySetSource } from './key-sets'
import { ApiError } from './problem'

/** The `typ` of the platform's own tokens, so that no other token made with the same secret passes (RFC 8725, 3.11). */
export const PLATFORM_JWT_TYPE = 'sluice+jwt'

/** Whom we trust for a request, fixed by us and by the settings of its tenant, never by the token. */
export interface JwtTrust {
  /** The platform's own secret and names; undefined where JWT_SECRET is not set. */
  readonly platform: PlatformIssuer | undefined
  /**
   * The tenant that the request's verified host belongs to, with the issuers of its settings; undefined on the service's own
   * host, where a token of a tenant's issuer is refused: two tenants may trust the same issuer, so it names neither.
   */
  readonly tenant: { readonly id: string; readonly issuers: readonly JwtIssuer[] } | undefined
  /** Finds a public key in the key set of an issuer, and throws issuer_unavailable when that cannot be had. */
  readonly findKey: (source: KeySetSource, wanted: WantedKey) => Promise<CryptoKey | undefined>
  readonly nowMs: number
}

/** The platform as an issuer: JWT_SECRET, JWT_ISSUER and JWT_AUDIENCE. */
export interface PlatformIssuer {
  readonly secret: string
  readonly issuer: string
  readonly audience: string
}

/** What a verified token says of who asks. */
export interface JwtIdentity {
  readonly issuerId: string
  /** As the issuer names it: unique within the issuer only. */
  readonly subject: string
  /** Absent for the operator. */
  readonly tenantId: string | undefined
  /** What the claims are mapped to; undefined where they are not: then only a member row can say it. */
  readonly role: JwtRoleOrOperator | undefined
  /** In lower case, and only when the issuer says that it is verified. */
  readonly email: string | undefined
  /** Scopes that the token limits itself to; undefined for all that the role has. */
  readonly scopes: readonly string[] | undefined
  /** In the query language; never empty. */
  readonly filter: string | undefined
  readonly expiresMs: number
}

export type JwtRoleOrOperator = (typeof PLATFORM_ROLES)[number]

/**
 * Verifies a bearer token by RFC 8725: the issuer is looked up among those we trust, and its algorithms, keys, audience and
 * types are ours to say. Whatever is wrong with the token, the answer is `unauthenticated` and no more, since which check
 * failed helps only an attacker. Only a key server that is away is told apart: that is not the caller's fault.
 */
export async function verifyJwt(text: string, trust: JwtTrust): Promise<JwtIdentity> {
  const parsed = parseJwt(text)
  const identity = parsed && (await verifyParsed(text, parsed, trust))
  if (identity === undefined) throw new ApiError('unauthenticated')
  return identity
}

function verifyParsed(text: string, parsed: JwtText, trust: JwtTrust): Promise<JwtIdentity | undefined> {
  const { platform } = trust
  // Said by the token, but only used to choose whose rules it must meet; the rules check it again.
  if (platform !== undefined && parsed.claims.iss === platform.issuer)
    return verifyPlatform(text, parsed, platform, trust)
  return verifyTenant(text, parsed, trust)
}

/** The clock says nothing else than the numbers of a token, so that a token without them is not made for us. */
const Times = z
  .object({ exp: z.number(), iat: z.number().optional(), nbf: z.number().optional() })
  .refine(({ exp, iat }) => iat === undefined || exp > iat)

const subject = z
  .string()
  .min(1)
  .max(JWT_SUBJECT_CHARACTERS_MAX)
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+$/u) // it is shown in lists and logs

const filter = z.string().refine((text) => {
  const query = parseQuery(text)
  return (
    query.filter !== undefined &&
    query.pipes.length === 0 &&
    query.diagnostics.every(({ severity }) => severity !== 'error')
  )
})

const PLATFORM_ROLES = ['operator', ...JWT_ROLES] as const

const PlatformClaims = z
  .object({
    sub: subject,
    iat: z.number(),
    role: z.enum(PLATFORM_ROLES),
    tenant: z
      .string()
      .regex(/^ten_[0-9a-z]{1,64}$/)
      .optional(),
    scope: z.string().optional(),
    filter: filter.optional(),
  })
  .refine(({ role, tenant }) => (role === 'operator') === (tenant === undefined))

async function verifyPlatform(
  text: string,
  { header }: JwtText,
  { secret, issuer, audience }: PlatformIssuer,
  { nowMs }: JwtTrust,
): Promise<JwtIdentity | undefined> {
  if (header.alg !== 'HS256' || !isOfType(header, [PLATFORM_JWT_TYPE])) return undefined
  const key = new TextEncoder().encode(secret)
  const payload = await verifySigned(text, key, { algorithm: 'HS256', issuer, audience: [audience], nowMs })
  const claims = PlatformClaims.safeParse(payload)
  const times = Times.safeParse(payload)
  if (!claims.success || !times.success) return undefined
  const { sub, role, tenant, scope } = claims.data
  return {
    issuerId: PLATFORM_ISSUER_ID,
    subject: sub,
    tenantId: tenant,
    role,
    email: undefined,
    scopes: scope?.split(' ').filter(Boolean),
    filter: claims.data.filter,
    expiresMs: times.data.exp * 1000,
  }
}

async function verifyTenant(
  text: string,
  { header, claims }: JwtText,
  { tenant, findKey, nowMs }: JwtTrust,
): Promise<JwtIdentity | undefined> {
  const rules = tenant?.issuers.find((issuer) => issuer.issuer === claims.iss && isFor(issuer, claims.aud))
  const algorithm = rules?.algorithms.find((name) => name === header.alg)
  if (tenant === undefined || rules === undefined || algorithm === undefined) return undefined
  if (header.typ === undefined ? !rules.untyped : !isOfType(header, rules.types)) return undefined

  const source = { tenantId: tenant.id, issuerId: rules.id, issuer: rules.issuer, url: rules.jwks_url }
  const key = await findKey(source, { kid: header.kid, algorithm })
  if (key === undefined) return undefined
  const expected = { algorithm, issuer: rules.issuer, audience: audiencesOf(rules), nowMs }
  return toIdentity(await verifySigned(text, key, expected), tenant.id, rules)
}

const audiencesOf = ({ audience }: JwtIssuer): string[] => (typeof audience === 'string' ? [audience] : audience)

const isFor = (issuer: JwtIssuer, aud: unknown): boolean =>
  audiencesOf(issuer).some((audience) => (Array.isArray(aud) ? aud.includes(audience) : aud === audience))

/** `typ` is a media type whose `application/` may be left out, and has no case (RFC 7515, 4.1.9). */
function isOfType({ typ }: JwtHeader, types: readonly string[]): boolean {
  const short = typ?.toLowerCase().replace(/^application\//, '')
  return types.some((type) => type.toLowerCase() === short)
}

/** What a signature must be, all of it said by us. */
interface Expected {
  readonly algorithm: JwtAlgorithm | 'HS256'
  readonly issuer: string
  readonly audience: string[]
  readonly nowMs: number
}

/** The claims of a token whose signature, issuer, audience and times are right; undefined otherwise. */
async function verifySigned(
  text: string,
  key: CryptoKey | Uint8Array,
  { algorithm, issuer, audience, nowMs }: Expected,
): Promise<JWTPayload | undefined> {
  try {
    const { payload } = await jwtVerify(text, key, {
      algorithms: [algorithm],
      issuer,
      audience,
      requiredClaims: ['exp'],
      clockTolerance: JWT_CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(nowMs),
    })
    return hasSaneTimes(payload, nowMs) ? payload : undefined
  } catch (cause) {
    if (cause instanceof errors.JOSEError) return undefined
    throw cause // a mistake of ours
  }
}

/** Issued before now, and not for longer than we take. jose has checked exp and nbf against the clock. */
function hasSaneTimes({ exp = Number.POSITIVE_INFINITY, iat }: JWTPayload, nowMs: number): boolean {
  const nowSeconds = Math.floor(nowMs / 1000)
  if (iat !== undefined && !(iat <= nowSeconds + JWT_CLOCK_TOLERANCE_SECONDS)) return false
  return exp - (iat ?? nowSeconds) <= JWT_LIFETIME_SECONDS_MAX
}

function toIdentity(payload: JWTPayload | undefined, tenantId: string, rules: JwtIssuer): JwtIdentity | undefined {
  if (payload === undefined) return undefined
  const times = Times.safeParse(payload)
  const who = subject.safeParse(claimAt(payload, rules.subject))
  const role = roleOf(payload, rules.role)
  const seen = rules.filter === undefined ? undefined : filter.safeParse(claimAt(payload, rules.filter))
  if (!times.success || !who.success || seen?.success === false) return undefined
  return {
    issuerId: rules.id,
    subject: who.data,
    tenantId,
    role,
    email: Verified.safeParse(payload).data?.email,
    scopes: undefined,
    filter: seen?.data,
    expiresMs: times.data.exp * 1000,
  }
}

/** An address is only whose the issuer says it is (OpenID Connect Core 5.1): some let people type any. */
const Verified = z.object({
  email: z.email().max(EMAIL_CHARACTERS_MAX).toLowerCase(),
  email_verified: z.literal(true),
})

/** The role that may most among those that the claim's values are mapped to; a default for a token with none of them. */
function roleOf(payload: JWTPayload, rules: JwtIssuer['role']) {
  if (rules === undefined) return undefined
  const { claim, map, default: otherwise } = rules
  const value = claim === undefined ? undefined : claimAt(payload, claim)
  const names = (Array.isArray(value) ? value : [value]).filter((name) => typeof name === 'string')
  const mapped = names.filter((name) => Object.hasOwn(map, name)).map((name) => map[name])
  return JWT_ROLES.find((role) => mapped.includes(role)) ?? otherwise
}

/** The claim at a path. Only a token's own members count, never what every object has. */
function claimAt(payload: JWTPayload, path: ClaimPath): unknown {
  const names = typeof path === 'string' ? [path] : path
  return names.reduce<unknown>((value, name) => memberOf(value, name), payload)
}

function memberOf(value: unknown, name: string): unknown {
  const members = Members.safeParse(value)
  return members.success && Object.hasOwn(members.data, name) ? members.data[name] : undefined
}

const Members = z.record(z.string(), z.unknown())
