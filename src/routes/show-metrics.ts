import type { Env } from '../env'
import { requireFullSight } from '../http/access'
import { callerOf, refusalError } from '../http/caller'
import type { Handler, TenantRequest } from '../http/handler'
import { withFreshHints } from '../http/with-fresh-hints'
import { METRICS_TENANTS_AT_A_TIME, METRICS_TENANTS_MAX, METRICS_USAGE_MS_MAX } from '../limits/limits'
import { EXPOSITION_TYPE, expositionText, type Metric } from '../metrics/exposition'
import { serviceMetrics } from '../metrics/service-metrics'
import { type TenantUsage, tenantMetrics } from '../metrics/tenant-metrics'
import { listTenants, type TenantRecord } from '../storage/d1/tenants'
import { within } from '../storage/within'
import { ALWAYS_CURRENT } from '../tenant/contract'
import { tenantStub } from '../tenant-stub'
import { VERSION } from '../version'
import { probeBindings } from './probe-bindings'

/**
 * `GET /metrics`: the accounts of all tenants and the state of the service for the operator, its own account for a
 * tenant. Nothing in it is an isolate's own count: a Worker has many, and each would tell another story.
 */
export const showMetrics: Handler = async (request, env) => {
  const isOperator = request.principal.scopes.has('operator')
  const metrics = isOperator ? await platformMetrics(request, env) : await ownMetrics(request, env)
  // Only now: a tenant's object may have had the caller proved again, with a filter that is newer.
  requireFullSight(request)
  return new Response(expositionText(metrics), {
    headers: { 'content-type': EXPOSITION_TYPE, 'cache-control': 'no-store, private' },
  })
}

async function ownMetrics(request: TenantRequest, env: Env): Promise<Metric[]> {
  const stub = tenantStub(env, request.tenantId)
  const outcome = await withFreshHints(request, async (caller) => stub.usage(caller))
  if (!outcome.ok) throw refusalError(outcome.refusal)
  return tenantMetrics([{ tenantId: request.tenantId, usage: outcome.usage }])
}

async function platformMetrics(request: TenantRequest, env: Env): Promise<Metric[]> {
  const [bindings, { tenants, count }] = await Promise.all([
    probeBindings(env, Date.now()),
    listTenants(env.CONTROL, METRICS_TENANTS_MAX),
  ])
  const usages = await readUsages(request, env, tenants)
  const answered = new Set(usages.map(({ tenantId }) => tenantId))
  const state = { version: VERSION, bindings: { ...bindings }, tenantCount: count, tenants, answered }
  return [...serviceMetrics(state), ...tenantMetrics(usages)]
}

/** A few at a time; who is suspended or does not answer is left out, and `sluice_tenant_up` says so. */
async function readUsages(
  request: TenantRequest,
  env: Env,
  tenants: readonly TenantRecord[],
): Promise<readonly TenantUsage[]> {
  const usages: TenantUsage[] = []
  for (let from = 0; from < tenants.length; from += METRICS_TENANTS_AT_A_TIME) {
    const group = tenants.slice(from, from + METRICS_TENANTS_AT_A_TIME)
    const read = await Promise.all(group.map((tenant) => readUsage(request, env, tenant)))
    usages.push(...read.filter((one) => one !== undefined))
  }
  return usages
}

async function readUsage(
  request: TenantRequest,
  env: Env,
  { id: tenantId }: TenantRecord,
): Promise<TenantUsage | undefined> {
  try {
    const by = { ...callerOf(request), tenantId, settingsVersion: ALWAYS_CURRENT }
    const outcome = await within(METRICS_USAGE_MS_MAX, Promise.resolve(tenantStub(env, tenantId).usage(by)))
    return outcome.ok ? { tenantId, usage: outcome.usage } : undefined
  } catch {
    return undefined
  }
}
