import type { Env } from '../../env'
import { refusalError } from '../../http/caller'
import type { TenantRequest } from '../../http/handler'
import { requireMatch } from '../../http/if-match'
import { ApiError } from '../../http/problem'
import { outsideRulesOf } from '../../http/prove-jwt'
import { withFreshHints } from '../../http/with-fresh-hints'
import { checkOutsideAddress } from '../../outside/outside-address'
import type { KnownService } from '../../services/service-row'
import type { ServicesAsk, ServicesOutcome } from '../../services/services-ask'
import { tenantServices } from '../../tenant-stub'

type Answered = Extract<ServicesOutcome, { readonly ok: true }>

/** Asks the registry of the tenant's services, or throws why it refuses. */
export async function askRegistry(request: TenantRequest, env: Env, ask: ServicesAsk): Promise<Answered> {
  const outcome = await withFreshHints(request, (by) => tenantServices(env, request.tenantId).ask(by, ask))
  if (!outcome.ok) throw refusalError(outcome.refusal)
  return outcome
}

/** One service as it is now; `not_found` for what is none, whoever else may have one of the id. */
export async function readService(request: TenantRequest, env: Env, id: string): Promise<KnownService> {
  const { services } = await askRegistry(request, env, { ask: 'get', id })
  const [found] = services
  if (found === undefined) throw new ApiError('not_found')
  return found.service
}

/**
 * Changes a service by what it is now. If-Match is honoured where the client sends it; without one, a change that somebody else
 * made in between is no reason to refuse, and it is tried once more.
 */
export async function changeKnown(
  request: TenantRequest,
  env: Env,
  { id, askOf }: { readonly id: string; readonly askOf: (service: KnownService) => ServicesAsk },
): Promise<Answered> {
  for (let tries = 1; ; tries++) {
    const service = await readService(request, env, id)
    requireMatch(request.headers, service.edition)
    const ask = askOf(service)
    const outcome = await withFreshHints(request, (by) => tenantServices(env, request.tenantId).ask(by, ask))
    if (outcome.ok) return outcome
    const isOvertaken = outcome.refusal.kind === 'precondition_failed' && !request.headers.has('if-match')
    if (!isOvertaken || tries === 2) throw refusalError(outcome.refusal)
  }
}

/** Refuses the address of a service that may not be asked (docs/integrations.md), with the reason. */
export function requireOutside(request: TenantRequest, serviceUrl: string): void {
  const checked = checkOutsideAddress(serviceUrl, outsideRulesOf(request.config, request.host))
  if (checked.ok) return
  const detail = `It may not be asked: ${checked.reason}.`
  throw new ApiError('validation_failed', 'The address of the service may not be asked.', {
    errors: [{ code: 'invalid_address', detail, pointer: '/serviceUrl' }],
  })
}
