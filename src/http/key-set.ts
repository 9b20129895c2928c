import * as z from 'zod'
import { KEY_SET_KEYS_MAX } from '../limits/limits'
import type { JwtAlgorithm } from '../tenant/jwt-issuer'

/** A public key that verifies the tokens of an issuer. */
export interface VerificationKey {
  readonly kid: string | undefined
  readonly algorithm: JwtAlgorithm
  readonly key: CryptoKey
}

/** Which key a token asks for. */
export interface WantedKey {
  readonly kid: string | undefined
  readonly algorithm: JwtAlgorithm
}

/**
 * Reads a JWK set (RFC 7517, 5) into the keys that can verify tokens; undefined for what is no set. A key that is for
 * something else, weak, damaged, symmetric or private is passed over, as the standard says of keys that are not understood.
 */
export async function parseKeySet(json: string): Promise<readonly VerificationKey[] | undefined> {
  const parsed = KeySet.safeParse(parseJson(json))
  if (!parsed.success) return undefined
  const imported = await Promise.all(parsed.data.keys.slice(0, KEY_SET_KEYS_MAX).map(importKey))
  return imported.filter((key) => key !== undefined)
}

/**
 * The key that a token asks for. A token without a kid is verified only where there is no choice, and a kid that stands
 * for two keys of an algorithm for none: which key is meant is never found out by trying.
 */
export function findKey(keys: readonly VerificationKey[], wanted: WantedKey): VerificationKey | undefined {
  const fitting = keys.filter((key) => key.algorithm === wanted.algorithm)
  const named = wanted.kid === undefined ? fitting : fitting.filter(({ kid }) => kid === wanted.kid)
  return named.length === 1 ? named[0] : undefined
}

const KeySet = z.object({ keys: z.array(z.unknown()) })

/** FIPS 186-5 wants exponents above 2^16, and this is the only one in use; with 1 everybody could sign. */
const RSA_EXPONENT = 'AQAB'

/** A modulus of 2048 to 8192 bits in base64url: shorter ones can be factored, longer ones cost us time. */
const RSA_MODULUS = /^[\w-]{342,1366}$/

const Usable = {
  kid: z.string().optional(),
  use: z.literal('sig').optional(),
  key_ops: z
    .array(z.string())
    .refine((operations) => operations.includes('verify'))
    .optional(),
  /** The private part. Whoever publishes it has lost the key. */
  d: z.undefined().optional(),
}

const PublicKey = z.discriminatedUnion('kty', [
  z.object({
    ...Usable,
    kty: z.literal('RSA'),
    alg: z.literal('RS256').optional(),
    n: z.string().regex(RSA_MODULUS),
    e: z.literal(RSA_EXPONENT),
  }),
  z.object({
    ...Usable,
    kty: z.literal('EC'),
    alg: z.literal('ES256').optional(),
    crv: z.literal('P-256'),
    x: z.string(),
    y: z.string(),
  }),
  z.object({
    ...Usable,
    kty: z.literal('OKP'),
    alg: z.enum(['EdDSA', 'Ed25519']).optional(),
    crv: z.literal('Ed25519'),
    x: z.string(),
  }),
])
type PublicKey = z.infer<typeof PublicKey>

async function importKey(jwk: unknown): Promise<VerificationKey | undefined> {
  const parsed = PublicKey.safeParse(jwk)
  if (!parsed.success) return undefined
  try {
    return { kid: parsed.data.kid, ...(await importPublicKey(parsed.data)) }
  } catch {
    return undefined // a point that is not on the curve, or no base64url
  }
}

/** Only the members that make the key are handed on: nothing else of a JWK has a say. */
async function importPublicKey(jwk: PublicKey): Promise<Pick<VerificationKey, 'algorithm' | 'key'>> {
  const importAs = (members: JsonWebKey, algorithm: SubtleCryptoImportKeyAlgorithm) =>
    crypto.subtle.importKey('jwk', members, algorithm, false, ['verify'])
  switch (jwk.kty) {
    case 'RSA': {
      const { kty, n, e } = jwk
      return { algorithm: 'RS256', key: await importAs({ kty, n, e }, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }) }
    }
    case 'EC': {
      const { kty, crv, x, y } = jwk
      return { algorithm: 'ES256', key: await importAs({ kty, crv, x, y }, { name: 'ECDSA', namedCurve: 'P-256' }) }
    }
    case 'OKP': {
      const { kty, crv, x } = jwk
      return { algorithm: 'EdDSA', key: await importAs({ kty, crv, x }, { name: 'Ed25519' }) }
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
