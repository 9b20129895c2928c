import { adviseOnValues } from './field-advice'
import { PLAIN_NAME, toFieldName } from './field-name'
import { readTests } from './parse-value'
import { QUOTES, quotedEnd, unquote } from './quoted'
import { type Reader, spanFrom } from './reader'
import type { Atom, Node, Span, Test } from './syntax'

/** How a term starts that tests a field: its name and operator, with a value glued on. */
export interface FieldHead {
  readonly name: string
  readonly operator: string
  readonly operatorAt: number
  readonly valueAt: number
}

const BARE_NAME = new RegExp(String.raw`^(?:\*|@?${PLAIN_NAME})`, 'u')
const OPERATOR = /^(?:=~|!~|!=|>=|<=|[:=<>])/

/** Looks for the head of a field at `at`. Much that is pasted looks like one and is text: `Error: x`, `http://`, `std::`, `C:\`. */
export function fieldHeadAt(text: string, at: number): FieldHead | undefined {
  const name = nameAt(text, at)
  if (!name) return undefined
  const operator = OPERATOR.exec(text.slice(name.end))?.at(0)
  if (operator === undefined) return undefined
  const valueAt = name.end + operator.length
  const value = text.slice(valueAt)
  if (!hasValue(operator, value) || isPastedText(name.text, operator, value)) return undefined
  return { name: name.text, operator, operatorAt: name.end, valueAt }
}

/** Reads the field whose head stands at the reader. Undefined when its value was wrong, which is reported. */
export function readField(reader: Reader, head: FieldHead): Node | undefined {
  const from = reader.at
  reader.at = head.valueAt
  const tests = readTests(reader, head.operator)
  const node = toFieldNode(head, tests, spanFrom(reader, from))
  if (node) adviseOnValues(reader, head, tests, node.span)
  return node
}

/** One field and the tests of which any may hold, as a node; `!=` and `!~` turn it around. */
export function toFieldNode(
  { name, operator }: Pick<FieldHead, 'name' | 'operator'>,
  tests: readonly Test[],
  span: Span,
): Node | undefined {
  const positive = anyOf(toFilterName(name, tests), tests, span)
  return positive && operator.startsWith('!') ? { type: 'not', child: positive, span } : positive
}

function anyOf(name: string, tests: readonly Test[], span: Span): Node | undefined {
  if (tests.length === 0) return undefined
  if (tests.length === 1) return { type: 'field', name, test: tests[0], span }
  const values = tests.flatMap((test): Atom[] => (test.op === 'eq' ? [test.value] : []))
  if (values.length === tests.length) return { type: 'field', name, test: { op: 'in', values }, span }
  return { type: 'or', children: tests.map((test): Node => ({ type: 'field', name, test, span })), span }
}

/** `_time:5m` is how LogsQL says `since:5m`. */
const toFilterName = (name: string, tests: readonly Test[]): string =>
  name === '_time' && tests.every(({ op }) => op === 'eq') ? 'since' : toFieldName(name)

function nameAt(text: string, at: number): { text: string; end: number } | undefined {
  const quote = text.charAt(at)
  if (quote === '') return undefined
  if (QUOTES.includes(quote)) {
    const end = quotedEnd(text, at)
    return end === undefined ? undefined : { text: unquote(text.slice(at + 1, end - 1), quote), end }
  }
  const typed = BARE_NAME.exec(text.slice(at))?.at(0)
  return typed === undefined ? undefined : { text: typed.replace('@', ''), end: at + typed.length }
}

function hasValue(operator: string, value: string): boolean {
  if (!isEquality(operator)) return /^[^\s()|]/.test(value)
  return /^(?:in)?\(/.test(value) || /^(?:(?:[<>]=?|[~=])[^\s()|]|[^\s()|<>~=])/.test(value)
}

const isEquality = (operator: string): boolean => operator === ':' || operator === '=' || operator === '!='

function isPastedText(name: string, operator: string, value: string): boolean {
  if (operator === '<') return /^[^\s<]*>/.test(value)
  if (operator !== ':') return false
  return /^(?::|\/\/)/.test(value) || (name.length === 1 && value.startsWith('\\'))
}
