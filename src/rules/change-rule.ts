import { RECORD_RULES_BYTES_MAX, RECORD_RULES_MAX, RULE_BYTES_MAX, RULES_MAX } from '../limits/limits'
import type { Refusal } from '../tenant/contract'
import type { JsonObject } from '../tenant/directory-rows'
import { mergePatch } from '../tenant/settings-document'
import { draftOfRule, mirroredRules } from './active-rules'
import { faultOfRule } from './compile-rules'
import { type Rule, RuleDraft } from './rule'

/** A rule as it will be, or why it cannot be. */
export type RuleOutcome = { readonly ok: true; readonly rule: Rule } | { readonly ok: false; readonly refusal: Refusal }

/** A rule that somebody has written: in the place of one that is there, or new. */
export function writtenRule(id: string, draft: unknown, before: Rule | undefined, nowMs: number): RuleOutcome {
  const parsed = RuleDraft.safeParse(draft)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return invalid(`${['', ...issue.path].join('/')}: ${issue.message}`)
  }
  if (before !== undefined && before.kind !== parsed.data.kind) return invalid('/kind: it stays what it is')
  const fault = faultOfRule(parsed.data)
  if (fault !== undefined) return invalid(`${fault.pointer}: ${fault.detail}`)
  const at = new Date(nowMs).toISOString()
  const kept = {
    ...{ id, version: (before?.version ?? 0) + 1, created_at: before?.created_at ?? at, updated_at: at },
    ...(before?.built_in !== undefined && { built_in: before.built_in }),
    ...(before?.kind === 'record' && before.active_until !== undefined && { active_until: before.active_until }),
  }
  // Who writes a rule that was switched off for a reason, and does not switch it on, leaves it off for that reason.
  const reason = parsed.data.enabled ? undefined : before?.disabled_reason
  const rule: Rule = { ...parsed.data, ...kept, ...(reason && { disabled_reason: reason }) }
  if (JSON.stringify(rule).length > RULE_BYTES_MAX) return invalid(`a rule has at most ${RULE_BYTES_MAX} bytes of JSON`)
  return { ok: true, rule }
}

/** A rule with some of its members changed (RFC 7396). */
export const patchedRule = (before: Rule, patch: JsonObject, nowMs: number): RuleOutcome =>
  writtenRule(before.id, mergePatch(JSON.parse(JSON.stringify(draftOfRule(before))), patch), before, nowMs)

/** A rule that the service itself switches off, with what its owner is told. */
export function disabledRule(
  before: Rule,
  reason: { readonly code: string; readonly detail: string },
  nowMs: number,
): Rule {
  const at = new Date(nowMs).toISOString()
  const { code, detail } = reason
  return {
    ...before,
    enabled: false,
    version: before.version + 1,
    updated_at: at,
    disabled_reason: { code, detail, at },
  }
}

/** Why the rules of a tenant cannot all be together; undefined when they can. */
export function refusalOfRules(rules: readonly Rule[]): Refusal | undefined {
  const records = rules.filter(({ kind }) => kind === 'record')
  if (rules.length > RULES_MAX) return conflict(`A tenant has at most ${RULES_MAX} rules.`)
  if (records.length > RECORD_RULES_MAX) return conflict(`A tenant has at most ${RECORD_RULES_MAX} record rules.`)
  // As they are when all that can be switched on is.
  const all = records.map((rule) => ({ ...rule, enabled: true, active: 'always' as const }))
  if (JSON.stringify(mirroredRules(all, 0)).length > RECORD_RULES_BYTES_MAX)
    return conflict(`The record rules of a tenant have at most ${RECORD_RULES_BYTES_MAX} bytes of JSON together.`)
  return rules.map((rule) => refusalOfActions(rule, rules)).find((refusal) => refusal !== undefined)
}

/** A rule switches on record rules, which switch on nothing: no action can come back to where it began. */
function refusalOfActions(rule: Rule, rules: readonly Rule[]): Refusal | undefined {
  if (rule.kind === 'record') return undefined
  for (const action of rule.actions) {
    if (action.type !== 'record_rule') continue
    const target = rules.find(({ id }) => id === action.rule)
    if (target?.kind !== 'record')
      return { kind: 'invalid_change', detail: `/actions: ${action.rule} is no record rule.` }
    if (target.active === 'always')
      return {
        kind: 'invalid_change',
        detail: `/actions: ${action.rule} is always active, so nothing can switch it on.`,
      }
  }
  return undefined
}

const conflict = (detail: string): Refusal => ({ kind: 'conflict', detail })

const invalid = (detail: string): RuleOutcome => ({ ok: false, refusal: { kind: 'invalid_change', detail } })
