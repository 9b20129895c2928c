import { effectiveTerms, isPlanName, type PlanVariables, TenantTerms } from '../limits/plans'
import type { TenantLimits } from '../limits/policies'
import { ServiceConfigs } from './service-config'

/** What a tenant's row and its document of settings say that limits depend on. */
export interface LimitSources {
  readonly plan: string
  /** What is agreed in the place of the plan's limits. */
  readonly limits: Readonly<Record<string, unknown>>
  readonly settings: Readonly<Record<string, unknown>>
}

/**
 * The limits of a tenant: its plan's and what was agreed, and those that its settings give to services. What was written by
 * another version of the code and cannot be read is as if it were not there; an unknown plan is the standard one.
 */
export function tenantLimits({ plan, limits, settings }: LimitSources, variables: PlanVariables): TenantLimits {
  const terms = TenantTerms.safeParse(limits).data ?? {}
  const agreed = effectiveTerms(isPlanName(plan) ? plan : 'standard', terms, variables).limits
  const ofServices = serviceLimits(settings)
  if (Object.keys(ofServices).length === 0) return agreed
  return { ...agreed, maxLogsPerDayByService: { ...agreed.maxLogsPerDayByService, ...ofServices } }
}

function serviceLimits({ services }: LimitSources['settings']): Record<string, number> {
  const configs = ServiceConfigs.safeParse(services).data ?? {}
  const limited = Object.entries(configs).flatMap(([service, { maxLogsPerDay }]) =>
    maxLogsPerDay === undefined ? [] : [[service, maxLogsPerDay] as const],
  )
  return Object.fromEntries(limited)
}
