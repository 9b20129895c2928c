import { QUERY_TEXT_MAX } from '../limits/limits'
import { compileFilter } from '../query/filter'
import { parseQuery } from '../query/parse'
import type { Span } from '../query/syntax'
import { ApiError } from './problem'

/**
 * Refuses a text that cannot be what a key or member sees, with the place in it. It is read strictly: of a filter that is
 * half understood nobody could say what it hides.
 */
export function checkFilter(text: string, nowMs: number): void {
  const { filter, pipes, diagnostics } = parseQuery(text)
  const error = diagnostics.find(({ severity }) => severity === 'error')
  if (error !== undefined) throw refused(error.code, error.message, error.span)
  const [pipe] = pipes
  if (pipe !== undefined) throw refused('pipe_not_allowed', 'A filter has no pipes.', pipe.span)
  if (filter === undefined)
    throw refused('empty_filter', 'The filter is empty: leave it out to show all logs.', { from: 0, to: text.length })
  const compiled = compileFilter(filter, nowMs, { costlyRegex: 'refuse' })
  if (!compiled.ok) throw refused(compiled.problem.code, compiled.problem.message, compiled.problem.span)
  if (new TextEncoder().encode(text).length > QUERY_TEXT_MAX)
    throw refused('query_too_long', `The filter is longer than ${QUERY_TEXT_MAX} bytes.`, { from: 0, to: text.length })
}

function refused(code: string, detail: string, { from, to }: Span): ApiError {
  const span = [from, to] as const
  return new ApiError('query_syntax', detail, { span, errors: [{ code, detail, pointer: '/filter', span }] })
}
