import type { Pipe } from '../syntax'
import type { Aggregation } from './aggregation'
import { GroupCounter } from './group-counter'

/** `top 10 a, b`: the commonest combinations of values. */
export function topAggregation({ fields, limit }: Extract<Pipe, { type: 'top' }>, groupsMax: number): Aggregation {
  const counter = new GroupCounter(fields, groupsMax)
  const resultColumns = [...fields, 'count']
  return {
    resultColumns,
    columns: (head) => counter.columns(head),
    add: (table, mask) => counter.add(table, mask),
    addCounts: (header, levelMask) => counter.addCounts(header, levelMask),
    result: () => {
      const groups = counter.largestFirst().slice(0, limit)
      const rows = groups.map(({ values, count }) => [...values, count])
      return { columns: resultColumns, rows, truncated: counter.isTruncated }
    },
  }
}
