import { TIME_SLOT } from '../../blocks/block'
import type { TableHead } from '../field-columns'
import type { Pipe } from '../syntax'
import { SEQ_PART } from '../units'
import { columnsRead } from './field-sources'
import { RowCollector } from './row-collector'

/** A pipe that takes records and gives records. */
export type RowPipe = Extract<Pipe, { type: 'fields' | 'sort' | 'limit' | 'dedup' }>

/** What decides which records are the answer, and in which order. */
export type RowStep = Exclude<RowPipe, { type: 'fields' }>

/** Pipes that choose among the records and put them in order. They begin with the newest record. */
export interface RowPipes {
  readonly answers: 'rows'
  /** The fields to show; undefined shows whole records. */
  readonly fields: readonly string[] | undefined
  /** Most records of the whole answer, whatever a page has room for. */
  readonly rowLimit: number | undefined
  /** True when the answer is not just the first records in the order of time: then a collector has to find it. */
  readonly needsCollector: boolean
  /** What a collector reads of a table. */
  columns(head: TableHead): number[]
  /** `rowsMax` is the room on the page. A unit is whatever the caller finds the table by. */
  collector<Unit>(rowsMax: number): RowCollector<Unit>
}

/** `keptMax` is how many records may be kept to choose from, beyond those of a page. */
export function createRowPipes(pipes: readonly RowPipe[], keptMax: number): RowPipes {
  const steps = pipes.filter((pipe): pipe is RowStep => pipe.type !== 'fields')
  const projections = pipes.filter((pipe) => pipe.type === 'fields')
  const limits = steps.flatMap((step) => (step.type === 'limit' ? [step.count] : []))
  const names = fieldsOfSteps(steps)
  return {
    answers: 'rows',
    fields: projections.at(-1)?.fields,
    rowLimit: limits.length === 0 ? undefined : Math.min(...limits),
    needsCollector: names.length > 0,
    columns: (head) => [...new Set([...names.flatMap((name) => columnsRead(head, name)), TIME_SLOT, SEQ_PART])],
    collector: (rowsMax) => new RowCollector({ steps, fields: names, rowsMax, keptMax }),
  }
}

/** Every field that a step looks at, once. */
function fieldsOfSteps(steps: readonly RowStep[]): string[] {
  const names = steps.flatMap((step) => {
    if (step.type === 'sort') return [step.field]
    return step.type === 'dedup' ? step.fields : []
  })
  return [...new Set(names)]
}
