import type { RedactionKind } from './kinds'

/** What a name promises about its value: how surely it is a secret, and how it is written. */
export type KeyFamily = 'password' | 'token' | 'authorization' | 'cookie' | 'private_key'

const KEY_CHARACTERS_MAX = 128

const PASSWORD_WORDS = new Set('passwords passwort passphrase passcode pwd userpass dbpass'.split(' '))

const TOKEN_WORDS = new Set(
  (
    'secret secrets clientsecret appsecret jwt bearer apikey xapikey secretkey accesskey authkey accountkey sharedaccesskey masterkey ' +
    'encryptionkey signingkey credential credentials creds otp cvv cvc ssn jsessionid phpsessid aspsessionid'
  ).split(' '),
)

/** `…_key` is more often the key of a cache or a table than a secret, so it counts only after one of these. */
const KEY_OWNERS = new Set(
  (
    'api secret access signing encryption decryption master account shared auth service ssh deploy storage subscription ' +
    'functions admin write ingest hmac aes rsa pgp gpg session root webhook client app application consumer security ' +
    'wrapping sas jwt integration license'
  ).split(' '),
)

/** `…_pass` is also the outcome of a test, so it counts alone or after the name of something that one logs in to. */
const PASS_OWNERS = new Set(
  (
    'db user smtp mysql postgres pg mongo redis ftp sftp ldap bind admin root auth login http proxy mail email database ' +
    'keystore truststore key sudo ssh'
  ).split(' '),
)

/** Tokens that mark a place in a list or a text and open nothing. */
const HARMLESS_TOKEN_OWNERS = new Set(
  'page next prev previous continuation continue cursor sync pagination resume cancellation cancel lexer parser syntax unexpected lock fencing stop eos bos pad'.split(
    ' ',
  ),
)

/** Words after the deciding one that leave the value as secret as it was. */
const TRAILING_WORDS = new Set(
  'confirm confirmation repeat again verify old new current hash hashed digest salt value plain plaintext raw base64 base header string'.split(
    ' ',
  ),
)

/**
 * Kind to write for the value of this member name in any spelling (`apiKey`, `api_key`, `X-Api-Key`, `API.KEY`), or
 * undefined. The last word decides: `token_count`, `max_tokens`, `password_length` and `cookie_consent` are no secrets.
 */
export function secretKeyKind(key: string): RedactionKind | undefined {
  const family = keyFamily(key)
  if (family === undefined) return undefined
  return family === 'cookie' || family === 'private_key' ? family : 'secret'
}

/** The family of a secret-looking name, or undefined for an ordinary one. */
export function keyFamily(key: string): KeyFamily | undefined {
  const words = wordsOf(key)
  while (words.length > 1 && TRAILING_WORDS.has(words.at(-1) ?? '')) words.pop()
  const last = words.at(-1) ?? ''
  const owner = words.at(-2) ?? ''
  if (PASSWORD_WORDS.has(last)) return 'password'
  if (last === 'pass') return owner === '' || PASS_OWNERS.has(owner) ? 'token' : undefined
  if (last.endsWith('password') || last.endsWith('passwd')) return 'password'
  if (last.endsWith('token')) return isHarmlessToken(owner, last.slice(0, -'token'.length)) ? undefined : 'token'
  if (TOKEN_WORDS.has(last)) return 'token'
  if (last === 'privatekey' || (last === 'key' && owner === 'private')) return 'private_key'
  if (last === 'key' || last === 'keys') return KEY_OWNERS.has(owner) ? 'token' : undefined
  if (last === 'authorization' || last === 'proxyauthorization') return 'authorization'
  if (last === 'cookie' || last === 'cookies' || last === 'setcookie') return 'cookie'
  return isRareSecret(owner, last) ? 'token' : undefined
}

/** Spelled in two words or, as in `pagetoken`, in one. */
function isHarmlessToken(owner: string, start: string): boolean {
  if (start === '') return HARMLESS_TOKEN_OWNERS.has(owner)
  return HARMLESS_TOKEN_OWNERS.has(start) || start.endsWith('page') || start.endsWith('continuation')
}

function isRareSecret(owner: string, last: string): boolean {
  if (last === 'sid') return owner === 'connect'
  if (last === 'sessionid') return owner === 'net'
  if (last === 'signature') return owner === 'amz' || owner === 'goog'
  return last === 'pin' && (owner === 'card' || owner === 'user')
}

function wordsOf(key: string): string[] {
  const tail = key.slice(-KEY_CHARACTERS_MAX)
  const parted = tail.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
  const words = parted.toLowerCase().split(/[^a-z0-9]/)
  return words.map((word) => withoutDigits(word)).filter((word) => word !== '')
}

function withoutDigits(word: string): string {
  if (word === 'base64') return word
  let end = word.length
  while (end > 0 && word.charCodeAt(end - 1) < 58) end--
  return word.slice(0, end)
}
