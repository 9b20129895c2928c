import { compileNfa, countStates } from './compile-nfa'
import { toDfaProgram } from './dfa-program'
import { type ByteSpan, findSpans } from './find-spans'
import { lazyDfaOf, searchDfa } from './lazy-dfa'
import { literalOf } from './literal'
import { literalSetOf } from './literal-set'
import { parseRegex } from './parse-regex'
import type { RegexProblem } from './pattern-reader'
import { foldTree, isFoldSafe, type RegexNode } from './regex-tree'
import { allowSearch, type WorkMeter, workMeterOf } from './work-meter'

export type { ByteSpan } from './find-spans'
export type { RegexProblem } from './pattern-reader'

/** Enough for any pattern typed by hand, and few enough for the parser to be quick on any. */
const PATTERN_LENGTH_MAX = 1000

/** A search may look at every NFA state for each byte when the DFA has to be built anew all the time. */
const STATES_MAX = 20_000

/** A compiled pattern. It keeps the automaton states that texts have led to so far, within fixed bounds. */
export interface Regex {
  /** Is there a match anywhere in bytes[from, to)? The text is that range: `^` and `$` are its ends. */
  test(bytes: Uint8Array, from: number, to: number): boolean
  /** Where the pattern matches in a whole text: leftmost, of these the longest, none over another, none of them empty. */
  spans(bytes: Uint8Array): ByteSpan[]
  /**
   * A literal that every match contains once A-Z are a-z, or undefined when none was found. Folding text with
   * `foldAscii` or `foldText` keeps it, so that text in which it is not found cannot match.
   */
  readonly literal: Uint8Array | undefined
  /** Literals of which every text that matches holds one, once `foldText` has folded it; undefined when none were found. */
  readonly literals: () => readonly Uint8Array[] | undefined
  /** Does this pattern give the same answer for folded text as for the text itself? */
  readonly foldSafe: boolean
  /** A pattern that matches the folded form of every text that this one matches, and perhaps of others. */
  folded(): Regex
}

/** A pattern ready to search with, or why it is refused. */
export type CompiledRegex =
  | { readonly ok: true; readonly value: Regex }
  | { readonly ok: false; readonly error: RegexProblem }

/**
 * Compiles a pattern in the syntax of RE2. Searching takes time in proportion to the text, whatever the pattern; how much of it
 * for each byte depends on both. `onCostly` is called by a search when that was too much so far, and may throw to end it.
 */
export function compileRegex(pattern: string, onCostly: () => void = () => undefined): CompiledRegex {
  if (pattern.length > PATTERN_LENGTH_MAX) {
    return tooLarge(pattern, `A pattern can have ${PATTERN_LENGTH_MAX} characters`)
  }
  const parsed = parseRegex(pattern)
  if (!parsed.ok) return parsed
  const tree = parsed.value
  if (Math.max(countStates(tree), countStates(foldTree(tree))) > STATES_MAX) {
    return tooLarge(pattern, 'The repeats in this pattern multiply to more than can be searched for')
  }
  return { ok: true, value: toRegex(tree, workMeterOf(onCostly)) }
}

function toRegex(tree: RegexNode, meter: WorkMeter): Regex {
  const program = onDemand(() => toDfaProgram(compileNfa(tree)))
  const dfa = onDemand(() => lazyDfaOf(program(), meter))
  const literals = onDemand(() => ({ found: literalSetOf(tree) }))
  const regex: Regex = {
    test: (bytes, from, to) => {
      allowSearch(meter, to - from)
      return searchDfa(dfa(), bytes, from, to)
    },
    spans: (bytes) => findSpans(program(), bytes),
    literal: literalOf(tree),
    literals: () => literals().found,
    foldSafe: isFoldSafe(tree),
    folded: onDemand(() => (regex.foldSafe ? regex : toRegex(foldTree(tree), meter))),
  }
  return regex
}

const tooLarge = (pattern: string, message: string): CompiledRegex => ({
  ok: false,
  error: { code: 'regex_too_large', message, from: 0, to: pattern.length },
})

function onDemand<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
