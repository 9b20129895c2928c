import { foldText } from '../records/fold'
import type { Regex } from './regex/regex'
import type { Bound, Comparison, Test } from './syntax'
import { cidrContains, parseCidr, parseQuantity, parseTime } from './values'

/** What a filter asks of one value. The same test serves every way in which a column can be stored. */
export interface CellTest {
  /** Does text pass, given as folded UTF-8? `original` gives it as it was sent, for tests that care about letter case. */
  readonly text: (folded: Uint8Array, from: number, to: number, original: () => Uint8Array) => boolean
  /** Does a whole number pass? Undefined when it has to be tested as text. */
  readonly number: ((value: number) => boolean) | undefined
  /** Folded bytes that stand in every text that passes: where they are not, nothing has to be tested. */
  readonly needle: Uint8Array | undefined
  /** Finding the needle is all there is to it. */
  readonly needleIsEnough: boolean
  /** The only folded text that passes, if there is but one: token filters are asked for it. */
  readonly exact: Uint8Array | undefined
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/** Text that holds `value`, in any letter case. */
export function containsTest(value: string): CellTest {
  const needle = encoder.encode(foldText(value))
  return {
    text: (folded, from, to) => indexWithin(folded, needle, from, to) >= 0,
    number: undefined,
    needle,
    needleIsEnough: true,
    exact: undefined,
  }
}

/** Equal to `value`: as text in any letter case, or as a number when both are numbers. */
export function equalsTest(value: string): CellTest {
  const exact = encoder.encode(foldText(value))
  const wanted = value.trim() === '' ? Number.NaN : Number(value)
  const number = Number.isNaN(wanted) ? () => false : (cell: number) => cell === wanted
  return {
    text: (folded, from, to) => to - from === exact.length && startsAt(folded, exact, from),
    number,
    needle: exact.length > 0 ? exact : undefined,
    needleIsEnough: false,
    exact,
  }
}

/** A pattern with `*` for anything and `?` for one character; a backslash before them makes them plain. */
export function globTest(pattern: string): CellTest {
  const { pieces, parts } = splitGlob(foldText(pattern))
  const literal = parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '')
  return {
    text: (folded, from, to) => matchesGlob(decoder.decode(folded.subarray(from, to)), pieces),
    number: undefined,
    needle: literal === '' ? undefined : encoder.encode(literal),
    needleIsEnough: false,
    exact: undefined,
  }
}

/** A regular expression, letter case counting unless it says otherwise. */
export function regexTest(regex: Regex): CellTest {
  const folded = regex.folded()
  const text = regex.foldSafe
    ? regex.test
    : (bytes: Uint8Array, from: number, to: number, original: () => Uint8Array) => {
        if (!folded.test(bytes, from, to)) return false
        const source = original()
        return regex.test(source, 0, source.length)
      }
  return { text, number: undefined, needle: regex.literal, needleIsEnough: false, exact: undefined }
}

/** Larger or smaller than a number, a time, or (in folded code point order) a text. */
export function compareTest(comparison: Comparison, value: string, nowMs: number): CellTest {
  const holds = COMPARE[comparison]
  return orderedTest(value, nowMs, (order) => holds(order))
}

/** Within bounds, each of which may be open. */
export function rangeTest(low: Bound, high: Bound, nowMs: number): CellTest {
  const above = low.text === undefined ? undefined : compareTest(low.inclusive ? '>=' : '>', low.text, nowMs)
  const below = high.text === undefined ? undefined : compareTest(high.inclusive ? '<=' : '<', high.text, nowMs)
  return allOf([above, below].filter((test) => test !== undefined))
}

/** An address inside a block of addresses (RFC 4632, RFC 4291). */
export function cidrTest(text: string): CellTest {
  const cidr = parseCidr(text)
  return {
    text: (folded, from, to) => cidr !== undefined && cidrContains(cidr, decoder.decode(folded.subarray(from, to))),
    number: () => false,
    needle: undefined,
    needleIsEnough: false,
    exact: undefined,
  }
}

/** Anything at all. */
export const EXISTS_TEST: CellTest = {
  text: () => true,
  number: () => true,
  needle: undefined,
  needleIsEnough: false,
  exact: undefined,
}

/** The test that a filter's field term stands for. Regular expressions are compiled by the caller. */
export function testOf(test: Exclude<Test, { op: 'regex' }>, nowMs: number): CellTest {
  switch (test.op) {
    case 'eq':
      return equalsTest(test.value.text)
    case 'glob':
      return globTest(test.value.text)
    case 'compare':
      return compareTest(test.comparison, test.value.text, nowMs)
    case 'range':
      return rangeTest(test.low, test.high, nowMs)
    case 'in':
      return anyOf(test.values.map((value) => equalsTest(value.text)))
    case 'cidr':
      return cidrTest(test.value.text)
    case 'exists':
      return EXISTS_TEST
  }
}

export function anyOf(tests: readonly CellTest[]): CellTest {
  return combine(tests, (passes) => tests.some(passes))
}

function allOf(tests: readonly CellTest[]): CellTest {
  return combine(tests, (passes) => tests.every(passes))
}

function combine(tests: readonly CellTest[], decide: (passes: (test: CellTest) => boolean) => boolean): CellTest {
  if (tests.length === 1) return tests[0]
  const numeric = tests.every((test) => test.number !== undefined)
  return {
    text: (folded, from, to, original) => decide((test) => test.text(folded, from, to, original)),
    number: numeric ? (value) => decide((test) => test.number?.(value) ?? false) : undefined,
    needle: undefined,
    needleIsEnough: false,
    exact: undefined,
  }
}

const COMPARE: Readonly<Record<Comparison, (order: number) => boolean>> = {
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
}

/** Orders a value against `bound`: as quantities when both are, else as times when both are, else as text if neither is a number. */
function orderedTest(bound: string, nowMs: number, holds: (order: number) => boolean): CellTest {
  const quantity = parseQuantity(bound)
  const time = quantity === undefined ? parseTime(bound, nowMs) : undefined
  const folded = foldText(bound)
  const text = (bytes: Uint8Array, from: number, to: number): boolean => {
    const cell = decoder.decode(bytes.subarray(from, to))
    if (quantity !== undefined) return holdsIfKnown(holds, parseQuantity(cell), quantity)
    if (time !== undefined) return holdsIfKnown(holds, parseTime(cell, nowMs), time)
    return holds(cell < folded ? -1 : cell > folded ? 1 : 0)
  }
  const number = (value: number): boolean => quantity !== undefined && holds(value - quantity)
  return { text, number, needle: undefined, needleIsEnough: false, exact: undefined }
}

const holdsIfKnown = (holds: (order: number) => boolean, value: number | undefined, bound: number): boolean =>
  value !== undefined && holds(value - bound)

/** Where `needle` begins in bytes[from, to), or −1. */
export function indexWithin(bytes: Uint8Array, needle: Uint8Array, from: number, to: number): number {
  const last = to - needle.length
  for (let at = from; at <= last; at++) if (startsAt(bytes, needle, at)) return at
  return -1
}

function startsAt(bytes: Uint8Array, prefix: Uint8Array, at: number): boolean {
  for (let index = 0; index < prefix.length; index++) if (bytes[at + index] !== prefix[index]) return false
  return true
}

const ANY = '*'
const ONE = '?'

/** The pattern as tokens (a character, ANY or ONE, the latter two marked by a NUL before them) and its literal runs. */
function splitGlob(pattern: string): { pieces: readonly string[]; parts: readonly string[] } {
  const pieces: string[] = []
  const parts: string[] = ['']
  const characters = [...pattern]
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index]
    if (character === ANY || character === ONE) {
      pieces.push(`\0${character}`)
      parts.push('')
      continue
    }
    const escaped = character === '\\' && '*?\\'.includes(characters[index + 1] ?? ' ')
    const literal = escaped ? characters[++index] : character
    pieces.push(literal)
    parts[parts.length - 1] += literal
  }
  return { pieces, parts }
}

/** Greedy matching with one point of return, which takes time in proportion to text × pattern at worst. */
function matchesGlob(text: string, pieces: readonly string[]): boolean {
  const characters = [...text]
  let at = 0
  let piece = 0
  let starAt = -1
  let starPiece = -1
  while (at < characters.length) {
    if (pieces[piece] === '\0*') {
      starPiece = piece++
      starAt = at
    } else if (pieces[piece] === '\0?' || pieces[piece] === characters[at]) {
      piece++
      at++
    } else if (starPiece >= 0) {
      piece = starPiece + 1
      at = ++starAt
    } else {
      return false
    }
  }
  while (pieces[piece] === '\0*') piece++
  return piece === pieces.length
}
