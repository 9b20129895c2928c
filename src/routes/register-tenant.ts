import * as z from 'zod'
import { createTenant } from '../admin/create-tenant'
import { TenantRegistration } from '../domains/admin-bodies'
import { toTenantAnswer } from '../domains/tenant-answer'
import { termsOfNewTenant } from '../domains/tenant-terms'
import { adminError } from '../http/admin-error'
import { tenantOfOperator } from '../http/administered-tenant'
import { callerOf, refusalError } from '../http/caller'
import type { Handler } from '../http/handler'
import { ApiError } from '../http/problem'
import { readJson } from '../http/read-json'
import { readQuery } from '../http/read-query'
import { noteEntry } from '../http/request-audit'
import { ADMIN_BODY_BYTES_MAX } from '../limits/limits'
import type { TenantRow } from '../tenant/directory-rows'
import { rowAnswer } from './directory-row'
import { readTenantRow } from './domain-of-tenant'

/** `POST /admin/tenants`: makes a tenant. The same request again finds the one that it made. */
export const registerTenant: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const body = await readJson(request, TenantRegistration, ADMIN_BODY_BYTES_MAX)
  const terms = termsOfNewTenant(body)
  if (!terms.ok) throw adminError(terms.faults)
  const created = noteEntry(
    request,
    await createTenant(env, { name: body.name, ...terms.value }, Date.now(), callerOf(request)),
  )
  if (!created.ok) throw refusalError(created.refusal)
  const taken = new ApiError('conflict', `There is a tenant ${body.name} already, and it is another one.`)
  const { row, version } = await readTenantRow(tenantOfOperator(request, env, created.id)).catch((error) => {
    // Being erased: the name is free once nothing else of it is left.
    throw error instanceof ApiError && error.code === 'not_found' ? taken : error
  })
  if (!created.isNew && !isAsAsked(row, terms.value)) throw taken
  return rowAnswer(toTenantAnswer(created.id, row, request.config), {
    ...{ version, status: created.isNew ? 201 : 200 },
    location: `/admin/tenants/${body.name}`,
  })
}

const isAsAsked = (
  { status, plan, limits, contactEmail }: TenantRow,
  asked: Pick<TenantRow, 'plan' | 'limits' | 'contactEmail'>,
): boolean =>
  status === 'active' &&
  plan === asked.plan &&
  contactEmail === asked.contactEmail &&
  JSON.stringify(limits) === JSON.stringify(asked.limits)
