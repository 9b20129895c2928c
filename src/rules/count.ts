import type { Condition } from './condition'
import { addTo, dropFirst, entriesUpTo, type GroupMemory } from './group-memory'
import { durationMs, type Trigger } from './rule'

/**
 * So many matches in a sliding window: exact to the millisecond. The times of the last `count` matches are enough: the
 * condition holds until the first of them leaves the window.
 */
export function count({ count: wanted, window }: Extract<Trigger, { type: 'count' }>): Condition {
  const windowMs = durationMs(window)
  return {
    slotMs: 1,
    startsKnown: false,
    canShare: true,
    add: (memory, { count: came }, { atMs }) => {
      dropFirst(memory, entriesUpTo(memory, atMs - windowMs))
      addTo(memory, atMs, came)
      dropFirst(memory, entriesBeyond(memory, wanted))
    },
    holds: (memory, { atMs }) => untilMs(memory, wanted, windowMs) > atMs,
    changesMs: (memory, { atMs }) => {
      const until = untilMs(memory, wanted, windowMs)
      return until > atMs ? until : Number.POSITIVE_INFINITY
    },
    isOver: ({ at }, atMs) => at.length === 0 || at[at.length - 1] + windowMs <= atMs,
    matches: (memory, { atMs }) => sumFrom(memory, entriesUpTo(memory, atMs - windowMs)),
  }
}

/** Until when the window holds as many; minus infinity when they never came. */
function untilMs(memory: GroupMemory, wanted: number, windowMs: number): number {
  if (sumFrom(memory, 0) < wanted) return Number.NEGATIVE_INFINITY
  return memory.at[entriesBeyond(memory, wanted)] + windowMs
}

/** The oldest entries without which there are still as many. */
function entriesBeyond({ counts }: GroupMemory, wanted: number): number {
  let left = wanted
  let entry = counts.length
  while (entry > 0 && left > 0) left -= counts[--entry]
  return left > 0 ? 0 : entry
}

function sumFrom({ counts }: GroupMemory, first: number): number {
  let sum = 0
  for (let index = first; index < counts.length; index++) sum += counts[index]
  return sum
}
