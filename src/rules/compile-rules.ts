import { memoised } from '../blocks/table'
import { RULE_CONDITIONS_MAX } from '../limits/limits'
import { compileFilter, type Filter } from '../query/filter'
import { type NeedleSet, needleSetOf } from '../query/needle-set'
import { parseQuery } from '../query/parse'
import { printQuery } from '../query/print'
import type { Node, Span } from '../query/syntax'
import { ALL_LEVELS } from '../query/term'
import { type Condition, conditionOf } from './condition'
import { type Quiet, quietOf } from './quiet'
import { durationMs, isPulse, type RuleDraft, type TriggerRule } from './rule'

/** Why a rule cannot be used. */
export interface RuleFault {
  /** Stable: `query_too_large`, `query_has_pipes`, `query_names_time`, or what the query language says. */
  readonly code: string
  readonly detail: string
  /** JSON pointer to the member of the rule that it is about (RFC 6901). */
  readonly pointer: string
  /** Where in the query's text. */
  readonly span?: Span
}

/** A part of queries that several rules may have in common, and that is asked once for all of them. */
export interface Part {
  readonly filter: Filter
  readonly cost: number
}

/** A query as its parts, of which a record must match all: the cheapest first. */
export interface Conjunction {
  readonly parts: readonly number[]
  /** Level ranks of which a matching row has one, as a bit mask. */
  readonly levelMask: number
}

/** A trigger rule that is ready to be asked. */
export interface CompiledRule {
  readonly rule: TriggerRule
  /** What decides what the rule remembers: when it is another, the rule begins anew. */
  readonly basis: string
  readonly matches: Conjunction
  /** Of a ratio: what it is a part of. */
  readonly of: Conjunction | undefined
  readonly by: readonly string[]
  /** Undefined where each match is a moment of its own. */
  readonly condition: Condition | undefined
  readonly forMs: number
  readonly cooldownMs: number
  readonly flap: { readonly changes: number; readonly windowMs: number } | undefined
  /** When and why nothing is told. */
  readonly quiet: Quiet
}

/** The rules of a tenant that watch what arrives. */
export interface CompiledRules {
  readonly rules: readonly CompiledRule[]
  readonly parts: readonly Part[]
  /** Level ranks that some rule asks for. */
  readonly levelMask: number
  /** What the rules look for in texts, to be looked for at once. */
  readonly needles: () => NeedleSet
}

/** A rule that cannot be compiled. */
export interface UncompiledRule {
  readonly rule: TriggerRule
  readonly fault: RuleFault
}

/** Compiles rules that are on. `narrow` may say what else a record must match: for what the tenant's settings decide. */
export function compileRules(
  rules: readonly TriggerRule[],
  narrow: (rule: TriggerRule) => Node | undefined = () => undefined,
): { readonly compiled: CompiledRules; readonly failed: readonly UncompiledRule[] } {
  const parts = new Parts()
  const compiled: CompiledRule[] = []
  const failed: UncompiledRule[] = []
  for (const rule of rules) {
    const one = compileRule(rule, parts, narrow(rule))
    if ('fault' in one) failed.push(one)
    else compiled.push(one)
  }
  const levelMask = compiled.reduce((mask, one) => mask | levelsOf(one), 0)
  const needles = memoised(() => needleSetOf(parts.list.flatMap(({ filter }) => filter.needles())))
  return { compiled: { rules: compiled, parts: parts.list, levelMask, needles: () => needles(0) }, failed }
}

/** A rule of use looks at no record. */
const levelsOf = ({ rule, matches, of }: CompiledRule): number =>
  rule.trigger.type === 'usage' ? 0 : matches.levelMask | (of?.levelMask ?? 0)

/** What is wrong with a rule beyond its shape: nothing when it can be used. */
export function faultOfRule(draft: RuleDraft): RuleFault | undefined {
  const own = readCondition(draft.query, '/query')
  if ('fault' in own) return own.fault
  if (draft.kind === 'record' || draft.trigger.type !== 'ratio') return undefined
  const of = readCondition(draft.trigger.of, '/trigger/of')
  return 'fault' in of ? of.fault : undefined
}

function compileRule(rule: TriggerRule, parts: Parts, narrower: Node | undefined): CompiledRule | UncompiledRule {
  const { trigger } = rule
  const own = readCondition(rule.query, '/query')
  if ('fault' in own) return { rule, fault: own.fault }
  const of = trigger.type === 'ratio' ? readCondition(trigger.of, '/trigger/of') : { node: undefined }
  if ('fault' in of) return { rule, fault: of.fault }
  const basis = JSON.stringify([rule.query, trigger, rule.for ?? null, narrower === undefined ? null : print(narrower)])
  return {
    rule,
    basis,
    matches: parts.conjunction([own.node, narrower]),
    of: trigger.type === 'ratio' ? parts.conjunction([of.node, narrower]) : undefined,
    by: fieldsOf(trigger),
    condition: isPulse(trigger) ? undefined : conditionOf(trigger),
    forMs: rule.for === undefined ? 0 : durationMs(rule.for),
    cooldownMs: rule.cooldown === undefined ? 0 : durationMs(rule.cooldown),
    flap: rule.flap && { changes: rule.flap.changes, windowMs: durationMs(rule.flap.window) },
    quiet: quietOf(rule),
  }
}

function fieldsOf(trigger: TriggerRule['trigger']): readonly string[] {
  if (trigger.type === 'first_seen') return [trigger.field]
  if (trigger.type === 'usage') return ['limit']
  return 'by' in trigger ? (trigger.by ?? []) : []
}

type ReadCondition = { readonly node: Node | undefined } | { readonly fault: RuleFault }

function readCondition(query: string, pointer: string): ReadCondition {
  const { filter, pipes, diagnostics } = parseQuery(query)
  const error = diagnostics.find(({ severity }) => severity === 'error')
  if (error !== undefined)
    return { fault: { code: error.code, detail: `${error.message}.`, pointer, span: error.span } }
  const [pipe] = pipes
  if (pipe !== undefined) {
    const detail = 'A rule is asked about each record as it arrives: its query has no pipes.'
    return { fault: { code: 'query_has_pipes', detail, pointer, span: pipe.span } }
  }
  if (filter === undefined) return { node: undefined }
  if (sizeOf(filter) > RULE_CONDITIONS_MAX) {
    const detail = `A rule has at most ${RULE_CONDITIONS_MAX} conditions; this one has ${sizeOf(filter)}.`
    return { fault: { code: 'query_too_large', detail, pointer } }
  }
  const time = timeIn(filter)
  if (time !== undefined) {
    const detail = 'A rule looks at what arrives, from now on: leave times out.'
    return { fault: { code: 'query_names_time', detail, pointer, span: time.span } }
  }
  const compiled = compileFilter(filter, 0, REFUSING)
  if (compiled.ok) return { node: filter }
  const { code, message, span } = compiled.problem
  return { fault: { code, detail: `${message}.`, pointer, span } }
}

/** A pattern that costs too much for the text that arrives is an error of the rule, not a burden of the batch. */
const REFUSING = { costlyRegex: 'refuse' } as const

/** Terms and groups, each value of a list by itself. */
function sizeOf(node: Node): number {
  if (node.type === 'not') return 1 + sizeOf(node.child)
  if (node.type === 'field') return node.test.op === 'in' ? node.test.values.length : 1
  return 'children' in node ? node.children.reduce((sum, child) => sum + sizeOf(child), 1) : 1
}

/** Fields that mean a moment. A rule is the same rule at every moment. */
const TIME_FIELDS: ReadonlySet<string> = new Set(['since', 'after', 'until', 'before', 'around'])

function timeIn(node: Node): Node | undefined {
  if (node.type === 'field') return TIME_FIELDS.has(node.name.toLowerCase()) ? node : undefined
  if (node.type === 'not') return timeIn(node.child)
  if (!('children' in node)) return undefined
  return node.children.map(timeIn).find((found) => found !== undefined)
}

/** Every different part of the queries once. */
class Parts {
  readonly list: Part[] = []
  readonly #known = new Map<string, number>()

  /** Of nodes that a record must match all of; undefined ones match everything. */
  conjunction(nodes: readonly (Node | undefined)[]): Conjunction {
    const terms = nodes.flatMap((node) => (node === undefined ? [] : termsOf(node)))
    const parts = [...new Set(terms.map((term) => this.#partOf(term)))]
    parts.sort((left, right) => this.list[left].cost - this.list[right].cost)
    return { parts, levelMask: parts.reduce((mask, part) => mask & this.list[part].filter.levelMask, ALL_LEVELS) }
  }

  #partOf(node: Node): number {
    const text = print(node)
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const compiled = compileFilter(node, 0, REFUSING)
    if (!compiled.ok) throw new Error('a query that compiled as a whole does in parts')
    const part = this.list.push({ filter: compiled.filter, cost: costOf(node) }) - 1
    this.#known.set(text, part)
    return part
  }
}

const print = (filter: Node): string => printQuery({ filter, pipes: [], diagnostics: [] })

const termsOf = (node: Node): readonly Node[] => (node.type === 'and' ? node.children.flatMap(termsOf) : [node])

const LEVEL_FIELDS: ReadonlySet<string> = new Set(['level', 'lvl', 'loglevel'])

/** What asking costs, in the measure of looking at the levels of all rows. */
function costOf(node: Node): number {
  switch (node.type) {
    case 'not':
      return costOf(node.child)
    case 'text':
      return node.mode === 'regex' ? 100 : 20
    case 'field':
      if (LEVEL_FIELDS.has(node.name.toLowerCase())) return 1
      if (node.name === '*') return 200
      return node.test.op === 'regex' ? 60 : 5
    default:
      return node.children.reduce((sum, child) => sum + costOf(child), 0)
  }
}
