import * as z from 'zod'
import type { Env } from '../env'
import type { Handler, TenantRequest } from '../http/handler'
import { readJson } from '../http/read-json'
import { readQuery } from '../http/read-query'
import { ADMIN_BODY_BYTES_MAX } from '../limits/limits'
import type { Caller } from '../tenant/contract'
import { readTenantSettings } from '../tenant/settings'
import { addKey } from './add-key'
import { grantOf } from './grant-of'
import { KeyRegistration } from './key-body'
import { readSettings } from './tenant-settings'

/** `POST /admin/keys`: makes a key, and shows it once. */
export const createKey: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const asked = await readJson(request, KeyRegistration, ADMIN_BODY_BYTES_MAX)
  const wishes = await withOrigins(asked, request, env)
  const { tenantId } = request
  const maker = { tenantId, terms: () => request.settings, own: () => grantOf(request), callerAt: noLaterThan }
  return addKey(request, env, maker, wishes)
}

/** A key for browsers that names no pages is for those of the tenant's settings. */
async function withOrigins(wishes: KeyRegistration, request: TenantRequest, env: Env): Promise<KeyRegistration> {
  if (wishes.kind !== 'pub' || wishes.origins !== undefined) return wishes
  const { origins } = readTenantSettings((await readSettings(request, env)).value)
  return origins.length === 0 ? wishes : { ...wishes, origins }
}

/** What was counted holds at the version at which it was: the object refuses when something has come in between. */
export const noLaterThan = (caller: Caller, version: number): Caller => ({
  ...caller,
  settingsVersion: Math.min(caller.settingsVersion, version),
})
