/** Why a pattern is refused, and which part of it, in UTF-16 code units from the start of the pattern. */
export interface RegexProblem {
  readonly code: 'regex_syntax' | 'regex_unsupported' | 'regex_too_large'
  readonly message: string
  readonly from: number
  readonly to: number
}

/** The flags that hold where the parser is. */
export interface RegexFlags {
  /** `i` */
  readonly ignoreCase: boolean
  /** `s` */
  readonly dotAll: boolean
  /** `m` */
  readonly multiLine: boolean
}

/** Where a parser is in its pattern. After the first problem it stands at the end, so that every loop over it ends. */
export interface PatternReader {
  readonly pattern: string
  readonly names: Set<string>
  position: number
  depth: number
  flags: RegexFlags
  problem: RegexProblem | undefined
}

/** A reader at the start of a pattern, with no flags set. */
export const readerOf = (pattern: string): PatternReader => ({
  pattern,
  names: new Set(),
  position: 0,
  depth: 0,
  flags: { ignoreCase: false, dotAll: false, multiLine: false },
  problem: undefined,
})

/** Has the whole pattern been read, or been given up? */
export const isAtEnd = (reader: PatternReader): boolean => reader.position >= reader.pattern.length

/** Does the rest of the pattern begin with this text? */
export const isNext = (reader: PatternReader, text: string): boolean => reader.pattern.startsWith(text, reader.position)

/** Steps over the text when it comes next, and says whether it did. */
export function take(reader: PatternReader, text: string): boolean {
  if (!isNext(reader, text)) return false
  reader.position += text.length
  return true
}

/** Steps over as much as the expression (which must begin with `^`) matches, and returns its groups. */
export function takeMatch(reader: PatternReader, expression: RegExp): RegExpExecArray | undefined {
  const match = expression.exec(reader.pattern.slice(reader.position))
  if (!match) return undefined
  reader.position += match[0].length
  return match
}

/** Steps over one character. Undefined at the end. */
export function takeCodePoint(reader: PatternReader): number | undefined {
  const codePoint = reader.pattern.codePointAt(reader.position)
  if (codePoint === undefined) return undefined
  const from = reader.position
  reader.position += codePoint > 0xffff ? 2 : 1
  if (isSurrogate(codePoint)) refuse(reader, 'regex_syntax', 'Half of a surrogate pair is not a character', from)
  return codePoint
}

/** Notes what is wrong with the pattern between `start` and here, unless something was wrong before, and stops reading. */
export function refuse(reader: PatternReader, code: RegexProblem['code'], message: string, start: number): void {
  const { length } = reader.pattern
  const from = Math.min(start, length - 1)
  const to = Math.min(Math.max(reader.position, from + 1), length)
  reader.problem ??= { code, message, from, to }
  reader.position = length
}

/** Is it half of a pair in UTF-16, and so no character? */
export const isSurrogate = (codePoint: number): boolean => codePoint >= 0xd800 && codePoint <= 0xdfff
