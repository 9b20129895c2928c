import type { Condition } from './condition'
import type { Trigger } from './rule'

/** How finely the use of a limit is told: a whole use is so many. */
export const USAGE_PARTS = 10_000

/**
 * How much of a limit is used: what was told last, until it is known to be over. `total` of an amount is for how many
 * milliseconds that is.
 */
export function usage({ above }: Extract<Trigger, { type: 'usage' }>): Condition {
  return {
    slotMs: 1,
    startsKnown: false,
    canShare: true,
    add: (memory, { count, total }, { atMs }) => {
      memory.at[0] = atMs
      memory.counts[0] = count
      memory.lastMs = atMs + total
    },
    holds: ({ counts, lastMs }, { atMs }) => atMs < lastMs && (counts[0] ?? 0) > above * USAGE_PARTS,
    changesMs: ({ counts, lastMs }, { atMs }) =>
      atMs < lastMs && (counts[0] ?? 0) > above * USAGE_PARTS ? lastMs : Number.POSITIVE_INFINITY,
    isOver: ({ lastMs }, atMs) => atMs >= lastMs,
    matches: () => 0,
  }
}
