import { createHash, hash, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Scope } from '../tenant/roles'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const SECRET_CHARACTERS = 32
const CHECKSUM_CHARACTERS = 6
const RANDOM_BYTES = 32
const KEY = /^slc_(ing|rd|adm|pub|op)_[0-9A-Za-z]{38}$/

/**
 * What each kind of key may do unless it says otherwise; the word `admin` means all of `admin:…` and
 * of `integrations:…`. The kind stands in the key's own text, so that a person sees what they paste.
 */
export const KEY_SCOPES = {
  /** Sends logs. */
  ing: ['logs:write'],
  /** Reads logs, and how rules, webhooks and services do. */
  rd: ['logs:read', 'tail', 'integrations:read'],
  /** Administers its tenant. It could make keys with the other scopes, so it has them. */
  adm: ['admin', 'logs:read', 'logs:write', 'tail'],
  /** Sends logs from a browser. */
  pub: ['logs:write'],
  /** Operates the platform. */
  op: ['operator'],
} as const satisfies Record<string, readonly (Scope | 'admin')[]>

export type KeyKind = keyof typeof KEY_SCOPES

/** A new key: 190 random bits and a checksum, in letters and digits so that a double click selects it whole. */
export function mintKey(kind: KeyKind, randomBytes: Uint8Array): string {
  if (randomBytes.length < RANDOM_BYTES) throw new RangeError(`a key needs ${RANDOM_BYTES} random bytes`)
  const hex = Buffer.from(randomBytes.subarray(0, RANDOM_BYTES)).toString('hex')
  const unchecked = `slc_${kind}_${toBase62(BigInt(`0x${hex}`), SECRET_CHARACTERS)}`
  return unchecked + checksumOf(unchecked)
}

/**
 * The kind of a key and the end of it that may be shown; undefined for what is no key or was copied with an error. It
 * reads nothing, and does not say that the key exists.
 */
export function parseKey(text: string): { kind: KeyKind; last4: string } | undefined {
  const kind = KEY.exec(text)?.[1]
  if (!isKind(kind)) return undefined
  const checksum = text.slice(-CHECKSUM_CHARACTERS)
  if (checksum !== checksumOf(text.slice(0, -CHECKSUM_CHARACTERS))) return undefined
  return { kind, last4: text.slice(-4) }
}

/** What is stored of a key: SHA-256 in hex. A key has too many random bits to be guessed, so it needs no salt. */
export const hashKey = (text: string): string => hash('sha256', text)

/** Whether two secrets are the same, in a time that does not depend on where they differ or on their lengths. */
export const isSameSecret = (left: string, right: string): boolean =>
  timingSafeEqual(createHash('sha256').update(left).digest(), createHash('sha256').update(right).digest())

const isKind = (text: string | undefined): text is KeyKind => text !== undefined && Object.hasOwn(KEY_SCOPES, text)

const checksumOf = (text: string): string => toBase62(BigInt(crc32(text)), CHECKSUM_CHARACTERS)

/** The last digits of a number. 256 random bits over 62^32 make the digits uneven by less than 2^-64. */
function toBase62(number: bigint, characters: number): string {
  const digits = Array.from({ length: characters }, (_, index) => Number((number / 62n ** BigInt(index)) % 62n))
  return digits
    .reverse()
    .map((digit) => ALPHABET[digit])
    .join('')
}
