import { CODE_POINT_MAX, type CodePointSet } from './code-points'
import { ESCAPED_CLASSES } from './named-classes'
import { isNext, isSurrogate, type PatternReader, refuse, take, takeCodePoint, takeMatch } from './pattern-reader'
import type { AssertionKind } from './regex-tree'

/** What a backslash and what follows it stand for. */
export type Escape =
  | { readonly type: 'codePoint'; readonly codePoint: number }
  | { readonly type: 'class'; readonly set: CodePointSet; readonly negated: boolean }
  | { readonly type: 'assertion'; readonly kind: AssertionKind }

const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['0', 0x00],
  ['a', 0x07],
  ['t', 0x09],
  ['n', 0x0a],
  ['v', 0x0b],
  ['f', 0x0c],
  ['r', 0x0d],
])

const ASSERTIONS: ReadonlyMap<string, AssertionKind> = new Map([
  ['A', 'textStart'],
  ['z', 'textEnd'],
  ['b', 'wordBoundary'],
  ['B', 'notWordBoundary'],
])

const HEX_DIGITS: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
])

const OTHER_ENGINES = 'CEGKNQRXZ'

/** Reads the rest of an escape whose backslash has been taken. Undefined when it was refused. */
export function parseEscape(reader: PatternReader): Escape | undefined {
  const from = reader.position - 1
  const codePoint = takeCodePoint(reader)
  if (codePoint === undefined) return syntaxError(reader, 'A pattern cannot end in a backslash', from)
  const letter = String.fromCodePoint(codePoint)
  if (HEX_DIGITS.has(letter)) return parseHex(reader, letter, from)
  if (/[1-9gk]/.test(letter)) return unsupported(reader, 'Back-references are not supported', from)
  if (/[pP]/.test(letter)) return unsupported(reader, 'Unicode classes such as \\pL are not supported', from)
  if (letter === '0' && takeMatch(reader, /^\d+/)) return syntaxError(reader, 'Write octal as \\x and two digits', from)
  return simpleEscape(letter) ?? refuseEscape(reader, letter, from)
}

function simpleEscape(letter: string): Escape | undefined {
  const control = CONTROLS.get(letter)
  if (control !== undefined) return { type: 'codePoint', codePoint: control }
  const kind = ASSERTIONS.get(letter)
  if (kind) return { type: 'assertion', kind }
  const set = ESCAPED_CLASSES.get(letter.toLowerCase())
  if (set) return { type: 'class', set, negated: letter !== letter.toLowerCase() }
  if (/[!-/:-@[-`{-~ ]/.test(letter)) return { type: 'codePoint', codePoint: letter.charCodeAt(0) }
  return undefined
}

function refuseEscape(reader: PatternReader, letter: string, from: number): undefined {
  if (OTHER_ENGINES.includes(letter)) return unsupported(reader, `\\${letter} is not supported`, from)
  return syntaxError(reader, `\\${letter} has no meaning; a letter that stands for itself needs no backslash`, from)
}

function parseHex(reader: PatternReader, letter: string, from: number): Escape | undefined {
  const digits = isNext(reader, '{') ? takeBracedDigits(reader) : takeDigits(reader, HEX_DIGITS.get(letter) ?? 0)
  if (digits === undefined) return syntaxError(reader, `\\${letter} needs hexadecimal digits, as in \\u{1F600}`, from)
  const codePoint = Number.parseInt(digits, 16)
  if (codePoint > CODE_POINT_MAX) return syntaxError(reader, 'The last character is \\u{10FFFF}', from)
  if (isSurrogate(codePoint)) {
    return syntaxError(reader, 'Half of a surrogate pair is not a character; write it as \\u{1F600}', from)
  }
  return { type: 'codePoint', codePoint }
}

const takeBracedDigits = (reader: PatternReader): string | undefined =>
  take(reader, '{') ? takeMatch(reader, /^([0-9a-fA-F]{1,6})\}/)?.[1] : undefined

const takeDigits = (reader: PatternReader, count: number): string | undefined =>
  takeMatch(reader, new RegExp(`^[0-9a-fA-F]{${count}}`))?.[0]

const syntaxError = (reader: PatternReader, message: string, from: number): undefined =>
  void refuse(reader, 'regex_syntax', message, from)

const unsupported = (reader: PatternReader, message: string, from: number): undefined =>
  void refuse(reader, 'regex_unsupported', message, from)
