import { ACTIVITY_TENANT } from '../activity/activity-tenant'
import type { Env } from '../env'
import { HOST_CACHE_ENTRIES_MAX, HOST_CHARACTERS_MAX } from '../limits/limits'
import type { Log } from '../log'
import { DomainRecord, findDomain } from '../storage/d1/credentials'
import { putHint, readHint } from '../storage/kv/hints'
import { hostKey } from '../storage/kv/keys'
import type { Handler, TenantRequest } from './handler'
import { HintCache } from './hint-cache'
import { lookUp } from './look-up'
import { ApiError } from './problem'

const hosts = new HintCache<DomainRecord>(HOST_CACHE_ENTRIES_MAX)

/**
 * Settles which tenant a request is about, after authenticate. On the service's own host the credential says it, and the
 * operator's says the service's own tenant; on any other host the domain says it and the credential must agree. A host that is unknown and one that belongs to somebody
 * else get the same answer.
 */
export const resolveTenant: Handler = async (request, env, ctx) => {
  const { config, host, log, principal } = request
  if (!isServiceHost(host, config.SERVICE_HOSTS)) {
    const hostTenantId = await findTenantOfHost(env, ctx, log, host)
    if (hostTenantId === undefined || hostTenantId !== principal.tenantId) throw new ApiError('not_found')
  }
  if (principal.tenantId === undefined) readActivity(request)
  else request.tenantId = principal.tenantId
}

/** The operator belongs to no tenant, and may read what the service writes about itself. */
function readActivity(request: TenantRequest): void {
  const { principal } = request
  request.tenantId = ACTIVITY_TENANT.id
  request.principal = { ...principal, scopes: new Set([...principal.scopes, 'logs:read']) }
}

/** Whether a host belongs to the service itself. Only our own Worker is ever reached through a name in workers.dev. */
export const isServiceHost = (host: string, configured: ReadonlySet<string>): boolean =>
  host === 'localhost' ||
  host === '127.0.0.1' ||
  host === '[::1]' ||
  host.endsWith('.workers.dev') ||
  configured.has(host)

async function findTenantOfHost(env: Env, ctx: ExecutionContext, log: Log, host: string): Promise<string | undefined> {
  if (host.length > HOST_CHARACTERS_MAX) return undefined
  const domain = await lookUp(portsOf(env, ctx, log, host), hostKey(host), Date.now())
  return domain?.status === 'active' ? domain.tenantId : undefined
}

function portsOf(env: Env, ctx: ExecutionContext, log: Log, host: string) {
  return {
    cache: hosts,
    readKv: (key: string) => readHint(env.CACHE, key, DomainRecord),
    putKv: (key: string, value: DomainRecord) => putHint(env.CACHE, key, value),
    readD1: () => findDomain(env.CONTROL, host),
    mayBeStale: () => true, // the tenant object refuses a host that was taken from it
    waitUntil: (work: Promise<void>) => ctx.waitUntil(work),
    log,
  }
}
