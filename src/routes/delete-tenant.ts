import * as z from 'zod'
import type { Handler } from '../http/handler'
import { ApiError } from '../http/problem'
import { readQuery } from '../http/read-query'
import { editRow, refuseForService } from './change-tenant'

const HOUR_MS = 3_600_000

/**
 * `DELETE /admin/tenants/:tenant`: nobody reads or writes any more, and when the grace period is over the tenant is erased. Until
 * then PATCH with a status takes it back.
 */
export const deleteTenant: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const deleteMs = Date.now() + request.config.TENANT_GRACE_HOURS * HOUR_MS
  return editRow(
    request,
    env,
    (tenant, { row }) => {
      refuseForService(tenant)
      if (row.status === 'deleting' || row.status === 'erasing')
        throw new ApiError('conflict', 'The tenant is being deleted already.')
      return { status: 'deleting', deleteMs }
    },
    { status: 202 },
  )
}
