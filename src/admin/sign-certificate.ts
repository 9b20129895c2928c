import { createHash } from 'node:crypto'
import * as z from 'zod'
import { findSigningKey, keepSigningKey, type StoredKeyPair } from '../storage/d1/signing-keys'

/** A public key for certificates, as a JWK (RFC 8037). */
export const CertificateKey = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string() })
export type CertificateKey = z.infer<typeof CertificateKey>

const PURPOSE = 'certificates'
const ALGORITHM = { name: 'Ed25519' }

/** A document as a compact JWS (RFC 7515) with EdDSA (RFC 8037), by the service's own key: it is made when it is first needed. */
export async function signCertificate(control: D1Database, document: object, nowMs: number): Promise<string> {
  const { privateJwk, publicJwk } = await signingKey(control, nowMs)
  const header = { alg: 'EdDSA', kid: keyIdOf(CertificateKey.parse(JSON.parse(publicJwk))), typ: 'sluice-erasure+jws' }
  const signed = `${toBase64url(JSON.stringify(header))}.${toBase64url(JSON.stringify(document))}`
  const key = await crypto.subtle.importKey('jwk', JSON.parse(privateJwk), ALGORITHM, false, ['sign'])
  const signature = await crypto.subtle.sign(ALGORITHM, key, new TextEncoder().encode(signed))
  return `${signed}.${Buffer.from(signature).toString('base64url')}`
}

/** The key that certificates are checked with; undefined while none was signed. */
export async function findCertificateKey(
  control: D1Database,
): Promise<(CertificateKey & { readonly kid: string }) | undefined> {
  const stored = await findSigningKey(control, PURPOSE)
  if (stored === undefined) return undefined
  const key = CertificateKey.parse(JSON.parse(stored.publicJwk))
  return { ...key, kid: keyIdOf(key) }
}

/** The document in a JWS of ours. Whether it is ours is not checked here. */
export const documentIn = (jws: string): unknown =>
  JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString())

async function signingKey(control: D1Database, nowMs: number): Promise<StoredKeyPair> {
  const known = await findSigningKey(control, PURPOSE)
  return known ?? keepSigningKey(control, PURPOSE, await newKeyPair(), nowMs)
}

async function newKeyPair(): Promise<StoredKeyPair> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('Ed25519 has key pairs')
  const [privateJwk, publicJwk] = await Promise.all([
    crypto.subtle.exportKey('jwk', pair.privateKey),
    crypto.subtle.exportKey('jwk', pair.publicKey),
  ])
  return { privateJwk: JSON.stringify(privateJwk), publicJwk: JSON.stringify(publicJwk) }
}

/** The thumbprint of RFC 7638. */
const keyIdOf = ({ crv, kty, x }: CertificateKey): string =>
  createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url')

const toBase64url = (text: string): string => Buffer.from(text).toString('base64url')
