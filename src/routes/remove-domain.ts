import * as z from 'zod'
import { domainPorts } from '../admin/domain-ports'
import { faultOfRemoval } from '../domains/registration'
import type { Env } from '../env'
import { adminError } from '../http/admin-error'
import { askControl } from '../http/ask-control'
import { refusalError } from '../http/caller'
import type { Handler, TenantRequest } from '../http/handler'
import { requireMatch } from '../http/if-match'
import { ApiError } from '../http/problem'
import { OUTAGE_RETRY_SECONDS } from '../limits/limits'
import { findRegistrations } from '../storage/d1/domains'
import { type AddressedDomain, findAddressedDomain } from './domain-of-tenant'
import { jsonAnswer } from './search-answer'

/** The answer of DELETE /admin/domains/:domain. */
export const RemovalAnswer = z.strictObject({ domain: z.string(), removed: z.literal(true) })

/** `DELETE /admin/domains/:domain`: the host routes to the tenant no more, and anybody can prove it. Logs stay. */
export const removeDomain: Handler = async (request, env) => {
  const found = await findAddressedDomain(request, env)
  const { tenant, domain, row, version } = found
  requireMatch(request.headers, version)
  const fault = faultOfRemoval(row, tenant.isOperator ? 'operator' : 'tenant')
  if (fault) throw adminError([fault])
  await takeFromPlatform(request, env, found)
  const change = { what: 'domain.removed', id: domain, ifVersion: version } as const
  const outcome = await tenant.ask((caller) => tenant.directory.change(caller, [change]))
  if (!outcome.ok) throw refusalError(outcome.refusal)
  return jsonAnswer({ domain, removed: true })
}

/** First: while the row is there the removal can be repeated. A host that another tenant holds by now stays with the platform. */
async function takeFromPlatform(
  request: TenantRequest,
  env: Env,
  { tenant, domain, row }: AddressedDomain,
): Promise<void> {
  const { hostnames } = domainPorts(request.config)
  if (hostnames === undefined || row.hostnameId === undefined) return
  const registrations = await askControl(request, () => findRegistrations(env.CONTROL, domain))
  if (registrations.some(({ tenantId, isHeld }) => isHeld && tenantId !== tenant.id)) return
  const outcome = await hostnames.remove(domain)
  if (outcome.ok) return
  request.log.warn('hostname_not_removed', { domain, kind: outcome.fault.kind })
  throw new ApiError('partition_unavailable', 'The platform does not take the host name away now.', {
    retryAfterSeconds: outcome.fault.kind === 'rate_limited' ? outcome.fault.retryAfterSeconds : OUTAGE_RETRY_SECONDS,
  })
}
