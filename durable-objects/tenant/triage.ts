import { decodeBlock } from '../../src/blocks/block-bytes'
import type { LimitStatus } from '../../src/limits/limiter'
import {
  JOURNAL_BYTES_MAX,
  RULE_CLOCK_BACK_MS_MAX,
  RULE_QUOTA_WINDOW_MS_MIN,
  RULE_SAMPLE_ROWS_MAX,
  RULES_ENTRIES_MAX,
  RULES_TAIL_CHARACTERS_MAX,
} from '../../src/limits/limits'
import {
  allRules,
  askedRules,
  builtInRule,
  isMirrored,
  narrowerOf,
  type RuleSurroundings,
  surroundingsOf,
} from '../../src/rules/active-rules'
import { disabledRule } from '../../src/rules/change-rule'
import { type CompiledRule, type CompiledRules, compileRules } from '../../src/rules/compile-rules'
import {
  type Arrival,
  dueMsOf,
  endByHand,
  endOf,
  type RuleFailure,
  reconcile,
  sweepGroups,
  type Transition,
  type Turn,
  takeArrivals,
} from '../../src/rules/evaluate'
import { disabledEvent, eventsOf, incidentIdOf, incidentOf, sampleOf } from '../../src/rules/firing'
import { groupKey } from '../../src/rules/group-key'
import { matchBlock, type RuleMatches } from '../../src/rules/match-table'
import { durationMs, type Rule } from '../../src/rules/rule'
import { noRulesState, type RulesState, weightOf } from '../../src/rules/rules-state'
import { decodeRulesState, encodeRulesState } from '../../src/rules/rules-state-bytes'
import { RulesTail } from '../../src/rules/rules-tail'
import { USAGE_PARTS } from '../../src/rules/usage'
import { type JsonObject, SETTINGS_ID } from '../../src/tenant/directory-rows'
import type { TenantState } from '../../src/tenant/state'
import type { TenantEvent } from '../../src/webhooks/event'
import type { Holdings } from './holdings'
import { IncidentRows, type KeptIncident } from './incident-rows'
import { RuleRows } from './rule-rows'

/** What the rules need of their object. */
export interface TriageSurroundings {
  readonly held: Pick<Holdings, 'state' | 'directory' | 'audit'>
  readonly storage: DurableObjectStorage
  /** Whether the tenant has rules at all. */
  readonly isOn: () => boolean
  /** Writes an event into the outbox, as part of the transaction. */
  readonly putEvent: (event: TenantEvent) => void
  /** What was written in here is undone, and the transaction goes on: whoever remembers it goes by what storage has. */
  readonly undone: () => void
  readonly report: (event: string, error: unknown) => void
}

/** What the rules are told of a batch that is being stored. */
export interface BatchFacts {
  readonly firstSeq: number
  readonly nowMs: number
  /** What is left of the limits that the batch was held against. */
  readonly limits: readonly LimitStatus[]
}

/** What evaluating a batch leaves to be written with it. */
export interface Evaluated {
  /** For the state row of the same transaction. */
  readonly tail: string
  /** Rows that were written for it, beside the state row. */
  readonly rowsWritten: number
}

/** The rules as they are asked now, and what they were made of. */
interface Known {
  readonly compiled: CompiledRules
  readonly rules: readonly Rule[]
  readonly version: number
  readonly hasDirectory: boolean
  readonly surroundings: string
}

/**
 * The rules that watch what arrives. What they remember is in memory; storage has it as it was at some moment, in a row of its
 * own, and what came since, in the state row that each batch writes anyway: so what a batch does to the rules is on disk with
 * the batch, and costs no row but one in a hundred or so, when that tail is full.
 */
export class Triage {
  readonly rows: RuleRows
  readonly incidents: IncidentRows
  readonly #around: TriageSurroundings
  #known: Known | undefined
  #state: RulesState | undefined
  #tail = new RulesTail()
  #tailMax = TAIL_CHARACTERS_MIN
  /** Times that the memory was stored, for the account of rows. */
  #stores = 0

  constructor(around: TriageSurroundings) {
    this.#around = around
    this.rows = new RuleRows(around.storage.sql)
    this.incidents = new IncidentRows(around.storage.sql)
  }

  /**
   * Asks the rules about a batch, inside the transaction that stores it. Whatever goes wrong in here, the batch is stored: a
   * rule that fails is switched off, and should the rules fail as a whole, what they did with this batch is undone.
   */
  evaluate(blocks: readonly Uint8Array[], facts: BatchFacts): Evaluated {
    if (!this.#around.isOn()) return this.#pause()
    try {
      return this.#evaluate(blocks, facts)
    } catch (error) {
      this.forget()
      this.#around.undone()
      this.#around.report('rules_failed', error)
      return { tail: this.#around.held.state.read().rulesTail, rowsWritten: 0 }
    }
  }

  /** What time alone has done. Part of a transaction of the caller. */
  tick(nowMs: number): void {
    const dueMs = this.dueMs(nowMs)
    if (dueMs === undefined || dueMs > nowMs) return
    const { compiled } = this.refresh(nowMs)
    const state = this.#memory(compiled)
    const isSetBack = state.atMs > nowMs
    const turn = takeArrivals(compiled, state, this.#usages(compiled, state, []), nowMs)
    // A rule may be due early: when something was due and then came.
    if (!isSetBack && turn.transitions.length + turn.failures.length + turn.taken.length === 0) return
    this.#tail.add(turn.taken, nowMs)
    this.#act(turn, [], nowMs)
    this.#store(nowMs)
    this.#putTail()
  }

  /** When time alone does something to the rules; undefined when it does not. */
  dueMs(nowMs: number): number | undefined {
    if (!this.#around.isOn()) return undefined
    if (this.#known === undefined && this.#around.held.state.read().rulesTail === '' && !this.#hasState())
      return undefined
    const { compiled } = this.#known ?? this.#compile(nowMs)
    const state = this.#memory(compiled)
    // A clock that was set back far is to be heard of.
    return state.atMs - nowMs > RULE_CLOCK_BACK_MS_MAX ? nowMs : dueMsOf(state)
  }

  /** All rules of the tenant, built-in ones too. */
  list(): readonly Rule[] {
    return allRules(this.rows.list())
  }

  /** What is known is old: after a transaction that was rolled back. */
  forget(): void {
    this.#known = undefined
    this.#state = undefined
    this.#tail = new RulesTail()
  }

  /** The rules were changed: begins with the new ones. Part of a transaction of the caller. */
  renew(nowMs: number): void {
    const before = this.#known ?? this.#compile(nowMs)
    this.#memory(before.compiled)
    this.#begin(before, this.#compile(nowMs), nowMs)
    this.#store(nowMs)
    this.#putTail()
  }

  /** Resolves an incident by hand. Part of a transaction of the caller. */
  resolve(incident: KeptIncident, nowMs: number): void {
    const { id } = incident.rule
    const remembered = this.remembered(id, nowMs)
    const own = remembered?.state.rules.get(id)
    const isOn = own?.groups.get(incident.key)?.alarm.firing === incident.firing
    if (remembered !== undefined && own !== undefined && isOn) {
      for (const transition of endByHand(remembered.rule, own, incident.key, nowMs)) this.#tell(transition, [], nowMs)
      this.#store(nowMs)
      this.#putTail()
    }
    const after = this.incidents.find(incident.id) ?? incident
    const at = new Date(nowMs).toISOString()
    this.incidents.put({ ...after, state: 'resolved', resolved_at: after.resolved_at ?? at })
  }

  /** What a rule remembers, and as what it is asked. */
  remembered(id: string, nowMs: number): { readonly rule: CompiledRule; readonly state: RulesState } | undefined {
    const { compiled } = this.#known ?? this.#compile(nowMs)
    const rule = compiled.rules.find((one) => one.rule.id === id)
    return rule && { rule, state: this.#memory(compiled) }
  }

  /** The rules as the directory and the table of rules have them now. */
  refresh(nowMs: number): Known {
    const known = this.#known
    const { settingsVersion, hasDirectory } = this.#around.held.state.read()
    if (known !== undefined && this.#isCurrent()) return known
    const surroundings = JSON.stringify(this.#surroundings())
    if (known?.surroundings === surroundings) {
      this.#known = { ...known, version: settingsVersion, hasDirectory }
      return this.#known
    }
    const next = this.#compile(nowMs)
    if (known !== undefined) this.#memory(known.compiled)
    if (this.#begin(known, next, nowMs)) this.#store(nowMs)
    return next
  }

  #isCurrent(): boolean {
    const { settingsVersion, hasDirectory } = this.#around.held.state.read()
    return this.#known?.version === settingsVersion && this.#known.hasDirectory === hasDirectory
  }

  #evaluate(blocks: readonly Uint8Array[], { firstSeq, nowMs, limits }: BatchFacts): Evaluated {
    const stores = this.#stores
    const { compiled } = this.#undoable(() => this.refresh(nowMs), this.#isCurrent())
    const state = this.#memory(compiled)
    if (compiled.rules.length === 0) return { tail: this.#tail.text, rowsWritten: this.#stores - stores }
    const matches: RuleMatches[] = []
    const failures = new Map<string, RuleFailure>()
    let seq = firstSeq
    for (const bytes of blocks) {
      const block = decodeBlock(bytes)
      const found = matchBlock(compiled, block, seq)
      matches.push(...found.matches)
      for (const failure of found.failures) failures.set(failure.rule.rule.id, failure)
      seq += block.rows
    }
    const arrivals = [...together(matches), ...this.#usages(compiled, state, limits)]
    const turn = takeArrivals(
      compiled,
      state,
      arrivals.filter(({ rule }) => !failures.has(rule)),
      nowMs,
    )
    const all = { ...turn, failures: [...turn.failures, ...failures.values()] }
    const didSomething = turn.taken.length + turn.transitions.length > 0
    if (didSomething) this.#tail.add(turn.taken, nowMs)
    else this.#tail.pass(nowMs)
    const isActing = turn.transitions.length + all.failures.length > 0
    const isFull = this.#tail.text.length > this.#tailMax
    this.#undoable(() => {
      if (isActing) this.#act(all, matches, nowMs)
      if (isFull) this.#store(nowMs)
    }, !isActing && !isFull)
    return { tail: this.#tail.text, rowsWritten: this.#stores - stores }
  }

  /** Undoes what was written should it fail, and leaves the rest of the transaction as it is. Nothing to write needs no undoing. */
  #undoable<T>(turn: () => T, writesNothing: boolean): T {
    return writesNothing ? turn() : this.#around.storage.transactionSync(turn)
  }

  /** A tenant that has rules no more remembers nothing for them. */
  #pause(): Evaluated {
    if (this.#around.held.state.read().rulesTail !== '') this.rows.putState(encodeRulesState(noRulesState()))
    this.forget()
    return { tail: '', rowsWritten: 0 }
  }

  #act({ transitions, failures }: Turn, matches: readonly RuleMatches[], nowMs: number): void {
    for (const transition of transitions) this.#tell(transition, matches, nowMs)
    for (const failure of failures) this.disable(failure.rule.rule.id, failure, nowMs)
  }

  #tell(transition: Transition, matches: readonly RuleMatches[], nowMs: number): void {
    const { what, isTold } = transition
    if (!isTold) return
    const rows = what === 'resolved' ? [] : sampleFor(transition, matches)
    for (const event of eventsOf(transition, rows)) this.#around.putEvent(event)
    if (what === 'resolved') this.#resolve(transition)
    else this.#begun(transition, rows, nowMs)
  }

  #begun(transition: Transition, rows: readonly JsonObject[], nowMs: number): void {
    const incident = incidentOf(transition, rows)
    const { key, incident: firing } = transition
    if (incident !== undefined) this.incidents.add({ ...incident, key, firing })
    for (const action of transition.rule.rule.actions)
      if (action.type === 'record_rule') this.#switchOn(action.rule, nowMs + durationMs(action.for), nowMs)
  }

  #resolve(transition: Transition): void {
    const incident = this.incidents.find(incidentIdOf(transition))
    if (incident === undefined || incident.state === 'resolved') return
    const at = new Date(transition.atMs).toISOString()
    this.incidents.put({ ...incident, state: 'resolved', resolved_at: at, count: transition.count })
  }

  /** Switches a record rule on for a time. The settings document, and so the Workers, hear of it by `mirrorRecordRules`. */
  #switchOn(id: string, untilMs: number, nowMs: number): void {
    const rule = this.rows.list().find((one) => one.id === id)
    if (rule?.kind !== 'record' || !rule.enabled || rule.active === 'always') return
    const beforeMs = rule.active_until === undefined ? 0 : Date.parse(rule.active_until)
    // It is switched on again when half of its time is over, not with each match.
    if (beforeMs - nowMs > (untilMs - nowMs) / 2) return
    const until = new Date(untilMs).toISOString()
    this.rows.put({ ...rule, active_until: until })
    this.#account(id, 'rule.switched_on', { active_until: rule.active_until ?? null }, { active_until: until }, nowMs)
    this.isMirrorDue = true
  }

  /** The record rules that the Workers are to know of have changed. */
  isMirrorDue = false

  /** Switches a rule off for a reason, and tells its owner. Part of a transaction of the caller. */
  disable(id: string, reason: { readonly code: string; readonly detail: string }, nowMs: number): void {
    const { code, detail } = reason
    const before = this.rows.list().find((one) => one.id === id) ?? builtInRule(id)
    if (before === undefined || !before.enabled) return
    const after = disabledRule(before, { code, detail }, nowMs)
    this.rows.put(after)
    this.#account(id, 'rule.disabled', { enabled: true }, { enabled: false, reason: { code, detail } }, nowMs)
    this.#around.putEvent(disabledEvent(after, { code, detail }, nowMs))
    this.#closeIncidents(id, nowMs)
    this.#state?.rules.delete(id)
    this.#compile(nowMs)
    this.#store(nowMs)
  }

  #account(id: string, what: string, before: JsonObject, after: JsonObject, nowMs: number): void {
    const change = { what, kind: 'rule', id, before, after }
    const actor = { id: 'sluice', kind: 'service' }
    this.#around.held.audit.append({ action: 'change', actor, changes: [change] }, nowMs)
  }

  /** Begins with other rules. Answers whether any of them is another. */
  #begin(before: Known | undefined, next: Known, nowMs: number): boolean {
    const state = this.#memory(next.compiled)
    const basisOf = new Map(next.compiled.rules.map(({ rule, basis }) => [rule.id, basis]))
    const gone = [...state.rules].filter(([id, { basis }]) => basisOf.get(id) !== basis)
    for (const [id, own] of gone) {
      const rule = before?.compiled.rules.find((one) => one.rule.id === id)
      if (rule !== undefined) for (const transition of endOf(rule, own, nowMs)) this.#tell(transition, [], nowMs)
      this.#closeIncidents(id, nowMs)
    }
    const isOther = gone.length > 0 || next.compiled.rules.some(({ rule }) => !state.rules.has(rule.id))
    reconcile(next.compiled, state, nowMs)
    this.#known = next
    return isOther
  }

  #closeIncidents(rule: string, nowMs: number): void {
    const at = new Date(nowMs).toISOString()
    for (const incident of this.incidents.listUnresolved(rule))
      this.incidents.put({ ...incident, state: 'resolved', resolved_at: at })
  }

  #settings(): JsonObject {
    return this.#around.held.directory.find('settings', SETTINGS_ID)?.value ?? {}
  }

  #surroundings(): RuleSurroundings {
    return surroundingsOf(this.#settings())
  }

  #compile(nowMs: number): Known {
    const { settingsVersion: version, hasDirectory } = this.#around.held.state.read()
    const surroundings = this.#surroundings()
    const rules = this.list()
    // What another version of the code took and this one cannot read is not asked.
    const { compiled } = compileRules(askedRules(rules, surroundings), (rule) => narrowerOf(rule, surroundings))
    const known = { compiled, rules, version, hasDirectory, surroundings: JSON.stringify(surroundings) }
    this.#known = known
    this.isMirrorDue ||= !isMirrored(this.#settings(), rules, nowMs)
    return known
  }

  #hasState(): boolean {
    return this.#state !== undefined || this.rows.readState() !== undefined
  }

  /** What the rules remember: as it was stored, and what came since. */
  #memory(compiled: CompiledRules): RulesState {
    if (this.#state !== undefined) return this.#state
    const bytes = this.rows.readState()
    const state = (bytes && decodeRulesState(bytes)) ?? noRulesState()
    const tail = new RulesTail(this.#around.held.state.read().rulesTail)
    for (const { arrivals, atMs } of tail.read()) takeArrivals(compiled, state, arrivals, atMs)
    this.#tail = tail
    this.#tailMax = tailMaxFor(bytes?.length ?? 0)
    this.#state = state
    return state
  }

  /** Stores what the rules remember. The tail begins anew, and is to be written to the state row in the same transaction. */
  #store(nowMs: number): void {
    const { compiled } = this.#known ?? this.#compile(nowMs)
    const state = this.#memory(compiled)
    for (const rule of compiled.rules) {
      const own = state.rules.get(rule.rule.id)
      if (own !== undefined) sweepGroups(rule, own, state.atMs)
    }
    const tooLarge = heaviest(state)
    const bytes = encodeRulesState(state)
    this.rows.putState(bytes)
    this.#stores++
    this.#tailMax = tailMaxFor(bytes.length)
    this.#tail = new RulesTail()
    const rule = compiled.rules.find((one) => one.rule.id === tooLarge)
    if (rule !== undefined) this.disable(rule.rule.id, TOO_LARGE, nowMs)
  }

  /** Batches write the state row themselves; here it must not say what is stored already. */
  #putTail(): void {
    const state: TenantState = this.#around.held.state.read()
    if (state.rulesTail !== this.#tail.text) this.#around.held.state.put({ ...state, rulesTail: this.#tail.text })
  }

  /** What is used of limits, where a rule asks: when it is much, and when it was. */
  #usages(compiled: CompiledRules, state: RulesState, limits: readonly LimitStatus[]): Arrival[] {
    return compiled.rules.flatMap(({ rule }) => {
      if (rule.trigger.type !== 'usage') return []
      const { above } = rule.trigger
      const groups = state.rules.get(rule.id)?.groups
      const uses = rule.trigger.of === 'quota' ? quotaUses(limits) : [this.#storageUse()]
      return uses
        .filter(({ key, used }) => used > above || groups?.has(key))
        .map(({ key, used, forMs }) => ({ rule: rule.id, key, count: Math.round(used * USAGE_PARTS), total: forMs }))
    })
  }

  #storageUse(): Use {
    const { journalBytes, sealedBytes } = this.#around.held.state.read()
    return {
      key: groupKey(['journal']),
      used: (journalBytes + sealedBytes) / JOURNAL_BYTES_MAX,
      forMs: STORAGE_KNOWN_MS,
    }
  }
}

/** How much of a limit is used, and for how long that is known at most. */
interface Use {
  readonly key: string
  readonly used: number
  readonly forMs: number
}

/** What waits in the object is looked at with each batch; when none comes for a day, nothing is known of it. */
const STORAGE_KNOWN_MS = 24 * 60 * 60 * 1000

/** A window that was full is empty when its length is over. */
const quotaUses = (limits: readonly LimitStatus[]): Use[] =>
  limits
    .filter(({ windowMs, limit }) => windowMs >= RULE_QUOTA_WINDOW_MS_MIN && limit > 0)
    .map(({ policy, limit, remaining, windowMs }) => ({
      key: groupKey([policy]),
      used: (limit - remaining) / limit,
      forMs: windowMs,
    }))

/** What came for the same group in several blocks of a batch came at once. */
function together(matches: readonly RuleMatches[]): Arrival[] {
  const arrivals = matches.flatMap((one) => one.arrivals)
  if (new Set(matches.map(({ rule }) => rule)).size === matches.length) return arrivals
  const sums = new Map<string, Arrival>()
  for (const arrival of arrivals) {
    const name = `${arrival.rule} ${arrival.key}`
    const known = sums.get(name)
    const { count = 0, total = 0 } = known ?? {}
    sums.set(name, { ...arrival, count: count + arrival.count, total: total + arrival.total })
  }
  return [...sums.values()]
}

function sampleFor({ rule, key }: Transition, matches: readonly RuleMatches[]): JsonObject[] {
  const found = matches.find((one) => one.rule === rule)
  if (found === undefined) return []
  const { table, rows } = found.rowsOf(key, RULE_SAMPLE_ROWS_MAX)
  return sampleOf(table, rows, SHARD)
}

/** A tenant is one object until it outgrows it. */
const SHARD = 0

const TOO_LARGE = { code: 'state_too_large', detail: 'The rules remember too much, and this one most of all.' }

/** The rule that remembers most, when all together remember too much. */
function heaviest({ rules }: RulesState): string | undefined {
  const weights = Array.from(rules, ([id, own]) => ({ id, weight: weightOf(own) }))
  if (weights.reduce((sum, { weight }) => sum + weight, 0) <= RULES_ENTRIES_MAX) return undefined
  return weights.reduce((most, one) => (one.weight > most.weight ? one : most)).id
}

/** As with the limiter: tail and memory are least together where a batch adds as much to one as it writes of the other. */
const tailMaxFor = (stateBytes: number): number =>
  Math.min(RULES_TAIL_CHARACTERS_MAX, Math.max(TAIL_CHARACTERS_MIN, Math.sqrt(2 * stateBytes * CHARACTERS_PER_BATCH)))

const TAIL_CHARACTERS_MIN = 2048
/** What a batch adds to the tail where a dozen groups of rules see something. */
const CHARACTERS_PER_BATCH = 128
