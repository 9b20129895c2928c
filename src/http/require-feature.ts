import { planOf } from '../domains/tenant-terms'
import { effectiveTerms, FEATURE_VARIABLES, type Feature, TenantTerms } from '../limits/plans'
import type { TenantRequest } from './handler'
import { ApiError } from './problem'

/** Refuses what the installation, the tenant's plan or the tenant itself does without, and says which of them. */
export function requireFeature({ settings, config }: TenantRequest, feature: Feature): void {
  const plan = planOf(settings)
  const { features } = effectiveTerms(plan, TenantTerms.safeParse(settings.limits).data ?? {}, config)
  if (features.has(feature)) return
  throw new ApiError('feature_disabled', reasonOf(plan, feature, config))
}

function reasonOf(plan: string, feature: Feature, config: TenantRequest['config']): string {
  const variable = FEATURE_VARIABLES[feature]
  if (!config[variable]) return `${variable} is false in this installation.`
  const isInPlan = effectiveTerms(planOf({ plan }), {}, config).features.has(feature)
  return isInPlan ? `The tenant has switched ${feature} off (enableAnalytics).` : `The plan ${plan} has no ${feature}.`
}
