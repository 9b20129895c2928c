import type { Env } from '../env'
import { refusalError } from '../http/caller'
import type { TenantRequest } from '../http/handler'
import { requireMatch, rowTag } from '../http/if-match'
import { ApiError } from '../http/problem'
import { withFreshHints } from '../http/with-fresh-hints'
import { SETTINGS_WRITE_TRIES } from '../limits/limits'
import type { Caller } from '../tenant/contract'
import type { AppliedChange, DirectoryChange } from '../tenant/directory'
import type { DirectoryKind, DirectoryRow, JsonObject } from '../tenant/directory-rows'
import { tenantDirectory } from '../tenant-stub'

/** What was changed, and the version that it has now. */
export interface Changed {
  readonly version: number
  readonly applied: readonly AppliedChange[]
}

/** A row of the tenant's directory as it is now; `not_found` for what is none, whoever else may have one of the name. */
export async function readRow(
  request: TenantRequest,
  env: Env,
  kind: DirectoryKind,
  id: string,
): Promise<DirectoryRow> {
  const directory = tenantDirectory(env, request.tenantId)
  const outcome = await withFreshHints(request, (caller) => directory.readDirectory(caller, kind, { id }))
  if (!outcome.ok) throw refusalError(outcome.refusal)
  const row = outcome.rows.at(0)
  if (row === undefined) throw new ApiError('not_found')
  return row
}

/**
 * Changes a row by what it is now: it is read and changed under one version of the tenant, so that nothing can come in
 * between. `decide` throws when it may not be. If-Match is honoured where the client sends it.
 */
export async function changeRow(
  request: TenantRequest,
  env: Env,
  { kind, id }: { readonly kind: DirectoryKind; readonly id: string },
  decide: (row: DirectoryRow) => readonly DirectoryChange[] | Promise<readonly DirectoryChange[]>,
): Promise<Changed> {
  const directory = tenantDirectory(env, request.tenantId)
  return makeChanges(request, async (caller) => {
    const read = await directory.readDirectory(caller, kind, { id })
    if (!read.ok) return read
    const row = read.rows.at(0)
    if (row === undefined) throw new ApiError('not_found')
    requireMatch(request.headers, row.version)
    const changes = await decide(row)
    return directory.change({ ...caller, settingsVersion: Math.min(caller.settingsVersion, read.version) }, changes)
  })
}

/** Makes changes, or throws why they are refused. */
export async function makeChanges(
  request: TenantRequest,
  ask: (caller: Caller) => ReturnType<ReturnType<typeof tenantDirectory>['change']>,
): Promise<Changed> {
  for (let tries = 1; ; tries++) {
    const outcome = await withFreshHints(request, ask)
    if (outcome.ok) return outcome
    // Each change makes what all others go by old: those that were asked for at once take turns.
    if (outcome.refusal.kind !== 'settings_changed' || tries === SETTINGS_WRITE_TRIES)
      throw refusalError(outcome.refusal)
  }
}

/** The members of an edit that are there, as the object takes them. */
export const toPatch = (edit: object): JsonObject => JSON.parse(JSON.stringify(edit))

/** An answer about one row, with the tag by which a change can say which version it is for. */
export function rowAnswer(
  body: object,
  {
    version,
    status = 200,
    location,
  }: { readonly version: number; readonly status?: number; readonly location?: string },
): Response {
  const headers = new Headers({ 'content-type': 'application/json', 'cache-control': 'no-store, private' })
  headers.set('etag', rowTag(version))
  if (location !== undefined) headers.set('location', location)
  return new Response(`${JSON.stringify(body)}\n`, { status, headers })
}
