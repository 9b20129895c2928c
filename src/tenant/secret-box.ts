import { hash } from 'node:crypto'
import { SECRET_NONCE_BYTES, SECRET_SHOWN_CHARACTERS_MIN } from '../limits/limits'

/** What a sealed secret is bound to: for another tenant or another purpose it does not open. */
export interface SecretPlace {
  readonly tenantId: string
  /** What it is for and whose it is: `service svc_…`, `webhook whk_…`. */
  readonly purpose: string
}

/** The form of sealed secrets. Another algorithm is another version, beside this one. */
const VERSION = 'sb1'

const SEALED = /^sb1\.([0-9a-f]{8})\.([\w-]+)\.([\w-]+)$/

/**
 * Seals a secret that others have entrusted to us, with AES-256-GCM (NIST SP 800-38D) under the first of the keys of
 * SECRETS_KEY (base64). `nonce` is SECRET_NONCE_BYTES random bytes, never used before. The text names its version and key, so
 * that keys can be changed.
 */
export async function sealSecret(
  keys: readonly string[],
  place: SecretPlace,
  secret: { readonly text: string; readonly nonce: Uint8Array<ArrayBuffer> },
): Promise<string> {
  const [key] = keys
  if (key === undefined) throw new Error('there is no key to seal with')
  if (secret.nonce.length !== SECRET_NONCE_BYTES) throw new RangeError(`a nonce is ${SECRET_NONCE_BYTES} bytes`)
  const sealed = await crypto.subtle.encrypt(
    terms(place, secret.nonce),
    await importKey(key, 'encrypt'),
    new TextEncoder().encode(secret.text),
  )
  return [VERSION, idOf(key), base64url(secret.nonce), base64url(new Uint8Array(sealed))].join('.')
}

/**
 * The secret as it was; undefined where it cannot be opened: no key of that name is left, it is another tenant's or for
 * something else, or it was changed.
 */
export async function openSecret(
  keys: readonly string[],
  place: SecretPlace,
  sealed: string,
): Promise<string | undefined> {
  const [, id, nonce, bytes] = SEALED.exec(sealed) ?? []
  const key = keys.find((known) => idOf(known) === id)
  if (key === undefined) return undefined
  try {
    const opening = terms(place, bytesOf(nonce))
    const opened = await crypto.subtle.decrypt(opening, await importKey(key, 'decrypt'), bytesOf(bytes))
    return new TextDecoder().decode(opened)
  } catch {
    // Which check failed is of no use to anybody: a wrong tag says nothing more.
    return undefined
  }
}

/** Whether a sealed secret is under the key that seals now: what is not should be sealed again when it is opened next. */
export const isSealedWithFirst = (keys: readonly string[], sealed: string): boolean =>
  keys[0] !== undefined && SEALED.exec(sealed)?.[1] === idOf(keys[0])

/** The end of a secret, by which people tell theirs apart; undefined where it is too short to show any of it. */
export const shownEnd = (text: string): string | undefined =>
  text.length >= SECRET_SHOWN_CHARACTERS_MIN ? text.slice(-4) : undefined

const terms = ({ tenantId, purpose }: SecretPlace, iv: Uint8Array<ArrayBuffer>) => ({
  name: 'AES-GCM',
  iv,
  additionalData: new TextEncoder().encode(JSON.stringify([VERSION, tenantId, purpose])),
})

const importKey = (key: string, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', bytesOf(key), 'AES-GCM', false, [use])

/** Tells keys apart, and nothing of them: they are random. */
const idOf = (key: string): string => hash('sha256', Buffer.from(key, 'base64')).slice(0, 8)

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

/** Of base64 in either spelling. */
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, 'base64'))
