import * as z from 'zod'
import { JWT_ISSUERS_MAX, OUTSIDE_URL_CHARACTERS_MAX } from '../limits/limits'

/** The name of the platform's own issuer in the ids of its subjects. */
export const PLATFORM_ISSUER_ID = 'sluice'

/** Signatures that a tenant's issuer may use. Symmetric ones are not among them: the issuer's keys are public. */
export const JWT_ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const

export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number]

/** Roles that a token can be mapped to, the one that may most first. The operator's is not for a tenant to give. */
export const JWT_ROLES = ['owner', 'admin', 'editor', 'viewer', 'ingest'] as const

export type JwtRole = (typeof JWT_ROLES)[number]

/**
 * Where a claim stands: its name, or the names on the way to it. Names hold dots and slashes (`https://acme.com/roles`), so
 * a path is a list and not a text with separators.
 */
const ClaimPath = z.union([z.string().min(1).max(255), z.array(z.string().min(1).max(255)).min(1).max(8)])
export type ClaimPath = z.infer<typeof ClaimPath>

/** An issuer whose tokens a tenant trusts, as it stands in the tenant's settings. */
export const JwtIssuer = z.strictObject({
  /** Our name for it: it stands in the ids of its subjects, `jwt:<id>:<sub>`. `sluice` is the platform's own. */
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/)
    .refine((id) => id !== PLATFORM_ISSUER_ID, { error: `${PLATFORM_ISSUER_ID} is the platform's own issuer` }),
  /** The `iss` of its tokens, exactly. */
  issuer: z.string().min(1).max(512),
  /** What `aud` must hold: one of these. Without it a token for any other application of the issuer would do. */
  audience: z.union([z.string().min(1).max(512), z.array(z.string().min(1).max(512)).min(1).max(8)]),
  /** Where its public keys are. That the address may be asked is checked when it is saved and at every fetch. */
  jwks_url: z.url().max(OUTSIDE_URL_CHARACTERS_MAX),
  algorithms: z.array(z.enum(JWT_ALGORITHMS)).min(1).max(JWT_ALGORITHMS.length),
  /** Kinds of token that are taken, by their `typ`. */
  types: z
    .array(z.string().regex(/^[\w.+-]{1,64}$/))
    .min(1)
    .max(4)
    .default(['JWT', 'at+jwt']),
  /** Whether a token may leave out its `typ`; Amazon Cognito's do. */
  untyped: z.boolean().default(false),
  /** The claim that names who it is. */
  subject: ClaimPath.default('sub'),
  role: z
    .strictObject({
      /** A claim with one value or a list of them; of several mapped roles the one that may most counts. */
      claim: ClaimPath.optional(),
      map: z.record(z.string().max(255), z.enum(JWT_ROLES)).default({}),
      /** For tokens without a mapped value; they are refused when it is absent. */
      default: z.enum(JWT_ROLES).optional(),
    })
    .refine((role) => role.default !== undefined || (role.claim !== undefined && Object.keys(role.map).length > 0), {
      error: 'no token would have a role: name a claim and a map, or a default',
    })
    /** Absent: no claim gives a role, and only members of the tenant are let in. */
    .optional(),
  /** A claim that holds a filter, added to everything the subject reads. A token without it is then refused. */
  filter: ClaimPath.optional(),
})
export type JwtIssuer = z.infer<typeof JwtIssuer>

/** All issuers of a tenant. Their ids differ, so that a subject belongs to one of them. */
export const JwtIssuers = z
  .array(JwtIssuer)
  .max(JWT_ISSUERS_MAX)
  .refine((issuers) => new Set(issuers.map(({ id }) => id)).size === issuers.length, { error: 'two have the same id' })
export type JwtIssuers = z.infer<typeof JwtIssuers>
