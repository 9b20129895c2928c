import { beginsToken, DIGIT, isIn, WORD } from './characters'
import type { Span } from './scan'

const DIGITS_MIN = 13
const DIGITS_MAX = 19

/** How the networks print their numbers. A group longer than the pattern makes it another number. */
const GROUPINGS: readonly (readonly number[])[] = [
  [4, 4, 4, 4],
  [4, 4, 4, 4, 3],
  [4, 6, 5],
  [4, 6, 4],
]

/** First digits as a range, and the lengths that the network issues under it. */
const NETWORKS: readonly (readonly [first: string, last: string, lengths: readonly number[]])[] = [
  ['4', '4', [13, 16, 19]],
  ['51', '55', [16]],
  ['2221', '2720', [16]],
  ['34', '34', [15]],
  ['37', '37', [15]],
  ['300', '305', [14, 16]],
  ['36', '36', [14, 16]],
  ['38', '39', [14, 16]],
  ['3528', '3589', [16]],
  ['6011', '6011', [16, 19]],
  ['644', '659', [16, 19]],
  ['62', '62', [16, 17, 18, 19]],
  ['5018', '5018', [13, 14, 15, 16, 17, 18, 19]],
  ['5020', '5020', [13, 14, 15, 16, 17, 18, 19]],
  ['5038', '5038', [13, 14, 15, 16, 17, 18, 19]],
  ['5060', '5061', [16, 18, 19]],
  ['508', '508', [16]],
  ['5893', '5893', [13, 14, 15, 16, 17, 18, 19]],
  ['6304', '6304', [13, 14, 15, 16, 17, 18, 19]],
  ['6759', '6763', [13, 14, 15, 16, 17, 18, 19]],
  ['60', '60', [16]],
  ['2200', '2204', [16]],
  ['81', '82', [16]],
]

/** Whether these digits are a card number: a known network, a length it issues, and the Luhn checksum. */
export function isCardNumber(digits: string): boolean {
  if (digits.length < DIGITS_MIN || digits.length > DIGITS_MAX) return false
  return isIssued(digits) && hasLuhnChecksum(digits)
}

/** Every card number in the text, as one run or in the groups that cards are printed in. */
export function findCards(text: string): Span[] {
  const spans: Span[] = []
  for (let at = 0; at < text.length; at++) {
    if (!isDigitAt(text, at) || isDigitAt(text, at - 1) || !mayBeginAt(text, at)) continue
    const end = cardEnd(text, at)
    if (end === undefined) continue
    spans.push({ start: at, end, kind: 'card' })
    at = end - 1
  }
  return spans
}

/**
 * Where a card number may stand in the bytes of many cells: at least thirteen digits, spaces and dashes in a row. Only
 * every thirteenth byte has to be looked at until one of them fits.
 */
export function cardCandidates(bytes: Uint8Array, found: number[]): void {
  let at = DIGITS_MIN - 1
  while (at < bytes.length) {
    let first = at
    while (first > at - DIGITS_MIN && isCardByte(bytes[first])) first--
    if (first > at - DIGITS_MIN) {
      at = first + DIGITS_MIN
      continue
    }
    const end = cardRunEnd(bytes, at)
    if (digitBytes(bytes, first + 1, end) >= DIGITS_MIN) found.push(first + 1)
    at = end + DIGITS_MIN
  }
}

const isCardByte = (byte: number): boolean => (byte >= 48 && byte <= 57) || byte === 32 || byte === 45

function cardRunEnd(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length && isCardByte(bytes[at])) at++
  return at
}

function digitBytes(bytes: Uint8Array, from: number, to: number): number {
  let count = 0
  for (let at = from; at < to; at++) if (bytes[at] >= 48) count++
  return count
}

const isDigitAt = (text: string, at: number): boolean => isIn(DIGIT, text.charCodeAt(at))

function mayBeginAt(text: string, at: number): boolean {
  if (!beginsToken(text, at)) return false
  return !('.-'.includes(text.charAt(at - 1)) && isDigitAt(text, at - 2))
}

function mayEndAt(text: string, end: number): boolean {
  if (isIn(WORD, text.charCodeAt(end))) return false
  return !('.-'.includes(text.charAt(end)) && isDigitAt(text, end + 1))
}

function cardEnd(text: string, start: number): number | undefined {
  const run = digitsEnd(text, start)
  if (run - start >= DIGITS_MIN) return mayEndAt(text, run) && isCardNumber(text.slice(start, run)) ? run : undefined
  const separator = text.charAt(run)
  if (separator !== ' ' && separator !== '-') return undefined
  for (const grouping of GROUPINGS) {
    const end = groupsEnd(text, start, separator, grouping)
    if (end === undefined || !mayEndAt(text, end)) continue
    if (isCardNumber(text.slice(start, end).replaceAll(separator, ''))) return end
  }
  return undefined
}

function groupsEnd(text: string, start: number, separator: string, grouping: readonly number[]): number | undefined {
  let at = start
  for (const [index, length] of grouping.entries()) {
    if (index > 0 && text.charAt(at++) !== separator) return undefined
    if (digitsEnd(text, at) !== at + length) return undefined
    at += length
  }
  return at
}

function digitsEnd(text: string, start: number): number {
  let at = start
  while (at <= start + DIGITS_MAX && isDigitAt(text, at)) at++
  return at
}

function isIssued(digits: string): boolean {
  return NETWORKS.some(([first, last, lengths]) => {
    const prefix = digits.slice(0, first.length)
    return prefix >= first && prefix <= last && lengths.includes(digits.length)
  })
}

function hasLuhnChecksum(digits: string): boolean {
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48
    const doubled = index % 2 === 0 ? digit : digit * 2
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}
