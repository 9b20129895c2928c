import { type CodePointSet, closeUnderFolding, negate, normalise } from './code-points'
import { POSIX_CLASSES } from './named-classes'
import { type Escape, parseEscape } from './parse-escape'
import { isAtEnd, isNext, type PatternReader, refuse, take, takeCodePoint, takeMatch } from './pattern-reader'

/** Reads the rest of a class whose `[` has been taken. As in RE2, a `]` that comes first stands for itself. */
export function parseClass(reader: PatternReader): CodePointSet {
  const from = reader.position - 1
  const negated = take(reader, '^')
  const sets: CodePointSet[] = []
  do {
    sets.push(parseMember(reader))
  } while (!isAtEnd(reader) && !isNext(reader, ']'))
  if (!take(reader, ']')) refuse(reader, 'regex_syntax', 'This class has no closing ]', from)
  return resolveClass({ set: sets.flat(), negated, ignoreCase: reader.flags.ignoreCase })
}

/** The characters that a class stands for. Case is ignored before negating: `(?i)[^a]` leaves out `A` too. */
export function resolveClass(named: { set: CodePointSet; negated: boolean; ignoreCase: boolean }): CodePointSet {
  const set = named.ignoreCase ? closeUnderFolding(named.set) : normalise(named.set)
  return named.negated ? negate(set) : set
}

function parseMember(reader: PatternReader): CodePointSet {
  if (isNext(reader, '[:')) return parsePosixClass(reader)
  const from = reader.position
  const low = parseElement(reader)
  if (low?.type === 'class') return resolveClass({ ...low, ignoreCase: reader.flags.ignoreCase })
  const first = codePointOf(reader, low, from)
  if (!isRangeNext(reader)) return [[first, first]]
  take(reader, '-')
  const last = codePointOf(reader, parseElement(reader), from)
  if (last < first) refuse(reader, 'regex_syntax', 'This range ends before it begins', from)
  return [[first, last]]
}

function parsePosixClass(reader: PatternReader): CodePointSet {
  const from = reader.position
  const [, caret, name] = takeMatch(reader, /^\[:(\^?)([a-zA-Z]*):\]/) ?? []
  if (name === undefined) return parseLiteralBracket(reader)
  const set = POSIX_CLASSES.get(name)
  if (set) return resolveClass({ set, negated: caret === '^', ignoreCase: reader.flags.ignoreCase })
  refuse(reader, 'regex_syntax', `There is no class [:${name}:]`, from)
  return []
}

function parseLiteralBracket(reader: PatternReader): CodePointSet {
  take(reader, '[')
  return [[0x5b, 0x5b]]
}

function parseElement(reader: PatternReader): Escape | undefined {
  if (take(reader, '\\')) return parseEscape(reader)
  const codePoint = takeCodePoint(reader)
  return codePoint === undefined ? undefined : { type: 'codePoint', codePoint }
}

function codePointOf(reader: PatternReader, element: Escape | undefined, from: number): number {
  if (element?.type === 'codePoint') return element.codePoint
  const message = element ? 'Only a single character can stand here in a class' : 'This class has no closing ]'
  refuse(reader, 'regex_syntax', message, from)
  return 0
}

const isRangeNext = (reader: PatternReader): boolean =>
  isNext(reader, '-') && !isNext(reader, '-]') && reader.position + 1 < reader.pattern.length
