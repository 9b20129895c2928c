import { draftOf } from '../../src/audit/audit-entry'
import { INCIDENTS_PAGE_MAX, RULE_GROUPS_MAX, RULES_RETRY_MS } from '../../src/limits/limits'
import { builtInRule, isMirrored, mirroredRules } from '../../src/rules/active-rules'
import { patchedRule, type RuleOutcome, refusalOfRules, writtenRule } from '../../src/rules/change-rule'
import type { Incident } from '../../src/rules/incident'
import { RECORD_RULES_MEMBER } from '../../src/rules/record-rules/record-rule'
import type { Rule } from '../../src/rules/rule'
import type { RulesAnswer, RulesAsk } from '../../src/rules/rules-ask'
import { shownGroups } from '../../src/rules/shown-group'
import type { Caller, Refusal } from '../../src/tenant/contract'
import type { JsonObject } from '../../src/tenant/directory-rows'
import type { Directory } from './directory'
import type { Holdings } from './holdings'
import type { KeptIncident } from './incident-rows'
import type { Triage } from './triage'

/** What the desk needs of its object. */
export interface RuleDeskSurroundings {
  readonly triage: Triage
  readonly directory: Pick<Directory, 'refusalFor' | 'changeSettings' | 'unreadiness'>
  readonly audit: Holdings['audit']
  readonly transaction: <T>(turn: () => T) => T
  readonly clock: () => number
  readonly waitUntil: (work: Promise<unknown>) => void
  readonly report: (event: string, error: unknown) => void
}

type Change = Extract<RulesAsk, { readonly what: 'create' | 'put' | 'patch' | 'delete' | 'enable' | 'reset' }>

/** Answers what is asked of the tenant's rules and incidents: each change is one transaction, with its account. */
export class RuleDesk {
  readonly #around: RuleDeskSurroundings

  /** What has failed is not tried again before that. */
  #retryMs = 0
  #mirroring: Promise<Refusal | undefined> | undefined

  constructor(around: RuleDeskSurroundings) {
    this.#around = around
  }

  /** Does what time alone does, if it is time. Never throws. */
  tick(): void {
    const { triage, transaction, clock, report } = this.#around
    const nowMs = clock()
    if (nowMs < this.#retryMs) return
    try {
      transaction(() => triage.tick(nowMs))
    } catch (error) {
      this.#retryMs = nowMs + RULES_RETRY_MS
      report('rules_failed', error)
    }
    this.kick()
  }

  /** Tells the Workers of record rules that were switched on. Cheap when none was; never throws, and waits for nobody. */
  kick(): void {
    const { triage, clock, waitUntil, report } = this.#around
    if (!triage.isMirrorDue || this.#mirroring !== undefined || clock() < this.#retryMs) return
    const failed = (error: unknown): void => {
      this.#retryMs = clock() + RULES_RETRY_MS
      report('record_rules_not_mirrored', error)
    }
    waitUntil(this.mirror().then((refusal) => (refusal ? failed(new Error(refusal.kind)) : undefined), failed))
  }

  /** When there is something to do; undefined when nothing waits. */
  dueMs(nowMs: number): number | undefined {
    const { triage } = this.#around
    const times = [triage.dueMs(nowMs), triage.isMirrorDue ? nowMs + RULES_RETRY_MS : undefined]
    const known = times.filter((time) => time !== undefined)
    return known.length === 0 ? undefined : Math.max(Math.min(...known), this.#retryMs)
  }

  async ask(by: Caller, ask: RulesAsk): Promise<RulesAnswer> {
    const { directory, triage, transaction } = this.#around
    const refusal = directory.refusalFor(by) ?? (isChange(ask) ? await this.#unreadiness(ask) : undefined)
    if (refusal) return refused(refusal)
    const answer = transaction(() => this.#answer(by, ask))
    if (!answer.ok || !triage.isMirrorDue) return answer
    // What the Workers do not hear of does not hold: who asked comes again.
    const unpublished = await this.mirror()
    return unpublished === undefined ? answer : refused(unpublished)
  }

  /**
   * Puts the record rules into the settings document, by whose version the Workers hear of them. Where the store of
   * directories does not answer it is tried again: nobody is shut out by a version that cannot be read.
   */
  mirror(): Promise<Refusal | undefined> {
    this.#mirroring ??= this.#mirror().finally(() => {
      this.#mirroring = undefined
    })
    return this.#mirroring
  }

  async #mirror(): Promise<Refusal | undefined> {
    const { directory, triage, clock } = this.#around
    const outcome = await directory.changeSettings((document) => {
      const nowMs = clock()
      const rules = triage.list()
      if (isMirrored(document, rules, nowMs)) return undefined
      const mirrored: JsonObject['member'] = JSON.parse(JSON.stringify(mirroredRules(rules, nowMs)))
      const { [RECORD_RULES_MEMBER]: _, ...others } = document
      return Array.isArray(mirrored) && mirrored.length === 0 ? others : { ...others, [RECORD_RULES_MEMBER]: mirrored }
    })
    if (!outcome.ok) return outcome.refusal
    triage.isMirrorDue = false
    return undefined
  }

  #answer(by: Caller, ask: RulesAsk): RulesAnswer {
    const refusal = this.#around.directory.refusalFor(by)
    if (refusal) return refused(refusal)
    switch (ask.what) {
      case 'list':
        return { ok: true, rules: this.#around.triage.list() }
      case 'get':
        return this.#withRule(ask.id, (rule) => ({ ok: true, rule }))
      case 'groups':
        return this.#withRule(ask.id, () => ({ ok: true, groups: this.#groups(ask.id) }))
      case 'incidents':
        return this.#incidents(ask)
      case 'incident':
        return this.#withIncident(ask.id, (incident) => ({ ok: true, incident: this.#shown(incident) }))
      case 'versions':
        return this.#withRule(ask.id, (rule) => ({ ok: true, rules: this.#versions(rule) }))
      case 'fail':
        return this.#withRule(ask.id, (rule) => this.#fail(rule, ask))
      case 'resolve':
        return this.#withIncident(ask.id, (incident) => this.#resolve(by, incident, ask.note))
      case 'acknowledge':
        return this.#withIncident(ask.id, (incident) => this.#acknowledge(by, incident, ask.note))
      default:
        return this.#change(by, ask)
    }
  }

  #change(by: Caller, ask: Change): RulesAnswer {
    const { triage, clock } = this.#around
    const rules = triage.list()
    const before = rules.find(({ id }) => id === ask.id)
    if (ask.what === 'create' && before !== undefined) return conflict(`There is a rule ${ask.id} already.`)
    if (ask.what !== 'create' && before === undefined) return refused({ kind: 'not_found' })
    if ('ifVersion' in ask && ask.ifVersion !== undefined && ask.ifVersion !== before?.version)
      return refused({ kind: 'precondition_failed' })
    if (ask.what === 'delete') return this.#delete(by, before)
    const outcome = nextRule(ask, before, clock())
    if (!outcome.ok) return outcome
    const { rule } = outcome
    const refusal = refusalOfRules([...rules.filter(({ id }) => id !== rule.id), rule])
    if (refusal) return refused(refusal)
    if (ask.what === 'reset') triage.rows.forget(rule.id)
    else triage.rows.put(rule)
    triage.renew(clock())
    const what = before === undefined ? 'rule.added' : 'rule.edited'
    return { ok: true, rule, audit: this.#account(by, { what, id: rule.id, before, after: rule }) }
  }

  #delete(by: Caller, before: Rule | undefined): RulesAnswer {
    const { triage, clock } = this.#around
    if (before === undefined) return refused({ kind: 'not_found' })
    if (before.built_in !== undefined) return conflict('A built-in rule cannot be deleted: switch it off.')
    const users = triage
      .list()
      .filter(
        (rule) =>
          rule.kind === 'trigger' && rule.actions.some((action) => 'rule' in action && action.rule === before.id),
      )
    if (users.length > 0) return conflict(`It is switched on by ${users.map(({ id }) => id).join(', ')}.`)
    triage.rows.forget(before.id)
    triage.renew(clock())
    const audit = this.#account(by, { what: 'rule.removed', id: before.id, before, after: undefined })
    return { ok: true, deleted: before.id, audit }
  }

  #withRule(id: string, answer: (rule: Rule) => RulesAnswer): RulesAnswer {
    const rule = this.#around.triage.list().find((one) => one.id === id)
    return rule === undefined ? refused({ kind: 'not_found' }) : answer(rule)
  }

  /** Of a rule that was never edited there is one. */
  #versions(rule: Rule): readonly Rule[] {
    const kept = this.#around.triage.rows.listVersions(rule.id)
    return kept.length === 0 ? [rule] : kept
  }

  #fail(rule: Rule, reason: { readonly code: string; readonly detail: string }): RulesAnswer {
    const { triage, clock } = this.#around
    const { code, detail } = reason
    if (rule.enabled) triage.disable(rule.id, { code, detail }, clock())
    return this.#withRule(rule.id, (after) => ({ ok: true, rule: after }))
  }

  #groups(id: string) {
    const { triage, clock } = this.#around
    const remembered = triage.remembered(id, clock())
    const own = remembered?.state.rules.get(id)
    if (remembered === undefined || own === undefined) return []
    return shownGroups(remembered.rule, own, clock()).slice(0, RULE_GROUPS_MAX)
  }

  #incidents({ limit, before, rule, state }: Extract<RulesAsk, { what: 'incidents' }>): RulesAnswer {
    const most = Math.min(limit, INCIDENTS_PAGE_MAX)
    const found = this.#around.triage.incidents.list({ limit: most + 1, before, rule, state })
    const incidents = found.slice(0, most).map((incident) => this.#shown(incident))
    return { ok: true, incidents, more: found.length > most }
  }

  #withIncident(id: string, answer: (incident: KeptIncident) => RulesAnswer): RulesAnswer {
    const incident = this.#around.triage.incidents.find(id)
    return incident === undefined ? refused({ kind: 'not_found' }) : answer(incident)
  }

  #acknowledge(by: Caller, before: KeptIncident, note: string | undefined): RulesAnswer {
    const { triage, clock } = this.#around
    if (before.acknowledged_at !== undefined) return { ok: true, incident: this.#shown(before) }
    const acknowledged = { acknowledged_at: new Date(clock()).toISOString(), acknowledged_by: by.keyId }
    const state = before.state === 'open' ? 'acknowledged' : before.state
    const after: KeptIncident = { ...before, ...acknowledged, state, ...(note !== undefined && { note }) }
    triage.incidents.put(after)
    const changes = [
      { what: 'incident.acknowledged', kind: 'incident', id: before.id, before: null, after: { ...acknowledged } },
    ]
    const audit = this.#around.audit.append(draftOf(by, { changes }), clock())
    return { ok: true, incident: this.#shown(after), audit }
  }

  #resolve(by: Caller, before: KeptIncident, note: string | undefined): RulesAnswer {
    const { triage, audit, clock } = this.#around
    if (before.state === 'resolved') return { ok: true, incident: this.#shown(before) }
    triage.resolve(before, clock())
    const after = triage.incidents.find(before.id) ?? before
    const resolved = note === undefined ? after : { ...after, note }
    triage.incidents.put(resolved)
    const changes = [
      { what: 'incident.resolved', kind: 'incident', id: before.id, before: null, after: { note: note ?? null } },
    ]
    const entry = audit.append(draftOf(by, { changes }), clock())
    return { ok: true, incident: this.#shown(resolved), audit: entry }
  }

  /** While it is not resolved, what has come since stands in what the rule remembers. */
  #shown({ key, firing, ...incident }: KeptIncident): Incident {
    if (incident.state === 'resolved') return incident
    const { triage, clock } = this.#around
    const own = triage.remembered(incident.rule.id, clock())?.state.rules.get(incident.rule.id)
    const group = own?.groups.get(key)
    if (group?.alarm.phase !== 'firing' || group.alarm.firing !== firing) return incident
    const lastMs = Math.max(Date.parse(incident.last_match_at), Math.min(group.memory.lastMs, clock()))
    return { ...incident, count: group.alarm.count, last_match_at: new Date(lastMs).toISOString() }
  }

  /** A record rule that the Workers cannot hear of is not taken. */
  #unreadiness(ask: Change): Promise<Refusal | undefined> | undefined {
    const { triage, directory } = this.#around
    const kind = ask.what === 'create' ? ask.draft.kind : triage.list().find(({ id }) => id === ask.id)?.kind
    return kind === 'record' ? directory.unreadiness() : undefined
  }

  #account(
    by: Caller,
    { what, id, before, after }: { what: string; id: string; before: Rule | undefined; after: Rule | undefined },
  ): number {
    const changes = [{ what, kind: 'rule', id, before: jsonOf(before), after: jsonOf(after) }]
    return this.#around.audit.append(draftOf(by, { changes }), this.#around.clock())
  }
}

const CHANGES: ReadonlySet<string> = new Set(['create', 'put', 'patch', 'delete', 'enable', 'reset'])

const isChange = (ask: RulesAsk): ask is Change => CHANGES.has(ask.what)

function nextRule(ask: Exclude<Change, { what: 'delete' }>, before: Rule | undefined, nowMs: number): RuleOutcome {
  if (ask.what === 'create' || ask.what === 'put') return writtenRule(ask.id, ask.draft, before, nowMs)
  if (before === undefined) return { ok: false, refusal: { kind: 'not_found' } }
  if (ask.what === 'patch') return patchedRule(before, ask.patch, nowMs)
  if (ask.what === 'enable') return patchedRule(before, { enabled: ask.enabled }, nowMs)
  const original = builtInRule(ask.id)
  if (original !== undefined) return { ok: true, rule: original }
  return { ok: false, refusal: { kind: 'conflict', detail: 'Only a built-in rule can be reset.' } }
}

const jsonOf = (rule: Rule | undefined): JsonObject | null =>
  rule === undefined ? null : JSON.parse(JSON.stringify(rule))

const refused = (refusal: Refusal): RulesAnswer => ({ ok: false, refusal })

const conflict = (detail: string): RulesAnswer => refused({ kind: 'conflict', detail })
