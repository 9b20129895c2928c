import { BlockList, isIPv4, isIPv6 } from 'node:net'
import type { Atom, Comparison, Node, Test } from '../../src/query/syntax'
import { parseQuantity, parseTime } from '../../src/query/values'
import { foldText } from '../../src/records/fold'
import { LEVELS, levelRank } from '../../src/records/levels'
import { parseLogId } from '../../src/records/log-id'
import { WRAPPERS } from '../../src/records/names'
import { formatInstant, parseInstant } from '../../src/records/time'

/** One record as the system knows it. */
export interface OracleRecord {
  /** JSON text, as answers show it under `body`. */
  readonly document: string
  /** Its values. */
  readonly leaves: readonly Leaf[]
  readonly ms: number
  readonly nanos: number
  readonly seq: number
  readonly level: number
  /** What became `service`, `message`, `trace_id`, `span_id` and `source`. */
  readonly system: Readonly<Record<string, string>>
}

/** One value of a document. Members of an array stand under the array's path; the array itself is a value that only exists. */
export interface Leaf {
  readonly path: string
  readonly kind: 'string' | 'number' | 'literal' | 'array'
  /** A string's text; the digits of a number as they were sent; `true`, `false` or `null`. */
  readonly text: string
}

/**
 * What a query means, as slowly and plainly as it can be said: no columns, no bytes, one record at a time. The compiled
 * filter has to agree with it.
 */
export function oracleMatches(node: Node | undefined, record: OracleRecord, nowMs: number): boolean {
  if (node === undefined) return true
  switch (node.type) {
    case 'and':
      return node.children.every((child) => oracleMatches(child, record, nowMs))
    case 'or':
      return node.children.some((child) => oracleMatches(child, record, nowMs))
    case 'not':
      return !oracleMatches(node.child, record, nowMs)
    case 'text':
      return searchedTexts(record).some((text) => textMatches(node.mode, node.value, text))
    case 'field':
      return fieldMatches(node.name, node.test, record, nowMs)
  }
}

/** Bare text is looked for in the message and in error texts; in a record without a message it is looked for everywhere. */
function searchedTexts(record: OracleRecord): string[] {
  const leaves = record.leaves.filter(({ kind }) => kind !== 'array')
  if (record.system.message === undefined) return leaves.map(({ text }) => text)
  return [record.system.message, ...leaves.filter(({ path }) => isErrorPath(path)).map(({ text }) => text)]
}

const ERROR_OBJECTS = ['err', 'error', 'exception', 'exc_info', 'stack', 'stacktrace', 'stack_trace']
const ERROR_MEMBERS = ['message', 'msg', 'stack', 'stacktrace', 'stack_trace', 'type', 'name', 'detail']
const ERROR_PATHS = ERROR_OBJECTS.flatMap((object) => [object, ...ERROR_MEMBERS.map((member) => `${object}.${member}`)])

const isErrorPath = (path: string): boolean =>
  [path, withoutWrapper(path)].some((name) => ERROR_PATHS.includes(name.toLowerCase()))

function textMatches(mode: 'contains' | 'phrase' | 'glob' | 'regex', value: string, text: string): boolean {
  if (mode === 'regex') return regexMatches(value, text)
  return mode === 'glob' ? globMatches(`*${value}*`, text) : contains(text, value)
}

/** `/iu` compares by simple case folding, code point by code point: Unicode CaseFolding, C and S. */
const contains = (text: string, part: string): boolean => regex(escaped(part), 'iu').test(text.toWellFormed())
const equalTexts = (text: string, other: string): boolean =>
  regex(`^${escaped(other)}$`, 'iu').test(text.toWellFormed())
const escaped = (text: string): string => text.toWellFormed().replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')

const regexes = new Map<string, RegExp>()

/** The same few are asked for again for each value. */
function regex(pattern: string, flags: string): RegExp {
  const known = regexes.get(flags + pattern)
  if (known) return known
  const made = new RegExp(pattern, flags)
  if (regexes.size > 100) regexes.clear()
  regexes.set(flags + pattern, made)
  return made
}

/** A backslash makes a wildcard or a backslash plain. */
function globMatches(glob: string, text: string): boolean {
  const pattern = glob.replace(/\\[*?\\]|[\s\S]/gu, (part) => {
    if (part === '*') return '[\\s\\S]*'
    if (part === '?') return '[\\s\\S]'
    return escaped(part.length > 1 && part.startsWith('\\') ? part.slice(1) : part)
  })
  return regex(`^${pattern}$`, 'iu').test(text.toWellFormed())
}

/** For patterns that mean the same to RE2 and to RegExp. Letter case counts. */
const regexMatches = (pattern: string, text: string): boolean =>
  (pattern.startsWith('(?i)') ? regex(pattern.slice(4), 'iu') : regex(pattern, 'u')).test(text)

const TRACE = ['trace', 'trace_id', 'traceId', 'trace.id', 'traceid']
const SPAN = ['span', 'span_id', 'spanId', 'span.id', 'spanid']
const REQUEST = [
  ...[
    'request',
    'request_id',
    'requestId',
    'request.id',
    'req_id',
    'reqId',
    'x_request_id',
    'http.request_id',
    'req.id',
  ],
]
const EXCEPTION = [
  ...[
    'error.stack',
    'err.stack',
    'stack',
    'stack_trace',
    'stacktrace',
    'exception',
    'exception.stacktrace',
    'exc_info',
  ],
]
const DURATION = [
  ...['duration', 'duration_ms', 'durationMs', 'latency_ms', 'elapsed_ms', 'responseTime', 'performance.duration'],
]

const TIME_NAMES = ['time', 'timestamp', '@timestamp']
const LEVEL_NAMES = ['level', 'lvl', 'loglevel']
const BOUNDS: ReadonlyMap<string, Comparison> = new Map([
  ['since', '>='],
  ['after', '>'],
  ['until', '<='],
  ['before', '<'],
])
const ASKING = [...BOUNDS.keys(), 'around', 'has', '_exists_', 'missing', 'is', 'pattern']

function fieldMatches(typed: string, test: Test, record: OracleRecord, nowMs: number): boolean {
  const name = typed.toLowerCase()
  const isOf = (names: readonly string[], asked: Test = test): boolean => namedMatches(names, asked, record, nowMs)
  const bound = BOUNDS.get(name)
  // A list of values means any of them, also where a field asks something of its value.
  if (test.op === 'in' && (ASKING.includes(name) || TIME_NAMES.includes(name) || name === 'id'))
    return test.values.some((value) => fieldMatches(typed, { op: 'eq', value }, record, nowMs))
  if (bound !== undefined) return holds(bound, record.ms, timeOf(soleValue(test), nowMs))
  if (name === 'around') return Math.abs(record.ms - timeOf(soleValue(test), nowMs)) <= 5 * 60_000
  if (name === 'has' || name === '_exists_') return isThere(soleValue(test), record, nowMs)
  if (name === 'missing') return !isThere(soleValue(test), record, nowMs)
  if (name === 'is') return isQualified(soleValue(test), record, nowMs)
  if (TIME_NAMES.includes(name)) return timeMatches(typed, test, record, nowMs)
  if (name === 'id') {
    const position = test.op === 'eq' ? parseLogId(test.value.text) : undefined
    return position ? position.seq === record.seq && position.ms === record.ms : isOf(['id'])
  }
  if (name === 'trace') return isOf(TRACE)
  if (name === 'span') return isOf(SPAN)
  if (name === 'request') return isOf(REQUEST)
  if (name === '*') return record.leaves.some((leaf) => anywhere(leaf, test, nowMs))
  if (LEVEL_NAMES.includes(name)) return levelMatches(typed, test, record, nowMs)
  if (name === 'status' || name === 'severity')
    return isWordOrder(test) ? levelOrder(test, record) : isOf([typed]) || wordMatches(test, record)
  return isOf([typed])
}

/** `*:x` finds x inside any value; the other tests are of whole values. */
function anywhere(leaf: Leaf, test: Test, nowMs: number): boolean {
  if (leaf.kind === 'array') return isExists(test)
  if (test.op === 'eq') return contains(leaf.text, test.value.text)
  if (test.op === 'in') return test.values.some((value) => contains(leaf.text, value.text))
  return leafMatches(leaf, test, nowMs)
}

const isExists = (test: Test): boolean =>
  test.op === 'exists' || (test.op === 'range' && test.low.text === undefined && test.high.text === undefined)

/** Is it there? Every record has a time and a level. */
const isThere = (name: string, record: OracleRecord, nowMs: number): boolean =>
  ASKING.includes(name.toLowerCase())
    ? namedMatches([name], { op: 'exists' }, record, nowMs)
    : fieldMatches(name, { op: 'exists' }, record, nowMs)

function isQualified(qualifier: string, record: OracleRecord, nowMs: number): boolean {
  if (qualifier === 'error') return record.level >= 4
  if (qualifier === 'slow')
    return namedMatches(DURATION, { op: 'compare', comparison: '>', value: atom('1000') }, record, nowMs)
  // Loggers write null where there is no exception.
  const says = ({ kind, text }: Leaf): boolean =>
    kind !== 'array' && !['', 'null', 'false'].some((nothing) => equalTexts(text, nothing))
  const inField = leavesWith(record).some(
    (leaf) => EXCEPTION.some((name) => answersTo(leaf.path, name) || isUnder(leaf.path, name)) && says(leaf),
  )
  const words = ['exception', 'Traceback (most recent call last)']
  return inField || searchedTexts(record).some((text) => words.some((word) => contains(text, word)))
}

/** `level:` is the record's level, however it was sent; anything that names no level is looked for as it was sent. */
function levelMatches(typed: string, test: Test, record: OracleRecord, nowMs: number): boolean {
  const asSent = (asked: Test): boolean => namedMatches(['level', typed], asked, record, nowMs)
  const sentAs = (value: Atom): boolean => asSent({ op: 'eq', value })
  switch (test.op) {
    case 'exists':
      return true
    case 'eq':
      return levelRank(test.value.text) === undefined ? sentAs(test.value) : levelRank(test.value.text) === record.level
    case 'in': {
      // One value that is no level, and all are looked for as they were sent too.
      const known = test.values.every(({ text }) => levelRank(text) !== undefined)
      return test.values.some((value) => levelRank(value.text) === record.level || (!known && sentAs(value)))
    }
    case 'compare':
    case 'range':
      return isLevelOrder(test) ? levelOrder(test, record) : asSent(test)
    case 'glob':
      return globMatches(test.value.text, LEVELS[record.level]) || asSent(test)
    case 'regex':
      return regexMatches(test.value.text, LEVELS[record.level]) || asSent(test)
    case 'cidr':
      return asSent(test)
  }
}

const isLevelOrder = (test: Extract<Test, { op: 'compare' | 'range' }>): boolean =>
  (test.op === 'compare' ? [test.value.text] : [test.low.text, test.high.text]).every(
    (text) => text === undefined || levelRank(text) !== undefined,
  )

function levelOrder(test: Extract<Test, { op: 'compare' | 'range' }>, { level }: OracleRecord): boolean {
  if (test.op === 'compare') return holds(test.comparison, level, levelRank(test.value.text) ?? 0)
  const { low, high } = test
  return (
    (low.text === undefined || holds(low.inclusive ? '>=' : '>', level, levelRank(low.text) ?? 0)) &&
    (high.text === undefined || holds(high.inclusive ? '<=' : '<', level, levelRank(high.text) ?? 0))
  )
}

/** `status:error` means the level too; `status:ok` does not, and neither does a letter. */
const COMMON_WORDS = ['ok', 'default', 'config', 'log', 'http', 'fine']
const namesLevel = (text: string | undefined): boolean =>
  text !== undefined && text.length > 1 && levelRank(text) !== undefined && !COMMON_WORDS.includes(text.toLowerCase())

function wordMatches(test: Test, record: OracleRecord): boolean {
  const rankIs = ({ text }: Atom): boolean => namesLevel(text) && levelRank(text) === record.level
  if (test.op === 'eq') return rankIs(test.value)
  return test.op === 'in' && test.values.some(rankIs)
}

const isWordOrder = (test: Test): test is Extract<Test, { op: 'compare' | 'range' }> =>
  (test.op === 'compare' && namesLevel(test.value.text)) ||
  (test.op === 'range' && (namesLevel(test.low.text) || namesLevel(test.high.text)) && isLevelOrder(test))

/** Bounds are whole milliseconds; as text a time is what answers show, or what was sent under that name. */
function timeMatches(typed: string, test: Test, record: OracleRecord, nowMs: number): boolean {
  const { ms } = record
  switch (test.op) {
    case 'exists':
      return true
    case 'eq':
      return ms === timeOf(test.value.text, nowMs)
    case 'compare':
      return holds(test.comparison, ms, timeOf(test.value.text, nowMs))
    case 'range': {
      const { low, high } = test
      return (
        (low.text === undefined || holds(low.inclusive ? '>=' : '>', ms, timeOf(low.text, nowMs))) &&
        (high.text === undefined || holds(high.inclusive ? '<=' : '<', ms, timeOf(high.text, nowMs)))
      )
    }
    default: {
      const shown: Leaf = { path: '', kind: 'string', text: formatInstant(record) }
      return leafMatches(shown, test, nowMs) || namedMatches([typed], test, record, nowMs)
    }
  }
}

const timeOf = (text: string, nowMs: number): number => Math.floor(parseTime(text, nowMs) ?? Number.NaN)

const soleValue = (test: Test): string => (test.op === 'eq' ? test.value.text : '')

const atom = (text: string): Atom => ({ text, quoted: false, span: { from: 0, to: 0 } })

/** Any value of any field that answers to one of the names. An object is there when it has a member. */
function namedMatches(names: readonly string[], test: Test, record: OracleRecord, nowMs: number): boolean {
  const leaves = leavesWith(record)
  if (isExists(test))
    return leaves.some(({ path }) => names.some((name) => answersTo(path, name) || isUnder(path, name)))
  return leaves.some(
    (leaf) =>
      leaf.kind !== 'array' && names.some((name) => answersTo(leaf.path, name)) && leafMatches(leaf, test, nowMs),
  )
}

/** The document's values, and what the system made of them. */
const leavesWith = ({ leaves, system }: OracleRecord): Leaf[] => [
  ...leaves,
  ...Object.entries(system).map(([path, text]): Leaf => ({ path, kind: 'string', text })),
]

function withoutWrapper(path: string): string {
  const wrapper = WRAPPERS.find((name) => path.startsWith(`${name}.`))
  return wrapper === undefined ? path : path.slice(wrapper.length + 1)
}

/** A path is called by itself, without a wrapper around it, and without an `@` before it; in any letter case. */
const calledAs = (path: string): string[] =>
  [path, withoutWrapper(path), path.replace(/^@/, '')].map((name) => name.toLowerCase())
const answersTo = (path: string, name: string): boolean => calledAs(path).includes(name.toLowerCase())
const isUnder = (path: string, name: string): boolean =>
  calledAs(path).some((called) => called.startsWith(`${name.toLowerCase()}.`))

function leafMatches({ kind, text }: Leaf, test: Test, nowMs: number): boolean {
  switch (test.op) {
    case 'exists':
      return true
    case 'eq':
      return equals(kind, text, test.value)
    case 'in':
      return test.values.some((value) => equals(kind, text, value))
    case 'glob':
      return globMatches(test.value.text, text)
    case 'regex':
      return regexMatches(test.value.text, text)
    case 'compare':
      return compares(kind, text, test.comparison, test.value.text, nowMs)
    case 'range': {
      const { low, high } = test
      return (
        (low.text === undefined || compares(kind, text, low.inclusive ? '>=' : '>', low.text, nowMs)) &&
        (high.text === undefined || compares(kind, text, high.inclusive ? '<=' : '<', high.text, nowMs))
      )
    }
    case 'cidr':
      return kind === 'string' && (equalTexts(text, test.value.text) || isInBlock(text, test.value.text))
  }
}

/** Texts are equal in any letter case. A number is equal to what has its value, exactly, and outside quotes with a unit. */
function equals(kind: Leaf['kind'], text: string, wanted: Atom): boolean {
  if (kind !== 'number') return equalTexts(text, wanted.text)
  if (isDecimal(wanted.text)) return compareExactly(text, wanted.text) === 0
  const quantity = wanted.quoted ? undefined : parseQuantity(wanted.text)
  return quantity !== undefined && compareExactly(text, String(quantity)) === 0
}

/** The bound says as what values are ordered: as quantities, as times, or else as texts, of which literals and numbers are none. */
function compares(kind: Leaf['kind'], text: string, comparison: Comparison, bound: string, nowMs: number): boolean {
  const quantity = parseQuantity(bound)
  if (quantity !== undefined) {
    const value = kind === 'number' || isDecimal(text) ? text : parseQuantity(text)
    if (value === undefined || (kind === 'string' && parseQuantity(text) === undefined)) return false
    return holds(comparison, compareExactly(String(value), isDecimal(bound) ? bound : String(quantity)), 0)
  }
  const time = parseTime(bound, nowMs)
  if (time !== undefined) {
    const instant = parseInstant(text)
    // A small number is a duration or a counter.
    if (instant === undefined || (isDecimal(text) && instant.ms < 1e11)) return false
    return holds(comparison, instant.ms + instant.nanos / 1e6, time)
  }
  return kind === 'string' && holds(comparison, compareCodePoints(foldText(text), foldText(bound)), 0)
}

function holds(comparison: Comparison, left: number, right: number): boolean {
  if (comparison === '>') return left > right
  if (comparison === '>=') return left >= right
  return comparison === '<' ? left < right : left <= right
}

const isDecimal = (text: string): boolean => /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)

/** Decimals as fractions of whole numbers, so that nothing is rounded. */
function compareExactly(left: string, right: string): number {
  const [leftTop, leftBottom] = fractionOf(left)
  const [rightTop, rightBottom] = fractionOf(right)
  const difference = leftTop * rightBottom - rightTop * leftBottom
  return difference < 0n ? -1 : Number(difference > 0n)
}

function fractionOf(decimal: string): [bigint, bigint] {
  const [mantissa, exponent = '0'] = decimal.toLowerCase().split('e')
  const [whole, decimals = ''] = mantissa.replace(/^[-+]/, '').split('.')
  const top = BigInt(whole + decimals) * (mantissa.startsWith('-') ? -1n : 1n)
  const scale = Number(exponent) - decimals.length
  return scale >= 0 ? [top * 10n ** BigInt(scale), 1n] : [top, 10n ** BigInt(-scale)]
}

function compareCodePoints(left: string, right: string): number {
  const one = Array.from(left, (character) => character.codePointAt(0) ?? 0)
  const other = Array.from(right, (character) => character.codePointAt(0) ?? 0)
  const at = one.findIndex((codePoint, index) => codePoint !== other[index])
  return at < 0 || at >= other.length ? one.length - other.length : one[at] - other[at]
}

function isInBlock(text: string, block: string): boolean {
  const [network, prefix] = block.split('/')
  const list = new BlockList()
  list.addSubnet(network, Number(prefix), isIPv4(network) ? 'ipv4' : 'ipv6')
  if (isIPv4(text)) return isIPv4(network) && list.check(text, 'ipv4')
  return isIPv6(text) && list.check(text, 'ipv6')
}

/** All values of a document with their paths. A reader of its own, since JSON.parse loses digits and doubled members. */
export function leavesOf(document: string): Leaf[] {
  const leaves: Leaf[] = []
  const tokens = document.match(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s"[\]{}:,]+/g) ?? []
  let next = 0
  const readValue = (path: string, isTop: boolean): void => {
    const token = tokens[next++]
    if (token === '{') {
      while (tokens[next] !== '}') {
        const key = String(JSON.parse(tokens[next]))
        next += 2
        readValue(isTop ? key : `${path}.${key}`, false)
        if (tokens[next] === ',') next++
      }
      next++
    } else if (token === '[') {
      leaves.push({ path, kind: 'array', text: '' })
      while (tokens[next] !== ']') {
        readValue(path, false)
        if (tokens[next] === ',') next++
      }
      next++
    } else if (token.startsWith('"')) {
      leaves.push({ path, kind: 'string', text: String(JSON.parse(token)) })
    } else {
      leaves.push({ path, kind: /^[tfn]/.test(token) ? 'literal' : 'number', text: token })
    }
  }
  // A line of plain text is a document that is but a string; it stands for the message.
  readValue(document.startsWith('"') ? 'message' : '', true)
  return leaves
}
