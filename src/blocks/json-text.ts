/**
 * JSON text at the level of bytes: a strict reader (RFC 8259) that reports where it stopped. It keeps what JSON.parse throws
 * away: digits, escapes and duplicate members.
 */

export const QUOTE = 0x22
export const BACKSLASH = 0x5c
export const COLON = 0x3a
export const COMMA = 0x2c
export const BRACE_OPEN = 0x7b
export const BRACE_CLOSE = 0x7d
export const BRACKET_OPEN = 0x5b
export const BRACKET_CLOSE = 0x5d
export const NEWLINE = 0x0a

/** Why a text is not JSON. `at` is the byte at which it could not go on. */
export interface JsonProblem {
  readonly code: 'invalid_json' | 'too_deep'
  readonly detail: string
  readonly at: number
}

/** Thrown inside the reader only; callers get it as a value. */
export class JsonFailure extends Error {
  readonly problem: JsonProblem
  constructor(problem: JsonProblem) {
    super(problem.detail)
    this.problem = problem
  }
}

export function fail(at: number, detail: string): never {
  throw new JsonFailure({ code: 'invalid_json', detail, at })
}

/** How many bytes of byte order mark the text begins with. */
export const byteOrderMark = (bytes: Uint8Array): number =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0

export function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from
  for (;;) {
    const byte = bytes[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at
    at++
  }
}

/** Index just after the number that begins at `from`, checked against the grammar. */
export function skipNumber(bytes: Uint8Array, from: number): number {
  let at = bytes[from] === 0x2d ? from + 1 : from
  if (bytes[at] === 0x30) at++
  else at = skipDigits(bytes, at)
  if (bytes[at] === 0x2e) at = skipDigits(bytes, at + 1)
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    at++
    if (bytes[at] === 0x2b || bytes[at] === 0x2d) at++
    at = skipDigits(bytes, at)
  }
  return at
}

function skipDigits(bytes: Uint8Array, from: number): number {
  let at = from
  while (bytes[at] >= 0x30 && bytes[at] <= 0x39) at++
  if (at === from) fail(at, 'a digit is expected here')
  return at
}

/** Index just after `true`, `false` or `null`. */
export function skipWord(bytes: Uint8Array, from: number): number {
  const word = bytes[from] === 0x74 ? TRUE : bytes[from] === 0x66 ? FALSE : NULL
  for (let index = 0; index < word.length; index++) {
    if (bytes[from + index] !== word[index]) fail(from + index, 'a value is expected here')
  }
  return from + word.length
}

const TRUE = [0x74, 0x72, 0x75, 0x65]
const FALSE = [0x66, 0x61, 0x6c, 0x73, 0x65]
const NULL = [0x6e, 0x75, 0x6c, 0x6c]

/** Index of the quote that closes the string whose first character stands at `from`. Escapes are checked. */
export function closingQuote(bytes: Uint8Array, from: number): number {
  let at = from
  for (;;) {
    const byte = bytes[at]
    if (byte === QUOTE) return at
    if (byte === BACKSLASH) at = skipEscape(bytes, at)
    else if (byte >= 0x20) at++
    else if (byte === undefined) fail(at, 'the text ends inside a string')
    else fail(at, 'a control character must be escaped inside a string')
  }
}

/** Index just after the escape sequence that begins with the backslash at `from`. */
export function skipEscape(bytes: Uint8Array, from: number): number {
  const byte = bytes[from + 1]
  if (byte !== 0x75) {
    if (byte === undefined || !SIMPLE_ESCAPES.has(byte)) fail(from, 'this escape sequence is not JSON')
    return from + 2
  }
  for (let index = 2; index < 6; index++) {
    if (!isHexDigit(bytes[from + index])) fail(from, '\\u needs four hexadecimal digits')
  }
  return from + 6
}

const SIMPLE_ESCAPES: ReadonlySet<number> = new Set([...'"\\/bfnrt'].map((character) => character.charCodeAt(0)))

const isHexDigit = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)

/**
 * Index just after the value that begins at `from`, whatever it is. Nested values are walked without recursion, so that
 * depth costs no stack.
 */
export function skipValue(
  bytes: Uint8Array,
  from: number,
  depth: { readonly at: number; readonly max: number },
): number {
  const closers: number[] = []
  let at = from
  for (;;) {
    at = skipSpace(bytes, at)
    const byte = bytes[at]
    if (byte === BRACE_OPEN || byte === BRACKET_OPEN) {
      if (depth.at + closers.length >= depth.max) {
        throw new JsonFailure({ code: 'too_deep', detail: `nested deeper than ${depth.max} levels`, at })
      }
      const closer = byte === BRACE_OPEN ? BRACE_CLOSE : BRACKET_CLOSE
      const next = skipSpace(bytes, at + 1)
      if (bytes[next] !== closer) {
        closers.push(closer)
        at = closer === BRACE_CLOSE ? skipKey(bytes, next) : next
        continue
      }
      at = next + 1
    } else {
      at = skipScalar(bytes, at)
    }
    // A value has ended: close what ends with it, or go on to the next member.
    for (;;) {
      const closer = closers[closers.length - 1]
      if (closer === undefined) return at
      at = skipSpace(bytes, at)
      if (bytes[at] === closer) {
        closers.pop()
        at++
        continue
      }
      if (bytes[at] !== COMMA) fail(at, `"," or "${String.fromCharCode(closer)}" is expected here`)
      at = closer === BRACE_CLOSE ? skipKey(bytes, skipSpace(bytes, at + 1)) : at + 1
      break
    }
  }
}

/**
 * Index just after the object or array that begins at `from`, found by its brackets alone, or undefined when it never ends.
 * For what is nested too deep to be read: any depth costs nothing.
 */
export function skipBrackets(bytes: Uint8Array, from: number): number | undefined {
  let depth = 0
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) at = endOfString(bytes, at + 1)
    // Brackets are braces without this bit.
    else if ((byte | 0x20) === BRACE_OPEN) depth++
    else if ((byte | 0x20) === BRACE_CLOSE && --depth === 0) return at + 1
  }
  return undefined
}

/** The closing quote, or the end of the text; nothing is checked. Most of what is nested is strings. */
function endOfString(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length) {
    const byte = bytes[at]
    if (byte === QUOTE) return at
    at += byte === BACKSLASH ? 2 : 1
  }
  return at
}

function skipScalar(bytes: Uint8Array, from: number): number {
  const byte = bytes[from]
  if (byte === QUOTE) return closingQuote(bytes, from + 1) + 1
  if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return skipNumber(bytes, from)
  if (byte === 0x74 || byte === 0x66 || byte === 0x6e) return skipWord(bytes, from)
  return fail(from, byte === undefined ? 'the text ends where a value is expected' : 'a value is expected here')
}

/** Index just after the colon that follows the member name at `from`. */
function skipKey(bytes: Uint8Array, from: number): number {
  if (bytes[from] !== QUOTE) fail(from, 'a member name in double quotes is expected here')
  const colon = skipSpace(bytes, closingQuote(bytes, from + 1) + 1)
  if (bytes[colon] !== COLON) fail(colon, '":" is expected here')
  return colon + 1
}

/** Copies JSON text without its insignificant white space; answers how many bytes were written at `at` of `target`. */
export function copyCompact(source: Uint8Array, from: number, to: number, target: Uint8Array, at: number): number {
  let write = at
  let inString = false
  for (let read = from; read < to; read++) {
    const byte = source[read]
    if (inString) {
      target[write++] = byte
      if (byte === BACKSLASH) target[write++] = source[++read]
      else if (byte === QUOTE) inString = false
      continue
    }
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) continue
    if (byte === QUOTE) inString = true
    target[write++] = byte
  }
  return write - at
}

/** A JSON string literal in its shortest standard spelling, which is JSON.stringify's; lone surrogates come out as \udxxx. */
export const quoteJson = (text: string): string => JSON.stringify(text)
