import { FOREVER_PLAN_DAYS_MIN } from '../limits/limits'
import { PLANS, type PlanName } from '../limits/plans'
import { compileFilter } from '../query/filter'
import { parseQuery } from '../query/parse'
import { compileRegex } from '../query/regex/regex'
import type { Node } from '../query/syntax'
import { policiesOfPreset } from './retention-rules'
import type { LegalHold, RetentionPolicy, TenantSettings } from './settings'

/** Something in settings that is of the right shape and still cannot be. */
export interface SettingsFault {
  readonly detail: string
  /** JSON pointer into the settings (RFC 6901). */
  readonly pointer: string
}

/** Fields that mean a moment. A policy is the same policy at every moment. */
const TIME_FIELDS: ReadonlySet<string> = new Set([
  ...['since', 'after', 'until', 'before', 'around', 'time', 'timestamp', '@timestamp'],
])

/** What is wrong with settings beyond their shape: queries, patterns, and days that the tenant's plan does not allow. */
export function faultsOfSettings({ retention, redaction }: TenantSettings, plan: PlanName): SettingsFault[] {
  const policies = retention.policies.flatMap((policy, index) =>
    faultsOfPolicy(policy, `/retention/policies/${index}`, plan),
  )
  const holds = retention.holds.flatMap((hold, index) => faultsOfQuery(hold, `/retention/holds/${index}`))
  const byDefault =
    retention.default_days === undefined ? [] : faultsOfDays(retention.default_days, '/retention/default_days', plan)
  const ofPreset = retention.preset === undefined ? [] : policiesOfPreset(retention.preset)
  const preset = ofPreset.flatMap(({ days }) => faultsOfDays(days, '/retention/preset', plan)).slice(0, 1)
  const patterns = redaction.patterns.flatMap(({ pattern }, index) =>
    faultsOfPattern(pattern, `/redaction/patterns/${index}/pattern`),
  )
  const both = redaction.on.filter((kind) => redaction.off.includes(kind))
  const kinds = both.map((kind) => ({ detail: `${kind} is both on and off.`, pointer: '/redaction/off' }))
  return [...byDefault, ...preset, ...policies, ...holds, ...kinds, ...patterns]
}

/** Why a pattern cannot be used; nothing when it can. One that matches nothing at all would match everywhere. */
export function faultsOfPattern(pattern: string, pointer: string): SettingsFault[] {
  const compiled = compileRegex(pattern)
  if (!compiled.ok) return [{ detail: `${compiled.error.message}.`, pointer }]
  const matchesNothing = compiled.value.test(new Uint8Array(0), 0, 0)
  return matchesNothing ? [{ detail: 'It matches the empty text, and so every text.', pointer }] : []
}

function faultsOfPolicy(policy: RetentionPolicy, pointer: string, plan: PlanName): SettingsFault[] {
  return [...faultsOfDays(policy.days, `${pointer}/days`, plan), ...faultsOfQuery(policy, pointer)]
}

function faultsOfDays(days: number | 'forever', pointer: string, plan: PlanName): SettingsFault[] {
  const { min, max } = PLANS[plan].retentionDays
  if (days === 'forever')
    return max >= FOREVER_PLAN_DAYS_MIN ? [] : [{ detail: `The plan ${plan} keeps nothing for ever.`, pointer }]
  if (days >= min && days <= max) return []
  return [{ detail: `The plan ${plan} keeps records for ${min} to ${max} days.`, pointer }]
}

function faultsOfQuery({ query }: Pick<RetentionPolicy | LegalHold, 'query'>, pointer: string): SettingsFault[] {
  if (query === undefined) return []
  const at = `${pointer}/query`
  const { filter, pipes, diagnostics } = parseQuery(query)
  const error = diagnostics.find(({ severity }) => severity === 'error')
  if (error !== undefined) return [{ detail: `${error.message}.`, pointer: at }]
  if (pipes.length > 0) return [{ detail: 'A policy is a filter: it has no pipes.', pointer: at }]
  if (filter === undefined) return [{ detail: 'It says nothing of which records it is about.', pointer: at }]
  if (namesTime(filter)) return [{ detail: 'Retention counts from the time by itself: leave times out.', pointer: at }]
  const compiled = compileFilter(filter, 0)
  return compiled.ok ? [] : [{ detail: `${compiled.problem.message}.`, pointer: at }]
}

function namesTime(node: Node): boolean {
  if (node.type === 'field') return TIME_FIELDS.has(node.name.toLowerCase())
  if (node.type === 'not') return namesTime(node.child)
  return 'children' in node && node.children.some(namesTime)
}
