import type { Env } from '../env'
import { refusalError } from '../http/caller'
import type { TenantRequest } from '../http/handler'
import { withFreshHints } from '../http/with-fresh-hints'
import type { Refusal } from '../tenant/contract'
import { type JsonObject, SETTINGS_ID } from '../tenant/directory-rows'
import { tenantDirectory } from '../tenant-stub'

/** The document of settings as the tenant's object has it. */
export interface SettingsDocument {
  readonly value: JsonObject
  /** The version of the tenant that wrote it; 0 while there is none. */
  readonly version: number
}

/** Reads the tenant's settings where they are true. */
export async function readSettings(request: TenantRequest, env: Env): Promise<SettingsDocument> {
  const directory = tenantDirectory(env, request.tenantId)
  const outcome = await withFreshHints(request, (by) => directory.readDirectory(by, 'settings', { id: SETTINGS_ID }))
  if (!outcome.ok) throw refusalError(outcome.refusal)
  const row = outcome.rows.at(0)
  return row === undefined ? { value: {}, version: 0 } : { value: row.value, version: row.version }
}

/** Puts a document in the place of the one of a version; from then on it holds everywhere. */
export async function writeSettings(
  request: TenantRequest,
  env: Env,
  row: JsonObject,
  ifVersion: number,
): Promise<{ readonly ok: true; readonly version: number } | { readonly ok: false; readonly refusal: Refusal }> {
  const directory = tenantDirectory(env, request.tenantId)
  const change = { what: 'settings.put', id: SETTINGS_ID, row, ifVersion } as const
  const outcome = await withFreshHints(request, (by) => directory.change(by, [change]))
  return outcome.ok ? { ok: true, version: outcome.version } : outcome
}
