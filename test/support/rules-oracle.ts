import { RULE_ABSENT_MS_MAX, RULE_HABIT_GAPS_MIN, RULE_MATCH_OPEN_MS, RULE_SLOTS } from '../../src/limits/limits'
import { durationMs, isPulse, type TriggerRule } from '../../src/rules/rule'

/** What came for a group at a moment. */
export interface OracleArrival {
  readonly atMs: number
  readonly key: string
  readonly count: number
  readonly total: number
}

/** Something that happened to a group. */
export interface OracleTransition {
  readonly what: 'fired' | 'told' | 'resolved'
  readonly key: string
  readonly atMs: number
  readonly isTold: boolean
}

interface Group {
  phase: 'normal' | 'pending' | 'firing'
  sinceMs: number
  isTold: boolean
  toldMs: number
  flips: number[]
}

/**
 * What a rule should do, worked out naively: it keeps every arrival, and asks at each millisecond whether the condition holds
 * by counting all of them again.
 */
export class RuleOracle {
  readonly transitions: OracleTransition[] = []
  readonly #rule: TriggerRule
  readonly #startedMs: number
  readonly #groups = new Map<string, Group>()
  #arrivals: OracleArrival[] = []
  #atMs: number

  constructor(rule: TriggerRule, startedMs: number) {
    this.#rule = rule
    this.#startedMs = startedMs
    this.#atMs = startedMs
    if (rule.trigger.type === 'absence' && rule.trigger.by === undefined) this.#group('[]')
  }

  /** Lets each millisecond pass, then takes what came. */
  take(atMs: number, arrivals: readonly Omit<OracleArrival, 'atMs'>[]): void {
    while (this.#atMs < atMs) {
      this.#atMs++
      for (const key of this.#groups.keys()) this.#look(key)
    }
    if (this.#rule.trigger.type === 'first_seen') this.#takeValues(arrivals)
    else for (const arrival of arrivals) this.#takeOne(arrival)
  }

  #takeOne(arrival: Omit<OracleArrival, 'atMs'>): void {
    this.#arrivals.push({ ...arrival, atMs: this.#atMs })
    this.#group(arrival.key)
    if (isPulse(this.#rule.trigger)) this.#pulse(arrival.key)
    else this.#look(arrival.key)
  }

  #takeValues(arrivals: readonly Omit<OracleArrival, 'atMs'>[]): void {
    const fresh = arrivals.filter(({ key }) => !this.#arrivals.some((before) => before.key === key))
    this.#arrivals.push(...fresh.map((arrival) => ({ ...arrival, atMs: this.#atMs })))
    if (fresh.length > 0) this.#pulse('[]')
  }

  #group(key: string): Group {
    const known = this.#groups.get(key)
    if (known) return known
    const group: Group = { phase: 'normal', sinceMs: this.#atMs, isTold: false, toldMs: -Infinity, flips: [] }
    this.#groups.set(key, group)
    return group
  }

  #pulse(key: string): void {
    const group = this.#group(key)
    const isTold = !this.#isQuiet(group)
    this.transitions.push({ what: 'fired', key, atMs: this.#atMs, isTold })
    if (group.phase === 'normal') group.isTold = false
    group.phase = 'firing'
    group.sinceMs = this.#atMs
    if (isTold) group.toldMs = this.#atMs
    group.isTold ||= isTold
  }

  #look(key: string): void {
    const group = this.#group(key)
    const atMs = this.#atMs
    if (isPulse(this.#rule.trigger)) {
      if (group.phase === 'firing' && atMs >= group.sinceMs + RULE_MATCH_OPEN_MS) this.#resolve(key, group)
      return
    }
    const holds = this.#holds(this.#arrivals.filter((arrival) => arrival.key === key))
    if (!holds && group.phase === 'firing') this.#resolve(key, group)
    if (!holds) group.phase = 'normal'
    if (holds && group.phase === 'normal') Object.assign(group, { phase: 'pending', sinceMs: atMs })
    const forMs = this.#rule.for === undefined ? 0 : durationMs(this.#rule.for)
    if (group.phase === 'pending' && atMs - group.sinceMs >= forMs) {
      group.phase = 'firing'
      group.flips.push(atMs)
      group.isTold = !this.#isQuiet(group)
      if (group.isTold) group.toldMs = atMs
      this.transitions.push({ what: 'fired', key, atMs, isTold: group.isTold })
    } else if (group.phase === 'firing' && !group.isTold && !this.#isQuiet(group)) {
      group.isTold = true
      group.toldMs = atMs
      this.transitions.push({ what: 'told', key, atMs, isTold: true })
    }
  }

  #resolve(key: string, group: Group): void {
    this.transitions.push({ what: 'resolved', key, atMs: this.#atMs, isTold: group.isTold })
    group.flips.push(this.#atMs)
    group.phase = 'normal'
    group.isTold = false
  }

  #isQuiet({ toldMs, flips }: Group): boolean {
    const { cooldown, flap, muted_until: muted, maintenance = [] } = this.#rule
    const atMs = this.#atMs
    if (muted !== undefined && atMs < Date.parse(muted)) return true
    if (maintenance.some((one) => 'zone' in one === false && Date.parse(one.from) <= atMs && atMs < Date.parse(one.to)))
      return true
    if (cooldown !== undefined && atMs < toldMs + durationMs(cooldown)) return true
    if (flap === undefined) return false
    return flips.filter((flip) => flip > atMs - durationMs(flap.window)).length >= flap.changes
  }

  #holds(own: readonly OracleArrival[]): boolean {
    const { trigger } = this.#rule
    const atMs = this.#atMs
    switch (trigger.type) {
      case 'count':
        return sumOf(own.filter((one) => one.atMs > atMs - durationMs(trigger.window))) >= trigger.count
      case 'absence': {
        const lastMs = own.at(-1)?.atMs ?? this.#startedMs
        return atMs >= lastMs + durationMs(trigger.for) && atMs < lastMs + RULE_ABSENT_MS_MAX
      }
      case 'habit':
        return this.#breaksHabit(own, trigger.factor, durationMs(trigger.least))
      case 'ratio': {
        const inside = this.#inSlots(own, durationMs(trigger.window), 0)
        const total = inside.reduce((sum, one) => sum + one.total, 0)
        return total >= trigger.least_total && sumOf(inside) > trigger.above * total
      }
      case 'change': {
        const windowMs = durationMs(trigger.window)
        const slotMs = Math.ceil(windowMs / RULE_SLOTS)
        if (Math.floor(atMs / slotMs) < Math.ceil((this.#startedMs + 2 * windowMs) / slotMs)) return false
        const now = sumOf(this.#inSlots(own, windowMs, 0))
        const before = sumOf(this.#inSlots(own, windowMs, 1))
        return trigger.factor > 1
          ? now >= trigger.least && now >= trigger.factor * before
          : before >= trigger.least && now <= trigger.factor * before
      }
      default:
        throw new Error('no condition')
    }
  }

  /** What came in the slots of the window, or of that many windows before. */
  #inSlots(own: readonly OracleArrival[], windowMs: number, before: number): OracleArrival[] {
    const slotMs = Math.ceil(windowMs / RULE_SLOTS)
    const slots = Math.ceil(windowMs / slotMs)
    const last = Math.floor(this.#atMs / slotMs) - before * slots
    return own.filter(({ atMs }) => Math.floor(atMs / slotMs) <= last && Math.floor(atMs / slotMs) > last - slots)
  }

  /** Goes through all gaps from the first, as RFC 6298 smooths them. */
  #breaksHabit(own: readonly OracleArrival[], factor: number, leastMs: number): boolean {
    const times = [...new Set(own.map(({ atMs }) => atMs))]
    let mean = 0
    let deviation = 0
    let gaps = 0
    const limit = (): number =>
      gaps < RULE_HABIT_GAPS_MIN ? Infinity : Math.ceil(Math.max(leastMs, factor * (mean + 4 * deviation)))
    for (let index = 1; index < times.length; index++) {
      const gap = Math.min(times[index] - times[index - 1], limit())
      deviation = gaps === 0 ? gap / 2 : deviation + (Math.abs(gap - mean) - deviation) / 4
      mean = gaps === 0 ? gap : mean + (gap - mean) / 8
      gaps++
    }
    const lastMs = times.at(-1) ?? Infinity
    return this.#atMs >= lastMs + limit() && this.#atMs < lastMs + RULE_ABSENT_MS_MAX
  }
}

const sumOf = (arrivals: readonly OracleArrival[]): number => arrivals.reduce((sum, { count }) => sum + count, 0)
