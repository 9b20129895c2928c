import { AUTHORITY, isIn } from './characters'
import { type Detector, runEnd, type Scan, type Span, skip } from './scan'

const SCHEME_END = '://'
const COMMAND_MAX = 200
const AT = 64
const COLON = 58

/** The passwords in `scheme://user:password@host`. */
export function findUrlPasswords(scan: Scan): Span[] {
  const { text } = scan
  if (!text.includes('@')) return []
  const spans: Span[] = []
  for (let at = text.indexOf(SCHEME_END); at >= 0; at = text.indexOf(SCHEME_END, at + 1)) {
    const span = passwordBetween(text, at + SCHEME_END.length, runEnd(scan, AUTHORITY, at + SCHEME_END.length))
    if (span !== undefined) spans.push(span)
  }
  return spans
}

/** `curl -u name:password`. */
export const COMMAND_USER: Detector = {
  kinds: ['url_password'],
  triggers: [' -u ', '--us'],
  find: (scan, at) => findCommandUser(scan.text, at),
}

/** The data source names of Go: `name:password@tcp(host)`. */
export const DATA_SOURCE: Detector = {
  kinds: ['url_password'],
  triggers: ['@tcp', '@uni'],
  find: (scan, at) => findDataSource(scan.text, at),
}

/** Where an `@` may end the credentials of a URL in the bytes of many cells. */
export function userInfoCandidates(bytes: Uint8Array, found: number[]): void {
  for (let at = bytes.indexOf(AT); at >= 0; at = bytes.indexOf(AT, at + 1)) {
    const start = authorityStart(bytes, at)
    if (start >= 3 && bytes[start - 1] === 47 && bytes[start - 2] === 47 && bytes[start - 3] === COLON) found.push(at)
  }
}

/** Cells are parted by 0xFF, and an earlier `@` was looked at already, so both end the walk. */
function authorityStart(bytes: Uint8Array, at: number): number {
  let start = at
  while (start > 0 && isAuthorityByte(bytes[start - 1])) start--
  return start
}

const isAuthorityByte = (byte: number): boolean => (byte < 128 ? byte !== AT && isIn(AUTHORITY, byte) : byte < 0xff)

function passwordBetween(text: string, start: number, end: number): Span | undefined {
  const authority = text.slice(start, end)
  const at = authority.lastIndexOf('@')
  const colon = authority.indexOf(':')
  if (colon < 0 || colon + 1 >= at) return undefined
  return passwordSpan(text, start + colon + 1, start + at)
}

function passwordSpan(text: string, start: number, end: number): Span | undefined {
  const password = text.slice(start, end)
  if (password === '' || password.startsWith('[REDACTED') || /^(?:\*+|x{3,}|\$.*)$/i.test(password)) return undefined
  return { start, end, kind: 'url_password' }
}

function findCommandUser(text: string, at: number): Span | undefined {
  const option = [' -u ', '--user '].find((name) => text.startsWith(name, at))
  if (option === undefined || !text.slice(Math.max(at - COMMAND_MAX, 0), at).includes('curl')) return undefined
  const value = at + option.length
  const start = `"'`.includes(text.charAt(value) || ' ') ? value + 1 : value
  const end = skip(text, AUTHORITY, start, COMMAND_MAX)
  const colon = text.slice(start, end).indexOf(':')
  return colon < 1 ? undefined : passwordSpan(text, start + colon + 1, end)
}

function findDataSource(text: string, at: number): Span | undefined {
  if (!text.startsWith('@tcp(', at) && !text.startsWith('@unix(', at)) return undefined
  let start = at
  while (start > at - COMMAND_MAX && isIn(AUTHORITY, text.charCodeAt(start - 1))) start--
  const colon = text.slice(start, at).indexOf(':')
  return colon < 1 ? undefined : passwordSpan(text, start + colon + 1, at)
}
