import { bareEnd, hasWildcard, toGlob, unescapeBare } from './bare'
import { PLAIN_NAME } from './field-name'
import { skipTooDeep } from './nesting'
import { fieldHeadAt, readField } from './parse-field'
import { isSelectorAt, readSelector } from './parse-selector'
import { readRegex } from './parse-value'
import { quotedEnd } from './quoted'
import {
  isAtEnd,
  isAtQuote,
  peek,
  type Reader,
  readString,
  reportError,
  reportUnclosed,
  reportWarning,
  rest,
  skipSpace,
  spanFrom,
  take,
} from './reader'
import type { Node, Span } from './syntax'

const OR = /^(?:or(?=[\s()|]|$)|\|\|)/i
const AND = /^(?:and|&&)(?=[\s()|]|$)/i
const NOT = /^NOT(?=[\s()|]|$)/

/** Signs only count when something follows that they could sign: `-` alone, `->` and `!=` are text. */
const SIGNS = /^[-!+]+(?![-!+\s)|>=]|$)/

const VALUELESS_FIELD = new RegExp(`^@?${PLAIN_NAME}(?:[:=<>]|!=|=~|!~)[<>=~]*$`, 'u')

/** Reads the filter, up to the first pipe or the end. */
export function readFilter(reader: Reader): Node | undefined {
  const parts: Node[] = []
  for (;;) {
    const node = readOr(reader)
    if (node) parts.push(node)
    const stray = take(reader, /^\)/)
    if (!stray) return joined('and', parts)
    reportError(reader, 'unexpected_close', 'nothing is open that `)` could close', stray, '')
  }
}

function readOr(reader: Reader): Node | undefined {
  const children: Node[] = []
  skipSpace(reader)
  for (let leading = take(reader, OR); leading; leading = take(reader, OR)) {
    reportMissing(reader, leading, 'left')
    skipSpace(reader)
  }
  let operator: Span | undefined
  do {
    const child = readAnd(reader, operator)
    if (child) children.push(child)
    operator = take(reader, OR)
  } while (operator)
  return joined('or', children)
}

/** `waiting` is the operator that still lacks its right side. */
function readAnd(reader: Reader, before: Span | undefined): Node | undefined {
  const children: Node[] = []
  let waiting = before
  let isFirst = true
  for (;;) {
    skipSpace(reader)
    const operator = take(reader, AND)
    if (operator) {
      if (isFirst) reportMissing(reader, operator, 'left')
      else if (waiting) reportMissing(reader, waiting, 'right')
      if (!isFirst) waiting = operator
      continue
    }
    if (endsTerms(reader)) break
    const child = readUnary(reader)
    if (child) children.push(child)
    waiting = undefined
    isFirst = false
  }
  if (waiting) reportMissing(reader, waiting, 'right')
  return joined('and', children)
}

function readUnary(reader: Reader): Node | undefined {
  const from = reader.at
  let negated = false
  for (;;) {
    const word = take(reader, NOT)
    const signs = word ?? take(reader, SIGNS)
    if (!signs) break
    const typed = reader.text.slice(signs.from, signs.to)
    const turns = word ? 1 : typed.replaceAll('+', '').length
    if (turns % 2 === 1) negated = !negated
    if (!word) continue
    skipSpace(reader)
    if (endsTerms(reader) || AND.test(rest(reader))) {
      reportMissing(reader, word, 'right')
      return undefined
    }
  }
  const child = readPrimary(reader)
  return child && negated ? negate(child, spanFrom(reader, from)) : child
}

function readPrimary(reader: Reader): Node | undefined {
  if (peek(reader) === '(') return readGroup(reader)
  if (isSelectorAt(reader.text, reader.at)) return readSelector(reader)
  const head = fieldHeadAt(reader.text, reader.at)
  if (head) return readField(reader, head)
  return readText(reader)
}

function readGroup(reader: Reader): Node | undefined {
  const from = reader.at
  if (skipTooDeep(reader)) return undefined
  reader.at += 1
  reader.depth += 1
  const node = readOr(reader)
  reader.depth -= 1
  const isEmpty = /^\(\s*$/.test(reader.text.slice(from, reader.at))
  if (!take(reader, /^\)/)) reportUnclosed(reader, 'unclosed_group', from, ')')
  else if (isEmpty) reportWarning(reader, 'empty_group', 'there is nothing in the parentheses', spanFrom(reader, from))
  return node
}

function readText(reader: Reader): Node | undefined {
  const from = reader.at
  if (take(reader, /^~(?=[^\s()|])/)) return readTextRegex(reader, from)
  if (isAtQuote(reader) && !isApostrophe(reader)) return readPhrase(reader)
  reader.at = bareEnd(reader.text, from)
  const raw = reader.text.slice(from, reader.at)
  adviseOnText(reader, raw, from)
  return toTextNode(raw, spanFrom(reader, from))
}

function readTextRegex(reader: Reader, from: number): Node | undefined {
  const test = readRegex(reader).at(0)
  if (test?.op !== 'regex') return undefined
  return { type: 'text', mode: 'regex', value: test.value.text, span: spanFrom(reader, from) }
}

/** Every message contains an empty phrase, so it filters nothing. */
function readPhrase(reader: Reader): Node | undefined {
  const { text, span } = readString(reader)
  return text === '' ? undefined : { type: 'text', mode: 'phrase', value: text, span }
}

/** People write `'tis` and `rock 'n roll`: a single quote that nothing closes is a letter. */
const isApostrophe = (reader: Reader): boolean =>
  peek(reader) === "'" && quotedEnd(reader.text, reader.at) === undefined

/** Question marks at the end of a word are punctuation. */
function toTextNode(raw: string, span: Span): Node {
  const word = raw.replace(/\?+$/, '')
  if (!hasWildcard(word)) return { type: 'text', mode: 'contains', value: unescapeBare(raw), span }
  return { type: 'text', mode: 'glob', value: toGlob(raw), span }
}

/** Half a term at the end of a query is one that is still being typed; in the middle of pasted text it is text. */
function adviseOnText(reader: Reader, raw: string, from: number): void {
  const span = spanFrom(reader, from)
  if (!/^\s*(?:[)|]|$)/.test(rest(reader))) return
  if (VALUELESS_FIELD.test(raw))
    reportWarning(reader, 'missing_value', `\`${raw}\` has no value; it is searched as text`, span)
  if (/^[-!+]+$/.test(raw))
    reportWarning(reader, 'missing_operand', `\`${raw}\` stands alone; it is searched as text`, span)
}

const endsTerms = (reader: Reader): boolean =>
  isAtEnd(reader) || peek(reader) === ')' || peek(reader) === '|' || OR.test(rest(reader))

/** In lower case it is likelier a word of a pasted sentence than half of an expression. */
function reportMissing(reader: Reader, operator: Span, side: 'left' | 'right'): void {
  const typed = reader.text.slice(operator.from, operator.to)
  const report = /[a-z]/.test(typed) ? reportWarning : reportError
  report(reader, 'missing_operand', `${typed} needs something on its ${side}`, operator, '')
}

function negate(child: Node, span: Span): Node {
  return child.type === 'not' ? child.child : { type: 'not', child, span }
}

function joined(type: 'and' | 'or', children: readonly Node[]): Node | undefined {
  if (children.length < 2) return children.at(0)
  const span = { from: children[0].span.from, to: children[children.length - 1].span.to }
  return { type, children, span }
}
