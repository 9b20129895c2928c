import { createHash } from 'node:crypto'
import type { LeaseKind } from './leases'
import type { WindowLimit } from './sliding-window'

/** What a limit counts. Bytes are those of the body, uncompressed. */
export type LimitUnit = 'requests' | 'records' | 'bytes'

/** Whose use a limit counts together. */
export type LimitScope = 'tenant' | 'key' | 'address' | 'service'

/** Which requests a limit is about, where it is not about all of them. */
export type LimitedSurface = 'api_v1' | 'api_v1_batch'

/** A limit with a name: clients see it in RateLimit-Policy and in `violated-policies`. */
export interface Policy extends WindowLimit {
  /** Printable ASCII without quotes and backslashes. Policies of one name have one length of window, and other subjects. */
  readonly name: string
  readonly scope: LimitScope
  readonly unit: LimitUnit
  /** Only requests of this surface. */
  readonly surface?: LimitedSurface
  /** With the scope `service`: only this one. Without it, each service by itself. */
  readonly service?: string
}

/** What a request costs, and who pays. */
export interface Demand {
  readonly keyId: string
  readonly address: string
  readonly surfaces: readonly LimitedSurface[]
  readonly requests: number
  readonly records: number
  readonly bytes: number
  /** Records of each service, each service once. */
  readonly services: readonly (readonly [service: string, records: number])[]
  /** Records of services that were too many to be listed. */
  readonly unlistedRecords: number
}

/** One window that a request is held against. */
export interface Charge {
  readonly policy: Policy
  /** Whose window of the policy: a key's id, an address, a service; empty for the tenant's. */
  readonly subject: string
  readonly cost: number
}

/** The variables that say what a tenant may do whose plan and settings do not. */
export interface LimitDefaults {
  readonly RATE_LIMIT_ENABLED: boolean
  readonly RATE_LIMIT_REQUESTS: number
  readonly RATE_LIMIT_WINDOW: number
  readonly API_V1_REQUESTS_PER_MINUTE: number
  readonly API_V1_BATCHES_PER_MINUTE: number
}

/** A limit as plans and settings write it. */
export interface Rate {
  readonly per: LimitScope
  readonly unit: LimitUnit
  readonly units: number
  readonly windowSeconds: number
}

/** What a tenant's plan and settings say about limits. What is absent is not limited, but for `rates`. */
export interface TenantLimits {
  /** Absent: the one of RATE_LIMIT_REQUESTS and RATE_LIMIT_WINDOW. */
  readonly rates?: readonly Rate[]
  readonly maxLogsPerDay?: number
  readonly maxLogsPerDayByService?: Readonly<Record<string, number>>
  readonly concurrentTails?: number
  readonly concurrentQueries?: number
}

/** Everything that a request of a tenant is held against. */
export interface ActiveLimits {
  readonly policies: readonly Policy[]
  /** How much may run at once; undefined: any number. */
  readonly concurrent: Readonly<Partial<Record<LeaseKind, number | undefined>>>
}

/** Nothing is limited. */
export const NO_LIMITS: ActiveLimits = { policies: [], concurrent: {} }

/** Subjects that are longer are kept as their hash. */
const SUBJECT_CHARACTERS_MAX = 64
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/**
 * The limits of a tenant. Where its plan and settings name no windows of requests, records or bytes, the variables do, unless
 * RATE_LIMIT_ENABLED is false; what plan and settings name holds all the same.
 */
export function limitsOf(defaults: LimitDefaults, limits: TenantLimits): ActiveLimits {
  const { concurrentQueries, concurrentTails, maxLogsPerDay, maxLogsPerDayByService = {} } = limits
  const policies = [
    ...(limits.rates ?? defaultRates(defaults)).map(policyOfRate),
    ...apiV1Policies(defaults),
    ...(maxLogsPerDay === undefined ? [] : [dailyPolicy('records-per-day', maxLogsPerDay)]),
    ...Object.entries(maxLogsPerDayByService).map(([service, units]) => serviceDailyPolicy(service, units)),
  ]
  return { policies, concurrent: { queries: concurrentQueries, tails: concurrentTails } }
}

/** Every window that a request is held against, with what it costs there. What costs nothing is left out. */
export function chargesOf(policies: readonly Policy[], demand: Demand): readonly Charge[] {
  const charges: Charge[] = []
  const recordsOf = new Map(demand.services)
  for (const policy of policies) {
    const { scope, surface, unit } = policy
    if (surface !== undefined && !demand.surfaces.includes(surface)) continue
    if (scope === 'service') charges.push(...chargesOfServices(policy, recordsOf, demand))
    else charges.push({ policy, subject: subjectOf(scope, demand), cost: demand[unit] })
  }
  return charges.filter(({ cost }) => cost > 0)
}

function subjectOf(scope: Exclude<LimitScope, 'service'>, { keyId, address }: Demand): string {
  switch (scope) {
    case 'tenant':
      return ''
    case 'key':
      return shortSubject(keyId)
    case 'address':
      return shortSubject(address)
  }
}

/** A service that is not listed may be any: all unlisted records are counted as its own, so that none is missed. */
function chargesOfServices(
  policy: Policy,
  recordsOf: ReadonlyMap<string, number>,
  { unlistedRecords }: Demand,
): readonly Charge[] {
  const { service } = policy
  if (service === undefined) {
    const listed = Array.from(recordsOf, ([name, cost]) => ({ policy, subject: shortSubject(name), cost }))
    return [...listed, { policy, subject: '', cost: unlistedRecords }]
  }
  return [{ policy, subject: shortSubject(service), cost: recordsOf.get(service) ?? unlistedRecords }]
}

const shortSubject = (subject: string): string =>
  subject.length <= SUBJECT_CHARACTERS_MAX ? subject : createHash('sha256').update(subject).digest('hex')

function defaultRates(defaults: LimitDefaults): readonly Rate[] {
  if (!defaults.RATE_LIMIT_ENABLED) return []
  const { RATE_LIMIT_REQUESTS: units, RATE_LIMIT_WINDOW: windowSeconds } = defaults
  return [{ per: 'key', unit: 'requests', units, windowSeconds }]
}

/** The window is part of the name: a minute's and a day's limit of the same thing stand beside each other. */
const policyOfRate = ({ per, unit, units, windowSeconds }: Rate): Policy => ({
  name: `${unit}-per-${per}-${windowSeconds}s`,
  scope: per,
  unit,
  units,
  windowMs: windowSeconds * 1000,
})

function apiV1Policies(defaults: LimitDefaults): readonly Policy[] {
  const about = [
    ['api-v1-requests', 'api_v1', defaults.API_V1_REQUESTS_PER_MINUTE],
    ['api-v1-batches', 'api_v1_batch', defaults.API_V1_BATCHES_PER_MINUTE],
  ] as const
  // 0 switches one off.
  return about
    .filter(([, , units]) => units > 0)
    .map(([name, surface, units]) => ({
      ...{ name, surface, units, windowMs: MINUTE_MS },
      ...{ scope: 'address' as const, unit: 'requests' as const },
    }))
}

const dailyPolicy = (name: string, units: number): Policy => ({
  name,
  scope: 'tenant',
  unit: 'records',
  units,
  windowMs: DAY_MS,
})

const serviceDailyPolicy = (service: string, units: number): Policy => ({
  ...dailyPolicy('records-per-day-per-service', units),
  scope: 'service',
  service,
})
