import * as z from 'zod'
import { toTenantAnswer } from '../domains/tenant-answer'
import { administeredTenant } from '../http/administered-tenant'
import type { Handler } from '../http/handler'
import { readQuery } from '../http/read-query'
import { rowAnswer } from './directory-row'
import { readTenantRow } from './domain-of-tenant'

/** `GET /admin/tenants/:tenant`: a tenant, with what its plan and terms come to. */
export const getTenant: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const tenant = await administeredTenant(request, env, request.params.tenant)
  const { row, version } = await readTenantRow(tenant)
  return rowAnswer(toTenantAnswer(tenant.id, row, request.config), { version })
}
