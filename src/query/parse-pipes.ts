import { closest } from './closest'
import { toFieldName } from './field-name'
import { nextToken, type PipeTokens, readPipeTokens, takeMatch, takeName, takeWord } from './pipe-tokens'
import { parseDuration } from './quantity'
import { TOP_ROWS_DEFAULT } from './query-limits'
import { type Reader, reportError, spanFrom, take } from './reader'
import type { Aggregate, AggregateName, Pipe, Span } from './syntax'

/** A pipe as its arguments describe it, or a sentence on what they lack. */
type Understood = Pipe | string

const PIPES: ReadonlyMap<string, (pipe: PipeTokens, span: Span) => Understood> = new Map([
  ['count', toCount],
  ['stats', toStats],
  ['top', toTop],
  ['timeline', toTimeline],
  ['patterns', toPatterns],
  ['fields', toFields],
  ['sort', toSort],
  ['limit', toLimit],
  ['dedup', toDedup],
])

const AGGREGATES: ReadonlyMap<string, AggregateName> = new Map(
  (['count', 'uniq', 'min', 'max', 'sum', 'avg', 'p50', 'p90', 'p95', 'p99'] as const).map((name) => [name, name]),
)

/** Reads the pipes that follow the filter. One that is not understood is reported and left out. */
export function readPipes(reader: Reader): readonly Pipe[] {
  const pipes: Pipe[] = []
  for (let from = reader.at; take(reader, /^\|/); from = reader.at) {
    const pipe = readPipe(reader, from)
    if (pipe) pipes.push(pipe)
  }
  return pipes
}

function readPipe(reader: Reader, from: number): Pipe | undefined {
  const tokens = readPipeTokens(reader)
  const span = spanFrom(reader, from)
  const keyword = nextToken(tokens)
  if (!keyword) {
    reportError(reader, 'missing_pipe', '`|` needs a pipe on its right, such as `count by service`', span, '')
    return undefined
  }
  const toPipe = keyword.quoted ? undefined : PIPES.get(keyword.text.toLowerCase())
  if (!toPipe) {
    reportUnknownPipe(reader, keyword.text, keyword.span, span)
    return undefined
  }
  tokens.next += 1
  return accept(reader, toPipe(tokens, span), tokens, span)
}

function accept(reader: Reader, understood: Understood, tokens: PipeTokens, span: Span): Pipe | undefined {
  if (typeof understood === 'string') {
    reportError(reader, 'malformed_pipe', understood, span)
    return undefined
  }
  const surplus = nextToken(tokens)
  if (surplus) {
    const message = `\`${understood.type}\` does not know what to do with this`
    reportError(reader, 'unexpected_argument', message, { from: surplus.span.from, to: span.to }, '')
  }
  return understood
}

function reportUnknownPipe(reader: Reader, name: string, nameSpan: Span, pipeSpan: Span): void {
  const meant = closest(name, [...PIPES.keys()])
  if (meant === undefined) {
    const message = `there is no pipe \`${name}\`; there are ${[...PIPES.keys()].join(', ')}`
    reportError(reader, 'unknown_pipe', message, pipeSpan, '')
    return
  }
  reportError(reader, 'unknown_pipe', `there is no pipe \`${name}\`; did you mean \`${meant}\`?`, nameSpan, meant)
}

function toCount(pipe: PipeTokens, span: Span): Understood {
  const by = takeBy(pipe)
  return by ? { type: 'count', by, span } : NAME_AFTER_BY
}

function toStats(pipe: PipeTokens, span: Span): Understood {
  const aggregates: Aggregate[] = []
  do {
    const aggregate = takeAggregate(pipe)
    if (typeof aggregate === 'string') return aggregate
    aggregates.push(aggregate)
  } while (takeWord(pipe, ','))
  const by = takeBy(pipe)
  return by ? { type: 'stats', aggregates, by, span } : NAME_AFTER_BY
}

function toTop(pipe: PipeTokens, span: Span): Understood {
  const typed = takeMatch(pipe, /^\d+$/)
  const limit = typed === undefined ? TOP_ROWS_DEFAULT : toCountingNumber(typed)
  if (limit === undefined) return '`top` needs a number from 1'
  takeWord(pipe, 'by')
  const fields = takeNames(pipe)
  return fields.length > 0 ? { type: 'top', limit, fields, span } : '`top` needs a field, as in `top 20 error.type`'
}

function toTimeline(pipe: PipeTokens, span: Span): Understood {
  const typed = takeMatch(pipe, /^\d/)
  const stepMs = typed === undefined ? undefined : toStep(typed)
  if (typed !== undefined && stepMs === undefined) return '`timeline` needs a step such as `5m`'
  if (!takeWord(pipe, 'by')) return { type: 'timeline', stepMs, by: undefined, span }
  const by = takeFieldName(pipe)
  return by === undefined ? NAME_AFTER_BY : { type: 'timeline', stepMs, by, span }
}

function toPatterns(_pipe: PipeTokens, span: Span): Understood {
  return { type: 'patterns', span }
}

function toFields(pipe: PipeTokens, span: Span): Understood {
  const fields = takeNames(pipe)
  return fields.length > 0 ? { type: 'fields', fields, span } : '`fields` needs names, as in `fields time, message`'
}

function toDedup(pipe: PipeTokens, span: Span): Understood {
  takeWord(pipe, 'by')
  const fields = takeNames(pipe)
  return fields.length > 0 ? { type: 'dedup', fields, span } : '`dedup` needs names, as in `dedup trace_id`'
}

function toLimit(pipe: PipeTokens, span: Span): Understood {
  const count = toCountingNumber(takeMatch(pipe, /^\d+$/) ?? '')
  return count === undefined ? '`limit` needs a number from 1' : { type: 'limit', count, span }
}

function toSort(pipe: PipeTokens, span: Span): Understood {
  takeWord(pipe, 'by')
  const { field, descending } = takeSortKey(pipe)
  if (field === undefined) return '`sort` needs a column, as in `sort -count`'
  const isDescending = takeWord(pipe, 'desc') || (!takeWord(pipe, 'asc') && descending)
  return { type: 'sort', field, descending: isDescending, span }
}

/** The sign is glued to its column: `-p95`, `-"my column"` or `-p95(duration_ms)`. */
function takeSortKey(pipe: PipeTokens): { field: string | undefined; descending: boolean } {
  if (takeWord(pipe, '-')) return { field: takeColumn(pipe), descending: true }
  const signed = takeMatch(pipe, /^-./)
  if (signed === undefined) return { field: takeColumn(pipe), descending: false }
  return { field: toFieldName(`${signed.slice(1)}${takeParentheses(pipe)}`), descending: true }
}

function takeColumn(pipe: PipeTokens): string | undefined {
  const name = takeName(pipe)
  return name === undefined ? undefined : toFieldName(`${name}${takeParentheses(pipe)}`)
}

function takeParentheses(pipe: PipeTokens): string {
  if (!takeWord(pipe, '(')) return ''
  const inside = takeName(pipe) ?? ''
  takeWord(pipe, ')')
  return `(${inside})`
}

function takeAggregate(pipe: PipeTokens): Aggregate | string {
  const typed = takeName(pipe) ?? ''
  const name = AGGREGATES.get(typed.toLowerCase())
  if (!name) return unknownAggregate(typed)
  const { field, isClosed } = takeCallArgument(pipe)
  if (!isClosed) return `\`${name}(\` needs a \`)\``
  if (field === undefined && name !== 'count') return `\`${name}\` needs a field, as in \`${name}(duration)\``
  if (!takeWord(pipe, 'as')) return { name, field, as: `${name}(${field ?? ''})` }
  const as = takeName(pipe)
  return as === undefined ? '`as` needs a name on its right' : { name, field, as }
}

/** `count` and `count()` are the same. */
function takeCallArgument(pipe: PipeTokens): { field: string | undefined; isClosed: boolean } {
  if (!takeWord(pipe, '(')) return { field: undefined, isClosed: true }
  const field = takeFieldName(pipe)
  return { field, isClosed: takeWord(pipe, ')') }
}

function unknownAggregate(typed: string): string {
  const meant = closest(typed, [...AGGREGATES.keys()])
  if (meant !== undefined) return `there is no \`${typed}\`; did you mean \`${meant}\`?`
  return `\`stats\` knows ${[...AGGREGATES.keys()].join(', ')}`
}

/** The names after `by`, none when there is no `by`, undefined when nothing follows it. */
function takeBy(pipe: PipeTokens): readonly string[] | undefined {
  if (!takeWord(pipe, 'by')) return []
  const names = takeNames(pipe)
  return names.length > 0 ? names : undefined
}

/** Names with commas between them, or only spaces. */
function takeNames(pipe: PipeTokens): readonly string[] {
  const names: string[] = []
  for (let name = takeFieldName(pipe); name !== undefined; name = takeFieldName(pipe)) {
    names.push(name)
    takeWord(pipe, ',')
  }
  return names
}

function takeFieldName(pipe: PipeTokens): string | undefined {
  const name = takeName(pipe)
  return name === undefined ? undefined : toFieldName(name)
}

const NAME_AFTER_BY = '`by` needs a field on its right'

function toCountingNumber(digits: string): number | undefined {
  const count = Number(digits)
  return Number.isSafeInteger(count) && count > 0 ? count : undefined
}

function toStep(typed: string): number | undefined {
  const stepMs = parseDuration(typed)
  return stepMs !== undefined && stepMs >= 1 ? Math.round(stepMs) : undefined
}
