import { parseQuery } from '../query/parse'
import type { Node, Test } from '../query/syntax'
import { faultOfRule, type RuleFault } from './compile-rules'
import { INCIDENT_SEVERITIES, type RecordEffect, type Rule, type RuleDraft } from './rule'

/** A rule that is there, or that somebody wants to be there. */
export type RuleInQuestion = RuleDraft & { readonly id: string }

/**
 * What is wrong with a rule beyond its shape, in its own words and beside the tenant's other rules; nothing when it can be
 * kept. `others` may hold an older version of the same rule.
 */
export function faultsOfRule(rule: RuleInQuestion, others: readonly Rule[]): RuleFault[] {
  const own = faultOfRule(rule)
  if (own !== undefined) return [own]
  return rule.kind === 'record' ? faultsOfEffect(rule) : [...faultsOfFields(rule), ...faultsOfActions(rule, others)]
}

function faultsOfEffect({ query, effect }: Extract<RuleDraft, { kind: 'record' }>): RuleFault[] {
  const faults: RuleFault[] = []
  const { severity } = effect.set ?? {}
  if (severity !== undefined && !INCIDENT_SEVERITIES.some((known) => known === severity)) {
    const detail = `A severity is one of ${INCIDENT_SEVERITIES.join(', ')}.`
    faults.push({ code: 'invalid_severity', detail, pointer: '/effect/set/severity' })
  }
  if (effect.drop && parseQuery(query).filter === undefined) {
    const detail = 'It would drop every record: say which ones.'
    faults.push({ code: 'drops_everything', detail, pointer: '/query' })
  }
  return faults
}

function faultsOfFields({ trigger }: TriggerDraft): RuleFault[] {
  const by = 'by' in trigger ? (trigger.by ?? []) : []
  return by.flatMap((field, index) =>
    by.indexOf(field) === index
      ? []
      : [{ code: 'duplicate_field', detail: 'A field is named once.', pointer: `/trigger/by/${index}` }],
  )
}

type TriggerDraft = Extract<RuleDraft, { kind: 'trigger' }>

function faultsOfActions(rule: TriggerDraft & { readonly id: string }, others: readonly Rule[]): RuleFault[] {
  const known = new Map(others.map((other) => [other.id, other]))
  return rule.actions.flatMap((action, index) => {
    if (action.type !== 'record_rule') return []
    const pointer = `/actions/${index}/rule`
    const target = known.get(action.rule)
    if (target === undefined || target.kind !== 'record' || target.active !== 'on_demand') {
      const detail = 'It must be the id of a record rule of this tenant that is active on_demand.'
      return [{ code: 'unknown_record_rule', detail, pointer }]
    }
    if (!leadsTo(target, rule, others, new Set())) return []
    const detail =
      'What that rule sets makes this rule fire, which switches that rule on again: it would never end by itself.'
    return [{ code: 'cyclic_actions', detail, pointer }]
  })
}

/** Whether what a record rule sets can make a trigger rule fire, by way of others or directly. */
function leadsTo(
  record: Extract<Rule, { kind: 'record' }>,
  wanted: TriggerDraft & { readonly id: string },
  others: readonly Rule[],
  seen: Set<string>,
): boolean {
  if (seen.has(record.id)) return false
  seen.add(record.id)
  if (looksFor(wanted, record.effect)) return true
  return others.some((other) => {
    if (other.kind !== 'trigger' || other.id === wanted.id || !looksFor(other, record.effect)) return false
    const next = other.actions.flatMap((action) => (action.type === 'record_rule' ? [action.rule] : []))
    return next.some((id) =>
      others.some((rule) => rule.id === id && rule.kind === 'record' && leadsTo(rule, wanted, others, seen)),
    )
  })
}

/** Whether a rule's query asks for something that an effect sets. */
function looksFor({ query }: TriggerDraft, { set }: RecordEffect): boolean {
  const { filter } = parseQuery(query)
  if (filter === undefined || set === undefined) return false
  const values = new Map<string, readonly string[]>([
    ['severity', set.severity === undefined ? [] : [set.severity]],
    ['category', set.category === undefined ? [] : [set.category]],
    ['tags', set.tags ?? []],
  ])
  return asksFor(filter, values)
}

/** A negation asks for what is not there, and is left out. */
function asksFor(node: Node, values: ReadonlyMap<string, readonly string[]>): boolean {
  if (node.type === 'field') {
    const set = values.get(node.name.toLowerCase()) ?? []
    return set.length > 0 && mayMatch(node.test, set)
  }
  return 'children' in node && node.children.some((child) => asksFor(child, values))
}

function mayMatch(test: Test, set: readonly string[]): boolean {
  const wanted = (text: string): boolean => set.some((value) => value.toLowerCase() === text.toLowerCase())
  if (test.op === 'eq') return wanted(test.value.text)
  return test.op === 'in' ? test.values.some(({ text }) => wanted(text)) : true
}
