import { CODE_POINT_MAX, type CodePointSet } from './code-points'
import { parseClass, resolveClass } from './parse-class'
import { parseEscape } from './parse-escape'
import {
  isAtEnd,
  isNext,
  type PatternReader,
  type RegexFlags,
  type RegexProblem,
  readerOf,
  refuse,
  take,
  takeCodePoint,
  takeMatch,
} from './pattern-reader'
import { type AssertionKind, EMPTY, type RegexNode } from './regex-tree'

/** As in RE2. Repeats are copies, so that this times nesting is what the state limit has to stop. */
const REPEAT_MAX = 1000

/** The parser recurses once per group, and people do not nest this deep. */
const NESTING_MAX = 50

const NOTHING_TO_REPEAT = 'There is nothing here to repeat'

const REFUSED_GROUPS: readonly (readonly [opening: RegExp, name: string])[] = [
  [/^\?<?[=!]/, 'Look-ahead and look-behind are'],
  [/^\?>/, 'Atomic groups are'],
  [/^\?P=/, 'Back-references are'],
  [/^\?(?:P>|&|R|[+-]?\d)/, 'Recursion is'],
  [/^\?\(/, 'Conditions are'],
  [/^\?\|/, 'Branch reset is'],
  [/^\?#/, 'Comments are'],
]

interface Repetition {
  readonly min: number
  readonly max: number
}

/** The tree of a pattern, or why there is none. */
export type ParsedRegex =
  | { readonly ok: true; readonly value: RegexNode }
  | { readonly ok: false; readonly error: RegexProblem }

/** Reads a pattern in the syntax of RE2. What RE2 has and this lacks, as `\pL` and `(?U)`, is refused by name. */
export function parseRegex(pattern: string): ParsedRegex {
  const reader = readerOf(pattern)
  const value = parseChoice(reader)
  if (!isAtEnd(reader)) refuse(reader, 'regex_syntax', 'This ) closes nothing', reader.position)
  return reader.problem ? { ok: false, error: reader.problem } : { ok: true, value }
}

function parseChoice(reader: PatternReader): RegexNode {
  const children = [parseSequence(reader)]
  while (take(reader, '|')) children.push(parseSequence(reader))
  return children.length === 1 ? children[0] : { type: 'choice', children }
}

function parseSequence(reader: PatternReader): RegexNode {
  const children: RegexNode[] = []
  while (!isAtEnd(reader) && !isNext(reader, '|') && !isNext(reader, ')')) {
    const from = reader.position
    const atom = parseAtom(reader)
    if (atom) children.push(parseRepeat(reader, atom, from))
  }
  return children.length === 1 ? children[0] : { type: 'sequence', children }
}

/** Undefined for what stands for nothing that can be repeated, which is a group of flags. */
function parseAtom(reader: PatternReader): RegexNode | undefined {
  const from = reader.position
  if (takeRepetition(reader)) return refused(reader, 'regex_syntax', NOTHING_TO_REPEAT, from)
  if (take(reader, '(')) return parseGroup(reader, from)
  if (take(reader, '[')) return { type: 'class', set: parseClass(reader) }
  if (take(reader, '.')) return { type: 'class', set: anyCharacter(reader.flags) }
  if (take(reader, '^')) return assertion(reader.flags.multiLine ? 'lineStart' : 'textStart')
  if (take(reader, '$')) return assertion(reader.flags.multiLine ? 'lineEnd' : 'textEnd')
  if (take(reader, '\\')) return parseEscapedAtom(reader)
  return character(takeCodePoint(reader) ?? 0, reader.flags)
}

function parseEscapedAtom(reader: PatternReader): RegexNode {
  const escaped = parseEscape(reader)
  if (!escaped) return EMPTY
  if (escaped.type === 'assertion') return escaped
  if (escaped.type === 'codePoint') return character(escaped.codePoint, reader.flags)
  return { type: 'class', set: resolveClass({ ...escaped, ignoreCase: reader.flags.ignoreCase }) }
}

function parseRepeat(reader: PatternReader, child: RegexNode, from: number): RegexNode {
  const repetition = takeRepetition(reader)
  if (!repetition) return child
  const { min, max } = repetition
  const highest = max === Number.POSITIVE_INFINITY ? min : max
  if (highest > REPEAT_MAX)
    return refused(reader, 'regex_too_large', `At most ${REPEAT_MAX} repeats are possible`, from)
  if (max < min) return refused(reader, 'regex_syntax', 'This repeat ends before it begins', from)
  if (take(reader, '+')) return refused(reader, 'regex_unsupported', 'Possessive repeats are not supported', from)
  take(reader, '?')
  if (!takeRepetition(reader)) return { type: 'repeat', child, min, max }
  return refused(reader, 'regex_syntax', 'To repeat a repeat, put a group around it: (?:a*)*', from)
}

function takeRepetition(reader: PatternReader): Repetition | undefined {
  if (take(reader, '*')) return { min: 0, max: Number.POSITIVE_INFINITY }
  if (take(reader, '+')) return { min: 1, max: Number.POSITIVE_INFINITY }
  if (take(reader, '?')) return { min: 0, max: 1 }
  const counted = takeMatch(reader, /^\{(\d+)(?:(,)(\d*))?\}/)
  if (!counted) return undefined
  const [, min, comma, max = ''] = counted
  if (!comma) return { min: toCount(min), max: toCount(min) }
  return { min: toCount(min), max: max === '' ? Number.POSITIVE_INFINITY : toCount(max) }
}

/** Reads the rest of a group whose `(` has been taken. Undefined for flags that hold until the group around them ends. */
function parseGroup(reader: PatternReader, from: number): RegexNode | undefined {
  const outerFlags = reader.flags
  if (isGroupRefused(reader, from)) return EMPTY
  if (take(reader, '?') && parseGroupKind(reader, from) === 'flags') return undefined
  reader.depth++
  if (reader.depth > NESTING_MAX) {
    return refused(reader, 'regex_too_large', `Groups can be nested ${NESTING_MAX} deep`, from)
  }
  const child = parseChoice(reader)
  if (!take(reader, ')')) return refused(reader, 'regex_syntax', 'This ( is not closed', from)
  reader.depth--
  reader.flags = outerFlags
  return child
}

function isGroupRefused(reader: PatternReader, from: number): boolean {
  const refusal = REFUSED_GROUPS.find(([opening]) => takeMatch(reader, opening))
  if (refusal) refuse(reader, 'regex_unsupported', `${refusal[1]} not supported`, from)
  return refusal !== undefined
}

function parseGroupKind(reader: PatternReader, from: number): 'group' | 'flags' {
  if (take(reader, ':')) return 'group'
  if (take(reader, '<') || take(reader, 'P<')) return parseGroupName(reader, from)
  return parseFlags(reader, from)
}

function parseGroupName(reader: PatternReader, from: number): 'group' {
  const name = takeMatch(reader, /^(\w+)>/)?.[1]
  if (name === undefined) refuse(reader, 'regex_syntax', 'A group name is letters, digits and _ before a >', from)
  else if (reader.names.has(name)) refuse(reader, 'regex_syntax', `Two groups have the name ${name}`, from)
  else reader.names.add(name)
  return 'group'
}

function parseFlags(reader: PatternReader, from: number): 'group' | 'flags' {
  const [, on, off, closing] = takeMatch(reader, /^([a-zA-Z]*)(-?[a-zA-Z]*)([:)])/) ?? []
  if (closing === undefined || on + off === '' || off === '-') {
    refuse(reader, 'regex_syntax', 'No kind of group begins like this', from)
    return 'group'
  }
  const unknown = /[^ims-]/.exec(on + off)?.[0]
  if (unknown) refuse(reader, 'regex_unsupported', `The flags are i, m and s; ${unknown} is not supported`, from)
  reader.flags = changeFlags(reader.flags, on, off)
  return closing === ')' ? 'flags' : 'group'
}

function changeFlags(flags: RegexFlags, on: string, off: string): RegexFlags {
  const isSet = (letter: string, before: boolean): boolean => !off.includes(letter) && (before || on.includes(letter))
  return {
    ignoreCase: isSet('i', flags.ignoreCase),
    dotAll: isSet('s', flags.dotAll),
    multiLine: isSet('m', flags.multiLine),
  }
}

const anyCharacter = ({ dotAll }: RegexFlags): CodePointSet =>
  dotAll
    ? [[0, CODE_POINT_MAX]]
    : [
        [0, 0x09],
        [0x0b, CODE_POINT_MAX],
      ]

const character = (codePoint: number, { ignoreCase }: RegexFlags): RegexNode => ({
  type: 'class',
  set: resolveClass({ set: [[codePoint, codePoint]], negated: false, ignoreCase }),
})

/** Finite however many digits there are, because infinite means without end. */
const toCount = (digits: string): number => Math.min(Number(digits), Number.MAX_SAFE_INTEGER)

const assertion = (kind: AssertionKind): RegexNode => ({ type: 'assertion', kind })

function refused(reader: PatternReader, code: RegexProblem['code'], message: string, from: number): RegexNode {
  refuse(reader, code, message, from)
  return EMPTY
}
