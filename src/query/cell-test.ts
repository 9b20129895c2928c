import { foldText } from '../records/fold'
import { parseInstant } from '../records/time'
import { compareDecimals, isDecimal } from './decimal'
import type { Regex } from './regex/regex'
import type { Atom, Bound, Comparison, Test } from './syntax'
import { cidrContains, parseCidr, parseQuantity, parseTime } from './values'

/** What a filter asks of one value. The same test serves every way in which a column can be stored. */
export interface CellTest {
  /** Does text pass, given as folded UTF-8? `original` gives it as it was sent, for tests that care about letter case. */
  readonly text: (folded: Uint8Array, from: number, to: number, original: () => Uint8Array) => boolean
  /**
   * Does a number pass? `source` is how it was sent, and undefined for a whole number that a double holds exactly. The test
   * is undefined when numbers have to be tested as text.
   */
  readonly number: ((value: number, source: string | undefined) => boolean) | undefined
  /** Folded bytes that stand in every text that passes: where they are not, nothing has to be tested. */
  readonly needle: Uint8Array | undefined
  /** Folded bytes of which some stand in every text that passes, where that says more than the one needle. */
  readonly needles?: () => readonly Uint8Array[] | undefined
  /** Finding the needle is all there is to it. */
  readonly needleIsEnough: boolean
  /** The only folded text that passes, if there is but one: token filters are asked for it. */
  readonly exact: Uint8Array | undefined
  /** True, false and null never pass, though their text might: they have no place in the order of texts. */
  readonly skipsLiterals?: true
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/** Text that holds `value`, in any letter case. */
export const containsTest = (value: string): CellTest => needleTest(encoder.encode(foldText(value)))

/** Text that holds these folded bytes. */
export function needleTest(needle: Uint8Array): CellTest {
  return {
    text: (folded, from, to) => indexWithin(folded, needle, from, to) >= 0,
    number: undefined,
    needle,
    needleIsEnough: true,
    exact: undefined,
  }
}

/** Equal to `value`: text as text in any letter case, a number by its value, which may be written with a unit. */
export function equalsTest({ text: value, quoted }: Pick<Atom, 'text' | 'quoted'>): CellTest {
  const exact = encoder.encode(foldText(value))
  return {
    text: (folded, from, to) => to - from === exact.length && startsAt(folded, exact, from),
    number: equalsNumber(isDecimal(value) || quoted ? value : String(parseQuantity(value) ?? '')),
    needle: exact.length > 0 ? exact : undefined,
    needleIsEnough: false,
    exact,
  }
}

/** No number passes. */
export const NO_NUMBER = (): boolean => false

function equalsNumber(wanted: string): NonNullable<CellTest['number']> {
  if (!isDecimal(wanted)) return NO_NUMBER
  const number = Number(wanted)
  const isExact = Number.isFinite(number) && compareDecimals(String(number), wanted) === 0
  return (value, source) => value === number && (source === undefined ? isExact : compareDecimals(source, wanted) === 0)
}

/** A pattern with `*` for anything and `?` for one character; a backslash before them makes them plain. */
export function globTest(pattern: string): CellTest {
  const { pieces, parts } = splitGlob(foldText(pattern))
  const literal = parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '')
  return {
    text: (folded, from, to) => matchesGlob(decoder.decode(folded.subarray(from, to)), pieces),
    number: undefined,
    needle: literal === '' ? undefined : encoder.encode(literal),
    needleIsEnough: literal !== '' && isSurrounded(pieces),
    exact: undefined,
  }
}

/** `*text*` is looked for as plain text is. */
const isSurrounded = (pieces: readonly string[]): boolean =>
  pieces.length > 2 &&
  pieces.every((piece, index) => (piece === STAR) === (index === 0 || index === pieces.length - 1)) &&
  !pieces.includes(QUESTION)

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
  return {
    text,
    number: undefined,
    needle: regex.literal,
    needles: regex.literals,
    needleIsEnough: false,
    exact: undefined,
  }
}

/** Larger or smaller than a number, a time, or (in folded code point order) a text. */
export function compareTest(comparison: Comparison, value: string, nowMs: number): CellTest {
  const holds = COMPARE[comparison]
  return orderedTest(value, nowMs, (order) => holds(order))
}

/** Within bounds, each of which may be open. */
export function rangeTest(low: Bound, high: Bound, nowMs: number): CellTest {
  if (low.text === undefined && high.text === undefined) return EXISTS_TEST
  const above = low.text === undefined ? undefined : compareTest(low.inclusive ? '>=' : '>', low.text, nowMs)
  const below = high.text === undefined ? undefined : compareTest(high.inclusive ? '<=' : '<', high.text, nowMs)
  return allOf([above, below].filter((test) => test !== undefined))
}

/** An address inside a block of addresses (RFC 4632, RFC 4291), or that block itself. */
export function cidrTest(text: string): CellTest {
  const cidr = parseCidr(text)
  const whole = encoder.encode(foldText(text))
  return {
    text: (folded, from, to) =>
      (to - from === whole.length && startsAt(folded, whole, from)) ||
      (cidr !== undefined && cidrContains(cidr, decoder.decode(folded.subarray(from, to)))),
    number: NO_NUMBER,
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

/** Anything that says something: not `null`, `false` or an empty text, which loggers write where there is nothing. */
export const PRESENT_TEST: CellTest = {
  ...EXISTS_TEST,
  text: (folded, from, to) =>
    to > from && !NOTHING.some((word) => to - from === word.length && startsAt(folded, word, from)),
}

const NOTHING = ['null', 'false'].map((word) => encoder.encode(word))

/** The test that a filter's field term stands for. Regular expressions are compiled by the caller. */
export function testOf(test: Exclude<Test, { op: 'regex' }>, nowMs: number): CellTest {
  switch (test.op) {
    case 'eq':
      return equalsTest(test.value)
    case 'glob':
      return globTest(test.value.text)
    case 'compare':
      return compareTest(test.comparison, test.value.text, nowMs)
    case 'range':
      return rangeTest(test.low, test.high, nowMs)
    case 'in':
      return anyOf(test.values.map(equalsTest))
    case 'cidr':
      return cidrTest(test.value.text)
    case 'exists':
      return EXISTS_TEST
  }
}

export function anyOf(tests: readonly CellTest[]): CellTest {
  if (tests.length === 1) return tests[0]
  return { ...combine(tests, (passes) => tests.some(passes)), needles: () => ofEach(tests.map(needlesOf)) }
}

const ofEach = (needles: readonly (readonly Uint8Array[] | undefined)[]): readonly Uint8Array[] | undefined =>
  needles.every((own) => own !== undefined) ? needles.flatMap((own) => own ?? []) : undefined

/** Folded bytes of which some stand in every text that passes; undefined where none are known. */
export const needlesOf = ({ needle, needles }: CellTest): readonly Uint8Array[] | undefined =>
  needles?.() ?? (needle && needle.length > 0 ? [needle] : undefined)

function allOf(tests: readonly CellTest[]): CellTest {
  return combine(tests, (passes) => tests.every(passes))
}

function combine(tests: readonly CellTest[], decide: (passes: (test: CellTest) => boolean) => boolean): CellTest {
  if (tests.length === 1) return tests[0]
  const numeric = tests.every((test) => test.number !== undefined)
  return {
    text: (folded, from, to, original) => decide((test) => test.text(folded, from, to, original)),
    number: numeric ? (value, source) => decide((test) => test.number?.(value, source) ?? false) : undefined,
    needle: undefined,
    needleIsEnough: false,
    exact: undefined,
    ...(tests.some((test) => test.skipsLiterals) && { skipsLiterals: true }),
  }
}

const COMPARE: Readonly<Record<Comparison, (order: number) => boolean>> = {
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
}

type Holds = (order: number) => boolean

/** Orders values against `bound` as what it is: a quantity, a time, or else a text. Other values do not pass. */
function orderedTest(bound: string, nowMs: number, holds: Holds): CellTest {
  const quantity = parseQuantity(bound)
  if (quantity !== undefined) return quantityOrder(quantity, isDecimal(bound) ? bound : String(quantity), holds)
  const time = parseTime(bound, nowMs)
  return time === undefined ? textOrder(bound, holds) : timeOrder(time, holds)
}

const NO_NEEDLE = { needle: undefined, needleIsEnough: false, exact: undefined } as const

function quantityOrder(bound: number, digits: string, holds: Holds): CellTest {
  const ofWholeNumber = compareDecimals(String(bound), digits)
  const order = (value: number, source: string | undefined): number => {
    if (value !== bound) return value < bound ? -1 : 1
    return source === undefined ? ofWholeNumber : compareDecimals(source, digits)
  }
  return {
    text: (folded, from, to) => {
      if (!QUANTITY_STARTS[folded[from]] || from === to) return false
      const cell = decoder.decode(folded.subarray(from, to))
      const value = parseQuantity(cell)
      return value !== undefined && holds(order(value, isDecimal(cell) ? cell : undefined))
    },
    number: (value, source) => holds(order(value, source)),
    ...NO_NEEDLE,
  }
}

/** Most texts are no quantity, and show it in their first byte. */
const QUANTITY_STARTS = Array.from({ length: 256 }, (_, byte) => '+-.0123456789'.includes(String.fromCharCode(byte)))

function timeOrder(bound: number, holds: Holds): CellTest {
  const passes = (text: string): boolean => {
    const ms = timeOfValue(text)
    return ms !== undefined && holds(ms - bound)
  }
  return {
    // The names of months and zones are written with capitals.
    text: (_folded, _from, _to, original) => passes(decoder.decode(original())),
    number: (value, source) => passes(source ?? String(value)),
    ...NO_NEEDLE,
  }
}

/** A value that programs write as a time. A small number is a duration or a counter, not a time. */
function timeOfValue(text: string): number | undefined {
  const instant = parseInstant(text)
  if (instant === undefined || (isDecimal(text) && instant.ms < YEAR_1973_MS)) return undefined
  return instant.ms + instant.nanos / 1e6
}

const YEAR_1973_MS = 100_000_000_000

/** UTF-8 sorts as code points do. */
function textOrder(bound: string, holds: Holds): CellTest {
  const wanted = encoder.encode(foldText(bound))
  return {
    text: (folded, from, to) => holds(compareBytes(folded, from, to, wanted)),
    number: NO_NUMBER,
    ...NO_NEEDLE,
    skipsLiterals: true,
  }
}

function compareBytes(bytes: Uint8Array, from: number, to: number, other: Uint8Array): number {
  const shared = Math.min(to - from, other.length)
  for (let index = 0; index < shared; index++) {
    const order = bytes[from + index] - other[index]
    if (order !== 0) return order
  }
  return to - from - other.length
}

/** Where `needle` begins in bytes[from, to), or −1. */
export function indexWithin(bytes: Uint8Array, needle: Uint8Array, from: number, to: number): number {
  if (needle.length === 0) return from
  const last = to - needle.length
  const first = needle[0]
  for (let at = from; at <= last; at++) if (bytes[at] === first && startsAt(bytes, needle, at)) return at
  return -1
}

function startsAt(bytes: Uint8Array, prefix: Uint8Array, at: number): boolean {
  for (let index = 0; index < prefix.length; index++) if (bytes[at + index] !== prefix[index]) return false
  return true
}

const ANY = '*'
const ONE = '?'

/** Wildcards as tokens of two characters, which no single character of a text equals. */
const STAR = '\0*'
const QUESTION = '\0?'

/** The pattern as tokens (a character, ANY or ONE, the latter two marked by a NUL before them) and its literal runs. */
function splitGlob(pattern: string): { pieces: readonly string[]; parts: readonly string[] } {
  const pieces: string[] = []
  const parts: string[] = ['']
  const characters = [...pattern]
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index]
    if (character === ANY || character === ONE) {
      pieces.push(character === ANY ? STAR : QUESTION)
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
    if (pieces[piece] === STAR) {
      starPiece = piece++
      starAt = at
    } else if (pieces[piece] === QUESTION || pieces[piece] === characters[at]) {
      piece++
      at++
    } else if (starPiece >= 0) {
      piece = starPiece + 1
      at = ++starAt
    } else {
      return false
    }
  }
  while (pieces[piece] === STAR) piece++
  return piece === pieces.length
}
