import * as z from 'zod'
import type { Rate, TenantLimits } from './policies'

/** The plans, from the least to the most. */
export const PLAN_NAMES = ['free', 'standard', 'enterprise', 'custom'] as const

export type PlanName = (typeof PLAN_NAMES)[number]

/** What a plan may leave out, with the variable by which the operator switches it off for everybody. */
export const FEATURE_VARIABLES = {
  analytics: 'ENABLE_ANALYTICS',
  integrations: 'ENABLE_INTEGRATIONS',
  webhooks: 'ENABLE_WEBHOOKS',
  content_analysis: 'ENABLE_CONTENT_ANALYSIS',
  websocket: 'ENABLE_WEBSOCKET',
} as const

export type Feature = keyof typeof FEATURE_VARIABLES

/** A number that a tenant may agree on, and what it is when nothing was agreed; without one, there is no such limit. */
export interface Span {
  readonly default: number | undefined
  readonly min: number
  readonly max: number
}

/** What a tenant pays for. */
export interface Plan {
  /** Windows of requests, records and bytes; absent: the one of RATE_LIMIT_REQUESTS and RATE_LIMIT_WINDOW, for each key. */
  readonly rates?: readonly Rate[]
  /** `default` absent: DEFAULT_TTL_DAYS, within the span. */
  readonly retentionDays: Span
  readonly maxLogsPerDay: Span
  readonly domains: Span
  readonly keys: Span
  readonly members: Span
  readonly concurrentTails: Span
  readonly concurrentQueries: Span
  readonly features: readonly Feature[]
}

/** What a tenant counts as without end: a hundred years of days, and more logs a day than an object can take. */
export const RETENTION_DAYS_MAX = 36_500
export const LOGS_PER_DAY_MAX = 100_000_000_000

const HOUR_SECONDS = 3600
const DAY_SECONDS = 24 * HOUR_SECONDS
const GIB = 1024 ** 3

const span = (min: number, max: number, byDefault?: number): Span => ({ min, max, default: byDefault })

/** The plans as data; docs/limits.md shows them as a table, and a test compares the two. */
export const PLANS: Readonly<Record<PlanName, Plan>> = {
  /** To try it out: what one small service sends, kept for a week. */
  free: {
    rates: [
      { per: 'tenant', unit: 'requests', units: 1000, windowSeconds: HOUR_SECONDS },
      { per: 'tenant', unit: 'bytes', units: GIB, windowSeconds: DAY_SECONDS },
    ],
    retentionDays: span(1, 7, 7),
    maxLogsPerDay: span(1, 100_000, 100_000),
    domains: span(0, 3, 3),
    keys: span(1, 20, 20),
    members: span(1, 5, 5),
    concurrentTails: span(0, 5, 5),
    concurrentQueries: span(1, 4, 4),
    features: ['analytics', 'websocket'],
  },
  /** What a tenant has when nobody said anything; its window is that of the seeds' variables. */
  standard: {
    retentionDays: span(1, 400),
    maxLogsPerDay: span(1, 1_000_000_000),
    domains: span(0, 1000, 100),
    keys: span(1, 1000, 200),
    members: span(1, 500, 100),
    concurrentTails: span(0, 200, 50),
    concurrentQueries: span(1, 64, 16),
    features: ['analytics', 'integrations', 'webhooks', 'content_analysis', 'websocket'],
  },
  /** A company with customers of its own: many domains, and years of logs. */
  enterprise: {
    rates: [{ per: 'key', unit: 'requests', units: 3_600_000, windowSeconds: HOUR_SECONDS }],
    retentionDays: span(1, 3650),
    maxLogsPerDay: span(1, LOGS_PER_DAY_MAX),
    domains: span(0, 20_000, 20_000),
    keys: span(1, 20_000, 20_000),
    members: span(1, 10_000, 10_000),
    concurrentTails: span(0, 1000, 500),
    concurrentQueries: span(1, 256, 64),
    features: ['analytics', 'integrations', 'webhooks', 'content_analysis', 'websocket'],
  },
  /** Whatever was agreed: no window but those agreed on, and the widest spans. */
  custom: {
    rates: [],
    retentionDays: span(1, RETENTION_DAYS_MAX),
    maxLogsPerDay: span(1, LOGS_PER_DAY_MAX),
    domains: span(0, 100_000, 20_000),
    keys: span(1, 100_000, 20_000),
    members: span(1, 100_000, 10_000),
    concurrentTails: span(0, 10_000, 1000),
    concurrentQueries: span(1, 1000, 64),
    features: ['analytics', 'integrations', 'webhooks', 'content_analysis', 'websocket'],
  },
}

/** The `config` of the main seed's POST /admin/domains. */
export const DomainConfig = z.strictObject({
  retentionDays: z
    .int()
    .min(1)
    .max(RETENTION_DAYS_MAX)
    .optional()
    .meta({ description: 'Days that records are kept, counted from their time; the plan says how many there may be.' }),
  maxLogsPerDay: z
    .int()
    .min(1)
    .max(LOGS_PER_DAY_MAX)
    .optional()
    .meta({ description: 'Records that are taken in any 24 hours.' }),
  enableAnalytics: z.boolean().optional().meta({ description: 'false: /analytics answers feature_disabled.' }),
})
export type DomainConfig = z.infer<typeof DomainConfig>

const count = z.int().min(0).max(LOGS_PER_DAY_MAX).optional()

/**
 * What is agreed with a tenant in the place of its plan's numbers: the member `limits` of its row. What another version of
 * the code wrote beside it is left out.
 */
export const TenantTerms = z.object({
  ...DomainConfig.shape,
  maxLogsPerDayByService: z.record(z.string(), z.int().min(1)).optional(),
  rates: z
    .array(
      z.strictObject({
        per: z.enum(['tenant', 'key', 'address', 'service']),
        unit: z.enum(['requests', 'records', 'bytes']),
        units: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
        windowSeconds: z
          .int()
          .min(1)
          .max(31 * DAY_SECONDS),
      }),
    )
    .max(16)
    .optional(),
  domains: count,
  keys: count,
  members: count,
  concurrentTails: count,
  concurrentQueries: count,
})
export type TenantTerms = z.infer<typeof TenantTerms>

/** The variables that plans depend on. */
export interface PlanVariables extends Readonly<Record<(typeof FEATURE_VARIABLES)[Feature], boolean>> {
  readonly DEFAULT_TTL_DAYS: number
}

/** Everything that holds for a tenant, whoever said it. */
export interface EffectiveTerms {
  readonly limits: TenantLimits
  readonly retentionDays: number
  readonly domains: number
  readonly keys: number
  readonly members: number
  readonly features: ReadonlySet<Feature>
}

/** A number that is outside of what the plan allows. */
export interface TermsFault {
  readonly member: keyof TenantTerms
  readonly min: number
  readonly max: number
}

const COUNTED = ['maxLogsPerDay', 'domains', 'keys', 'members', 'concurrentTails', 'concurrentQueries'] as const
const SPANNED = ['retentionDays', ...COUNTED] as const

/** Whether a text from outside is the name of a plan. */
export const isPlanName = (text: string): text is PlanName => PLAN_NAMES.some((name) => name === text)

/** The numbers that a plan does not allow. To be asked before terms are written, and before a tenant changes its plan. */
export function faultsOfTerms(plan: PlanName, terms: TenantTerms): TermsFault[] {
  return SPANNED.flatMap((member) => {
    const { min, max } = PLANS[plan][member]
    const agreed = terms[member]
    return agreed === undefined || (agreed >= min && agreed <= max) ? [] : [{ member, min, max }]
  })
}

/**
 * What holds for a tenant: its plan, in places what was agreed, and what the variables allow to everybody. Numbers that
 * the plan no longer allows are cut to it, but for retention: logs are never dropped because a plan changed.
 */
export function effectiveTerms(plan: PlanName, terms: TenantTerms, variables: PlanVariables): EffectiveTerms {
  const own = PLANS[plan]
  const [maxLogsPerDay, domains, keys, members, concurrentTails, concurrentQueries] = COUNTED.map((member) =>
    within(own[member], terms[member] ?? own[member].default),
  )
  const rates = terms.rates ?? own.rates
  const { maxLogsPerDayByService } = terms
  return {
    limits: {
      ...(rates && { rates }),
      ...(maxLogsPerDay !== undefined && { maxLogsPerDay }),
      ...(maxLogsPerDayByService && { maxLogsPerDayByService }),
      ...(concurrentTails !== undefined && { concurrentTails }),
      ...(concurrentQueries !== undefined && { concurrentQueries }),
    },
    retentionDays: terms.retentionDays ?? retentionOf(own, variables),
    domains: domains ?? own.domains.max,
    keys: keys ?? own.keys.max,
    members: members ?? own.members.max,
    features: new Set(own.features.filter((feature) => isOn(feature, terms, variables))),
  }
}

const within = ({ min, max }: Span, value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.min(max, Math.max(min, value))

const retentionOf = (
  { retentionDays: { min, max, default: own } }: Plan,
  { DEFAULT_TTL_DAYS }: PlanVariables,
): number => own ?? Math.min(max, Math.max(min, DEFAULT_TTL_DAYS))

const isOn = (feature: Feature, { enableAnalytics }: TenantTerms, variables: PlanVariables): boolean =>
  variables[FEATURE_VARIABLES[feature]] && (feature !== 'analytics' || enableAnalytics !== false)
