import { createHash, createHmac } from 'node:crypto'
import { BASE32 } from '../records/base32'

/** What a challenge belongs to. Another secret, tenant, domain or time makes another challenge. */
export interface ChallengeInput {
  /** At least 32 random bytes that never leave us. The same ones make the same challenge again, so that it can be shown again. */
  readonly secret: Uint8Array
  readonly tenantId: string
  /** As parseDomainName has it. */
  readonly domain: string
  readonly expiresMs: number
}

/** What the owner of a domain is asked to show, in either of two places. */
export interface Challenge {
  readonly token: string
  /**
   * What must stand in the record or the file: the token and, behind a full stop, as many characters that cannot be made
   * of it, so that a host which repeats the address in its answer proves nothing.
   */
  readonly answer: string
  /** SHA-256 of the answer in hex. It is enough to recognise the answer, and not enough to give it. */
  readonly answerHash: string
  readonly expiresMs: number
  readonly record: { readonly type: 'TXT'; readonly name: string; readonly value: string }
  readonly file: { readonly url: string; readonly content: string }
}

/** Characters of a token, and of what stands behind it: 26 of 5 bits are 130 bits. */
const TOKEN_CHARACTERS = 26
const SECRET_BYTES_MIN = 32

/** The challenge that proves to one tenant's side that a domain is theirs, until it expires. */
export function challengeOf({ secret, tenantId, domain, expiresMs }: ChallengeInput): Challenge {
  if (secret.length < SECRET_BYTES_MIN) throw new RangeError(`a challenge needs ${SECRET_BYTES_MIN} secret bytes`)
  // Neither a tenant's id nor a host name has a line break, so that no two inputs are signed as the same text.
  const signed = createHmac('sha512', secret).update(`sluice-challenge\n${tenantId}\n${domain}\n${expiresMs}`).digest()
  const token = toCharacters(signed.subarray(0, TOKEN_CHARACTERS))
  const answer = `${token}.${toCharacters(signed.subarray(TOKEN_CHARACTERS, 2 * TOKEN_CHARACTERS))}`
  return {
    token,
    answer,
    answerHash: hashAnswer(answer),
    expiresMs,
    record: { type: 'TXT', name: challengeRecordName(domain), value: answer },
    file: { url: challengeFileUrl(domain, token), content: answer },
  }
}

/** SHA-256 of an answer, in hex. */
export const hashAnswer = (answer: string): string => createHash('sha256').update(answer).digest('hex')

/** The name of the TXT record (draft-ietf-dnsop-domain-verification-techniques). */
export const challengeRecordName = (domain: string): string => `_sluice-challenge.${domain}`

/** The address of the file. We never answer it ourselves on any host: a domain that points at us would prove anybody's claim. */
export const challengeFileUrl = (domain: string, token: string): string =>
  `https://${domain}/.well-known/sluice-challenge/${token}`

const toCharacters = (bytes: Uint8Array): string => Array.from(bytes, (byte) => BASE32[byte % 32]).join('')
