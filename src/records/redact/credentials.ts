import { ALNUM, BASE64, BASE64_URL, BLANK, beginsToken, CREDENTIAL, countOf, DIGIT, isIn, PEM } from './characters'
import { type Detector, runEnd, type Scan, type Span, skip } from './scan'
import { tokenCharacterAfter } from './triggers'

const GAP_MAX = 8
const BEARER_MIN = 8
const BEARER_WITHOUT_DIGIT_MIN = 32
const BASIC_CHARACTERS_DECODED = 512
const JWT_HEADER_MIN = 12
const JWT_PARTS_MAX = 5
const PEM_LABEL_MAX = 80
const PEM_BODY_MIN = 16
const PEM_BODY_CHECKED = 160
const PEM_END = '-----END '

/** `Bearer …`, in a header or anywhere else. */
export const BEARER: Detector = {
  kinds: ['bearer'],
  triggers: ['arer'],
  find: (scan, at) => findScheme(scan, at - 2, 'bearer', isBearerToken, CREDENTIAL, 'bearer'),
}

/** `Basic …` when what follows decodes to a name and a password. */
export const BASIC: Detector = {
  kinds: ['basic'],
  triggers: ['asic'],
  find: (scan, at) => findScheme(scan, at - 1, 'basic', decodesToCredentials, BASE64, 'basic'),
}

/** A JSON web token: parts of base64url with dots between, the first two of which are JSON objects. */
export const JWT: Detector = {
  kinds: ['jwt'],
  triggers: tokenCharacterAfter('eyJ'),
  find: findJwt,
}

/** A PEM block of a private key, also cut off or with its line breaks as escapes. */
export const PRIVATE_KEY: Detector = {
  kinds: ['private_key'],
  triggers: ['-beg'],
  find: (scan, at) => findPrivateKey(scan, at - 4),
}

/** Whether this base64 text holds `name:password`. */
export function decodesToCredentials(text: string): boolean {
  const whole = text.replace(/=/g, '').slice(0, BASIC_CHARACTERS_DECODED)
  if (whole.length < 4 || whole.length % 4 === 1) return false
  const decoded = atob(whole)
  for (let at = 0; at < decoded.length; at++) if (decoded.charCodeAt(at) < 32) return false
  return decoded.indexOf(':') > 0
}

/** Whether this is a token rather than a word of prose after "bearer". */
export function isBearerToken(text: string): boolean {
  if (text.length < BEARER_MIN) return false
  return text.length >= BEARER_WITHOUT_DIGIT_MIN || countOf(text, DIGIT, 0, text.length) > 0
}

function findScheme(
  scan: Scan,
  start: number,
  scheme: 'bearer' | 'basic',
  accepts: (token: string) => boolean,
  body: number,
  kind: 'bearer' | 'basic',
): Span | undefined {
  const { text } = scan
  const name = text.slice(Math.max(start, 0), start + scheme.length)
  if (name.toLowerCase() !== scheme || !beginsToken(text, start)) return undefined
  const from = gapEnd(text, start + scheme.length)
  if (from === start + scheme.length) return undefined
  const end = withoutTrailingDots(text, from, runEnd(scan, body, from))
  const checked = text.slice(from, Math.min(end, from + BASIC_CHARACTERS_DECODED))
  return accepts(checked) ? { start: from, end, kind } : undefined
}

function gapEnd(text: string, from: number): number {
  let at = from
  while (at < from + GAP_MAX && (isIn(BLANK, text.charCodeAt(at)) || ':="\'+'.includes(text.charAt(at)))) at++
  return text.startsWith('%20', at) ? at + 3 : at
}

function withoutTrailingDots(text: string, from: number, end: number): number {
  let at = end
  while (at > from && text.charAt(at - 1) === '.') at--
  return at
}

function findJwt(scan: Scan, at: number): Span | undefined {
  const { text } = scan
  if (!text.startsWith('eyJ', at) || text.charAt(at - 1) === '-' || !beginsToken(text, at)) return undefined
  const header = runEnd(scan, BASE64_URL, at)
  if (header - at < JWT_HEADER_MIN || !text.startsWith('.eyJ', header)) return undefined
  let end = runEnd(scan, BASE64_URL, header + 1)
  for (let part = 2; part < JWT_PARTS_MAX && text.charAt(end) === '.'; part++) {
    const next = runEnd(scan, BASE64_URL, end + 1)
    if (next === end + 1) break
    end = next
  }
  return { start: at, end, kind: 'jwt' }
}

function findPrivateKey(scan: Scan, start: number): Span | undefined {
  const { text } = scan
  if (!text.startsWith('-----BEGIN ', start)) return undefined
  const label = text.slice(start + 11, start + 11 + PEM_LABEL_MAX)
  const dashes = label.indexOf('-----')
  if (dashes < 0 || !label.slice(0, dashes).includes('PRIVATE KEY')) return undefined
  const body = start + 11 + dashes + 5
  const run = runEnd(scan, PEM, body)
  const marker = indexBetween(text, PEM_END, body, run)
  if (marker !== undefined) return { start, end: pemEnd(text, marker), kind: 'private_key' }
  return holdsKey(text, body, run) ? { start, end: run, kind: 'private_key' } : undefined
}

function indexBetween(text: string, needle: string, from: number, to: number): number | undefined {
  for (let at = text.indexOf('-', from); at >= 0 && at < to; at = text.indexOf('-', at + 1)) {
    if (text.startsWith(needle, at)) return at
    if (text.startsWith('-----BEGIN ', at)) return undefined
  }
  return undefined
}

function pemEnd(text: string, marker: number): number {
  const label = skip(text, ALNUM | BLANK, marker + PEM_END.length, PEM_LABEL_MAX)
  let end = label
  while (end < label + 5 && text.charAt(end) === '-') end++
  return end
}

function holdsKey(text: string, from: number, end: number): boolean {
  const part = text.slice(from, Math.min(end, from + PEM_BODY_CHECKED))
  return part.split(/[^A-Za-z0-9+/=]/).some((piece) => piece.length >= PEM_BODY_MIN)
}
