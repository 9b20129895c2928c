import * as z from 'zod'
import { createTenant } from '../admin/create-tenant'
import { DomainRegistration } from '../domains/admin-bodies'
import { toRegistrationAnswer } from '../domains/domain-answer'
import { decideRegistration, type RegistrationPlan, type RegistrationWorld } from '../domains/registration'
import type { Env } from '../env'
import { adminError } from '../http/admin-error'
import { type AdministeredTenant, administeredTenant, tenantOfOperator } from '../http/administered-tenant'
import { askControl } from '../http/ask-control'
import { callerOf, refusalError } from '../http/caller'
import type { Handler, TenantRequest } from '../http/handler'
import { ApiError } from '../http/problem'
import { readJson } from '../http/read-json'
import { readQuery } from '../http/read-query'
import { noteEntry } from '../http/request-audit'
import { ADMIN_BODY_BYTES_MAX } from '../limits/limits'
import { findRegistrations } from '../storage/d1/domains'
import { findTenantByReference } from '../storage/d1/tenants'
import { rowAnswer } from './directory-row'
import { findDomainRow, readSecret, readTenantRow } from './domain-of-tenant'

/**
 * `POST /admin/domains`: registers a domain for a tenant, as the main seed shows it, and makes the tenant when the operator
 * names one that is new. The same request again changes nothing.
 */
export const registerDomain: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const body = await readJson(request, DomainRegistration, ADMIN_BODY_BYTES_MAX)
  const { tenant, isNew } = await tenantFor(request, env, body)
  const { row: owner } = await readTenantRow(tenant)
  const stored = await findStored(request, tenant, body)
  const world = worldOf(request, { tenantId: tenant.id, tenant: owner, row: stored?.row })
  const plan = decide(body, { ...world, secret: await readSecret(tenant, env) })
  const version = await makeChanges(tenant, plan, stored?.version ?? 0)
  const shown = { domain: plan.domain.name, tenant: owner, row: plan.row, challenge: plan.challenge }
  return rowAnswer(toRegistrationAnswer(shown, isNew), {
    ...{ version, status: plan.isNew ? 201 : 200 },
    location: `/admin/domains/${plan.domain.name}`,
  })
}

/** Whom a registration is for. Nobody but the operator can name a tenant that is not theirs, or make one. */
async function tenantFor(
  request: TenantRequest,
  env: Env,
  body: DomainRegistration,
): Promise<{ readonly tenant: AdministeredTenant; readonly isNew: boolean }> {
  const reference = body.tenantId ?? request.principal.tenantId
  if (reference === undefined)
    throw adminError([{ code: 'validation_failed', detail: 'Say which tenant it is for.', pointer: '/tenantId' }])
  if (request.principal.tenantId !== undefined)
    return { tenant: await administeredTenant(request, env, reference), isNew: false }
  const known = await askControl(request, () => findTenantByReference(env.CONTROL, reference))
  if (known !== undefined) return { tenant: tenantOfOperator(request, env, known), isNew: false }
  if (reference.startsWith('ten_')) throw new ApiError('not_found')
  return makeTenant(request, env, { name: reference, body })
}

/** What would be refused is refused before there is a tenant. */
async function makeTenant(
  request: TenantRequest,
  env: Env,
  { name, body }: { readonly name: string; readonly body: DomainRegistration },
): Promise<{ readonly tenant: AdministeredTenant; readonly isNew: boolean }> {
  const world = worldOf(request, { tenantId: '', tenant: undefined, row: undefined })
  const { domain, newTenant } = decide(body, { ...world, secret: new Uint8Array(32) })
  if (newTenant === undefined) throw new Error('a registration for no tenant makes one')
  await requireFree(request, env, domain)
  const created = noteEntry(request, await createTenant(env, { name, ...newTenant }, Date.now(), callerOf(request)))
  if (!created.ok) throw refusalError(created.refusal)
  return { tenant: tenantOfOperator(request, env, created.id), isNew: created.isNew }
}

/** A name that needs no proof is whose it is first. Others may be registered by anybody, until somebody has proved it. */
async function requireFree(
  request: TenantRequest,
  { CONTROL }: Env,
  { name, kind }: RegistrationPlan['domain'],
): Promise<void> {
  if (kind === 'custom') return
  const registrations = await askControl(request, () => findRegistrations(CONTROL, name))
  if (registrations.some(({ isHeld }) => isHeld)) throw new ApiError('conflict', `${name} belongs to another tenant.`)
}

/** The row that the tenant has of the domain, under the name that it is stored by. */
function findStored(request: TenantRequest, tenant: AdministeredTenant, body: DomainRegistration) {
  const world = worldOf(request, { tenantId: tenant.id, tenant: undefined, row: undefined })
  const { domain } = decide({ domain: body.domain, config: {} }, { ...world, secret: new Uint8Array(32) })
  return findDomainRow(tenant, domain.name)
}

const worldOf = (
  { config }: TenantRequest,
  about: Pick<RegistrationWorld, 'tenantId' | 'tenant' | 'row'>,
): Omit<RegistrationWorld, 'secret'> => ({
  ...about,
  serviceHosts: config.SERVICE_HOSTS,
  variables: config,
  nowMs: Date.now(),
})

function decide(body: DomainRegistration, world: RegistrationWorld): RegistrationPlan {
  const decided = decideRegistration(body, world)
  if (!decided.ok) throw adminError(decided.faults)
  return decided.plan
}

/** Answers the version that the domain's row has then. */
async function makeChanges(
  tenant: AdministeredTenant,
  { changes }: RegistrationPlan,
  version: number,
): Promise<number> {
  if (changes.length === 0) return version
  const outcome = await tenant.ask((by) => tenant.directory.change(by, changes))
  if (!outcome.ok) throw refusalError(outcome.refusal)
  return outcome.version
}
