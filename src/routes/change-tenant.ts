import * as z from 'zod'
import { ACTIVITY_TENANT } from '../activity/activity-tenant'
import { TenantEdit } from '../domains/admin-bodies'
import { toTenantAnswer } from '../domains/tenant-answer'
import { editTenant } from '../domains/tenant-terms'
import type { Env } from '../env'
import { adminError } from '../http/admin-error'
import { type AdministeredTenant, administeredTenant } from '../http/administered-tenant'
import { refusalError } from '../http/caller'
import type { Handler, TenantRequest } from '../http/handler'
import { requireMatch } from '../http/if-match'
import { ApiError } from '../http/problem'
import { readJson } from '../http/read-json'
import { readQuery } from '../http/read-query'
import { ADMIN_BODY_BYTES_MAX } from '../limits/limits'
import { type JsonObject, TenantRow } from '../tenant/directory-rows'
import { rowAnswer } from './directory-row'
import { readTenantRow, type Stored } from './domain-of-tenant'

/**
 * `PATCH /admin/tenants/:tenant`: changes plan and terms, suspends a tenant, resumes it, or takes its deletion back. An owner
 * can say whom to write to.
 */
export const changeTenant: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const edit = await readJson(request, TenantEdit, ADMIN_BODY_BYTES_MAX)
  return editRow(request, env, (tenant, { row }) => {
    refuseOthers(tenant, edit)
    if (edit.status === 'suspended') refuseForService(tenant)
    const edited = editTenant(row, edit)
    if (!edited.ok) throw adminError(edited.faults)
    return edited.value
  })
}

/** Changes the tenant of the address by what it is now, and answers it. */
export async function editRow(
  request: TenantRequest,
  env: Env,
  decide: (tenant: AdministeredTenant, stored: Stored<TenantRow>) => JsonObject,
  { status }: { readonly status: number } = { status: 200 },
): Promise<Response> {
  const tenant = await administeredTenant(request, env, request.params.tenant)
  const stored = await readTenantRow(tenant)
  requireMatch(request.headers, stored.version)
  const patch = decide(tenant, stored)
  const change = { what: 'tenant.edited', id: tenant.id, patch, ifVersion: stored.version } as const
  const outcome = await tenant.ask((by) => tenant.directory.change(by, [change]))
  if (!outcome.ok) throw refusalError(outcome.refusal)
  const after = TenantRow.parse(outcome.applied.at(-1)?.after)
  return rowAnswer(toTenantAnswer(tenant.id, after, request.config), { version: outcome.version, status })
}

/** The service writes about itself there, also when somebody is suspended. */
export function refuseForService({ id }: AdministeredTenant): void {
  if (id === ACTIVITY_TENANT.id) throw new ApiError('conflict', 'The tenant of the service itself stays as it is.')
}

function refuseOthers({ isOperator }: AdministeredTenant, edit: TenantEdit): void {
  const others = Object.keys(edit).filter((name) => name !== 'contact_email')
  if (isOperator || others.length === 0) return
  throw new ApiError('scope_missing', `Only the operator changes ${others.join(', ')}.`)
}
