import { isAtEnd, isAtQuote, peek, type Reader, readString, skipSpace, spanFrom, take } from './reader'
import type { Span } from './syntax'

/** One word, string or sign of a pipe. A quoted token is a name, never a keyword or a number. */
export interface PipeToken {
  readonly text: string
  readonly quoted: boolean
  readonly span: Span
}

/** The tokens of one pipe and how many of them have been understood. */
export interface PipeTokens {
  readonly tokens: readonly PipeToken[]
  next: number
}

/** Reads up to the next pipe or the end. */
export function readPipeTokens(reader: Reader): PipeTokens {
  const tokens: PipeToken[] = []
  for (;;) {
    skipSpace(reader)
    if (isAtEnd(reader) || peek(reader) === '|') return { tokens, next: 0 }
    tokens.push(readPipeToken(reader))
  }
}

/** What comes next, without taking it. */
export const nextToken = (pipe: PipeTokens): PipeToken | undefined => pipe.tokens.at(pipe.next)

/** Takes the next token when it is this sign or keyword. */
export function takeWord(pipe: PipeTokens, word: string): boolean {
  const token = nextToken(pipe)
  if (!token || token.quoted || token.text.toLowerCase() !== word) return false
  pipe.next += 1
  return true
}

/** Takes the next token when the pattern matches it. */
export function takeMatch(pipe: PipeTokens, pattern: RegExp): string | undefined {
  const token = nextToken(pipe)
  if (!token || token.quoted || !pattern.test(token.text)) return undefined
  pipe.next += 1
  return token.text
}

/** Takes the next token when it can be a name. */
export function takeName(pipe: PipeTokens): string | undefined {
  const token = nextToken(pipe)
  if (!token || isSign(token) || isKeyword(token)) return undefined
  pipe.next += 1
  return token.quoted ? token.text : token.text.replace(/^@/, '')
}

/** Says whether a name has to be quoted, because a pipe gives it a meaning. */
export const isPipeKeyword = (name: string): boolean => ['by', 'as', 'asc', 'desc'].includes(name.toLowerCase())

function readPipeToken(reader: Reader): PipeToken {
  if (isAtQuote(reader)) return readString(reader)
  const from = reader.at
  take(reader, /^(?:[(),]|[^\s()|,"'`]+)/)
  const span = spanFrom(reader, from)
  return { text: reader.text.slice(span.from, span.to), quoted: false, span }
}

const isSign = ({ text, quoted }: PipeToken): boolean => !quoted && '(),'.includes(text)
const isKeyword = ({ text, quoted }: PipeToken): boolean => !quoted && isPipeKeyword(text)
