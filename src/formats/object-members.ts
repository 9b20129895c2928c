import {
  BRACE_CLOSE,
  BRACE_OPEN,
  BRACKET_OPEN,
  COLON,
  COMMA,
  closingQuote,
  fail,
  QUOTE,
  skipBrackets,
  skipSpace,
  skipValue,
} from '../blocks/json-text'

/** Where the name of a member stands, without its quotes, and where its value. */
export type OnMember = (nameFrom: number, nameTo: number, from: number, to: number) => void

/**
 * Walks the members of the object at `from`, its own only, and answers where it ends. For formats that have to know what an object
 * holds before it is handed on. Throws a JsonFailure where it is no JSON.
 */
export function walkMembers(body: Uint8Array, from: number, onMember: OnMember): number {
  if (body[from] !== BRACE_OPEN) fail(from, 'a log is a JSON object')
  let at = skipSpace(body, from + 1)
  if (body[at] === BRACE_CLOSE) return at + 1
  for (;;) {
    if (body[at] !== QUOTE) fail(at, 'a member name in double quotes is expected here')
    const nameTo = closingQuote(body, at + 1)
    const colon = skipSpace(body, nameTo + 1)
    if (body[colon] !== COLON) fail(colon, '":" is expected here')
    const value = skipSpace(body, colon + 1)
    const end = valueEnd(body, value)
    onMember(at + 1, nameTo, value, end)
    at = skipSpace(body, end)
    if (body[at] === BRACE_CLOSE) return at + 1
    if (body[at] !== COMMA) fail(at, '"," or "}" is expected here')
    at = skipSpace(body, at + 1)
  }
}

/** What is nested is found by its brackets alone: whoever reads the document checks it. */
function valueEnd(body: Uint8Array, at: number): number {
  const byte = body[at]
  if (byte === QUOTE) return closingQuote(body, at + 1) + 1
  if (byte !== BRACE_OPEN && byte !== BRACKET_OPEN) return skipValue(body, at, SCALAR)
  return skipBrackets(body, at) ?? fail(body.length, 'the text ends inside a value')
}

const SCALAR = { at: 1, max: 1 } as const

/** Whether the bytes are this name, which has no escapes. */
export function isNamed(body: Uint8Array, from: number, to: number, name: Uint8Array): boolean {
  if (to - from !== name.length) return false
  for (let index = 0; index < name.length; index++) if (body[from + index] !== name[index]) return false
  return true
}
