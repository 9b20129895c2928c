import { ACTIVITY_TENANT } from '../activity/activity-tenant'
import type { Env } from '../env'
import type { SettingsRecord } from '../storage/d1/credentials'
import type { Handler, TenantRequest } from './handler'
import { ApiError } from './problem'
import { provable } from './request-hints'
import { findTenantOfHost, findTenantSettings } from './tenant-hints'

/**
 * Settles which tenant a request is about, after authenticate. On the service's own host the credential says it, and the
 * operator's says the service's own tenant; on any other host the domain says it and the credential must agree. A host that is unknown and one that belongs to somebody
 * else get the same answer.
 */
export const resolveTenant: Handler = provable(async (request, env, ctx) => {
  const { config, host, principal } = request
  const isOurs = isServiceHost(host, config.SERVICE_HOSTS)
  const tenantId = principal.tenantId ?? ACTIVITY_TENANT.id
  const [hostTenantId, settings] = await Promise.all([
    isOurs ? tenantId : findTenantOfHost(request, env, ctx),
    findSettings(request, env, ctx, tenantId),
  ])
  if (hostTenantId !== tenantId || settings === undefined || (!isOurs && principal.tenantId === undefined))
    throw new ApiError('not_found')
  request.tenantId = tenantId
  request.settings = settings
  if (principal.tenantId === undefined) readActivity(request)
})

/** The operator belongs to no tenant, and may read what the service writes about itself. */
function readActivity(request: TenantRequest): void {
  const { principal } = request
  request.principal = { ...principal, scopes: new Set([...principal.scopes, 'logs:read', 'admin:audit']) }
}

/** The operator needs no activity tenant: until bootstrap has made it there is nothing to read, and nothing to hinder. */
async function findSettings(
  request: TenantRequest,
  env: Env,
  ctx: ExecutionContext,
  tenantId: string,
): Promise<SettingsRecord | undefined> {
  const found = await findTenantSettings(request, env, ctx, tenantId)
  return found ?? (request.principal.tenantId === undefined ? NO_ACTIVITY : undefined)
}

const NO_ACTIVITY: SettingsRecord = {
  ...{ tenantId: ACTIVITY_TENANT.id, name: ACTIVITY_TENANT.name, status: 'active', plan: 'standard' },
  ...{ limits: {}, settings: {}, edition: 0, version: 0 },
}

/** Whether a host belongs to the service itself. Only our own Worker is ever reached through a name in workers.dev. */
export const isServiceHost = (host: string, configured: ReadonlySet<string>): boolean =>
  host === 'localhost' ||
  host === '127.0.0.1' ||
  host === '[::1]' ||
  host.endsWith('.workers.dev') ||
  configured.has(host)
