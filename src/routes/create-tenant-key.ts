import * as z from 'zod'
import type { Env } from '../env'
import { askControl } from '../http/ask-control'
import type { Handler, TenantRequest } from '../http/handler'
import { ApiError } from '../http/problem'
import { readJson } from '../http/read-json'
import { readQuery } from '../http/read-query'
import { ADMIN_BODY_BYTES_MAX } from '../limits/limits'
import { findSettings, findTenantId, type SettingsRecord } from '../storage/d1/credentials'
import { GRANT_OF_OPERATOR } from '../tenant/grant'
import { addKey } from './add-key'
import { KeyRegistration } from './key-body'

/** `POST /admin/tenants/:tenant/keys`: the operator makes a tenant's first key, or one for an owner who has lost theirs. */
export const createTenantKey: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const wishes = await readJson(request, KeyRegistration, ADMIN_BODY_BYTES_MAX)
  const tenant = await askControl(request, () => findNamed(request, env))
  if (tenant === undefined) throw new ApiError('not_found')
  const { tenantId } = tenant
  return addKey(
    request,
    env,
    {
      tenantId,
      terms: () => tenant,
      own: () => GRANT_OF_OPERATOR,
      // The operator's own hints are of no tenant; what was counted of this one must still be so.
      callerAt: (caller, settingsVersion) => ({ ...caller, tenantId, settingsVersion }),
    },
    wishes,
  )
}

async function findNamed({ params }: TenantRequest, { CONTROL }: Env): Promise<SettingsRecord | undefined> {
  const { tenant } = params
  const id = tenant.startsWith('ten_') ? tenant : await findTenantId(CONTROL, tenant)
  return id === undefined ? undefined : findSettings(CONTROL, id)
}
