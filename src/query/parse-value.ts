import { bareEnd, bareRegexEnd, hasWildcard, toGlob, unescapeBare } from './bare'
import { parseCidr } from './cidr'
import { LIST_ITEMS_MAX, REGEXES_MAX } from './query-limits'
import { unquote } from './quoted'
import {
  isAtEnd,
  isAtQuote,
  peek,
  type Reader,
  readString,
  reportError,
  reportUnclosed,
  rest,
  skipSpace,
  spanFrom,
  take,
} from './reader'
import type { Atom, Bound, Comparison, Test } from './syntax'

const COMPARISONS: ReadonlyMap<string, Comparison> = new Map([
  ['>', '>'],
  ['>=', '>='],
  ['<', '<'],
  ['<=', '<='],
])

/** `500..599`, either end open. One end at least is a number, so that `../path` is none. */
const DOTTED_RANGE = /^(?:(?:\*|([-+]?\d[^*?]*?))?\.\.([-+]?\d[^*?]*)|([-+]?\d[^*?]*?)\.\.\*?)$/

/** `[500 TO 599]`, or `{` and `}` for an end that is left out. */
const BRACKETED_RANGE =
  /^([[{])\s*("(?:[^"\\]|\\[\s\S])*"|[^\s\]}"]+)\s+TO\s+("(?:[^"\\]|\\[\s\S])*"|[^\s\]}"]+)\s*([\]}]?)/i

/**
 * Reads what follows the operator of a field. Several tests mean any of them; none means that the value was wrong and reported.
 */
export function readTests(reader: Reader, operator: string): readonly Test[] {
  if (operator.endsWith('~')) return readRegex(reader)
  const comparison = COMPARISONS.get(operator)
  if (comparison) return [{ op: 'compare', comparison, value: readAtom(reader, '') }]
  if (take(reader, /^=/)) return [{ op: 'eq', value: readAtom(reader, '') }]
  if (/^(?:in)?\(/.test(rest(reader))) return withinLimit(reader, readGroupedItems)
  return withinLimit(reader, readCommaItems)
}

/** Reads one pattern, quoted or not. Patterns over the limit are reported and left out. */
export function readRegex(reader: Reader): readonly Test[] {
  const value = isAtQuote(reader) ? readString(reader) : readBareRegex(reader)
  reader.regexes += 1
  if (reader.regexes <= REGEXES_MAX) return [{ op: 'regex', value }]
  reportError(reader, 'too_many_regexes', `a query holds at most ${REGEXES_MAX} regular expressions`, value.span)
  return []
}

/** Reads a value that may be a glob, a range or an address block, up to white space or one of `stops`. */
export function readPlainTest(reader: Reader, stops: string): Test {
  if (isAtQuote(reader)) return { op: 'eq', value: readString(reader) }
  const from = reader.at
  reader.at = bareEnd(reader.text, from, stops)
  return toTest(reader.text.slice(from, reader.at), from)
}

/** The text of a range without brackets as its ends, if it is one. */
export function toDottedRange(text: string): Test | undefined {
  const [whole, low, high, lowOnly] = DOTTED_RANGE.exec(text) ?? []
  if (whole === undefined) return undefined
  return { op: 'range', low: { text: low ?? lowOnly, inclusive: true }, high: { text: high, inclusive: true } }
}

function toTest(raw: string, from: number): Test {
  const text = unescapeBare(raw)
  const span = { from, to: from + raw.length }
  const value: Atom = { text, quoted: false, span }
  if (raw === '*') return { op: 'exists' }
  const range = toDottedRange(text)
  if (range) return range
  if (hasWildcard(raw)) return { op: 'glob', value: { text: toGlob(raw), quoted: false, span } }
  return parseCidr(text) ? { op: 'cidr', value } : { op: 'eq', value }
}

function readAtom(reader: Reader, stops: string): Atom {
  if (isAtQuote(reader)) return readString(reader)
  const from = reader.at
  reader.at = bareEnd(reader.text, from, stops)
  return { text: unescapeBare(reader.text.slice(from, reader.at)), quoted: false, span: spanFrom(reader, from) }
}

function readBareRegex(reader: Reader): Atom {
  const from = reader.at
  reader.at = bareRegexEnd(reader.text, from)
  return { text: reader.text.slice(from, reader.at), quoted: true, span: spanFrom(reader, from) }
}

function withinLimit(reader: Reader, readItems: (reader: Reader) => readonly Test[]): readonly Test[] {
  const from = reader.at
  const tests = readItems(reader)
  if (tests.length <= LIST_ITEMS_MAX) return tests
  reportError(reader, 'too_many_values', `a list holds at most ${LIST_ITEMS_MAX} values`, spanFrom(reader, from))
  return tests.slice(0, LIST_ITEMS_MAX)
}

/** `a,b,c`. A comma with nothing behind it belongs to the sentence that was pasted. */
function readCommaItems(reader: Reader): readonly Test[] {
  if (/^,+(?:[\s()|]|$)/.test(rest(reader))) return [readPlainTest(reader, '')]
  take(reader, /^,+/)
  const tests: Test[] = []
  do tests.push(...readItem(reader))
  while (take(reader, /^,+/) && /^[^\s()|]/.test(rest(reader)))
  return tests
}

/** `(a OR b)` and `in(a, b)`. */
function readGroupedItems(reader: Reader): readonly Test[] {
  const from = reader.at
  take(reader, /^(?:in)?\(/)
  const tests: Test[] = []
  for (;;) {
    skipBetweenItems(reader)
    if (isAtEnd(reader)) {
      reportUnclosed(reader, 'unclosed_list', from, ')')
      return tests
    }
    if (take(reader, /^\)/)) {
      if (tests.length === 0) reportError(reader, 'missing_value', 'the list is empty', spanFrom(reader, from))
      return tests
    }
    tests.push(...readItem(reader))
  }
}

function skipBetweenItems(reader: Reader): void {
  for (;;) {
    skipSpace(reader)
    if (take(reader, /^(?:[,|]+|or(?=[\s(),|]|$))/i)) continue
    const wrong = take(reader, /^(?:\(|(?:and|&&)(?=[\s(),|]|$))/i)
    if (!wrong) return
    reportError(reader, 'malformed_list', 'a list means any of its values, separated by a comma or OR', wrong)
  }
}

function readItem(reader: Reader): readonly Test[] {
  if (take(reader, /^~(?=[^\s(),|])/)) return readRegex(reader)
  const comparing = /^([<>]=?)[^\s(),|]/.exec(rest(reader))
  const comparison = comparing ? COMPARISONS.get(comparing[1]) : undefined
  if (comparison) {
    reader.at += comparison.length
    return [{ op: 'compare', comparison, value: readAtom(reader, ',') }]
  }
  return [readBracketedRange(reader) ?? readPlainTest(reader, ',')]
}

function readBracketedRange(reader: Reader): Test | undefined {
  if (!'[{'.includes(peek(reader))) return undefined
  const match = BRACKETED_RANGE.exec(rest(reader))
  if (!match) return undefined
  const from = reader.at
  const [whole, open, low, high, close] = match
  reader.at += whole.length
  if (close === '') reportUnclosed(reader, 'unclosed_range', from, open === '[' ? ']' : '}')
  return { op: 'range', low: toBound(low, open === '['), high: toBound(high, close !== '}') }
}

function toBound(raw: string, inclusive: boolean): Bound {
  if (raw === '*') return { text: undefined, inclusive }
  return { text: raw.startsWith('"') ? unquote(raw.slice(1, -1), '"') : raw, inclusive }
}
