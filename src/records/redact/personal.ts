import { ALNUM, countOf, DIGIT, HEX, isIn, LOWER, UPPER, WORD } from './characters'
import type { RedactionKind } from './kinds'
import { type Span, skip } from './scan'

const LOCAL_PART_MAX = 64
const DOMAIN_MAX = 253
const ADDRESS_MAX = 45
const PHONE_CHARACTERS_MAX = 24
const PHONE_DIGITS_MIN = 10
const PHONE_DIGITS_MAX = 15
const INTERNATIONAL_DIGITS_MIN = 7

const AT = 64
const DOT = 46
const COLON = 58

/** E-mail addresses, IP addresses and telephone numbers, of the kinds that are asked for. */
export function findPersonal(text: string, kinds: ReadonlySet<RedactionKind>): Span[] {
  return [
    ...(kinds.has('email') ? findEmails(text) : []),
    ...(kinds.has('ip') ? findAddresses(text) : []),
    ...(kinds.has('phone') ? findPhones(text) : []),
  ]
}

/** Where personal data of these kinds may stand in the bytes of many cells. */
export function personalCandidates(bytes: Uint8Array, kinds: ReadonlySet<RedactionKind>, found: number[]): void {
  if (kinds.has('email')) addEmails(bytes, found)
  if (kinds.has('ip')) addAddresses(bytes, found)
  if (kinds.has('phone')) addPhones(bytes, found)
}

const isDigitByte = (byte: number): boolean => byte >= 48 && byte <= 57

function addEmails(bytes: Uint8Array, found: number[]): void {
  for (let at = bytes.indexOf(AT); at >= 0; at = bytes.indexOf(AT, at + 1)) found.push(at)
}

function addAddresses(bytes: Uint8Array, found: number[]): void {
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === DOT && isDigitByte(bytes[at - 1]) && isDigitByte(bytes[at + 1])) found.push(at)
    if (bytes[at] === COLON && (bytes[at + 1] === COLON || isIn(HEX, bytes[at + 1]))) found.push(at)
  }
}

function addPhones(bytes: Uint8Array, found: number[]): void {
  let digits = 0
  for (let at = 0; at < bytes.length; at++) {
    if (isDigitByte(bytes[at])) digits++
    else if (!isPhoneUnit(bytes[at])) digits = 0
    if (digits === INTERNATIONAL_DIGITS_MIN) found.push(at)
  }
}

const isPhoneUnit = (code: number): boolean =>
  isIn(DIGIT, code) || code === 32 || code === 40 || code === 41 || code === 45 || code === 46

function findEmails(text: string): Span[] {
  const spans: Span[] = []
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let start = at
    while (start > at - LOCAL_PART_MAX && isLocalUnit(text, start - 1)) start--
    const end = domainEnd(text, at + 1)
    if (start < at && end !== undefined) spans.push({ start, end, kind: 'email' })
  }
  return spans
}

const isLocalUnit = (text: string, at: number): boolean =>
  isIn(WORD, text.charCodeAt(at)) || (at >= 0 && ".%+-'".includes(text.charAt(at)))

/** A domain ends in a label of two letters or more. */
function domainEnd(text: string, from: number): number | undefined {
  let end = from
  while (end < from + DOMAIN_MAX && (isIn(ALNUM, text.charCodeAt(end)) || '.-'.includes(text.charAt(end) || ' '))) end++
  const labels = text.slice(from, end).replace(/[.-]+$/, '')
  const dot = labels.lastIndexOf('.')
  const top = from + labels.length - dot - 1
  if (dot < 1 || top - from < 2) return undefined
  return countOf(labels, LOWER | UPPER, dot + 1, labels.length) >= 2 ? from + labels.length : undefined
}

function findAddresses(text: string): Span[] {
  const spans: Span[] = []
  for (let at = 0; at < text.length; at++) {
    if (!isAddressUnit(text, at) || isIn(WORD, text.charCodeAt(at - 1)) || text.charAt(at - 1) === '.') continue
    const end = addressEnd(text, at)
    if (end !== undefined) spans.push({ start: at, end, kind: 'ip' })
    at = skip(text, HEX, at, ADDRESS_MAX)
  }
  return spans
}

const isAddressUnit = (text: string, at: number): boolean => isIn(HEX, text.charCodeAt(at)) || text.startsWith('::', at)

function addressEnd(text: string, start: number): number | undefined {
  return versionFourEnd(text, start) ?? versionSixEnd(text, start)
}

function versionFourEnd(text: string, start: number): number | undefined {
  let at = start
  for (let octet = 0; octet < 4; octet++) {
    if (octet > 0 && text.charAt(at++) !== '.') return undefined
    const end = skip(text, DIGIT, at, 4)
    if (end === at || end - at > 3 || Number(text.slice(at, end)) > 255) return undefined
    at = end
  }
  const goesOn = isIn(WORD, text.charCodeAt(at)) || (text.charAt(at) === '.' && isIn(DIGIT, text.charCodeAt(at + 1)))
  return goesOn ? undefined : at
}

function versionSixEnd(text: string, start: number): number | undefined {
  if (text.charAt(start - 1) === ':') return undefined
  let end = start
  while (end < start + ADDRESS_MAX && (isIn(HEX, text.charCodeAt(end)) || text.charAt(end) === ':')) end++
  if (isIn(WORD, text.charCodeAt(end))) return undefined
  const address = text.slice(start, end).replace(/([^:]):$/, '$1')
  const groups = address.split(':')
  if (groups.length > 9 || groups.some((group) => group.length > 4)) return undefined
  const isWhole = groups.length === 8 && !groups.includes('')
  const isShort =
    address.split('::').length === 2 && groups.length >= 3 && countOf(address, DIGIT, 0, address.length) > 0
  return isWhole || isShort ? start + address.length : undefined
}

function findPhones(text: string): Span[] {
  const spans: Span[] = []
  for (let at = 0; at < text.length; at++) {
    const begins = '+('.includes(text.charAt(at)) || isIn(DIGIT, text.charCodeAt(at))
    if (!begins || isIn(WORD, text.charCodeAt(at - 1)) || '.-:/'.includes(text.charAt(at - 1) || ' ')) continue
    const end = phoneEnd(text, at)
    if (end !== undefined) spans.push({ start: at, end, kind: 'phone' })
    if (end !== undefined) at = end
  }
  return spans
}

/** International with a plus, or national in the shapes `(555) 010-1234`, `555-010-1234` and `555.010.1234`. */
function phoneEnd(text: string, start: number): number | undefined {
  const plus = text.charAt(start) === '+' ? 1 : 0
  let end = start + plus
  while (end < start + PHONE_CHARACTERS_MAX && isPhoneUnit(text.charCodeAt(end))) end++
  while (end > start && !isIn(DIGIT, text.charCodeAt(end - 1))) end--
  if (isIn(WORD, text.charCodeAt(end))) return undefined
  const number = text.slice(start, end)
  const digits = countOf(number, DIGIT, 0, number.length)
  if (plus === 1) return digits >= INTERNATIONAL_DIGITS_MIN && digits <= PHONE_DIGITS_MAX ? end : undefined
  if (digits !== PHONE_DIGITS_MIN) return undefined
  return /^(?:\(\d{3}\) ?\d{3}[-. ]\d{4}|\d{3}([-. ])\d{3}\1\d{4})$/.test(number) ? end : undefined
}
