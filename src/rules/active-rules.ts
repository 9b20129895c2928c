import type { Node } from '../query/syntax'
import { readTenantSettings } from '../tenant/settings'
import { BUILT_IN_RULES, builtInId, ERROR_RATE_KEY } from './built-in-rules'
import { RECORD_RULES_MEMBER, readRecordRules, type StoredRecordRule } from './record-rules/record-rule'
import { RuleDraft as Draft, type RecordRule, type Rule, type RuleDraft, type TriggerRule } from './rule'

/** A built-in rule as every tenant has it; undefined where there is none of that id. */
export function builtInRule(id: string): Rule | undefined {
  const found = BUILT_IN_RULES.find(({ key }) => builtInId(key) === id)
  return found && { ...found.draft, id, version: 0, built_in: found.key }
}

/** All rules of a tenant in the order of their ids: its own, and the built-in ones that it has not edited. */
export function allRules(kept: readonly Rule[]): Rule[] {
  const own = new Set(kept.map(({ id }) => id))
  const others = BUILT_IN_RULES.flatMap(({ key }) => builtInRule(builtInId(key)) ?? []).filter(({ id }) => !own.has(id))
  return [...kept, ...others].sort((left, right) => (left.id < right.id ? -1 : 1))
}

/** What of the tenant's settings decides what its rules are asked. */
export interface RuleSurroundings {
  /** Services whose configuration says alert_on_errors. */
  readonly alerting: readonly string[]
}

/** What a document of settings says for rules. */
export const surroundingsOf = (document: Readonly<Record<string, unknown>>): RuleSurroundings => ({
  alerting: Object.entries(readTenantSettings(document).services)
    .filter(([, { alertOnErrors }]) => alertOnErrors)
    .map(([service]) => service)
    .sort(),
})

/** The trigger rules that are to be asked. */
export const askedRules = (rules: readonly Rule[], { alerting }: RuleSurroundings): TriggerRule[] =>
  rules.flatMap((rule) =>
    rule.kind === 'trigger' && rule.enabled && (rule.built_in !== ERROR_RATE_KEY || alerting.length > 0) ? [rule] : [],
  )

/** What a record must match beside a rule's query, because settings say so. */
export function narrowerOf({ built_in }: TriggerRule, { alerting }: RuleSurroundings): Node | undefined {
  if (built_in !== ERROR_RATE_KEY) return undefined
  const span = { from: 0, to: 0 }
  const values = alerting.map((text) => ({ text, quoted: true, span }))
  return { type: 'field', name: 'service', test: { op: 'in', values }, span }
}

/** The record rules that the Workers are to know of at a moment, as the settings document carries them. */
export const mirroredRules = (rules: readonly Rule[], nowMs: number): StoredRecordRule[] =>
  rules.flatMap((rule) => (rule.kind === 'record' && rule.enabled ? mirrored(rule, nowMs) : []))

/** Whether a settings document carries the record rules as they are. What has expired in it does no harm. */
export function isMirrored(
  document: Readonly<Record<string, unknown>>,
  rules: readonly Rule[],
  nowMs: number,
): boolean {
  const carried = readRecordRules(document).filter(
    ({ active_until_ms: untilMs = Number.POSITIVE_INFINITY }) => untilMs > nowMs,
  )
  // Read as it would be, so that the order of members is the same.
  const wanted = readRecordRules({ [RECORD_RULES_MEMBER]: mirroredRules(rules, nowMs) })
  return JSON.stringify(carried) === JSON.stringify(wanted)
}

function mirrored({ id, query, effect, active, active_until }: RecordRule, nowMs: number): StoredRecordRule[] {
  if (active === 'always') return [{ id, query, effect }]
  const untilMs = active_until === undefined ? 0 : Date.parse(active_until)
  return untilMs > nowMs ? [{ id, query, effect, active_until_ms: untilMs }] : []
}

/** The part of a rule that its author writes. */
export function draftOfRule(rule: Rule): RuleDraft {
  const members = Object.entries(rule).filter(([name]) => !KEPT.has(name))
  return Draft.parse(Object.fromEntries(members))
}

/** What the service keeps of a rule beside its draft. */
const KEPT: ReadonlySet<string> = new Set([
  ...['id', 'version', 'built_in', 'created_at', 'updated_at', 'disabled_reason', 'active_until'],
])
