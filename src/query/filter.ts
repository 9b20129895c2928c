import { type ColumnKind, LEVEL_SLOT, TIME_SLOT } from '../blocks/block'
import { timeText } from '../blocks/document'
import { cellValue, type Table } from '../blocks/table'
import { foldText } from '../records/fold'
import { LEVELS, levelRank } from '../records/levels'
import { parseLogId } from '../records/log-id'
import { type CellTest, compareTest, containsTest, EXISTS_TEST, globTest, regexTest, testOf } from './cell-test'
import { passesAsNumber, passesAsText, scanColumn } from './column-scan'
import { columnsOfField, columnsOfText, type FieldColumn, pathMatches, type TableHead } from './field-columns'
import { jsonLeaves } from './json-leaves'
import { bothMatch, eitherMatches, type Mask, noneMatches } from './mask'
import { compileRegex } from './regex/regex'
import type { Node, Span, Test } from './syntax'
import { parseTime } from './values'

/** A compiled filter. The only one: search, tails and rules all ask it which rows of a table match. */
export interface Filter {
  /** Which rows match. Reads only the columns that the filter names. */
  evaluate(table: Table): Mask
  /** What `evaluate` will read of such a table: columns, and TIME_SLOT and LEVEL_SLOT for times and levels. */
  columns(table: TableHead): number[]
  /** No row outside [fromMs, toMs] can match; undefined where that end is open. */
  readonly timeRange: TimeRange
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
  readonly columns: (table: TableHead) => FieldColumn[]
  readonly range: TimeRange
  readonly levelMask: number
  readonly exactValues: readonly ExactValue[]
}

const ALL_LEVELS = 0b111111
const OPEN: TimeRange = { fromMs: undefined, toMs: undefined }
const BLANK = {
  columns: () => [],
  needsTimes: false,
  needsLevels: false,
  range: OPEN,
  levelMask: ALL_LEVELS,
  exactValues: [],
}
const EVERYTHING: Term = { ...BLANK, evaluate: () => true }

function toFilter(term: Term): Filter {
  return {
    evaluate: term.evaluate,
    columns: (table) => [...new Set(term.columns(table).map(({ column }) => column))],
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
    range: terms.map((term) => term.range).reduce(span),
    levelMask: terms.reduce((mask, term) => mask | term.levelMask, 0),
    exactValues: [],
  }
}

function notTerm(term: Term): Term {
  return {
    ...term,
    evaluate: (table) => noneMatches(term.evaluate(table)),
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

const textTerm = (test: CellTest): Term => columnTerm(columnsOfText, test, () => true)

/** Looks at the cells of some columns; inside JSON at the values under a path that fits. */
function columnTerm(
  columns: (table: TableHead) => FieldColumn[],
  test: CellTest,
  fits: (path: string) => boolean,
): Term {
  return {
    ...BLANK,
    columns,
    evaluate: (table) =>
      columns(table).reduce((mask: Mask, field) => eitherMatches(mask, columnMask(table, field, test, fits)), false),
  }
}

function columnMask(table: Table, field: FieldColumn, test: CellTest, fits: (path: string) => boolean): Mask {
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
  const { name, kind } = table.columns[column]
  if (test === EXISTS_TEST && !inside) markAll(table, column, mark)
  else if (inside) scanJson(table, column, name === 'rest' ? '' : name, test, fits, mark)
  else scanColumn(table.cells(column), kind, test, mark)
  return any ? mask : false
}

/** The field stands in no column because documents rebuild it from the row's time or level. */
function rebuiltMask(table: Table, { column, shapes }: FieldColumn, test: CellTest): Mask {
  const mask = new Uint8Array(table.rows)
  const shapeOf = table.shapeOf()
  const levelPasses = LEVELS.map((level) => column === LEVEL_SLOT && passesAsText(level, test))
  for (let row = 0; row < table.rows; row++) {
    if (shapes !== undefined && !shapes[shapeOf[row]]) continue
    const passes = column === LEVEL_SLOT ? levelPasses[table.levels()[row]] : passesAsText(timeOfRow(table, row), test)
    mask[row] = passes ? 1 : 0
  }
  return mask
}

/** A row's time as it stands in its document, in lower case as all text that is tested. */
function timeOfRow(table: Table, row: number): string {
  const { slots } = table.shapes[table.shapeOf()[row]]
  const form = slots.find((slot) => slot.column === TIME_SLOT)?.form ?? 0
  return timeText(table.times()[row], table.nanos()?.[row] ?? 0, form).toLowerCase()
}

/** Every cell counts: which rows have one is known without reading any. */
function markAll(table: Table, column: number, mark: (cell: number) => void): void {
  const rows = table.rowsOf(column)
  const count = rows?.length ?? table.rows
  for (let cell = 0; cell < count; cell++) mark(cell)
}

function scanJson(
  table: Table,
  column: number,
  base: string,
  test: CellTest,
  fits: (path: string) => boolean,
  mark: (cell: number) => void,
): void {
  const cells = table.cells(column)
  const count = table.rowsOf(column)?.length ?? table.rows
  for (let cell = 0; cell < count; cell++) {
    if (
      jsonLeaves(cellValue(cells, cell), base).some((leaf) => fits(leaf.path) && leafPasses(leaf.kind, leaf.text, test))
    )
      mark(cell)
  }
}

/** JSON is kept as it was sent, so its values are folded as they are tested. */
function leafPasses(kind: ColumnKind, text: string, test: CellTest): boolean {
  if (kind === 'number') return passesAsNumber(text, test)
  const folded = encoder.encode(foldText(text))
  return test.text(folded, 0, folded.length, () => encoder.encode(text))
}

const encoder = new TextEncoder()

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

function fieldTerm(name: string, test: Test, context: Context): Term {
  switch (name.toLowerCase()) {
    case 'since':
    case 'after':
      return timeTerm({ fromMs: timeOf(test, context) + (name === 'after' ? 1 : 0), toMs: undefined })
    case 'until':
    case 'before':
      return timeTerm({ fromMs: undefined, toMs: timeOf(test, context) - (name === 'before' ? 1 : 0) })
    case 'around':
      return timeTerm({ fromMs: timeOf(test, context) - AROUND_MS, toMs: timeOf(test, context) + AROUND_MS })
    case 'time':
    case 'timestamp':
    case '@timestamp':
      return timeFieldTerm(test, context)
    case 'has':
    case '_exists_':
      return namedTerm([textOf(test, context)], EXISTS_TEST)
    case 'missing':
      return notTerm(namedTerm([textOf(test, context)], EXISTS_TEST))
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

/** Values of any of the names. */
function namedTerm(names: readonly string[], test: CellTest, exact?: Uint8Array): Term {
  const term = columnTerm(
    (table) => columnsOfField(table, names),
    test,
    (path) => names.some((name) => pathMatches(path, name)),
  )
  return exact === undefined ? term : { ...term, exactValues: [{ names, value: exact }] }
}

const compiledTest = (test: Test, { nowMs, span: at }: Context): CellTest =>
  test.op === 'regex' ? compiledRegex(test.value.text, at) : testOf(test, nowMs)

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
  const columns = ({ minTime, maxTime }: TableHead): FieldColumn[] =>
    minTime >= from && maxTime <= to ? [] : [TIME_COLUMN]
  return { ...BLANK, evaluate, columns, range }
}

const TIME_COLUMN: FieldColumn = { column: TIME_SLOT, shapes: undefined, inside: false }
const LEVEL_COLUMN: FieldColumn = { column: LEVEL_SLOT, shapes: undefined, inside: false }

function timeFieldTerm(test: Test, context: Context): Term {
  if (test.op === 'eq' || test.op === 'compare') {
    const ms = timeOf(test, context)
    const comparison = test.op === 'compare' ? test.comparison : undefined
    return timeTerm({
      fromMs: comparison === undefined || comparison === '>=' ? ms : comparison === '>' ? ms + 1 : undefined,
      toMs: comparison === undefined || comparison === '<=' ? ms : comparison === '<' ? ms - 1 : undefined,
    })
  }
  if (test.op === 'range') {
    const bound = (text: string | undefined): number | undefined =>
      text === undefined ? undefined : timeOfText(text, context)
    return timeTerm({ fromMs: bound(test.low.text), toMs: bound(test.high.text) })
  }
  return test.op === 'exists' ? EVERYTHING : namedTerm(['time'], compiledTest(test, context))
}

const timeOf = (test: Test, context: Context): number => timeOfText(textOf(test, context), context)

function timeOfText(text: string, { nowMs, span: at }: Context): number {
  const ms = parseTime(text, nowMs)
  if (ms !== undefined) return ms
  throw new FilterFailure({
    code: 'invalid_value',
    message: `"${text}" is not a time: write 2h, 2026-11-21 or 2026-11-21T10:00Z`,
    span: at,
  })
}

function textOf(test: Test, { span: at }: Context): string {
  if (test.op === 'eq' || test.op === 'compare' || test.op === 'glob') return test.value.text
  throw new FilterFailure({ code: 'invalid_value', message: 'one plain value is expected here', span: at })
}

function qualifierTerm(qualifier: string, context: Context): Term {
  switch (qualifier) {
    case 'error':
      return levelMaskTerm(0b110000)
    case 'exception':
      return anyTerm([
        namedTerm(
          [
            'error.stack',
            'err.stack',
            'stack',
            'stack_trace',
            'stacktrace',
            'exception',
            'exception.stacktrace',
            'exc_info',
          ],
          EXISTS_TEST,
        ),
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
    const seqs = table.seqs()
    const row = seqs.indexOf(position.seq)
    if (row < 0 || table.times()[row] !== position.ms) return false
    const mask = new Uint8Array(table.rows)
    mask[row] = 1
    return mask
  }
  return { ...BLANK, evaluate, columns: () => [TIME_COLUMN], range: { fromMs: position.ms, toMs: position.ms } }
}

/** `*:x` finds x inside any field: it is for when one does not know where to look. */
function anyFieldTerm(test: Test, context: Context): Term {
  const inner = test.op === 'eq' ? containsTest(test.value.text) : compiledTest(test, context)
  const everywhere = (table: TableHead): FieldColumn[] =>
    table.columns.flatMap(({ kind, system, name }, column) =>
      system && name === 'source' ? [] : [{ column, shapes: undefined, inside: kind === 'json' }],
    )
  return columnTerm(everywhere, inner, () => true)
}

/** `severity:` and `status:` mean the level when they name one (`critical` too); `status:500` and `severity:high` do not. */
function namesLevels(test: Test): boolean {
  const isWord = (text: string): boolean =>
    text.length > 1 && levelRank(text) !== undefined && !NOT_LEVELS.has(text.toLowerCase())
  if (test.op === 'eq' || test.op === 'compare') return isWord(test.value.text)
  return test.op === 'in' && test.values.some((value) => isWord(value.text))
}

/** Words that name a level in some system, and are too common as a status to mean one. */
const NOT_LEVELS: ReadonlySet<string> = new Set(['ok', 'default', 'config', 'log', 'http', 'fine'])

function levelTerm(name: string, test: Test, context: Context): Term {
  const ranks = ranksOf(test)
  // A level that is none of ours was kept as a field: `level:audit` finds what was sent so.
  if (ranks === undefined) return namedTerm(['level', name], compiledTest(test, context))
  return levelMaskTerm(ranks)
}

/** The ranks that a test accepts as a bit mask; undefined when it names no level. */
function ranksOf(test: Test): number | undefined {
  switch (test.op) {
    case 'eq':
      return rankBit(test.value.text)
    case 'in': {
      const bits = test.values.map((value) => rankBit(value.text))
      return bits.every((bit) => bit !== undefined)
        ? bits.reduce((mask: number, bit) => mask | (bit ?? 0), 0)
        : undefined
    }
    case 'compare': {
      const bound = levelRank(test.value.text)
      if (bound === undefined) return undefined
      return LEVELS.reduce((mask, _, rank) => (compares(test.comparison, rank, bound) ? mask | (1 << rank) : mask), 0)
    }
    case 'range': {
      const low = test.low.text === undefined ? 0 : levelRank(test.low.text)
      const high = test.high.text === undefined ? LEVELS.length - 1 : levelRank(test.high.text)
      if (low === undefined || high === undefined) return undefined
      return LEVELS.reduce((mask, _, rank) => (rank >= low && rank <= high ? mask | (1 << rank) : mask), 0)
    }
    case 'glob':
    case 'regex':
    case 'cidr':
      return undefined
    case 'exists':
      return ALL_LEVELS
  }
}

const rankBit = (text: string): number | undefined => {
  const rank = levelRank(text)
  return rank === undefined ? undefined : 1 << rank
}

function compares(comparison: '>' | '>=' | '<' | '<=', rank: number, bound: number): boolean {
  if (comparison === '>') return rank > bound
  if (comparison === '>=') return rank >= bound
  return comparison === '<' ? rank < bound : rank <= bound
}

function levelMaskTerm(levelMask: number): Term {
  if (levelMask === ALL_LEVELS) return EVERYTHING
  const evaluate = (table: Table): Mask => {
    const levels = table.levels()
    const mask = new Uint8Array(table.rows)
    for (let row = 0; row < table.rows; row++) mask[row] = (levelMask >> levels[row]) & 1
    return mask
  }
  return { ...BLANK, evaluate, columns: () => [LEVEL_COLUMN], levelMask }
}
