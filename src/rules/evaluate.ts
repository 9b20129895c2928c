import {
  RULE_CLOCK_BACK_MS_MAX,
  RULE_GROUPS_MAX,
  RULE_MATCH_OPEN_MS,
  RULE_TELL_AGAIN_MS,
  RULE_TOLD_PER_TURN_MAX,
  RULE_VALUES_MAX,
} from '../limits/limits'
import type { CompiledRule, CompiledRules } from './compile-rules'
import type { Moment } from './condition'
import { rememberedValue } from './group-key'
import type { QuietReason, QuietSpan } from './quiet'
import {
  type GroupState,
  newGroup,
  newRuleState,
  ONLY_GROUP,
  OTHER_GROUPS,
  type RuleState,
  type RulesState,
  shiftRule,
} from './rules-state'

/** What came for one group of a rule in one batch. */
export interface Arrival {
  readonly rule: string
  /** As `groupKey` makes it; of rules of first values, the value. */
  readonly key: string
  readonly count: number
  /** Of a ratio: of how many. */
  readonly total: number
}

/** Something that happened to a group of a rule. */
export interface Transition {
  readonly rule: CompiledRule
  /** `told`: a firing that was quiet is told now. */
  readonly what: 'fired' | 'told' | 'resolved'
  readonly key: string
  readonly atMs: number
  /** When the condition began to hold, of `fired` and `told`; when it fired, of `resolved`. */
  readonly sinceMs: number
  /** The number of the firing among those of the rule, and that of the one that its incident began with. */
  readonly firing: number
  readonly incident: number
  /** Of what fired: whether it is told. Of what resolved: whether it was. */
  readonly isTold: boolean
  /** Why it is not told, if so. */
  readonly quiet: QuietReason | undefined
  readonly count: number
  /** Of rules of first values: the values, at most 10 of them. */
  readonly values: readonly string[]
  /** When the rule began to watch: with the number it makes a firing what it is. */
  readonly startedMs: number
  /** It is resolved because the rule is not the same any more. */
  readonly isEnded: boolean
}

/** A rule that cannot go on. */
export interface RuleFailure {
  readonly rule: CompiledRule
  /** `too_many_values`, `too_many_groups`, `rule_failed`, or what the filter says. */
  readonly code: string
  readonly detail: string
}

/** What a call came to. */
export interface Turn {
  readonly transitions: readonly Transition[]
  readonly failures: readonly RuleFailure[]
  /** What was taken: the state is the same when only this is repeated. */
  readonly taken: readonly Arrival[]
}

/** Thrown by what a rule is asked, with what its owner is told. */
export class RuleStop extends Error {
  readonly code: string
  constructor(code: string, detail: string) {
    super(detail)
    this.code = code
  }
}

/**
 * Takes what came at a moment, after what time alone has done until then. The state is changed in place, and is the same
 * for the same calls: the clock is the caller's, and a rule that fails has no effect but its failure. Each transition has the
 * time at which it happened, however late the call is.
 */
export function takeArrivals(
  compiled: CompiledRules,
  state: RulesState,
  arrivals: readonly Arrival[],
  nowMs: number,
): Turn {
  const atMs = moveClock(compiled, state, nowMs)
  const byRule = new Map<string, Arrival[]>()
  for (const arrival of arrivals) {
    const ofRule = byRule.get(arrival.rule)
    if (ofRule === undefined) byRule.set(arrival.rule, [arrival])
    else ofRule.push(arrival)
  }
  const turn: MutableTurn = { transitions: [], failures: [], taken: [] }
  for (const rule of compiled.rules) {
    const own = state.rules.get(rule.rule.id)
    const came = byRule.get(rule.rule.id)
    if (own?.basis !== rule.basis || (came === undefined && own.dueMs > atMs)) continue
    takeGuarded(new Evaluation(rule, own, atMs), came ?? [], state, turn)
  }
  return turn
}

/** What time alone has done until a moment. */
export const tick = (compiled: CompiledRules, state: RulesState, nowMs: number): Turn =>
  takeArrivals(compiled, state, [], nowMs)

/**
 * Makes the state that of these rules: what is new begins to watch, and what is not there any more, or has another query or
 * trigger, is forgotten: `endOf` says what of it fires.
 */
export function reconcile(compiled: CompiledRules, state: RulesState, nowMs: number): void {
  const atMs = moveClock(compiled, state, nowMs)
  const wanted = new Map(compiled.rules.map((rule) => [rule.rule.id, rule]))
  for (const [id, { basis }] of state.rules) if (wanted.get(id)?.basis !== basis) state.rules.delete(id)
  for (const [id, rule] of wanted) if (!state.rules.has(id)) state.rules.set(id, begin(rule, atMs))
  // What is quiet may be so no longer, or for longer.
  for (const own of state.rules.values()) {
    for (const group of own.groups.values())
      if (group.alarm.phase === 'firing' && !group.alarm.isTold) group.dueMs = atMs
    own.dueMs = leastDue(own)
  }
}

/** What of the rule fires now and was told. For a rule that ends: with it nothing fires any more. */
export function endOf(rule: CompiledRule, own: RuleState | undefined, atMs: number): readonly Transition[] {
  if (own === undefined) return []
  const evaluation = new Evaluation(rule, own, atMs)
  return [...own.groups].flatMap(([key, group]) => evaluation.end(key, group))
}

/** Makes a group normal by hand. It fires again when its condition holds at its next arrival. */
export function endByHand(rule: CompiledRule, own: RuleState, key: string, atMs: number): readonly Transition[] {
  const group = own.groups.get(key)
  if (group === undefined) return []
  const transitions = new Evaluation(rule, own, atMs).end(key, group)
  Object.assign(group.alarm, { phase: 'normal', sinceMs: atMs, isTold: false, quietMs: atMs + rule.cooldownMs })
  return transitions
}

/** When something happens to a rule if nothing comes; undefined when nothing does. */
export function dueMsOf(state: RulesState): number | undefined {
  let due = Number.POSITIVE_INFINITY
  for (const { dueMs } of state.rules.values()) due = Math.min(due, dueMs)
  return due === Number.POSITIVE_INFINITY ? undefined : due
}

interface MutableTurn {
  transitions: Transition[]
  failures: RuleFailure[]
  taken: Arrival[]
}

function takeGuarded(evaluation: Evaluation, arrivals: readonly Arrival[], state: RulesState, turn: MutableTurn): void {
  try {
    evaluation.take(arrivals)
    turn.transitions.push(...evaluation.transitions)
    turn.taken.push(...evaluation.taken)
  } catch (error) {
    const { rule } = evaluation
    state.rules.delete(rule.rule.id)
    turn.failures.push(failureOf(rule, error))
  }
}

/** Why a rule failed, for its owner: what went wrong inside is not for outside. */
export function failureOf(rule: CompiledRule, error: unknown): RuleFailure {
  if (error instanceof RuleStop) return { rule, code: error.code, detail: error.message }
  return { rule, code: 'rule_failed', detail: 'It failed for a reason of the service’s own.' }
}

/** Time goes on; a clock that was set back far moves what is remembered with it. */
function moveClock(compiled: CompiledRules, state: RulesState, nowMs: number): number {
  const backMs = state.atMs - nowMs
  if (backMs > RULE_CLOCK_BACK_MS_MAX) {
    const slots = new Map(compiled.rules.map(({ rule, condition }) => [rule.id, condition?.slotMs ?? 1]))
    for (const [id, own] of state.rules) shiftRule(own, -backMs, slots.get(id) ?? 1)
    state.atMs = nowMs
  }
  state.atMs = Math.max(state.atMs, nowMs)
  return state.atMs
}

function begin({ basis, by, condition }: CompiledRule, startedMs: number): RuleState {
  const own = newRuleState(basis, startedMs)
  if (condition === undefined || !condition.startsKnown || by.length > 0) return own
  const group = newGroup(startedMs)
  group.dueMs = condition.changesMs(group.memory, { atMs: startedMs, startedMs })
  own.groups.set(ONLY_GROUP, group)
  own.dueMs = group.dueMs
  return own
}

function leastDue({ groups }: RuleState): number {
  let due = Number.POSITIVE_INFINITY
  for (const group of groups.values()) due = Math.min(due, group.dueMs)
  return due
}

const VALUES_SHOWN_MAX = 10

/** One rule in one turn. */
class Evaluation {
  readonly rule: CompiledRule
  readonly transitions: Transition[] = []
  readonly taken: Arrival[] = []
  readonly #own: RuleState
  readonly #nowMs: number
  #told = 0
  #isSwept = false

  constructor(rule: CompiledRule, own: RuleState, nowMs: number) {
    this.rule = rule
    this.#own = own
    this.#nowMs = nowMs
  }

  take(arrivals: readonly Arrival[]): void {
    this.#advance()
    if (this.rule.rule.trigger.type === 'first_seen') this.#takeValues(arrivals)
    else for (const arrival of arrivals) this.#takeArrival(arrival)
  }

  end(key: string, { alarm }: GroupState): Transition[] {
    if (alarm.phase !== 'firing' || !alarm.isTold) return []
    return [{ ...this.#transition('resolved', key, { alarm }, this.#nowMs), isTold: true, isEnded: true }]
  }

  #advance(): void {
    const own = this.#own
    if (own.dueMs > this.#nowMs) return
    for (const [key, group] of own.groups) {
      while (group.dueMs <= this.#nowMs) {
        const atMs = group.dueMs
        this.#settle(key, group, atMs)
        group.dueMs = this.#dueOf(group, atMs)
      }
    }
    own.dueMs = leastDue(own)
  }

  #takeArrival(arrival: Arrival): void {
    const { condition } = this.rule
    const atMs = this.#nowMs
    const key = this.#keyOf(arrival.key)
    const group = this.#groupOf(key)
    this.taken.push(arrival)
    // Of a use, this is when it is over; conditions of silence go by it themselves.
    if (arrival.count > 0 && condition?.canShare !== false && arrival.total === 0) group.memory.lastMs = atMs
    if (condition === undefined) {
      this.#pulse(key, group, { count: arrival.count, values: [] })
    } else {
      condition.add(group.memory, arrival, this.#moment(atMs))
      if (group.alarm.phase === 'firing') group.alarm.count += arrival.count
      this.#settle(key, group, atMs)
    }
    this.#rearm(group)
  }

  #takeValues(arrivals: readonly Arrival[]): void {
    const { values } = this.#own
    const fresh = arrivals.filter(({ key }) => !values.has(rememberedValue(key)))
    if (fresh.length === 0) return
    for (const { key } of fresh) values.add(rememberedValue(key))
    if (values.size > RULE_VALUES_MAX)
      throw new RuleStop('too_many_values', `The field has had more than ${RULE_VALUES_MAX} different values.`)
    this.taken.push(...fresh)
    const group = this.#groupOf(ONLY_GROUP)
    const count = fresh.reduce((sum, arrival) => sum + arrival.count, 0)
    this.#pulse(ONLY_GROUP, group, { count, values: fresh.slice(0, VALUES_SHOWN_MAX).map(({ key }) => key) })
    this.#rearm(group)
  }

  #rearm(group: GroupState): void {
    group.dueMs = this.#dueOf(group, this.#nowMs)
    this.#own.dueMs = Math.min(this.#own.dueMs, group.dueMs)
  }

  #moment = (atMs: number): Moment => ({ atMs, startedMs: this.#own.startedMs })

  /** Newcomers to a full rule share a group, and go on sharing it while it holds anything: else what it holds would be lost. */
  #keyOf(key: string): string {
    const { groups } = this.#own
    if (groups.has(key)) return key
    if (groups.size < RULE_GROUPS_MAX && !groups.has(OTHER_GROUPS)) return key
    this.#sweep()
    if (groups.size < RULE_GROUPS_MAX && !groups.has(OTHER_GROUPS)) return key
    if (this.rule.condition?.canShare === false)
      throw new RuleStop('too_many_groups', `There are more than ${RULE_GROUPS_MAX} groups.`)
    return OTHER_GROUPS
  }

  #sweep(): void {
    if (this.#isSwept) return
    this.#isSwept = true
    sweepGroups(this.rule, this.#own, this.#nowMs)
  }

  #groupOf(key: string): GroupState {
    const known = this.#own.groups.get(key)
    if (known !== undefined) return known
    const group = newGroup(this.#nowMs)
    this.#own.groups.set(key, group)
    return group
  }

  /** A match or a new value: fires each time. What belongs together is one incident until nothing came for a while. */
  #pulse(key: string, { alarm, memory }: GroupState, came: { count: number; values: readonly string[] }): void {
    const atMs = this.#nowMs
    const firing = ++this.#own.firings
    const quiet = this.#quietAt(alarm.quietMs, alarm.flips, atMs)
    if (alarm.phase !== 'firing') Object.assign(alarm, { phase: 'firing', sinceMs: atMs, isTold: false, count: 0 })
    alarm.count += came.count
    memory.lastMs = atMs
    if (quiet === undefined) {
      if (!alarm.isTold) alarm.firing = firing
      alarm.isTold = true
      alarm.quietMs = atMs + this.rule.cooldownMs
    }
    const about = { ...this.#transition('fired', key, { alarm }, atMs), firing, ...came }
    this.transitions.push({ ...about, isTold: quiet === undefined, quiet: quiet?.reason })
  }

  /** Brings a group to what its condition says at a moment. */
  #settle(key: string, group: GroupState, atMs: number): void {
    const { alarm, memory } = group
    const { condition, forMs } = this.rule
    if (condition === undefined) {
      if (alarm.phase === 'firing' && atMs >= memory.lastMs + RULE_MATCH_OPEN_MS) this.#resolve(key, group, atMs)
      return
    }
    if (!condition.holds(memory, this.#moment(atMs))) {
      if (alarm.phase === 'firing') this.#resolve(key, group, atMs)
      else if (alarm.phase === 'pending') Object.assign(alarm, { phase: 'normal', sinceMs: atMs })
      if (condition.isOver(memory, atMs) && alarm.quietMs <= atMs && alarm.flips.length === 0)
        this.#own.groups.delete(key)
      return
    }
    if (alarm.phase === 'normal') Object.assign(alarm, { phase: 'pending', sinceMs: atMs })
    if (alarm.phase === 'pending' && atMs >= alarm.sinceMs + forMs) this.#fire(key, group, atMs)
    else if (alarm.phase === 'firing' && !alarm.isTold) this.#tell(key, group, atMs)
  }

  #fire(key: string, { alarm, memory }: GroupState, atMs: number): void {
    const { condition } = this.rule
    const heldMs = alarm.sinceMs
    alarm.phase = 'firing'
    alarm.sinceMs = atMs
    alarm.isTold = false
    alarm.firing = ++this.#own.firings
    alarm.count = condition?.matches(memory, this.#moment(atMs)) ?? 0
    this.#flip(alarm.flips, atMs)
    const quiet = this.#quietNow(alarm, atMs)
    if (quiet === undefined) this.#noteTold(alarm, atMs)
    const about = this.#transition('fired', key, { alarm }, atMs)
    this.transitions.push({ ...about, sinceMs: heldMs, isTold: quiet === undefined, quiet: quiet?.reason })
  }

  #tell(key: string, { alarm }: GroupState, atMs: number): void {
    if (this.#quietNow(alarm, atMs) !== undefined) return
    this.#noteTold(alarm, atMs)
    this.transitions.push({ ...this.#transition('told', key, { alarm }, atMs), isTold: true })
  }

  #resolve(key: string, { alarm }: GroupState, atMs: number): void {
    this.transitions.push({ ...this.#transition('resolved', key, { alarm }, atMs), isTold: alarm.isTold })
    this.#flip(alarm.flips, atMs)
    alarm.phase = 'normal'
    alarm.sinceMs = atMs
    alarm.isTold = false
  }

  #noteTold(alarm: GroupState['alarm'], atMs: number): void {
    this.#told++
    alarm.isTold = true
    alarm.quietMs = atMs + this.rule.cooldownMs
  }

  #flip(flips: number[], atMs: number): void {
    const { flap } = this.rule
    if (flap === undefined) return
    flips.push(atMs)
    if (flips.length > flap.changes) flips.shift()
  }

  /** Also because the rule has told enough in this turn: the rest waits for a later one. */
  #quietNow(alarm: GroupState['alarm'], atMs: number): QuietSpan | undefined {
    const quiet = this.#quietAt(alarm.quietMs, alarm.flips, atMs)
    if (quiet !== undefined || this.#told < RULE_TOLD_PER_TURN_MAX) return quiet
    alarm.quietMs = this.#nowMs + RULE_TELL_AGAIN_MS
    return { reason: 'cooldown', untilMs: alarm.quietMs }
  }

  #quietAt(quietMs: number, flips: readonly number[], atMs: number): QuietSpan | undefined {
    const { flap, quiet } = this.rule
    const own = quiet(atMs)
    if (own !== undefined) return own
    if (flap !== undefined && flips.length === flap.changes && flips[0] + flap.windowMs > atMs)
      return { reason: 'flapping', untilMs: flips[0] + flap.windowMs }
    return quietMs > atMs ? { reason: 'cooldown', untilMs: quietMs } : undefined
  }

  /** When something happens to a group if nothing comes. Always after the moment. */
  #dueOf({ alarm, memory }: GroupState, atMs: number): number {
    const { condition, forMs } = this.rule
    if (condition === undefined)
      return alarm.phase === 'firing' ? memory.lastMs + RULE_MATCH_OPEN_MS : Number.POSITIVE_INFINITY
    const changesMs = condition.changesMs(memory, this.#moment(atMs))
    if (alarm.phase === 'pending') return Math.min(changesMs, alarm.sinceMs + forMs)
    if (alarm.phase === 'normal' || alarm.isTold) return changesMs
    return Math.min(changesMs, this.#quietAt(alarm.quietMs, alarm.flips, atMs)?.untilMs ?? Number.POSITIVE_INFINITY)
  }

  #transition(what: Transition['what'], key: string, { alarm }: Pick<GroupState, 'alarm'>, atMs: number): Transition {
    const { firing, sinceMs, count } = alarm
    return {
      ...{ rule: this.rule, what, key, atMs, sinceMs, firing, incident: firing, count },
      ...{ isTold: false, quiet: undefined, values: [], startedMs: this.#own.startedMs, isEnded: false },
    }
  }
}

/** Forgets the groups of a rule of which nothing counts any more. */
export function sweepGroups({ condition, flap }: CompiledRule, own: RuleState, atMs: number): void {
  for (const [key, { memory, alarm }] of own.groups) {
    if (alarm.phase !== 'normal' || alarm.quietMs > atMs) continue
    const lastFlip = alarm.flips.at(-1)
    if (flap !== undefined && lastFlip !== undefined && lastFlip + flap.windowMs > atMs) continue
    const isKept = condition === undefined ? memory.lastMs + RULE_MATCH_OPEN_MS > atMs : !condition.isOver(memory, atMs)
    if (!isKept && !(condition?.startsKnown && key === ONLY_GROUP)) own.groups.delete(key)
  }
}
