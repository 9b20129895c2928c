import * as z from 'zod'
import { TenantReference } from '../domains/admin-bodies'
import { type Challenge, challengeOf } from '../domains/challenge'
import type { ShownDomain } from '../domains/domain-answer'
import { toHostName } from '../domains/host-name'
import { isChallengeOpen } from '../domains/proof'
import type { Env } from '../env'
import { type AdministeredTenant, ownTenant, tenantOfOperator } from '../http/administered-tenant'
import { askControl } from '../http/ask-control'
import { refusalError } from '../http/caller'
import type { TenantRequest } from '../http/handler'
import { ApiError } from '../http/problem'
import { readQuery } from '../http/read-query'
import { findRegistrations } from '../storage/d1/domains'
import { findTenantByReference } from '../storage/d1/tenants'
import { DomainRow, TenantRow } from '../tenant/directory-rows'
import { tenantStub } from '../tenant-stub'

/** The parameters of what is about one domain. */
export const DomainChoice = z.strictObject({
  tenantId: TenantReference.optional().meta({
    description: 'Whose registration is meant, where several tenants have one: name or id. Only the operator needs it.',
    examples: ['acme'],
  }),
})

/** A row of a tenant's directory, and the version of the tenant that wrote it. */
export interface Stored<Row> {
  readonly row: Row
  readonly version: number
}

/** The tenant's own row; `not_found` for a tenant that is gone. */
export async function readTenantRow(tenant: AdministeredTenant): Promise<Stored<TenantRow>> {
  const outcome = await tenant.ask((by) => tenant.directory.readDirectory(by, 'tenant', { id: tenant.id }))
  if (!outcome.ok) throw refusalError(outcome.refusal)
  const stored = outcome.rows.at(0)
  if (stored === undefined) throw new ApiError('not_found')
  return { row: TenantRow.parse(stored.value), version: stored.version }
}

/** The tenant's row of a domain, if it has one. */
export async function findDomainRow(
  tenant: AdministeredTenant,
  domain: string,
): Promise<Stored<DomainRow> | undefined> {
  const outcome = await tenant.ask((by) => tenant.directory.readDirectory(by, 'domain', { id: domain }))
  if (!outcome.ok) throw refusalError(outcome.refusal)
  const stored = outcome.rows.at(0)
  return stored && { row: DomainRow.parse(stored.value), version: stored.version }
}

/** What the tenant's challenges are made with. */
export async function readSecret(tenant: AdministeredTenant, env: Env): Promise<Uint8Array> {
  const outcome = await tenant.ask(async (by) => tenantStub(env, tenant.id).challengeSecret(by))
  if (!outcome.ok) throw refusalError(outcome.refusal)
  return outcome.secret
}

/** A domain in the address of a request, with the tenant whose registration is meant. */
export interface AddressedDomain extends Stored<DomainRow> {
  readonly tenant: AdministeredTenant
  readonly domain: string
}

/** Finds the domain that the address names. Another tenant's is to whoever is not the operator as one that nobody has. */
export async function findAddressedDomain(request: TenantRequest, env: Env): Promise<AddressedDomain> {
  const { tenantId: reference } = readQuery(request.url, DomainChoice)
  const domain = domainIn(request.params.domain)
  const tenant = await tenantOf(request, env, { domain, reference })
  const stored = await findDomainRow(tenant, domain)
  if (stored === undefined) throw new ApiError('not_found')
  return { ...stored, tenant, domain }
}

/** A domain for its answer. A challenge that can still be answered is shown again. */
export async function showDomain(
  env: Env,
  { tenant, domain, row }: Pick<AddressedDomain, 'tenant' | 'domain' | 'row'>,
  nowMs: number,
): Promise<ShownDomain> {
  const [{ row: owner }, challenge] = await Promise.all([
    readTenantRow(tenant),
    openChallenge(env, { tenant, domain, row }, nowMs),
  ])
  return { domain, tenant: owner, row, challenge }
}

async function openChallenge(
  env: Env,
  { tenant, domain, row }: Pick<AddressedDomain, 'tenant' | 'domain' | 'row'>,
  nowMs: number,
): Promise<Challenge | undefined> {
  const { tokenExpiresMs: expiresMs } = row
  if (expiresMs === undefined || !isChallengeOpen(row, nowMs)) return undefined
  return challengeOf({ secret: await readSecret(tenant, env), tenantId: tenant.id, domain, expiresMs })
}

/** In the spelling that domains are stored in. */
function domainIn(text: string): string {
  const domain = toHostName(decoded(text))
  if (domain === undefined) throw new ApiError('not_found')
  return domain
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

async function tenantOf(
  request: TenantRequest,
  env: Env,
  { domain, reference }: { readonly domain: string; readonly reference: string | undefined },
): Promise<AdministeredTenant> {
  if (request.principal.tenantId !== undefined) {
    const isOwn = reference === undefined || reference === request.tenantId || reference === request.settings.name
    if (!isOwn) throw new ApiError('not_found')
    return ownTenant(request, env)
  }
  const id = await askControl(request, () => tenantIdFor(env, domain, reference))
  if (id === undefined) throw new ApiError('not_found')
  return tenantOfOperator(request, env, id)
}

/** Whose registration the operator means: that of the tenant that is named, of the one that holds the host, or the only one. */
async function tenantIdFor(
  { CONTROL }: Env,
  domain: string,
  reference: string | undefined,
): Promise<string | undefined> {
  if (reference !== undefined) return findTenantByReference(CONTROL, reference)
  const registrations = await findRegistrations(CONTROL, domain)
  const held = registrations.find(({ isHeld }) => isHeld)
  if (held || registrations.length < 2) return (held ?? registrations.at(0))?.tenantId
  throw new ApiError('conflict', `${registrations.length} tenants have registered this domain; say which by tenantId.`)
}
