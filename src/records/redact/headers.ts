import { BLANK, COOKIE, isIn, KEY_NAME, LINE, VALUE } from './characters'
import { isHarmlessValue } from './harmless-values'
import type { RedactionKind } from './kinds'
import { runEnd, type Scan, type Span, skip } from './scan'
import type { Value } from './values'

const GAP_MAX = 8
const SCHEME_MAX = 24
const CREDENTIAL_MIN = 6
const COOKIES_CHECKED = 4096
const COOKIE_LIST = COOKIE | BLANK

/** Schemes whose parameters fill the rest of the header. */
const PARAMETER_SCHEMES = new Set(['digest', 'aws4-hmac-sha256', 'oauth', 'hawk', 'signature'])

/** The credential in the value of an Authorization header. Its scheme stays, so that one sees how a client came. */
export function authorizationSpan(scan: Scan, value: Value): Span | undefined {
  const { text } = scan
  const word = skip(text, KEY_NAME, value.start, SCHEME_MAX)
  const scheme = text.slice(value.start, word).toLowerCase()
  const next = skip(text, BLANK, word, GAP_MAX)
  if (PARAMETER_SCHEMES.has(scheme) && next > word) return parametersSpan(scan, next, value)
  if (value.quoted && next > word && next < value.end) return credentialSpan(text, next, value.end, scheme)
  const second = runEnd(scan, VALUE, next)
  if (next > word && isScheme(scheme) && second > next) return credentialSpan(text, next, second, scheme)
  return isScheme(scheme) ? undefined : credentialSpan(text, value.start, value.end, scheme)
}

function parametersSpan(scan: Scan, start: number, value: Value): Span | undefined {
  const end = value.quoted ? value.end : runEnd(scan, LINE, start)
  return isHarmlessValue(scan.text.slice(start, end)) ? undefined : { start, end, kind: 'secret' }
}

const isScheme = (word: string): boolean =>
  ['bearer', 'basic', 'token', 'negotiate', 'ntlm', 'apikey', 'key', 'bot', 'jwt', 'sluice'].includes(word)

function credentialSpan(text: string, start: number, end: number, scheme: string): Span | undefined {
  const credential = text.slice(start, end)
  if (isHarmlessValue(credential) || (credential.length < CREDENTIAL_MIN && !isScheme(scheme))) return undefined
  const kind: RedactionKind = scheme === 'bearer' || scheme === 'basic' ? scheme : 'secret'
  return { start, end, kind }
}

/** All the cookies in the value of a Cookie or Set-Cookie header. */
export function cookieSpan(scan: Scan, value: Value): Span | undefined {
  const { text } = scan
  const end = value.quoted ? value.end : cookiesEnd(scan, value.start)
  const cookies = text.slice(value.start, Math.min(end, value.start + COOKIES_CHECKED))
  if (isHarmlessValue(cookies) || !(value.quoted || cookies.includes('='))) return undefined
  return { start: value.start, end, kind: 'cookie' }
}

/** Cookies go on after a semicolon and a space. The whole list counts as one run. */
function cookiesEnd(scan: Scan, from: number): number {
  const { text } = scan
  const known = scan.runs.get(COOKIE_LIST)
  if (known !== undefined && from >= known.start && from < known.end) return known.end
  let end = runEnd(scan, COOKIE, from)
  while (text.charAt(end - 1) === ';' && text.charAt(end) === ' ' && isIn(COOKIE, text.charCodeAt(end + 1))) {
    end = runEnd(scan, COOKIE, end + 1)
  }
  scan.runs.set(COOKIE_LIST, { start: from, end })
  return end
}
