import type { Table } from '../blocks/table'
import type { TableHead } from './field-columns'
import { bothMatch, eitherMatches, type Mask, noneMatches } from './mask'
import type { Span } from './syntax'

/** Ends of a range of time, both in it; undefined where it is open. */
export interface TimeRange {
  readonly fromMs: number | undefined
  readonly toMs: number | undefined
}

/** A folded value that a matching row has in a field of one of these names. */
export interface ExactValue {
  readonly names: readonly string[]
  readonly value: Uint8Array
}

/** Why a filter cannot be compiled, or not be asked about so much text, and where in the query's text it stands. */
export interface FilterProblem {
  readonly code:
    | 'regex_syntax'
    | 'regex_unsupported'
    | 'regex_too_large'
    | 'regex_too_costly'
    | 'not_available'
    | 'invalid_value'
  readonly message: string
  readonly span: Span
}

/**
 * Thrown while compiling, of which callers get it as a value; and by `evaluate` of a filter that refuses costly regular
 * expressions.
 */
export class FilterFailure extends Error {
  readonly problem: FilterProblem
  constructor(problem: FilterProblem) {
    super(problem.message)
    this.problem = problem
  }
}

/** A compiled term. What it says about time, levels and exact values holds for every row that it matches. */
export interface Term {
  readonly evaluate: (table: Table) => Mask
  readonly columns: (table: TableHead) => number[]
  readonly exactLevels: (table: TableHead) => number | undefined
  readonly range: TimeRange
  readonly levelMask: number
  readonly exactValues: readonly ExactValue[]
  /** Folded bytes that it looks for in texts: a table that knows of them may look for all at once. */
  readonly needles: () => readonly Uint8Array[]
}

/** Every level, as a bit mask. */
export const ALL_LEVELS = 0b111111
/** No bound on time. */
export const OPEN: TimeRange = { fromMs: undefined, toMs: undefined }
/** What a term says that knows nothing of itself. */
export const BLANK = {
  columns: () => [],
  exactLevels: () => undefined,
  range: OPEN,
  levelMask: ALL_LEVELS,
  exactValues: [],
  needles: () => [],
}
/** Matches every row. */
export const EVERYTHING: Term = { ...BLANK, evaluate: () => true, exactLevels: () => ALL_LEVELS }

/** Rows that every term matches. */
export function allTerms(terms: readonly Term[]): Term {
  return {
    ...joined(terms),
    evaluate: (table) => {
      let mask: Mask = true
      for (const term of terms) {
        if (mask === false) return false
        mask = bothMatch(mask, term.evaluate(table))
      }
      return mask
    },
    exactLevels: (table) =>
      terms.reduce(
        (mask: number | undefined, term) => combined(mask, term.exactLevels(table), (one, other) => one & other),
        ALL_LEVELS,
      ),
    range: terms.reduce((range, term) => intersect(range, term.range), OPEN),
    levelMask: terms.reduce((mask, term) => mask & term.levelMask, ALL_LEVELS),
    exactValues: terms.flatMap((term) => term.exactValues),
  }
}

/** Rows that at least one term matches. */
export function anyTerm(terms: readonly Term[]): Term {
  return {
    ...joined(terms),
    evaluate: (table) =>
      terms.reduce((mask: Mask, term) => eitherMatches(mask, mask === true ? true : term.evaluate(table)), false),
    exactLevels: (table) =>
      terms.reduce(
        (mask: number | undefined, term) => combined(mask, term.exactLevels(table), (one, other) => one | other),
        0,
      ),
    range: terms.map((term) => term.range).reduce(span),
    levelMask: terms.reduce((mask, term) => mask | term.levelMask, 0),
    exactValues: [],
  }
}

const combined = (
  left: number | undefined,
  right: number | undefined,
  combine: (left: number, right: number) => number,
): number | undefined => (left === undefined || right === undefined ? undefined : combine(left, right))

/** Rows that the term does not match. */
export function notTerm(term: Term): Term {
  return {
    ...term,
    evaluate: (table) => noneMatches(term.evaluate(table)),
    exactLevels: (table) => combined(ALL_LEVELS, term.exactLevels(table), (all, levels) => all & ~levels),
    range: OPEN,
    levelMask: ALL_LEVELS,
    exactValues: [],
  }
}

const joined = (terms: readonly Term[]): Pick<Term, 'columns' | 'needles'> => ({
  columns: (table) => terms.flatMap((term) => term.columns(table)),
  needles: () => terms.flatMap((term) => term.needles()),
})

/** The time that two ranges share. */
export function intersect(left: TimeRange, right: TimeRange): TimeRange {
  return { fromMs: extreme(Math.max, left.fromMs, right.fromMs), toMs: extreme(Math.min, left.toMs, right.toMs) }
}

const extreme = (
  pick: (left: number, right: number) => number,
  left: number | undefined,
  right: number | undefined,
): number | undefined => (left === undefined || right === undefined ? (left ?? right) : pick(left, right))

function span(left: TimeRange, right: TimeRange): TimeRange {
  const both = (pick: (left: number, right: number) => number, one: number | undefined, other: number | undefined) =>
    one === undefined || other === undefined ? undefined : pick(one, other)
  return { fromMs: both(Math.min, left.fromMs, right.fromMs), toMs: both(Math.max, left.toMs, right.toMs) }
}

/**
 * What happens when a regular expression costs more, for the text that was searched with it, than a search may: it is refused
 * by an exception, or it goes on.
 */
export type CostlyRegex = 'refuse' | 'allow'

/** What a field term is compiled with: now, and where it stands in the query. */
export interface Context {
  readonly nowMs: number
  readonly span: Span
  readonly costlyRegex: CostlyRegex
}
