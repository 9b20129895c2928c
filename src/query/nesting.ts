import { QUERY_DEPTH_MAX } from './query-limits'
import { quotedEnd } from './quoted'
import { type Reader, reportError, spanFrom } from './reader'

/** Leaves out the group that opens here when it lies too deep, and says so. */
export function skipTooDeep(reader: Reader): boolean {
  if (reader.depth < QUERY_DEPTH_MAX) return false
  const from = reader.at
  reader.at = balancedEnd(reader.text, from)
  const message = `groups nest at most ${QUERY_DEPTH_MAX} deep; this one is left out`
  reportError(reader, 'query_too_deep', message, spanFrom(reader, from))
  return true
}

/** Where the bracket that opens at `from` is closed again, or the end of the text. Brackets in double quotes do not count. */
export function balancedEnd(text: string, from: number): number {
  let depth = 0
  let at = from
  while (at < text.length) {
    if ('([{'.includes(text[at])) depth += 1
    if (')]}'.includes(text[at])) depth -= 1
    at = text[at] === '"' ? (quotedEnd(text, at) ?? text.length) : at + 1
    if (depth === 0) return at
  }
  return text.length
}
