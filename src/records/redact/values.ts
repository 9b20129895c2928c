import { BLANK, DIGIT, isIn, VALUE } from './characters'
import { runEnd, type Scan, skip } from './scan'

const GAP_MAX = 8
const CLOSERS = '"\'`]\\'
const ESCAPE = '\x1b'

/** Where the value of a name stands: after its opening quote, up to its closing one. */
export interface Value {
  readonly start: number
  readonly end: number
  readonly quoted: boolean
}

/** The value that begins here, behind its opening quote if there is one, escaped or not. */
export function valueAt(scan: Scan, from: number): Value {
  const { text } = scan
  const backslashes = skipBackslashes(text, from) - from
  const quote = text.charAt(from + backslashes)
  if (quote === '"' || quote === "'" || (quote === '`' && backslashes === 0)) {
    const start = from + backslashes + 1
    return { start, end: closingQuote(text, start, quote, backslashes), quoted: true }
  }
  if (text.startsWith('%22', from)) return { start: from + 3, end: runEnd(scan, VALUE, from + 3), quoted: false }
  return { start: from, end: runEnd(scan, VALUE, from), quoted: false }
}

function skipBackslashes(text: string, from: number): number {
  let at = from
  while (at < from + GAP_MAX && text.charAt(at) === '\\') at++
  return at
}

/** The quote that closes a string opened behind so many backslashes, or the end of the line. */
function closingQuote(text: string, start: number, quote: string, backslashes: number): number {
  let escapes = 0
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '\n' || character === '\r') return at
    if (character === quote && (backslashes === 0 ? escapes % 2 === 0 : escapes <= backslashes)) return at - escapes
    escapes = character === '\\' ? escapes + 1 : 0
  }
  return text.length
}

/** Past the quotes, brackets and backslashes that may stand between a name and its separator. */
export function closersEnd(text: string, from: number): number {
  let at = from
  while (at < from + GAP_MAX && text.charAt(at) !== '' && CLOSERS.includes(text.charAt(at))) at++
  return at
}

/** Past `=`, `:`, `:=`, `=>`, `==` or an encoded one, or undefined when none stands here. */
export function separatorEnd(text: string, at: number): number | undefined {
  const two = text.slice(at, at + 2)
  if (two === ':=' || two === '=>' || two === '==') return at + 2
  if (two === '::') return undefined
  if (two.startsWith(':') || two.startsWith('=')) return at + 1
  const encoded = text.slice(at, at + 3).toUpperCase()
  return encoded === '%3D' || encoded === '%3A' ? at + 3 : undefined
}

/** Past blanks and terminal colours, which structured loggers write between a name and its value. */
export function skipGap(text: string, from: number): number {
  let at = skip(text, BLANK, from, GAP_MAX)
  while (text.charAt(at) === ESCAPE && text.charAt(at + 1) === '[') {
    const end = skip(text, DIGIT, at + 2, GAP_MAX)
    const next = text.charAt(end) === ';' || text.charAt(end) === 'm' ? end + 1 : end
    at = skip(text, BLANK, text.charAt(end) === ';' ? colourEnd(text, next) : next, GAP_MAX)
  }
  return at
}

function colourEnd(text: string, from: number): number {
  let at = from
  while (at < from + 2 * GAP_MAX && (isIn(DIGIT, text.charCodeAt(at)) || text.charAt(at) === ';')) at++
  return text.charAt(at) === 'm' ? at + 1 : at
}
