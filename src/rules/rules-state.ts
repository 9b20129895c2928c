import { emptyMemory, type GroupMemory, shiftMemory } from './group-memory'

/** What has become of a group: whether its condition holds, and what was told of that. Times are in milliseconds. */
export interface GroupAlarm {
  phase: 'normal' | 'pending' | 'firing'
  /** When the phase began. */
  sinceMs: number
  /** The firing that is on was told. */
  isTold: boolean
  /** The number of the firing that is on, among those of the rule. */
  firing: number
  /** Matches that made it fire, and those since. */
  count: number
  /** Nothing is told before. */
  quietMs: number
  /** When it fired and resolved, as far as flap damping asks. */
  readonly flips: number[]
}

/** One combination of the values that a rule groups by. */
export interface GroupState {
  readonly memory: GroupMemory
  readonly alarm: GroupAlarm
  /** When something happens to it if nothing comes; infinity when nothing does. */
  dueMs: number
}

/** What a rule remembers. */
export interface RuleState {
  /** Of the rule that this is the memory of: another one begins anew. */
  readonly basis: string
  startedMs: number
  /** How often it has fired, in all groups. */
  firings: number
  readonly groups: Map<string, GroupState>
  /** Values that were seen; of rules of first values. */
  readonly values: Set<string>
  /** No group is due before. */
  dueMs: number
}

/** What the rules of a tenant remember. It belongs to the tenant's object, which changes it in place. */
export interface RulesState {
  /** The latest time that the rules were told of: for them, time never goes back. */
  atMs: number
  readonly rules: Map<string, RuleState>
}

/** No rule remembers anything. */
export const noRulesState = (): RulesState => ({ atMs: 0, rules: new Map() })

/** The group of a rule that does not group. */
export const ONLY_GROUP = '[]'

/** The group of those that were too many to be watched one by one. */
export const OTHER_GROUPS = 'others'

/** A group of which nothing is known. */
export const newGroup = (atMs: number): GroupState => ({
  memory: emptyMemory(atMs),
  alarm: { phase: 'normal', sinceMs: atMs, isTold: false, firing: 0, count: 0, quietMs: 0, flips: [] },
  dueMs: Number.POSITIVE_INFINITY,
})

/** A rule that begins to watch. */
export const newRuleState = (basis: string, startedMs: number): RuleState => ({
  ...{ basis, startedMs, firings: 0, groups: new Map(), values: new Set() },
  dueMs: Number.POSITIVE_INFINITY,
})

/** Moves everything that a rule remembers by some milliseconds: for a clock that was set back. */
export function shiftRule(state: RuleState, byMs: number, slotMs: number): void {
  state.startedMs += byMs
  state.dueMs += byMs
  for (const { memory, alarm } of state.groups.values()) {
    shiftMemory(memory, byMs, slotMs)
    alarm.sinceMs += byMs
    alarm.quietMs += byMs
    for (let index = 0; index < alarm.flips.length; index++) alarm.flips[index] += byMs
  }
  for (const group of state.groups.values()) group.dueMs += byMs
}

/** How much a rule remembers: of about 10 bytes each. */
export function weightOf({ groups, values, basis }: RuleState): number {
  let weight = values.size * 2 + basis.length / 8
  for (const [key, { memory, alarm }] of groups)
    weight += 8 + key.length / 8 + memory.at.length + memory.totals.length / 2 + alarm.flips.length
  return weight
}
