import type { Pipe } from '../syntax'
import type { Aggregation } from './aggregation'
import { GroupCounter } from './group-counter'

/** `count by a`: how many rows, by group, the largest first. */
export function countAggregation({ by }: Extract<Pipe, { type: 'count' }>, groupsMax: number): Aggregation {
  const counter = new GroupCounter(by, groupsMax)
  const resultColumns = [...by, 'count']
  return {
    resultColumns,
    columns: (head) => counter.columns(head),
    add: (table, mask) => counter.add(table, mask),
    addCounts: (header, levelMask) => counter.addCounts(header, levelMask),
    result: () => {
      const rows = counter.largestFirst().map(({ values, count }) => [...values, count])
      // Without groups nothing is counted as well: 0 is an answer.
      const counted = rows.length === 0 && by.length === 0 ? [[0]] : rows
      return { columns: resultColumns, rows: counted, truncated: counter.isTruncated }
    },
  }
}
