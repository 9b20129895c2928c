import { effectiveTerms, isPlanName, type PlanVariables, TenantTerms } from '../limits/plans'
import { retentionDaysOf } from './service-config'
import type { RetentionPolicy, RetentionSettings, StoredSettings } from './settings'

/** Which records a rule is about: those that match all that is said. */
export interface RecordMatch {
  readonly match?: RetentionPolicy['match']
  /** In the query language. */
  readonly query?: string | undefined
}

/** One rule of how long records are kept. `days` null is for ever. */
export type RetentionRule =
  | ({ readonly kind: 'policy'; readonly name: string; readonly days: number | null } & RecordMatch)
  /** The configurations of services, by their exact names. */
  | { readonly kind: 'services'; readonly days: Readonly<Record<string, number>> }

/** Everything that decides how long a tenant's records are kept. It is JSON: it crosses to where segments are made. */
export interface RetentionRules {
  /** The first that a record matches holds. */
  readonly rules: readonly RetentionRule[]
  /** What no rule is about. */
  readonly defaultDays: number
  readonly holds: readonly ({ readonly name: string; readonly sinceMs: number | undefined } & RecordMatch)[]
  /** The settings cannot be read: nothing expires. */
  readonly isUnknown: boolean
}

/** How long a tenant's records are kept where its settings do not say: by its plan, and by what was agreed. */
export const planRetentionDays = (
  { plan, limits }: { readonly plan: string; readonly limits: Readonly<Record<string, unknown>> },
  variables: PlanVariables,
): number =>
  effectiveTerms(isPlanName(plan) ? plan : 'standard', TenantTerms.safeParse(limits).data ?? {}, variables)
    .retentionDays

/** One retention for everything. */
export const uniformRetention = (defaultDays: number): RetentionRules => ({
  rules: [],
  defaultDays,
  holds: [],
  isUnknown: false,
})

/**
 * The rules of a tenant: its policies and its preset's by priority, of one priority the tenant's own first, then the preset's,
 * then the configurations of services, whose priority is 0. `planDays` holds where nothing else does.
 */
export function retentionRulesOf(
  { retention, services }: Pick<StoredSettings, 'retention' | 'services'>,
  planDays: number,
): RetentionRules {
  if (retention === undefined) return { ...uniformRetention(planDays), isUnknown: true }
  const { preset, default_days } = retention
  const chosen = preset === undefined ? undefined : PRESETS[preset]
  const policies = [...retention.policies, ...(chosen?.policies ?? [])].map((policy) => ({
    priority: policy.priority,
    rule: ruleOf(policy),
  }))
  const days = Object.entries(services).flatMap(([name, config]): [string, number][] => {
    const own = retentionDaysOf(config)
    return own === undefined ? [] : [[name, own]]
  })
  const ofServices =
    days.length === 0 ? [] : [{ priority: 0, rule: { kind: 'services' as const, days: Object.fromEntries(days) } }]
  return {
    rules: [...policies, ...ofServices].sort((left, right) => right.priority - left.priority).map(({ rule }) => rule),
    defaultDays: default_days ?? chosen?.days ?? planDays,
    holds: retention.holds.map(({ name, match, query, since }) => ({
      ...{ name, match, query },
      sinceMs: since === undefined ? undefined : Date.parse(since),
    })),
    isUnknown: false,
  }
}

/** True when all records are kept for the same time, and none is held. */
export const isUniform = ({ rules, holds, isUnknown }: RetentionRules): boolean =>
  rules.length === 0 && holds.length === 0 && !isUnknown

/** The fewest days that any record may be kept by these rules; infinite when all are kept for ever. */
export const shortestDays = ({ rules, defaultDays, isUnknown }: RetentionRules): number =>
  isUnknown ? Number.POSITIVE_INFINITY : Math.min(defaultDays, ...rules.flatMap(daysOf))

/** The most days that any record may be kept by these rules. */
export const longestDays = ({ rules, defaultDays, holds, isUnknown }: RetentionRules): number =>
  isUnknown || holds.length > 0 ? Number.POSITIVE_INFINITY : Math.max(defaultDays, ...rules.flatMap(daysOf))

/** The policies of a preset, for whoever checks them against a plan. */
export const policiesOfPreset = (preset: NonNullable<RetentionSettings['preset']>): readonly RetentionPolicy[] =>
  PRESETS[preset].policies

const daysOf = (rule: RetentionRule): number[] =>
  rule.kind === 'services' ? Object.values(rule.days) : [rule.days ?? Number.POSITIVE_INFINITY]

const ruleOf = ({ name, days, match, query }: RetentionPolicy): RetentionRule => ({
  kind: 'policy',
  ...{ name, match, query },
  days: days === 'forever' ? null : days,
})

interface Preset {
  readonly days?: number
  readonly policies: readonly RetentionPolicy[]
}

const policy = (name: string, priority: number, match: RetentionPolicy['match'], days: number | 'forever') => ({
  ...{ name, priority, match, days },
})

/** What S3 sets up by itself, and the environments of S4. */
const PRESETS: Readonly<Record<NonNullable<RetentionSettings['preset']>, Preset>> = {
  streaming: {
    policies: [
      policy('security-and-audit', 100, { categories: ['security', 'audit'] }, 'forever'),
      policy('workflow-executions', 90, { categories: ['workflow', 'workflow_execution', 'workflow-execution'] }, 365),
      policy('errors', 50, { levels: ['error', 'fatal'] }, 90),
      policy('warnings', 40, { levels: ['warn'] }, 30),
      policy('info', 30, { levels: ['info'] }, 7),
      policy('debug', 20, { levels: ['debug', 'trace'] }, 7),
    ],
  },
  development: { days: 7, policies: [] },
  staging: { days: 14, policies: [] },
  production: { days: 30, policies: [] },
}
