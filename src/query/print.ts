import { escapeBare, escapeGlob } from './bare'
import { parseCidr } from './cidr'
import { isPlainName } from './field-name'
import { fieldHeadAt } from './parse-field'
import { toDottedRange } from './parse-value'
import { isPipeKeyword } from './pipe-tokens'
import { formatDuration } from './quantity'
import { quote } from './quoted'
import type { Aggregate, Atom, Bound, Node, Pipe, Query, Test, TextMode } from './syntax'

/** The query in its normal spelling. Reading that again gives the same tree. */
export function printQuery({ filter, pipes }: Query): string {
  const printed = pipes.map((pipe) => `| ${printPipe(pipe)}`)
  return (filter ? [printNode(filter), ...printed] : printed).join(' ')
}

function printNode(node: Node): string {
  switch (node.type) {
    case 'and':
      return node.children.map(printInAnd).join(' ')
    case 'or':
      return node.children.map(printInOr).join(' OR ')
    case 'not':
      return `-${printInNot(node.child)}`
    case 'text':
      return printText(node.mode, node.value)
    case 'field':
      return printField(node.name, node.test)
  }
}

const printInOr = (node: Node): string => (node.type === 'or' ? `(${printNode(node)})` : printNode(node))
const printInAnd = (node: Node): string => (isGroup(node) ? `(${printNode(node)})` : printNode(node))
const printInNot = (node: Node): string =>
  isGroup(node) || node.type === 'not' ? `(${printNode(node)})` : printNode(node)

const isGroup = (node: Node): boolean => node.type === 'and' || node.type === 'or'

function printText(mode: TextMode, value: string): string {
  if (mode === 'phrase') return quote(value)
  if (mode === 'regex') return `~${quote(value)}`
  const bare = escapeStart(mode === 'glob' ? escapeGlob(value) : escapeBare(value), /^[-!+#{~>="'`]/)
  // A word that would be an operator is kept as text by a sign that says nothing.
  if (/^(?:and|or|not|&&)$/i.test(bare)) return `+${bare}`
  const head = fieldHeadAt(`${bare} `, 0)
  return head ? `${bare.slice(0, head.operatorAt)}\\${bare.slice(head.operatorAt)}` : bare
}

function printField(name: string, test: Test): string {
  const value = printTest(test)
  // After a colon these would be read as `://`, `::` and `C:\`.
  const operator = /^(?:\/\/|:|\\)/.test(value) ? '=' : ':'
  return `${name === '*' ? name : printName(name)}${operator}${value}`
}

function printTest(test: Test): string {
  switch (test.op) {
    case 'exists':
      return '*'
    case 'eq':
      return isMoreThanText(test.value) ? `=${printAtom(test.value)}` : printAtom(test.value)
    case 'glob':
      return escapeStart(escapeGlob(test.value.text, ','), VALUE_SIGNS)
    case 'regex':
      return `~${quote(test.value.text)}`
    case 'compare':
      return `${test.comparison}${printAtom(test.value)}`
    case 'range':
      return printRange(test.low, test.high)
    case 'in':
      return test.values.map(printAtom).join(',')
    case 'cidr':
      return printAtom(test.value)
  }
}

const VALUE_SIGNS = /^[<>~=[{"'`]/

const printAtom = ({ text, quoted }: Atom): string =>
  quoted ? quote(text) : escapeStart(escapeBare(text, ','), VALUE_SIGNS)

/** What `:=10.0.0.0/8` keeps literal has to stay so. */
const isMoreThanText = ({ text, quoted }: Atom): boolean =>
  !quoted && (toDottedRange(text) !== undefined || parseCidr(text) !== undefined)

const escapeStart = (text: string, signs: RegExp): string => (signs.test(text) ? `\\${text}` : text)

function printRange(low: Bound, high: Bound): string {
  const [open, close] = [low.inclusive ? '[' : '{', high.inclusive ? ']' : '}']
  if (low.inclusive && high.inclusive && isNumber(low.text) && isNumber(high.text)) return `${low.text}..${high.text}`
  return `${open}${printBound(low.text)} TO ${printBound(high.text)}${close}`
}

const isNumber = (text: string | undefined): boolean => text !== undefined && /^-?\d+(?:\.\d+)?[a-z%]*$/i.test(text)

function printBound(text: string | undefined): string {
  if (text === undefined) return '*'
  return /^[-+\w.:%]+$/.test(text) ? text : quote(text)
}

function printPipe(pipe: Pipe): string {
  switch (pipe.type) {
    case 'count':
      return `count${printBy(pipe.by)}`
    case 'stats':
      return `stats ${pipe.aggregates.map(printAggregate).join(', ')}${printBy(pipe.by)}`
    case 'top':
      return `top ${pipe.limit} ${printNames(pipe.fields)}`
    case 'timeline':
      return printTimeline(pipe.stepMs, pipe.by)
    case 'patterns':
      return 'patterns'
    case 'sort':
      return `sort ${pipe.descending ? '-' : ''}${printName(pipe.field)}`
    case 'limit':
      return `limit ${pipe.count}`
    default:
      return `${pipe.type} ${printNames(pipe.fields)}`
  }
}

function printTimeline(stepMs: number | undefined, by: string | undefined): string {
  const step = stepMs === undefined ? '' : ` ${formatDuration(stepMs)}`
  return `timeline${step}${by === undefined ? '' : printBy([by])}`
}

function printAggregate({ name, field, as }: Aggregate): string {
  const call = `${name}(${field === undefined ? '' : printName(field)})`
  return as === `${name}(${field ?? ''})` ? call : `${call} as ${printName(as)}`
}

const printBy = (names: readonly string[]): string => (names.length > 0 ? ` by ${printNames(names)}` : '')
const printNames = (names: readonly string[]): string => names.map(printName).join(', ')
const printName = (name: string): string => (isPlainName(name) && !isPipeKeyword(name) ? name : quote(name))
