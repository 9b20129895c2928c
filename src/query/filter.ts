import { LEVEL_FORM, LEVEL_SLOT, TIME_FORM, TIME_SLOT } from '../blocks/block'
import { timeText } from '../blocks/document'
import { type ColumnCells, cellValue, type Table } from '../blocks/table'
import { LEVELS, levelRank } from '../records/levels'
import { parseLogId } from '../records/log-id'
import { formatInstant } from '../records/time'
import {
  anyOf,
  type CellTest,
  compareTest,
  containsTest,
  EXISTS_TEST,
  globTest,
  NO_NUMBER,
  needleTest,
  PRESENT_TEST,
  regexTest,
  testOf,
} from './cell-test'
import { passesAsNumber, passesAsText, scanColumn } from './column-scan'
import {
  columnsOfAll,
  columnsOfField,
  columnsOfText,
  columnsUnderField,
  type FieldColumn,
  type TableHead,
} from './field-columns'
import { type JsonLeaf, jsonLeaves, jsonPaths } from './json-leaves'
import { bothMatch, eitherMatches, type Mask, noneMatches } from './mask'
import { compileRegex } from './regex/regex'
import type { Atom, Comparison, Node, Span, Test } from './syntax'
import { SEQ_PART } from './units'
import { parseTime } from './values'

/** A compiled filter. The only one: search, tails and rules all ask it which rows of a table match. */
export interface Filter {
  /** Which rows match. Reads only the columns that the filter names. */
  evaluate(table: Table): Mask
  /** What `evaluate` will read of such a table: columns, TIME_SLOT, LEVEL_SLOT and SEQ_PART. Shapes are always there. */
  columns(table: TableHead): number[]
  /** No row outside [fromMs, toMs] can match; undefined where that end is open. */
  readonly timeRange: TimeRange
  /** The level ranks that match, as a bit mask, where nothing but a row's level decides; undefined where more does. */
  exactLevels(table: TableHead): number | undefined
  /** Level ranks of which a matching row has one, as a bit mask. */
  readonly levelMask: number
  /** Exact folded values of which each must be in a column of the given ones: token filters are asked first. */
  readonly exactValues: readonly ExactValue[]
}

export interface TimeRange {
  readonly fromMs: number | undefined
  readonly toMs: number | undefined
}

export interface ExactValue {
  readonly names: readonly string[]
  readonly value: Uint8Array
}

/** Why a filter cannot be compiled, and where in the query's text it stands. */
export interface FilterProblem {
  readonly code: 'regex_syntax' | 'regex_unsupported' | 'regex_too_large' | 'not_available' | 'invalid_value'
  readonly message: string
  readonly span: Span
}

export type CompiledFilter =
  | { readonly ok: true; readonly filter: Filter }
  | { readonly ok: false; readonly problem: FilterProblem }

/** Thrown while compiling only; callers get it as a value. */
class FilterFailure extends Error {
  readonly problem: FilterProblem
  constructor(problem: FilterProblem) {
    super(problem.message)
    this.problem = problem
  }
}

/** Compiles a filter; undefined matches everything. `nowMs` is what `2h` counts back from. */
export function compileFilter(node: Node | undefined, nowMs: number): CompiledFilter {
  try {
    return { ok: true, filter: toFilter(node === undefined ? EVERYTHING : compile(node, nowMs)) }
  } catch (error) {
    if (error instanceof FilterFailure) return { ok: false, problem: error.problem }
    throw error
  }
}

/** A compiled term. What it says about time, levels and exact values holds for every row that it matches. */
interface Term {
  readonly evaluate: (table: Table) => Mask
  readonly columns: (table: TableHead) => number[]
  readonly exactLevels: (table: TableHead) => number | undefined
  readonly range: TimeRange
  readonly levelMask: number
  readonly exactValues: readonly ExactValue[]
}

const ALL_LEVELS = 0b111111
const OPEN: TimeRange = { fromMs: undefined, toMs: undefined }
const BLANK = {
  columns: () => [],
  exactLevels: () => undefined,
  range: OPEN,
  levelMask: ALL_LEVELS,
  exactValues: [],
}
const EVERYTHING: Term = { ...BLANK, evaluate: () => true, exactLevels: () => ALL_LEVELS }

function toFilter(term: Term): Filter {
  return {
    evaluate: term.evaluate,
    columns: (table) => [...new Set(term.columns(table))],
    exactLevels: term.exactLevels,
    timeRange: term.range,
    levelMask: term.levelMask,
    exactValues: term.exactValues,
  }
}

function compile(node: Node, nowMs: number): Term {
  switch (node.type) {
    case 'and':
      return allTerms(node.children.map((child) => compile(child, nowMs)))
    case 'or':
      return anyTerm(node.children.map((child) => compile(child, nowMs)))
    case 'not':
      return notTerm(compile(node.child, nowMs))
    case 'text':
      return textTerm(textTest(node.mode, node.value, node.span))
    case 'field':
      return fieldTerm(node.name, node.test, { nowMs, span: node.span })
  }
}

function allTerms(terms: readonly Term[]): Term {
  return {
    ...joined(terms),
    evaluate: (table) => {
      let mask: Mask = true
      for (const term of terms) {
        if (mask === false) return false
        mask = bothMatch(mask, term.evaluate(table))
      }
      return mask
    },
    exactLevels: (table) =>
      terms.reduce(
        (mask: number | undefined, term) => combined(mask, term.exactLevels(table), (one, other) => one & other),
        ALL_LEVELS,
      ),
    range: terms.reduce((range, term) => intersect(range, term.range), OPEN),
    levelMask: terms.reduce((mask, term) => mask & term.levelMask, ALL_LEVELS),
    exactValues: terms.flatMap((term) => term.exactValues),
  }
}

function anyTerm(terms: readonly Term[]): Term {
  return {
    ...joined(terms),
    evaluate: (table) =>
      terms.reduce((mask: Mask, term) => eitherMatches(mask, mask === true ? true : term.evaluate(table)), false),
    exactLevels: (table) =>
      terms.reduce(
        (mask: number | undefined, term) => combined(mask, term.exactLevels(table), (one, other) => one | other),
        0,
      ),
    range: terms.map((term) => term.range).reduce(span),
    levelMask: terms.reduce((mask, term) => mask | term.levelMask, 0),
    exactValues: [],
  }
}

const combined = (
  left: number | undefined,
  right: number | undefined,
  combine: (left: number, right: number) => number,
): number | undefined => (left === undefined || right === undefined ? undefined : combine(left, right))

function notTerm(term: Term): Term {
  return {
    ...term,
    evaluate: (table) => noneMatches(term.evaluate(table)),
    exactLevels: (table) => combined(ALL_LEVELS, term.exactLevels(table), (all, levels) => all & ~levels),
    range: OPEN,
    levelMask: ALL_LEVELS,
    exactValues: [],
  }
}

const joined = (terms: readonly Term[]): Pick<Term, 'columns'> => ({
  columns: (table) => terms.flatMap((term) => term.columns(table)),
})

function intersect(left: TimeRange, right: TimeRange): TimeRange {
  return { fromMs: extreme(Math.max, left.fromMs, right.fromMs), toMs: extreme(Math.min, left.toMs, right.toMs) }
}

const extreme = (
  pick: (left: number, right: number) => number,
  left: number | undefined,
  right: number | undefined,
): number | undefined => (left === undefined || right === undefined ? (left ?? right) : pick(left, right))

function span(left: TimeRange, right: TimeRange): TimeRange {
  const both = (pick: (left: number, right: number) => number, one: number | undefined, other: number | undefined) =>
    one === undefined || other === undefined ? undefined : pick(one, other)
  return { fromMs: both(Math.min, left.fromMs, right.fromMs), toMs: both(Math.max, left.toMs, right.toMs) }
}

function textTest(mode: Extract<Node, { type: 'text' }>['mode'], value: string, at: Span): CellTest {
  if (mode === 'regex') return compiledRegex(value, at)
  // A glob in bare text may stand anywhere in the message, as plain text may.
  return mode === 'glob' ? globTest(`*${value}*`) : containsTest(value)
}

function compiledRegex(pattern: string, at: Span): CellTest {
  const compiled = compileRegex(pattern)
  if (compiled.ok) return regexTest(compiled.value)
  throw new FilterFailure({ code: compiled.error.code, message: compiled.error.message, span: at })
}

const textTerm = (test: CellTest): Term => columnTerm(columnsOfText, test)

/** Looks at the cells of some columns; inside JSON at the values under a path that fits. */
function columnTerm(fieldColumns: (table: TableHead) => FieldColumn[], test: CellTest): Term {
  return {
    ...BLANK,
    // Which rows have a cell is known from their shapes.
    columns: (table) =>
      fieldColumns(table).flatMap(({ column, inside }) => (test === EXISTS_TEST && !inside ? [] : [column])),
    evaluate: (table) =>
      fieldColumns(table).reduce(
        (mask: Mask, field) => (mask === true ? true : eitherMatches(mask, columnMask(table, field, test))),
        false,
      ),
  }
}

function columnMask(table: Table, field: FieldColumn, test: CellTest): Mask {
  const { column, shapes, inside } = field
  if (column < 0) return rebuiltMask(table, field, test)
  const rows = table.rowsOf(column)
  if (test === EXISTS_TEST && !inside && rows === undefined && shapes === undefined) return true
  const mask = new Uint8Array(table.rows)
  const shapeOf = shapes && table.shapeOf()
  let any = false
  const mark = (cell: number): void => {
    const row = rows === undefined ? cell : rows[cell]
    if (shapes !== undefined && shapeOf !== undefined && !shapes[shapeOf[row]]) return
    mask[row] = 1
    any = true
  }
  if (inside) scanJson(table, field, test, mark)
  else if (test === EXISTS_TEST) markAll(table, column, mark)
  else scanColumn(table.cells(column), table.columns[column].kind, test, mark)
  return any ? mask : false
}

/** The field stands in no column because documents rebuild it from the row's time or level. */
function rebuiltMask(table: Table, { column, shapes }: FieldColumn, test: CellTest): Mask {
  if (column === TIME_SLOT && !mayStandInTime(test)) return false
  const mask = new Uint8Array(table.rows)
  const shapeOf = table.shapeOf()
  const forms = table.shapes.map(({ slots }) => slots.find((slot) => slot.column === column)?.form)
  const passes = rebuiltTest(table, column, test)
  for (let row = 0; row < table.rows; row++) {
    const shape = shapeOf[row]
    const form = shapes === undefined || shapes[shape] ? forms[shape] : undefined
    if (form !== undefined && passes(row, form)) mask[row] = 1
  }
  return mask
}

function rebuiltTest(table: Table, column: number, test: CellTest): (row: number, form: number) => boolean {
  if (test === EXISTS_TEST) return () => true
  if (column === TIME_SLOT) {
    const times = table.times()
    const nanos = table.nanos()
    return (row, form) => {
      const text = timeText(times[row], nanos?.[row] ?? 0, form)
      const isNumber = form === TIME_FORM.epochMs || form === TIME_FORM.epochSeconds
      return isNumber ? passesAsNumber(text, test) : passesAsText(text, test)
    }
  }
  const levels = table.levels()
  const lower = LEVELS.map((level) => passesAsText(level, test))
  const upper = LEVELS.map((level) => passesAsText(level.toUpperCase(), test))
  return (row, form) => (form === LEVEL_FORM.upper ? upper : lower)[levels[row]]
}

/** Most texts that are looked for cannot stand in a time, which then need not be written for each row. */
const mayStandInTime = ({ needle }: CellTest): boolean =>
  needle === undefined || needle.every((byte) => TIME_BYTES.has(byte))

const TIME_BYTES: ReadonlySet<number> = new Set([...'0123456789-:.tz'].map((character) => character.charCodeAt(0)))

/** Every cell counts: which rows have one is known without reading any. */
function markAll(table: Table, column: number, mark: (cell: number) => void): void {
  const rows = table.rowsOf(column)
  const count = rows?.length ?? table.rows
  for (let cell = 0; cell < count; cell++) mark(cell)
}

function scanJson(table: Table, field: FieldColumn, test: CellTest, mark: (cell: number) => void): void {
  const { column, fits } = field
  const { name, system } = table.columns[column]
  const base = system && name === 'rest' ? '' : name
  const cells = table.cells(column)
  const passes =
    test === EXISTS_TEST
      ? (json: string) => jsonPaths(json, base).some(fits)
      : (json: string) => jsonLeaves(json, base).some((leaf) => fits(leaf.path) && leafPasses(leaf, test))
  const count = table.rowsOf(column)?.length ?? table.rows
  const mayPass = cellsWithNeedle(cells, count, test)
  for (let cell = 0; cell < count; cell++) if (mayPass?.[cell] !== 0 && passes(cellValue(cells, cell))) mark(cell)
}

/** The cells of JSON that can hold the test's needle, found natively; undefined when values may pass without it. */
function cellsWithNeedle(cells: ColumnCells, count: number, test: CellTest): Uint8Array | undefined {
  const { needle, number } = test
  if (needle === undefined || needle.length === 0) return undefined
  if (number !== undefined && number !== NO_NUMBER) return undefined
  const found = new Uint8Array(count)
  const mark = (cell: number): void => {
    found[cell] = 1
  }
  scanColumn(cells, 'json', needleTest(needle), mark)
  // What is escaped has other bytes.
  scanColumn(cells, 'json', ESCAPE_TEST, mark)
  return found
}

const ESCAPE_TEST = containsTest('\\')

function leafPasses({ kind, text }: JsonLeaf, test: CellTest): boolean {
  if (kind === 'literal' && test.skipsLiterals) return false
  return kind === 'number' ? passesAsNumber(text, test) : passesAsText(text, test)
}

interface Context {
  readonly nowMs: number
  readonly span: Span
}

/** Fields under which the id of a request is usual. */
const REQUEST_NAMES = [
  'request',
  'request_id',
  'requestId',
  'request.id',
  'req_id',
  'reqId',
  'x_request_id',
  'http.request_id',
  'req.id',
]
const TRACE_NAMES = ['trace', 'trace_id', 'traceId', 'trace.id', 'traceid']
const SPAN_NAMES = ['span', 'span_id', 'spanId', 'span.id', 'spanid']

/** Fields that take one value and know nothing of its parts: a list of them means any. */
const TAKES_ONE: ReadonlySet<string> = new Set([
  'since',
  'after',
  'until',
  'before',
  'around',
  'time',
  'timestamp',
  '@timestamp',
  'has',
  '_exists_',
  'missing',
  'is',
  'id',
])

function fieldTerm(name: string, test: Test, context: Context): Term {
  const known = name.toLowerCase()
  if (test.op === 'in' && TAKES_ONE.has(known))
    return anyTerm(test.values.map((value) => fieldTerm(name, { op: 'eq', value }, context)))
  switch (known) {
    case 'since':
      return timeTerm(rangeOf('>=', timeOf(test, context)))
    case 'after':
      return timeTerm(rangeOf('>', timeOf(test, context)))
    case 'until':
      return timeTerm(rangeOf('<=', timeOf(test, context)))
    case 'before':
      return timeTerm(rangeOf('<', timeOf(test, context)))
    case 'around':
      return timeTerm({ fromMs: timeOf(test, context) - AROUND_MS, toMs: timeOf(test, context) + AROUND_MS })
    case 'time':
    case 'timestamp':
    case '@timestamp':
      return timeFieldTerm(name, test, context)
    case 'has':
    case '_exists_':
      return existsTerm(textOf(test, context), context)
    case 'missing':
      return notTerm(existsTerm(textOf(test, context), context))
    case 'is':
      return qualifierTerm(textOf(test, context), context)
    case 'pattern':
      throw unavailable('pattern', context)
    case 'id':
      return idTerm(test, context)
    case 'trace':
      return namedTerm(TRACE_NAMES, compiledTest(test, context), exactOf(test))
    case 'span':
      return namedTerm(SPAN_NAMES, compiledTest(test, context), exactOf(test))
    case 'request':
      return namedTerm(REQUEST_NAMES, compiledTest(test, context), exactOf(test))
    case '*':
      return anyFieldTerm(test, context)
    case 'level':
    case 'lvl':
    case 'loglevel':
      return levelTerm(name, test, context)
    case 'severity':
    case 'status':
      return namesLevels(test)
        ? levelTerm(name, test, context)
        : namedTerm([name], compiledTest(test, context), exactOf(test))
    default:
      return namedTerm([name], compiledTest(test, context), exactOf(test))
  }
}

/** Names that ask something of their value instead of naming a field, so that only `has:` can find a field of that name. */
const ASKING: ReadonlySet<string> = new Set([
  'since',
  'after',
  'until',
  'before',
  'around',
  'has',
  '_exists_',
  'missing',
  'is',
  'pattern',
])

const existsTerm = (name: string, context: Context): Term =>
  ASKING.has(name.toLowerCase()) ? namedTerm([name], EXISTS_TEST) : fieldTerm(name, { op: 'exists' }, context)

/** Values of any of the names. An object is there when it has a member. */
function namedTerm(names: readonly string[], test: CellTest, exact?: Uint8Array): Term {
  const columnsOf = test === EXISTS_TEST ? columnsUnderField : columnsOfField
  const term = columnTerm((table) => columnsOf(table, names), test)
  return exact === undefined ? term : { ...term, exactValues: [{ names, value: exact }] }
}

const compiledTest = (test: Test, { nowMs }: Context): CellTest =>
  test.op === 'regex' ? compiledRegex(test.value.text, test.value.span) : testOf(test, nowMs)

const exactOf = (test: Test): Uint8Array | undefined => (test.op === 'eq' ? testOf(test, 0).exact : undefined)

/** Half of what `around:` shows: enough to see what led to a failure and what it led to. */
const AROUND_MS = 5 * 60_000

function timeTerm(range: TimeRange): Term {
  const from = range.fromMs ?? Number.NEGATIVE_INFINITY
  const to = range.toMs ?? Number.POSITIVE_INFINITY
  const evaluate = (table: Table): Mask => {
    if (table.minTime >= from && table.maxTime <= to) return true
    if (table.minTime > to || table.maxTime < from) return false
    const times = table.times()
    const mask = new Uint8Array(table.rows)
    for (let row = 0; row < table.rows; row++) mask[row] = times[row] >= from && times[row] <= to ? 1 : 0
    return mask
  }
  const columns = ({ minTime, maxTime }: TableHead): number[] =>
    (minTime >= from && maxTime <= to) || minTime > to || maxTime < from ? [] : [TIME_SLOT]
  const exactLevels = ({ minTime, maxTime }: TableHead): number | undefined => {
    if (minTime >= from && maxTime <= to) return ALL_LEVELS
    return minTime > to || maxTime < from ? 0 : undefined
  }
  return { ...BLANK, evaluate, columns, exactLevels, range }
}

/** The times that compare so to a bound, in whole milliseconds as all bounds are. */
function rangeOf(comparison: Comparison, ms: number): TimeRange {
  if (comparison === '>' || comparison === '>=') return { fromMs: comparison === '>' ? ms + 1 : ms, toMs: undefined }
  return { fromMs: undefined, toMs: comparison === '<' ? ms - 1 : ms }
}

/** The record's time; as text it is what answers show, or what was sent under that name. */
function timeFieldTerm(name: string, test: Test, context: Context): Term {
  switch (test.op) {
    case 'exists':
      return EVERYTHING
    case 'eq': {
      const ms = timeOf(test, context)
      return timeTerm({ fromMs: ms, toMs: ms })
    }
    case 'compare':
      return timeTerm(rangeOf(test.comparison, timeOfText(test.value.text, context)))
    case 'range': {
      const { low, high } = test
      const above = low.text === undefined ? OPEN : rangeOf(low.inclusive ? '>=' : '>', timeOfText(low.text, context))
      const below =
        high.text === undefined ? OPEN : rangeOf(high.inclusive ? '<=' : '<', timeOfText(high.text, context))
      return timeTerm(intersect(above, below))
    }
    default: {
      const cellTest = compiledTest(test, context)
      return anyTerm([timeTextTerm(cellTest), namedTerm([name], cellTest)])
    }
  }
}

function timeTextTerm(test: CellTest): Term {
  const evaluate = (table: Table): Mask => {
    const times = table.times()
    const nanos = table.nanos()
    const mask = new Uint8Array(table.rows)
    for (let row = 0; row < table.rows; row++)
      mask[row] = passesAsText(formatInstant({ ms: times[row], nanos: nanos?.[row] ?? 0 }), test) ? 1 : 0
    return mask
  }
  return { ...BLANK, evaluate, columns: () => [TIME_SLOT] }
}

const timeOf = (test: Test, context: Context): number => timeOfText(textOf(test, context), context)

function timeOfText(text: string, { nowMs, span: at }: Context): number {
  const ms = parseTime(text, nowMs)
  if (ms !== undefined) return Math.floor(ms)
  throw new FilterFailure({
    code: 'invalid_value',
    message: `"${text}" is not a time: write 2h, 2026-11-21 or 2026-11-21T10:00Z`,
    span: at,
  })
}

function textOf(test: Test, { span: at }: Context): string {
  if (test.op === 'eq') return test.value.text
  throw new FilterFailure({ code: 'invalid_value', message: 'one plain value is expected here', span: at })
}

function qualifierTerm(qualifier: string, context: Context): Term {
  switch (qualifier) {
    case 'error':
      return levelMaskTerm(0b110000)
    case 'exception':
      return anyTerm([
        columnTerm((table) => columnsUnderField(table, EXCEPTION_NAMES), PRESENT_TEST),
        textTerm(containsTest('exception')),
        textTerm(containsTest('Traceback (most recent call last)')),
      ])
    case 'slow':
      return namedTerm(
        ['duration', 'duration_ms', 'durationMs', 'latency_ms', 'elapsed_ms', 'responseTime', 'performance.duration'],
        compareTest('>', String(SLOW_MS), context.nowMs),
      )
    case 'new':
      throw unavailable('is:new', context)
    default:
      throw new FilterFailure({
        code: 'invalid_value',
        message: `is:${qualifier} is not known; there are error, exception, slow and new`,
        span: context.span,
      })
  }
}

/** Where loggers put an exception, or null when there is none. */
const EXCEPTION_NAMES = [
  'error.stack',
  'err.stack',
  'stack',
  'stack_trace',
  'stacktrace',
  'exception',
  'exception.stacktrace',
  'exc_info',
]

/** What `is:slow` calls slow. */
const SLOW_MS = 1000

const unavailable = (what: string, { span: at }: Context): FilterFailure =>
  new FilterFailure({
    code: 'not_available',
    message: `${what} is not available yet: it comes with patterns`,
    span: at,
  })

function idTerm(test: Test, context: Context): Term {
  if (test.op !== 'eq') return namedTerm(['id'], compiledTest(test, context))
  const position = parseLogId(test.value.text)
  if (position === undefined) return namedTerm(['id'], compiledTest(test, context), exactOf(test))
  const evaluate = (table: Table): Mask => {
    if (position.ms < table.minTime || position.ms > table.maxTime) return false
    const row = table.seqs().indexOf(position.seq)
    if (row < 0 || table.times()[row] !== position.ms) return false
    const mask = new Uint8Array(table.rows)
    mask[row] = 1
    return mask
  }
  return { ...BLANK, evaluate, columns: () => [TIME_SLOT, SEQ_PART], range: { fromMs: position.ms, toMs: position.ms } }
}

/** `*:x` finds x inside any value: it is for when one does not know where to look. */
function anyFieldTerm(test: Test, context: Context): Term {
  if (test.op === 'eq') return columnTerm(columnsOfAll, containsTest(test.value.text))
  if (test.op === 'in') return columnTerm(columnsOfAll, anyOf(test.values.map((value) => containsTest(value.text))))
  return columnTerm(columnsOfAll, compiledTest(test, context))
}

/** `severity:` and `status:` mean the level when they name one (`critical` too); `status:500` and `severity:high` do not. */
function namesLevels(test: Test): boolean {
  return textsIn(test).some((text) => rankOfWord(text) !== undefined)
}

function textsIn(test: Test): string[] {
  if (test.op === 'eq' || test.op === 'compare') return [test.value.text]
  if (test.op === 'in') return test.values.map(({ text }) => text)
  return test.op === 'range' ? [test.low.text ?? '', test.high.text ?? ''] : []
}

/** The rank of a text that is not likely to mean anything else. */
const rankOfWord = (text: string): number | undefined =>
  text.length > 1 && !NOT_LEVELS.has(text.toLowerCase()) ? levelRank(text) : undefined

/** Words that name a level in some system, and are too common as a status to mean one. */
const NOT_LEVELS: ReadonlySet<string> = new Set(['ok', 'default', 'config', 'log', 'http', 'fine'])

/**
 * The record's level, however it was sent. `status:` and `severity:` find a field of that name too, and `level:audit`, which
 * is none of the six, what was sent so.
 */
function levelTerm(name: string, test: Test, context: Context): Term {
  const isLevel = name.toLowerCase() !== 'status' && name.toLowerCase() !== 'severity'
  const field = (): Term => namedTerm(isLevel ? ['level', name] : [name], compiledTest(test, context))
  switch (test.op) {
    case 'exists':
      return EVERYTHING
    case 'compare':
    case 'range': {
      const ranks = orderedRanks(test)
      return ranks === undefined ? field() : levelMaskTerm(ranks)
    }
    case 'eq':
    case 'in': {
      const ranks = (test.op === 'eq' ? [test.value] : test.values).map(
        isLevel ? rankOf : ({ text }) => rankOfWord(text),
      )
      const level = levelMaskTerm(
        ranks.reduce((mask: number, rank) => (rank === undefined ? mask : mask | (1 << rank)), 0),
      )
      return isLevel && !ranks.includes(undefined) ? level : anyTerm([level, field()])
    }
    default: {
      const cellTest = compiledTest(test, context)
      const ranks = LEVELS.reduce((mask, level, rank) => (passesAsText(level, cellTest) ? mask | (1 << rank) : mask), 0)
      return anyTerm([levelMaskTerm(ranks), field()])
    }
  }
}

const rankOf = ({ text }: Atom): number | undefined => levelRank(text)

/** The ranks within bounds as a bit mask; undefined when a bound is no level. */
function orderedRanks(test: Extract<Test, { op: 'compare' | 'range' }>): number | undefined {
  if (test.op === 'compare') {
    const bound = levelRank(test.value.text)
    return bound === undefined ? undefined : ranksWhere((rank) => compares(test.comparison, rank, bound))
  }
  const { low, high } = test
  const above = low.text === undefined ? -1 : levelRank(low.text)
  const below = high.text === undefined ? LEVELS.length : levelRank(high.text)
  if (above === undefined || below === undefined) return undefined
  return ranksWhere(
    (rank) => compares(low.inclusive ? '>=' : '>', rank, above) && compares(high.inclusive ? '<=' : '<', rank, below),
  )
}

const ranksWhere = (holds: (rank: number) => boolean): number =>
  LEVELS.reduce((mask, _, rank) => (holds(rank) ? mask | (1 << rank) : mask), 0)

function compares(comparison: Comparison, rank: number, bound: number): boolean {
  if (comparison === '>') return rank > bound
  if (comparison === '>=') return rank >= bound
  return comparison === '<' ? rank < bound : rank <= bound
}

function levelMaskTerm(levelMask: number): Term {
  if (levelMask === ALL_LEVELS) return EVERYTHING
  if (levelMask === 0) return { ...BLANK, evaluate: () => false, exactLevels: () => 0, levelMask }
  const evaluate = (table: Table): Mask => {
    const levels = table.levels()
    const mask = new Uint8Array(table.rows)
    for (let row = 0; row < table.rows; row++) mask[row] = (levelMask >> levels[row]) & 1
    return mask
  }
  return { ...BLANK, evaluate, columns: () => [LEVEL_SLOT], exactLevels: () => levelMask, levelMask }
}
