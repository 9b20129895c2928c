import { createHmac } from 'node:crypto'
import * as z from 'zod'
import { WEBHOOK_SECRET_CHARACTERS_MAX, WEBHOOK_SECRET_CHARACTERS_MIN } from '../limits/limits'

/** A secret as its owner has it, and what it signs with. */
export type SigningKey =
  | { readonly signing: 'symmetric'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly signing: 'ed25519'; readonly seed: Uint8Array<ArrayBuffer> }

const SYMMETRIC = 'whsec_'
const PRIVATE = 'whsk_'
const PUBLIC = 'whpk_'

/** Bytes of a secret that is made here (Standard Webhooks 1.0.0: 24 to 64). */
export const SECRET_BYTES = 32
const SECRET_BYTES_MIN = 24
const SECRET_BYTES_MAX = 64
const SEED_BYTES = 32

/** The object of a private key of Ed25519 in PKCS #8 (RFC 8410, 7), up to its seed. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** A new secret of random bytes, as its owner is shown it. */
export const newSecret = (random: Uint8Array): string => `${SYMMETRIC}${Buffer.from(random).toString('base64')}`

/**
 * Why a text cannot be a secret; undefined where it can. `whsec_` and 24 to 64 bytes in base64 is Standard Webhooks' form; a plain
 * text stands for its own bytes.
 */
export function secretFault(text: string): string | undefined {
  if (text.length > WEBHOOK_SECRET_CHARACTERS_MAX) return `it has more than ${WEBHOOK_SECRET_CHARACTERS_MAX} characters`
  if (text.startsWith(PRIVATE) || text.startsWith(PUBLIC)) return 'keys of ed25519 are made here: leave the secret out'
  if (text.startsWith(SYMMETRIC)) {
    const bytes = base64Of(text.slice(SYMMETRIC.length))
    const isGood = bytes !== undefined && bytes.length >= SECRET_BYTES_MIN && bytes.length <= SECRET_BYTES_MAX
    return isGood ? undefined : `behind ${SYMMETRIC} stand ${SECRET_BYTES_MIN} to ${SECRET_BYTES_MAX} bytes in base64`
  }
  if (text.length < WEBHOOK_SECRET_CHARACTERS_MIN) return `it has less than ${WEBHOOK_SECRET_CHARACTERS_MIN} characters`
  return /^[\x20-\x7e]+$/.test(text) ? undefined : 'it holds characters other than printable ASCII'
}

/** A secret in the form that every library of Standard Webhooks takes: of a plain one, its bytes. */
export const standardForm = (text: string): string =>
  text.startsWith(SYMMETRIC) ? text : `${SYMMETRIC}${Buffer.from(text).toString('base64')}`

/** A new pair of keys out of 32 random bytes: the private half is kept here, the public one is for the receiver. */
export async function newKeyPair(seed: Uint8Array<ArrayBuffer>): Promise<{ secret: string; publicKey: string }> {
  const key = await importSeed(seed, true)
  const { x } = PublicHalf.parse(await crypto.subtle.exportKey('jwk', key))
  const publicBytes = Buffer.from(x, 'base64url')
  return {
    // As Standard Webhooks writes it: the seed and the public half.
    secret: `${PRIVATE}${Buffer.concat([seed, publicBytes]).toString('base64')}`,
    publicKey: `${PUBLIC}${publicBytes.toString('base64')}`,
  }
}

/** What a stored secret signs with. */
export function toSigningKey(text: string): SigningKey {
  if (text.startsWith(PRIVATE)) {
    const bytes = Buffer.from(text.slice(PRIVATE.length), 'base64')
    return { signing: 'ed25519', seed: Uint8Array.from(bytes.subarray(0, SEED_BYTES)) }
  }
  const encoded = standardForm(text).slice(SYMMETRIC.length)
  return { signing: 'symmetric', bytes: Uint8Array.from(Buffer.from(encoded, 'base64')) }
}

/** One signature of Standard Webhooks 1.0.0: `v1,…` or `v1a,…`. */
export async function signatureOf(key: SigningKey, content: string): Promise<string> {
  if (key.signing === 'symmetric') return `v1,${createHmac('sha256', key.bytes).update(content).digest('base64')}`
  const signature = await crypto.subtle.sign('Ed25519', await importSeed(key.seed, false), Buffer.from(content))
  return `v1a,${Buffer.from(signature).toString('base64')}`
}

const importSeed = (seed: Uint8Array<ArrayBuffer>, isExtractable: boolean): Promise<CryptoKey> =>
  crypto.subtle.importKey('pkcs8', Uint8Array.from([...PKCS8_PREFIX, ...seed]), 'Ed25519', isExtractable, ['sign'])

/** Of a JSON Web Key of Ed25519 (RFC 8037, 2). */
const PublicHalf = z.object({ x: z.string() })

/** The bytes of canonical base64, with its padding; undefined for anything else. */
function base64Of(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}
