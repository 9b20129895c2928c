import type { ResultTable, ResultValue } from '../query/pipes/result-table'
import type { Aggregate } from '../query/syntax'

/** Who called whom, and how that went. */
export interface GraphEdge {
  readonly source: string
  readonly target: string
  readonly calls: number
  readonly errors: number
  /** As the query engine writes times. */
  readonly lastSeen: string | undefined
  /** The mean, of the calls that say how long they took. */
  readonly latencyMs: number | undefined
}

/** What the records of cross-service events are grouped by: an event has one on each side. */
export const GRAPH_FIELDS = ['sourceService', 'targetService', 'direction', 'level'] as const

/** What is worked out of each group, in this order behind the fields. */
export const GRAPH_AGGREGATES: readonly Aggregate[] = [
  { name: 'count', field: undefined, as: 'calls' },
  { name: 'max', field: 'time', as: 'last' },
  { name: 'count', field: 'durationMs', as: 'timed' },
  { name: 'sum', field: 'durationMs', as: 'total' },
]

/** One side of an edge while it is added up. */
interface Side {
  calls: number
  errors: number
  last: string
  timed: number
  totalMs: number
}

/**
 * The edges of a graph out of a table of GRAPH_FIELDS and GRAPH_AGGREGATES, the busiest first. Who sees the records of one of two
 * services sees an edge from that side; where both are seen, it is counted once.
 */
export function edgesOf({ rows }: ResultTable): GraphEdge[] {
  const sides = new Map<string, { readonly source: string; readonly target: string; readonly side: Side }>()
  for (const row of rows) {
    const [source, target, direction, level, calls, last, timed, total] = row
    const key = JSON.stringify([source, target, direction])
    const found = sides.get(key) ?? { source: textOf(source), target: textOf(target), side: newSide() }
    sides.set(key, found)
    found.side.calls += numberOf(calls)
    found.side.errors += level === 'error' ? numberOf(calls) : 0
    found.side.timed += numberOf(timed)
    found.side.totalMs += numberOf(total)
    if (textOf(last) > found.side.last) found.side.last = textOf(last)
  }
  const edges = new Map<string, GraphEdge>()
  for (const { source, target, side } of sides.values()) {
    const key = JSON.stringify([source, target])
    const known = edges.get(key)
    if (known === undefined || known.calls < side.calls) edges.set(key, edgeOf(source, target, side))
  }
  return [...edges.values()].sort((left, right) => right.calls - left.calls || compare(left, right))
}

const newSide = (): Side => ({ calls: 0, errors: 0, last: '', timed: 0, totalMs: 0 })

const edgeOf = (source: string, target: string, { calls, errors, last, timed, totalMs }: Side): GraphEdge => ({
  ...{ source, target, calls, errors },
  lastSeen: last === '' ? undefined : last,
  latencyMs: timed === 0 ? undefined : totalMs / timed,
})

const compare = (left: GraphEdge, right: GraphEdge): number =>
  left.source.localeCompare(right.source) || left.target.localeCompare(right.target)

const numberOf = (value: ResultValue | undefined): number => Number(value ?? 0)

const textOf = (value: ResultValue | undefined): string => (value === null || value === undefined ? '' : String(value))
