/** What a condition remembers of one group. It is changed in place. */
export interface GroupMemory {
  /** Times of arrival in milliseconds, or numbers of slots, ascending. */
  readonly at: number[]
  /** How many came at each. */
  readonly counts: number[]
  /** Of a ratio: of how many. Else empty. */
  readonly totals: number[]
  /** When the group was seen last; of a use, when it is known to be over. */
  lastMs: number
  /** Of a habit: the usual gap and how much gaps differ from it, in milliseconds, and how many were looked at. */
  meanMs: number
  deviationMs: number
  gaps: number
}

/** Nothing is remembered yet. */
export const emptyMemory = (lastMs: number): GroupMemory => ({
  ...{ at: [], counts: [], totals: [], lastMs, meanMs: 0, deviationMs: 0, gaps: 0 },
})

/** Adds what came at a moment or in a slot, which is not before the last. */
export function addTo(memory: GroupMemory, at: number, count: number, total?: number): void {
  const last = memory.at.length - 1
  if (last < 0 || memory.at[last] < at) {
    memory.at.push(at)
    memory.counts.push(count)
    if (total !== undefined) memory.totals.push(total)
    return
  }
  memory.counts[last] += count
  if (total !== undefined) memory.totals[last] += total
}

/** Forgets the first entries. */
export function dropFirst(memory: GroupMemory, entries: number): void {
  if (entries === 0) return
  memory.at.splice(0, entries)
  memory.counts.splice(0, entries)
  memory.totals.splice(0, entries)
}

/** How many entries are not after a moment or slot. */
export function entriesUpTo({ at }: GroupMemory, limit: number): number {
  let entries = 0
  while (entries < at.length && at[entries] <= limit) entries++
  return entries
}

/** Moves everything by some milliseconds: for a clock that was set back. `slotMs` is 1 where `at` are times. */
export function shiftMemory(memory: GroupMemory, byMs: number, slotMs: number): void {
  const bySlots = Math.round(byMs / slotMs)
  for (let index = 0; index < memory.at.length; index++) memory.at[index] += bySlots
  memory.lastMs += byMs
}
