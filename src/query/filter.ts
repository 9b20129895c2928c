import type { Table } from '../blocks/table'
import { textTerm } from './column-term'
import type { TableHead } from './field-columns'
import { fieldTerm } from './field-term'
import type { Mask } from './mask'
import type { Node } from './syntax'
import {
  allTerms,
  anyTerm,
  type Context,
  type CostlyRegex,
  EVERYTHING,
  type ExactValue,
  FilterFailure,
  type FilterProblem,
  notTerm,
  type Term,
  type TimeRange,
} from './term'
import { textTest } from './term-values'

/** A compiled filter. The only one: search, tails and rules all ask it which rows of a table match. */
export interface Filter {
  /** Which rows match. Reads only the columns that the filter names. */
  evaluate(table: Table): Mask
  /** What `evaluate` will read of such a table: columns, TIME_SLOT, LEVEL_SLOT and SEQ_PART. Shapes are always there. */
  columns(table: TableHead): number[]
  /** No row outside [fromMs, toMs] can match; undefined where that end is open. */
  readonly timeRange: TimeRange
  /** The level ranks that match, as a bit mask, where nothing but a row's level decides; undefined where more does. */
  exactLevels(table: TableHead): number | undefined
  /** Level ranks of which a matching row has one, as a bit mask. */
  readonly levelMask: number
  /** Exact folded values of which each must be in a column of the given ones: token filters are asked first. */
  readonly exactValues: readonly ExactValue[]
  /** Folded bytes that it looks for in texts: a table that is told of them may look for those of many filters at once. */
  needles(): readonly Uint8Array[]
}

export type CompiledFilter =
  | { readonly ok: true; readonly filter: Filter }
  | { readonly ok: false; readonly problem: FilterProblem }

/** What a filter is compiled for. */
export interface FilterOptions {
  /** With `refuse`, `evaluate` throws a FilterFailure when a pattern costs more than a search may. */
  readonly costlyRegex: CostlyRegex
}

/** Compiles a filter; undefined matches everything. `nowMs` is what `2h` counts back from. */
export function compileFilter(
  node: Node | undefined,
  nowMs: number,
  { costlyRegex }: FilterOptions = { costlyRegex: 'allow' },
): CompiledFilter {
  try {
    return { ok: true, filter: toFilter(node === undefined ? EVERYTHING : compile(node, { nowMs, costlyRegex })) }
  } catch (error) {
    if (error instanceof FilterFailure) return { ok: false, problem: error.problem }
    throw error
  }
}

function toFilter(term: Term): Filter {
  return {
    evaluate: term.evaluate,
    columns: (table) => [...new Set(term.columns(table))],
    exactLevels: term.exactLevels,
    timeRange: term.range,
    levelMask: term.levelMask,
    exactValues: term.exactValues,
    needles: term.needles,
  }
}

function compile(node: Node, context: Omit<Context, 'span'>): Term {
  switch (node.type) {
    case 'and':
      return allTerms(node.children.map((child) => compile(child, context)))
    case 'or':
      return anyTerm(node.children.map((child) => compile(child, context)))
    case 'not':
      return notTerm(compile(node.child, context))
    case 'text':
      return textTerm(textTest(node, context.costlyRegex))
    case 'field':
      return fieldTerm(node.name, node.test, { ...context, span: node.span })
  }
}
