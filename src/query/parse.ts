import { QUERY_TEXT_MAX } from '../limits/limits'
import { readFilter } from './parse-filter'
import { readPipes } from './parse-pipes'
import { readerOf } from './reader'
import type { Diagnostic, Query } from './syntax'

/**
 * Reads what a person typed or pasted. It never throws: what cannot be understood becomes a diagnostic, and the rest is a query
 * that runs. Pure, so that browser, command line and Worker read the same text the same way.
 */
export function parseQuery(text: string): Query {
  if (isTooLong(text)) return { filter: undefined, pipes: [], diagnostics: [tooLong(text)] }
  const reader = readerOf(text)
  const filter = readFilter(reader)
  const pipes = readPipes(reader)
  return { filter, pipes, diagnostics: reader.diagnostics.toSorted((left, right) => left.span.from - right.span.from) }
}

/** A character takes at most three bytes per code unit, so that most texts need not be encoded. */
function isTooLong(text: string): boolean {
  if (text.length * 3 <= QUERY_TEXT_MAX) return false
  return text.length > QUERY_TEXT_MAX || new TextEncoder().encode(text).length > QUERY_TEXT_MAX
}

const tooLong = (text: string): Diagnostic => ({
  severity: 'error',
  code: 'query_too_long',
  message: `a query has at most ${QUERY_TEXT_MAX} bytes`,
  span: { from: 0, to: text.length },
})
