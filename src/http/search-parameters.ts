import { QUERY_TEXT_MAX, SEARCH_LIMIT_DEFAULT, SEARCH_LIMIT_MAX } from '../limits/limits'
import { type CompiledFilter, compileFilter, type Filter } from '../query/filter'
import { parseQuery } from '../query/parse'
import { printQuery } from '../query/print'
import type { Diagnostic, Node, Query } from '../query/syntax'
import type { FilterProblem } from '../query/term'
import { parseTime } from '../query/values'
import { ApiError } from './problem'
import { noSuchParameter } from './read-query'
import { FieldParameters, SearchQuery } from './search-query'

/** What a request asks for, checked. */
export interface SearchParameters {
  readonly text: string
  readonly query: Query
  readonly filter: Filter
  /** The same filter with another idea of now, from which `2h` counts back: a cursor keeps that of the first page. */
  readonly filterAt: (nowMs: number) => Filter
  /** As asked; undefined where the request leaves it to us. */
  readonly fromMs: number | undefined
  readonly toMs: number | undefined
  /** What a cursor is bound to: all that decides which records there are, as it was asked for. `2h` stays `2h`. */
  readonly identity: string
  readonly limit: number
  readonly cursor: string | undefined
  readonly order: 'asc' | 'desc'
  readonly fields: readonly string[] | undefined
}

/** Reads the parameters of a search; `more` are those that only this endpoint has. An unknown one is an error, never ignored. */
export function readSearchParameters(
  parameters: URLSearchParams,
  nowMs: number,
  more: readonly string[] = [],
): SearchParameters {
  for (const name of new Set(parameters.keys())) {
    if (Object.hasOwn(SearchQuery.shape, name) || more.includes(name)) continue
    throw invalid(name, noSuchParameter(name, [...Object.keys(SearchQuery.shape), ...more]))
  }
  const fields = FieldParameters.keyof().options.flatMap((name) =>
    parameters.getAll(name).map((value) => fieldNode(name, value.split(','))),
  )
  return toParameters({
    text: parameters.get('q') ?? '',
    extra: fields,
    from: parameters.get('from') ?? parameters.get('startTime'),
    to: parameters.get('to') ?? parameters.get('endTime'),
    limit: parameters.get('limit'),
    cursor: parameters.get('cursor'),
    order: parameters.get('order'),
    fields: parameters.get('fields'),
    strict: parameters.get('strict') === 'true',
    nowMs,
  })
}

/** Parameters that make no sense where the answer is not a page of records. */
const PAGE_PARAMETERS = ['limit', 'cursor', 'order', 'fields']

/** The same for an answer that is not records: what is about pages, and pipes, is refused rather than ignored. */
export function readAnalyticsParameters(
  parameters: URLSearchParams,
  nowMs: number,
  more: readonly string[] = [],
): SearchParameters {
  const stray = PAGE_PARAMETERS.find((name) => parameters.has(name) && !more.includes(name))
  if (stray !== undefined) throw invalid(stray, `There is no parameter "${stray}" here.`)
  const read = readSearchParameters(parameters, nowMs, more)
  if (read.query.pipes.length > 0) throw invalid('q', 'Pipes have no place here: the answer is already a table.')
  return read
}

export interface RawSearch {
  readonly text: string
  readonly extra: readonly Node[]
  readonly from: string | null
  readonly to: string | null
  readonly limit: string | null
  readonly cursor: string | null
  readonly order: string | null
  readonly fields: string | null
  readonly strict: boolean
  readonly nowMs: number
}

export function toParameters(raw: RawSearch): SearchParameters {
  if (new TextEncoder().encode(raw.text).length > QUERY_TEXT_MAX) {
    const limit = { name: 'QUERY_TEXT_MAX', value: QUERY_TEXT_MAX }
    throw new ApiError('query_syntax', `The query is longer than ${QUERY_TEXT_MAX} bytes.`, { limit })
  }
  const query = parseQuery(raw.text)
  const error = query.diagnostics.find((diagnostic) => diagnostic.severity === 'error')
  if (error !== undefined && (raw.strict || query.filter === undefined)) throw diagnosticError(error)
  const nodes = [...(query.filter ? [query.filter] : []), ...raw.extra]
  const filterAt = (nowMs: number): Filter => filterOf(compileFilter(allOf(nodes), nowMs, { costlyRegex: 'refuse' }))
  const fromMs = timeParameter('from', raw.from, raw.nowMs)
  const toMs = timeParameter('to', raw.to, raw.nowMs)
  if (fromMs !== undefined && toMs !== undefined && fromMs > toMs) throw invalid('from', '"from" is after "to".')
  const order = raw.order ?? 'desc'
  if (order !== 'asc' && order !== 'desc') throw invalid('order', 'order is asc or desc.')
  return {
    text: raw.text,
    query,
    filter: filterAt(raw.nowMs),
    filterAt,
    fromMs,
    toMs,
    identity: JSON.stringify([printQuery(query), raw.extra, raw.from, raw.to, order]),
    limit: limitParameter(raw.limit),
    cursor: raw.cursor ?? undefined,
    order,
    fields: raw.fields === null ? undefined : fieldNames(raw.fields),
  }
}

function filterOf(compiled: CompiledFilter): Filter {
  if (compiled.ok) return compiled.filter
  throw filterError(compiled.problem)
}

/** What the caller is told of a filter that cannot be used. */
export function filterError({ message, span, code }: FilterProblem): ApiError {
  return new ApiError('query_syntax', message, {
    span: [span.from, span.to],
    errors: [{ code, detail: message, span: [span.from, span.to] }],
  })
}

/** A condition that came as a parameter or filter rather than in the query's text. */
export function fieldNode(name: string, values: readonly string[]): Node {
  const nowhere = { from: 0, to: 0 }
  const atoms = values.map((text) => ({ text, quoted: true, span: nowhere }))
  const test = atoms.length === 1 ? ({ op: 'eq', value: atoms[0] } as const) : ({ op: 'in', values: atoms } as const)
  return { type: 'field', name, test, span: nowhere }
}

const allOf = (nodes: readonly Node[]): Node | undefined =>
  nodes.length > 1 ? { type: 'and', children: nodes, span: { from: 0, to: 0 } } : nodes.at(0)

export function diagnosticError({ code, message, span }: Diagnostic): ApiError {
  return new ApiError('query_syntax', message, {
    span: [span.from, span.to],
    errors: [{ code, detail: message, span: [span.from, span.to] }],
  })
}

function timeParameter(name: string, text: string | null, nowMs: number): number | undefined {
  if (text === null || text === '') return undefined
  const ms = parseTime(text, nowMs)
  if (ms === undefined)
    throw invalid(name, `"${text.slice(0, 40)}" is not a time: write 2026-11-21T10:00:00Z, seconds since 1970, or 2h.`)
  return ms
}

function limitParameter(text: string | null): number {
  if (text === null) return SEARCH_LIMIT_DEFAULT
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= SEARCH_LIMIT_MAX) return limit
  throw invalid('limit', `limit is a whole number from 1 to ${SEARCH_LIMIT_MAX}.`)
}

const fieldNames = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)

const invalid = (parameter: string, detail: string): ApiError =>
  new ApiError('validation_failed', detail, { errors: [{ code: 'invalid_parameter', detail, parameter }] })
