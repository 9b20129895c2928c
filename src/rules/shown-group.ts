import type { CompiledRule } from './compile-rules'
import { groupOf } from './group-key'
import type { QuietReason } from './quiet'
import type { GroupState, RuleState } from './rules-state'

/** What a rule makes of one group, for people. Times are ISO 8601. */
export interface ShownGroup {
  readonly group: Readonly<Record<string, string | null>>
  /** `resolved`: it has fired, and is in the pause of its cooldown. */
  readonly state: 'normal' | 'pending' | 'firing' | 'resolved'
  readonly since: string
  /** Matches since it fires. */
  readonly count: number
  /** It fires and nobody was told: why, if it is not for a moment only. */
  readonly quiet?: QuietReason
}

/** The groups of a rule that are not normal. */
export const shownGroups = (rule: CompiledRule, { groups }: RuleState, nowMs: number): ShownGroup[] =>
  [...groups].flatMap(([key, group]) => {
    const state = stateOf(group, nowMs)
    if (state === 'normal') return []
    const { sinceMs, count } = group.alarm
    const shown = { group: groupOf(rule.by, key), state, since: new Date(sinceMs).toISOString(), count }
    const quiet = state === 'firing' && !group.alarm.isTold ? quietReason(rule, group, nowMs) : undefined
    return [quiet === undefined ? shown : { ...shown, quiet }]
  })

function stateOf({ alarm }: GroupState, nowMs: number): ShownGroup['state'] {
  return alarm.phase === 'normal' && alarm.quietMs > nowMs ? 'resolved' : alarm.phase
}

function quietReason({ quiet, flap }: CompiledRule, { alarm }: GroupState, nowMs: number): QuietReason {
  const own = quiet(nowMs)
  if (own !== undefined) return own.reason
  const isFlapping = flap !== undefined && alarm.flips.length === flap.changes && alarm.flips[0] + flap.windowMs > nowMs
  return isFlapping ? 'flapping' : 'cooldown'
}
