import type { Pipe, Span } from '../syntax'
import type { Aggregation } from './aggregation'
import { countAggregation } from './count'
import { dedupStep } from './dedup'
import { fieldsStep } from './fields'
import { limitStep } from './limit'
import { columnNamed, type TableStep } from './result-table'
import { createRowPipes, type RowPipe, type RowPipes } from './row-pipes'
import { sortStep } from './sort'
import { statsAggregation } from './stats'
import { timelineAggregation, timelineProblem } from './timeline'
import { topAggregation } from './top'

/** What becomes of the records that match: a choice of them, or a table made of them. */
export type Pipeline = RowPipes | TablePipeline

/** Pipes that make a table: an aggregating pipe, and what is done with its answer. */
export interface TablePipeline extends Omit<Aggregation, 'resultColumns'> {
  readonly answers: 'table'
}

export interface PipelineProblem {
  readonly code: 'not_available' | 'query_syntax'
  readonly message: string
  readonly span: Span
}

export type CreatedPipeline =
  | { readonly ok: true; readonly value: Pipeline }
  | { readonly ok: false; readonly problem: PipelineProblem }

export interface PipelineOptions {
  /** The range of time that is searched, both ends in it. */
  readonly fromMs: number
  readonly toMs: number
  /** Most groups of an answer, most different values of a group, most rows kept to choose from. */
  readonly groupsMax: number
}

/** Thrown while creating only; callers get it as a value. */
class PipelineFailure extends Error {
  readonly problem: PipelineProblem
  constructor(problem: PipelineProblem) {
    super(problem.message)
    this.problem = problem
  }
}

/** The pipes of a query as something that rows can be given to. */
export function createPipeline(pipes: readonly Pipe[], options: PipelineOptions): CreatedPipeline {
  try {
    return { ok: true, value: build(pipes, options) }
  } catch (error) {
    if (error instanceof PipelineFailure) return { ok: false, problem: error.problem }
    throw error
  }
}

function build(pipes: readonly Pipe[], options: PipelineOptions): Pipeline {
  const at = pipes.findIndex((pipe) => !isRowPipe(pipe))
  if (at < 0) return createRowPipes(pipes.filter(isRowPipe), options.groupsMax)
  const aggregation = aggregationOf(pipes[at], options)
  for (const pipe of pipes.slice(0, at)) refuseBefore(pipe, pipes[at])
  return tablePipeline(aggregation, tableSteps(aggregation.resultColumns, pipes.slice(at + 1)))
}

function tablePipeline(aggregation: Aggregation, steps: readonly TableStep[]): TablePipeline {
  return {
    answers: 'table',
    columns: (head) => [...new Set(aggregation.columns(head))],
    add: (table, mask) => aggregation.add(table, mask),
    addCounts: (header, levelMask) => aggregation.addCounts(header, levelMask),
    result: () => steps.reduce((table, step) => step.apply(table), aggregation.result()),
  }
}

const isRowPipe = (pipe: Pipe): pipe is RowPipe =>
  pipe.type === 'fields' || pipe.type === 'sort' || pipe.type === 'limit' || pipe.type === 'dedup'

function aggregationOf(pipe: Pipe, { fromMs, toMs, groupsMax }: PipelineOptions): Aggregation {
  switch (pipe.type) {
    case 'count':
      return countAggregation(pipe, groupsMax)
    case 'stats':
      return statsAggregation(pipe, groupsMax)
    case 'top':
      return topAggregation(pipe, groupsMax)
    case 'timeline': {
      const range = { fromMs, toMs }
      const problem = timelineProblem(pipe, range)
      if (problem) throw new PipelineFailure({ code: 'query_syntax', ...problem })
      return timelineAggregation(pipe, { range, groupsMax })
    }
    case 'patterns':
      throw new PipelineFailure({ code: 'not_available', message: 'patterns are not available yet', span: pipe.span })
    default:
      throw new Error(`${pipe.type} makes no table`)
  }
}

/** `fields` and `sort` do not change what is counted; `limit` and `dedup` would. */
function refuseBefore(pipe: Pipe, aggregating: Pipe): void {
  if (pipe.type !== 'limit' && pipe.type !== 'dedup') return
  const message = `\`${pipe.type}\` cannot stand before \`${aggregating.type}\`, which takes all records; behind it it works on the result`
  throw new PipelineFailure({ code: 'query_syntax', message, span: pipe.span })
}

function tableSteps(columns: readonly string[], pipes: readonly Pipe[]): TableStep[] {
  const steps: TableStep[] = []
  for (const pipe of pipes) steps.push(tableStep(steps.at(-1)?.columns ?? columns, pipe))
  return steps
}

function tableStep(columns: readonly string[], pipe: Pipe): TableStep {
  switch (pipe.type) {
    case 'sort':
      return sortStep(columns, columnOf(columns, pipe.field, pipe.span), pipe.descending)
    case 'limit':
      return limitStep(columns, pipe.count)
    case 'fields':
      return fieldsStep(
        columns,
        pipe.fields.map((field) => columnOf(columns, field, pipe.span)),
      )
    case 'dedup':
      return dedupStep(
        columns,
        pipe.fields.map((field) => columnOf(columns, field, pipe.span)),
      )
    case 'patterns':
      throw new PipelineFailure({ code: 'not_available', message: 'patterns are not available yet', span: pipe.span })
    default: {
      const message = `\`${pipe.type}\` needs records, and the pipe before it has made a table of them`
      throw new PipelineFailure({ code: 'query_syntax', message, span: pipe.span })
    }
  }
}

function columnOf(columns: readonly string[], name: string, span: Span): number {
  const column = columnNamed(columns, name)
  if (column >= 0) return column
  const message = `the result has no column \`${name}\`; it has ${columns.join(', ')}`
  throw new PipelineFailure({ code: 'query_syntax', message, span })
}
