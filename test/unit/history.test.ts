import { expect, it } from 'vitest'
import { type FoundRow, judge, type SentBatch } from '../support/history'

const SENT: readonly SentBatch[] = [
  { name: 'a', rows: 3, outcome: 'acknowledged' },
  { name: 'b', rows: 2, outcome: 'unknown' },
]

const found = (...rows: readonly string[]): FoundRow[] =>
  rows.map((name, index) => ({ batch: name[0], row: Number(name[1]), timeMs: 1, seq: index + 1 }))

const CLEAN = { lost: 0, doubled: 0, unexpected: 0, torn: 0, misordered: 0, unsorted: 0 }

it.each<[string, FoundRow[], object]>([
  ['everything', found('a0', 'a1', 'a2', 'b0', 'b1'), { recovered: 2 }],
  ['nothing that was not acknowledged', found('a0', 'a1', 'a2'), { recovered: 0 }],
  ['a record too few', found('a0', 'a1'), { lost: 1, torn: 2 }],
  ['no record of a batch', found('b0', 'b1'), { recovered: 2, lost: 3 }],
  ['a record twice', found('a0', 'a1', 'a2', 'a2'), { doubled: 1, misordered: 1 }],
  ['half of an unknown batch', found('a0', 'a1', 'a2', 'b0'), { recovered: 1, torn: 1 }],
  ['a record that nobody sent', found('a0', 'a1', 'a2', 'a3', 'c0'), { unexpected: 2 }],
  ['records in another order', found('a0', 'a2', 'a1'), { misordered: 2 }],
  ['another record in between', found('a0', 'a1', 'b0', 'b1', 'a2'), { recovered: 2, misordered: 1 }],
  ['an answer out of order', found('a0', 'a1', 'a2').toReversed(), { unsorted: 2 }],
])('the checker of histories sees %s', (_, rows, verdict) => {
  expect(judge(SENT, rows)).toEqual({ attempted: 5, acknowledged: 3, recovered: 0, ...CLEAN, ...verdict })
})
