import { absence, habit } from './absence'
import { count } from './count'
import type { GroupMemory } from './group-memory'
import { change, ratio } from './rate'
import type { Trigger } from './rule'
import { usage } from './usage'

/** What came for one group at one moment. */
export interface Amount {
  readonly count: number
  /** Of a ratio: of how many. */
  readonly total: number
}

/** When a condition is asked. */
export interface Moment {
  readonly atMs: number
  /** Since when the rule has been watching. */
  readonly startedMs: number
}

/**
 * What decides whether a rule's condition holds for a group. All of it is a function of what the group remembers and of the
 * moment, which never goes back.
 */
export interface Condition {
  /** How long the numbers in `at` are: 1 for milliseconds. */
  readonly slotMs: number
  /** Whether a group is one before anything of it came: then the rule without fields has its one group from the start. */
  readonly startsKnown: boolean
  /** Newcomers beyond RULE_GROUPS_MAX are watched together; false where that would hide them. */
  readonly canShare: boolean
  add(memory: GroupMemory, amount: Amount, moment: Moment): void
  holds(memory: GroupMemory, moment: Moment): boolean
  /** When `holds` changes if nothing comes, after the moment; infinity when it does not. */
  changesMs(memory: GroupMemory, moment: Moment): number
  /** Whether the group can be forgotten: nothing that it remembers counts any more. */
  isOver(memory: GroupMemory, atMs: number): boolean
  /** The matches that count now. */
  matches(memory: GroupMemory, moment: Moment): number
}

/** The condition of a trigger that is none of a moment. */
export function conditionOf(trigger: Trigger): Condition {
  switch (trigger.type) {
    case 'count':
      return count(trigger)
    case 'absence':
      return absence(trigger)
    case 'habit':
      return habit(trigger)
    case 'ratio':
      return ratio(trigger)
    case 'change':
      return change(trigger)
    case 'usage':
      return usage(trigger)
    default:
      throw new Error(`a ${trigger.type} has no condition that holds`)
  }
}
