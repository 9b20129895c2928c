import { RULE_ABSENT_MS_MAX, RULE_HABIT_GAPS_MIN } from '../limits/limits'
import type { Condition } from './condition'
import type { GroupMemory } from './group-memory'
import { durationMs, type Trigger } from './rule'

/** Nothing came for a time: exact to the millisecond. Without groups the time counts from when the rule began. */
export function absence(trigger: Extract<Trigger, { type: 'absence' }>): Condition {
  const absentMs = durationMs(trigger.for)
  return silence(
    () => absentMs,
    (memory, atMs) => {
      memory.lastMs = atMs
    },
    true,
  )
}

/**
 * Silent for longer than is usual for the group, and for `least` at any rate. What is usual is learned from the gaps between
 * arrivals: their smoothed mean and four times their smoothed mean deviation, as TCP does it for its retransmission timer
 * (RFC 6298, section 2). A gap that was an alarm is learned as if it had ended with it: so a new habit is one in time.
 */
export function habit({ factor, least }: Extract<Trigger, { type: 'habit' }>): Condition {
  const leastMs = durationMs(least)
  const limitMs = ({ gaps, meanMs, deviationMs }: GroupMemory): number =>
    gaps < RULE_HABIT_GAPS_MIN
      ? Number.POSITIVE_INFINITY
      : Math.ceil(Math.max(leastMs, factor * (meanMs + 4 * deviationMs)))
  return silence(
    limitMs,
    (memory, atMs) => {
      const gapMs = Math.min(atMs - memory.lastMs, limitMs(memory))
      if (gapMs > 0) learn(memory, gapMs)
      memory.lastMs = atMs
    },
    false,
  )
}

function silence(
  limitMs: (memory: GroupMemory) => number,
  see: (memory: GroupMemory, atMs: number) => void,
  startsKnown: boolean,
): Condition {
  const untilMs = (memory: GroupMemory): number => memory.lastMs + limitMs(memory)
  return {
    slotMs: 1,
    startsKnown,
    canShare: false,
    add: (memory, _, { atMs }) => see(memory, atMs),
    holds: (memory, { atMs }) => atMs >= untilMs(memory),
    changesMs: (memory, { atMs }) => (untilMs(memory) > atMs ? untilMs(memory) : Number.POSITIVE_INFINITY),
    isOver: ({ lastMs }, atMs) => atMs >= lastMs + RULE_ABSENT_MS_MAX,
    matches: () => 0,
  }
}

function learn(memory: GroupMemory, gapMs: number): void {
  if (memory.gaps === 0) {
    memory.meanMs = gapMs
    memory.deviationMs = gapMs / 2
  } else {
    memory.deviationMs += (Math.abs(gapMs - memory.meanMs) - memory.deviationMs) / 4
    memory.meanMs += (gapMs - memory.meanMs) / 8
  }
  memory.gaps = Math.min(memory.gaps + 1, RULE_HABIT_GAPS_MIN)
}
