import { compileFilter, type Filter } from '../query/filter'
import { parseQuery } from '../query/parse'
import { printQuery } from '../query/print'
import type { Diagnostic, Node, Pipe, Span } from '../query/syntax'
import { type Sight, visibleFilter } from '../query/visible-filter'
import type { TailProblem } from './frame-text'

/** A query that a tail can follow. */
export interface Subscription {
  readonly text: string
  readonly normalized: string
  readonly diagnostics: readonly Diagnostic[]
  readonly filter: Node | undefined
  /** The only members of records that are sent, beside id and time; undefined for all. */
  readonly fields: readonly string[] | undefined
  /** Whether what it means hangs on the time at which it is asked. */
  readonly isAboutNow: boolean
}

export type ReadSubscription =
  | { readonly ok: true; readonly subscription: Subscription }
  | { readonly ok: false; readonly problem: TailProblem }

/**
 * Reads the query of a tail, as a search would: what can be understood of it runs. Of the pipes only `fields` makes sense,
 * since all others need to have seen every record.
 */
export function readSubscription(text: string, nowMs: number): ReadSubscription {
  const query = parseQuery(text)
  const { filter, pipes, diagnostics } = query
  const error = diagnostics.find(({ severity }) => severity === 'error')
  if (error !== undefined && filter === undefined) return refused(error.message, error.span)
  const stray = pipes.find(({ type }) => type !== 'fields')
  if (stray !== undefined) return refusedPipe(stray)
  const compiled = compileFilter(filter, nowMs, { costlyRegex: 'refuse' })
  if (!compiled.ok) return refused(compiled.problem.message, compiled.problem.span)
  const fields = pipes.flatMap((pipe) => (pipe.type === 'fields' ? [pipe.fields] : [])).at(-1)
  const isAboutNow = filter !== undefined && ABOUT_TIME.test(JSON.stringify(filter))
  return { ok: true, subscription: { text, normalized: printQuery(query), diagnostics, filter, fields, isAboutNow } }
}

/** In the JSON of a filter: what compares, and fields that are times. What is found too much costs a little time. */
const ABOUT_TIME = /"op":"(?:compare|range)"|"name":"(?:since|after|until|before|around|@?time(?:stamp)?)"/i

/** The filter of a subscription for somebody's eyes. To be made again when time has passed: `2h` counts back from now. */
export function tailFilter({ filter }: Pick<Subscription, 'filter'>, sight: Sight): Filter {
  const compiled = compileFilter(filter, sight.nowMs, { costlyRegex: 'refuse' })
  if (!compiled.ok) throw new Error('a query that was understood before is not any more')
  return visibleFilter(compiled.filter, sight)
}

const refused = (detail: string, { from, to }: Span): ReadSubscription => ({
  ok: false,
  problem: {
    ...{ code: 'query_syntax', detail, span: [from, to] as const },
    hint: 'The span says where. Quote a value that holds spaces or operators.',
  },
})

const refusedPipe = ({ type, span: { from, to } }: Pipe): ReadSubscription => ({
  ok: false,
  problem: {
    code: 'query_syntax',
    detail: `\`${type}\` needs all records, and a tail has no last one. Of the pipes a tail takes only \`fields\`.`,
    hint: `Leave out the pipe here, and send the query with it to GET /logs.`,
    span: [from, to],
  },
})
