import { TIME_SLOT } from '../blocks/block'
import type { Table } from '../blocks/table'
import { parseLogId } from '../records/log-id'
import { anyOf, compareTest, containsTest, EXISTS_TEST, PRESENT_TEST } from './cell-test'
import { columnTerm, namedTerm, textTerm } from './column-term'
import { columnsOfAll, columnsUnderField } from './field-columns'
import { levelMaskTerm, levelTerm, namesLevels } from './level-term'
import type { Mask } from './mask'
import type { Test } from './syntax'
import { anyTerm, BLANK, type Context, FilterFailure, notTerm, type Term } from './term'
import { compiledTest, exactOf, textOf } from './term-values'
import { AROUND_MS, rangeOf, timeFieldTerm, timeOf, timeTerm } from './time-term'
import { SEQ_PART } from './units'

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

/** The term that `name:…` stands for: a virtual field, or values under that name. */
export function fieldTerm(name: string, test: Test, context: Context): Term {
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
