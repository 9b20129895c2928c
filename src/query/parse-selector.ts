import { PLAIN_NAME } from './field-name'
import { balancedEnd, skipTooDeep } from './nesting'
import { type FieldHead, toFieldNode } from './parse-field'
import { readPlainTest, readRegex } from './parse-value'
import {
  isAtEnd,
  isAtQuote,
  peek,
  type Reader,
  readString,
  reportError,
  reportUnclosed,
  reportWarning,
  spanFrom,
  take,
} from './reader'
import type { Atom, Node, Test } from './syntax'

/** `{}`, or a brace with a name and operator behind it. Any other brace is text. */
const OPENING = new RegExp(
  String.raw`^\{\s*(?:\}|(?:@?${PLAIN_NAME}|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*')\s*(?:=~|!~|!=|[:=]))`,
  'u',
)
const NAME = new RegExp(`^@?${PLAIN_NAME}`, 'u')

/** Says whether a Loki selector or a JSON object starts at `at`. */
export const isSelectorAt = (text: string, at: number): boolean => text[at] === '{' && OPENING.test(text.slice(at))

/**
 * Reads `{service="api", env=~"p.*"}`, or a pasted JSON object, as fields that all must hold. Members of nested objects
 * get dotted names.
 */
export function readSelector(reader: Reader): Node | undefined {
  const from = reader.at
  const children = readMembers(reader, '')
  if (children.length < 2) return children.at(0)
  return { type: 'and', children, span: spanFrom(reader, from) }
}

function readMembers(reader: Reader, path: string): readonly Node[] {
  const from = reader.at
  if (skipTooDeep(reader)) return []
  reader.at += 1
  reader.depth += 1
  const children: Node[] = []
  for (;;) {
    take(reader, /^[\s,]+/)
    if (isAtEnd(reader)) reportUnclosed(reader, 'unclosed_selector', from, '}')
    if (isAtEnd(reader) || take(reader, /^\}/)) break
    children.push(...readMember(reader, path))
  }
  reader.depth -= 1
  return children
}

function readMember(reader: Reader, path: string): readonly Node[] {
  const from = reader.at
  const name = readName(reader)
  take(reader, /^\s+/)
  const operator = name === undefined ? undefined : readOperator(reader)
  take(reader, /^\s+/)
  if (name === undefined || operator === undefined || /^[,}]?$/.test(peek(reader))) return skipMalformed(reader, from)
  const head = { name: `${path}${name}`, operator }
  if (peek(reader) === '{') return readMembers(reader, `${head.name}.`)
  if (peek(reader) === '[') return skipArray(reader, head.name)
  return readPair(reader, head, from)
}

function readPair(reader: Reader, head: Pick<FieldHead, 'name' | 'operator'>, from: number): readonly Node[] {
  const valueAt = reader.at
  const tests = readValue(reader, head.operator)
  // A parenthesis or a pipe outside quotes is no value, and nothing has been read.
  if (reader.at === valueAt) return skipMalformed(reader, from)
  const node = toFieldNode(head, tests, spanFrom(reader, from))
  return node ? [node] : []
}

function readValue(reader: Reader, operator: string): readonly Test[] {
  if (operator.endsWith('~')) return readRegex(reader)
  if (operator === ':' && isAtQuote(reader)) return [{ op: 'eq', value: readJsonString(reader) }]
  return [readPlainTest(reader, ',}')]
}

function readName(reader: Reader): string | undefined {
  if (isAtQuote(reader)) return readJsonString(reader).text
  const span = take(reader, NAME)
  return span && reader.text.slice(span.from, span.to).replace('@', '')
}

function readOperator(reader: Reader): string | undefined {
  const span = take(reader, /^(?:=~|!~|!=|[:=])/)
  return span && reader.text.slice(span.from, span.to)
}

/** JSON knows escapes that our strings do not, such as `\u00e9`. */
function readJsonString(reader: Reader): Atom {
  const atom = readString(reader)
  const text = parseJsonString(reader.text.slice(atom.span.from, atom.span.to))
  return text === undefined ? atom : { ...atom, text }
}

function parseJsonString(raw: string): string | undefined {
  try {
    const value: unknown = JSON.parse(raw)
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

function skipArray(reader: Reader, name: string): readonly Node[] {
  const from = reader.at
  reader.at = balancedEnd(reader.text, from)
  reportWarning(reader, 'array_ignored', `the array in \`${name}\` is left out of the filter`, spanFrom(reader, from))
  return []
}

function skipMalformed(reader: Reader, from: number): readonly Node[] {
  take(reader, /^[^,}]+/)
  reportError(reader, 'malformed_selector', 'each part of a selector is name="value"', spanFrom(reader, from))
  return []
}
