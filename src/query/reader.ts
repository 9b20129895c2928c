import { QUOTES, quotedEnd, unquote } from './quoted'
import type { Atom, Diagnostic, Span } from './syntax'

/** Where the parser stands in one text. Made anew for each text, so that parsing shares nothing. */
export interface Reader {
  readonly text: string
  readonly diagnostics: Diagnostic[]
  at: number
  depth: number
  regexes: number
}

/** A reader at the start of the text. */
export const readerOf = (text: string): Reader => ({ text, diagnostics: [], at: 0, depth: 0, regexes: 0 })

/** What has not been read yet. */
export const rest = (reader: Reader): string => reader.text.slice(reader.at)

/** The character that comes next, empty at the end. */
export const peek = (reader: Reader): string => reader.text.charAt(reader.at)

/** Says whether nothing is left. */
export const isAtEnd = (reader: Reader): boolean => reader.at >= reader.text.length

/** From `from` to where the reader stands. */
export const spanFrom = (reader: Reader, from: number): Span => ({ from, to: reader.at })

/** Notes something that is wrong enough for a strict caller to refuse the query. */
export function reportError(reader: Reader, code: string, message: string, span: Span, fix?: string): void {
  reader.diagnostics.push({ severity: 'error', code, message, span, ...(fix !== undefined && { fix }) })
}

/** Notes something that probably means something else than it says. */
export function reportWarning(reader: Reader, code: string, message: string, span: Span, fix?: string): void {
  reader.diagnostics.push({ severity: 'warning', code, message, span, ...(fix !== undefined && { fix }) })
}

/** Reports what was opened at `from` and never closed, and proposes to close it at the end. */
export function reportUnclosed(reader: Reader, code: string, from: number, closer: string): void {
  const opened = reader.text.slice(from, reader.at)
  reportError(reader, code, `${closer} is missing at the end`, spanFrom(reader, from), `${opened}${closer}`)
}

/** Moves past the token at the reader when the pattern, which starts with `^`, matches; answers its span. */
export function take(reader: Reader, pattern: RegExp): Span | undefined {
  const match = pattern.exec(rest(reader))
  if (!match) return undefined
  const from = reader.at
  reader.at += match[0].length
  return spanFrom(reader, from)
}

/** Moves past white space and comments. A `#` starts a comment only between white space: `attempt #3` is text. */
export function skipSpace(reader: Reader): void {
  take(reader, /^\s+/)
  while (/\s/.test(reader.text.charAt(reader.at - 1)) && take(reader, /^#(?=\s).*/)) take(reader, /^\s+/)
}

/** Says whether a string opens here. */
export const isAtQuote = (reader: Reader): boolean => !isAtEnd(reader) && QUOTES.includes(peek(reader))

/** Reads the string that opens here. One that is never closed reaches to the end of the text. */
export function readString(reader: Reader): Atom {
  const from = reader.at
  const quote = peek(reader)
  const end = quotedEnd(reader.text, from)
  reader.at = end ?? reader.text.length
  if (end === undefined) reportUnclosed(reader, 'unclosed_string', from, quote)
  const body = reader.text.slice(from + 1, end === undefined ? end : end - 1)
  return { text: unquote(body, quote), quoted: true, span: spanFrom(reader, from) }
}
