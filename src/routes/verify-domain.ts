import { tellTenant } from '../activity/tell-tenant'
import { domainPorts } from '../admin/domain-ports'
import { type ProofStep, proveDomain } from '../admin/prove-domain'
import { toDomainAnswer, type VerificationAnswer } from '../domains/domain-answer'
import { isChallengeOpen } from '../domains/proof'
import type { Env } from '../env'
import { refusalError } from '../http/caller'
import type { Handler, TenantRequest } from '../http/handler'
import { ApiError } from '../http/problem'
import { PROOF_COOLDOWN_ENTRIES_MAX, PROOF_COOLDOWN_MS } from '../limits/limits'
import { BoundedCache } from '../storage/bounded-cache'
import { rowAnswer } from './directory-row'
import { type AddressedDomain, findAddressedDomain, findDomainRow, readSecret, showDomain } from './domain-of-tenant'

/**
 * `POST /admin/domains/:domain/verify`: looks for the proof now. Finding none is an answer too: what was looked for and found
 * is in it.
 */
export const verifyDomain: Handler = async (request, env) => {
  const found = await findAddressedDomain(request, env)
  const { row } = found
  if (row.proof === 'none' || row.tokenExpiresMs === undefined)
    return answer(env, found, { message: 'This name needs no proof.', platform: undefined })
  if (row.status !== 'active' && !isChallengeOpen(row, Date.now())) {
    const message = 'The challenge is over. Register the domain again, with POST /admin/domains, to get another.'
    return answer(env, found, { message, platform: undefined })
  }
  return verify(request, env, found)
}

/** When this isolate last looked for the proof of a domain, by tenant and domain. */
const lookedMs = new BoundedCache<number>(PROOF_COOLDOWN_ENTRIES_MAX)

/** Each look asks several servers of others: whoever asks for looks in a loop must not make a loop of those. */
function refuseWhileCooling({ tenant, domain }: AddressedDomain, nowMs: number): void {
  const name = JSON.stringify([tenant.id, domain])
  // A clock that goes back must not keep anybody waiting.
  const sinceMs = Math.abs(nowMs - (lookedMs.get(name) ?? Number.NEGATIVE_INFINITY))
  if (sinceMs < PROOF_COOLDOWN_MS)
    throw new ApiError('rate_limited', 'The proof of this domain was looked for just now.', {
      retryAfterSeconds: Math.ceil((PROOF_COOLDOWN_MS - sinceMs) / 1000),
    })
  lookedMs.put(name, nowMs, 1)
}

async function verify(request: TenantRequest, env: Env, found: AddressedDomain): Promise<Response> {
  const { tenant, domain, row, version } = found
  refuseWhileCooling(found, Date.now())
  const secret = await readSecret(tenant, env)
  const step = await proveDomain(domainPorts(request.config), { tenantId: tenant.id, domain, row, secret }, Date.now)
  const { patch, finding, platform } = step
  if (patch === undefined) return answer(env, found, { message: finding.detail, platform })
  const change = { what: 'domain.edited', id: domain, patch, ifVersion: version } as const
  const outcome = await tenant.ask((caller) => tenant.directory.change(caller, [change]))
  if (!outcome.ok) throw refusalError(outcome.refusal)
  await tell(request, env, found, { step, settingsVersion: outcome.version })
  const changed = (await findDomainRow(tenant, domain)) ?? found
  return answer(env, { ...found, ...changed }, { message: finding.detail, platform })
}

/** Those who look after the tenant's logs see it there. */
async function tell(
  request: TenantRequest,
  env: Env,
  { tenant, domain, version }: AddressedDomain,
  { step: { notice }, settingsVersion }: { readonly step: ProofStep; readonly settingsVersion: number },
): Promise<void> {
  if (notice === undefined) return
  const { event, level, message } = notice
  const told = { ...{ id: `${domain}:${event}:${version}`, level, event }, message: `${domain}: ${message}` }
  await tellTenant(env, request.log, { tenantId: tenant.id, settingsVersion }, { ...told, fields: { domain } })
}

async function answer(
  env: Env,
  found: AddressedDomain,
  { message, platform }: { readonly message: string; readonly platform: ProofStep['platform'] },
): Promise<Response> {
  const shown = toDomainAnswer(await showDomain(env, found, Date.now()))
  const body: VerificationAnswer = {
    ...shown,
    verified: found.row.status === 'active' || found.row.status === 'suspended',
    message,
    platform: platformAnswer(platform),
  }
  return rowAnswer(body, found)
}

function platformAnswer(platform: ProofStep['platform']): VerificationAnswer['platform'] {
  if (platform === undefined) return null
  if ('kind' in platform) return { status: 'unavailable', records: [], faults: [platform.kind] }
  return { status: platform.status, records: [...platform.records], faults: [...platform.faults] }
}
