import * as z from 'zod'
import type { Env } from '../env'
import { checkFilter } from '../http/check-filter'
import type { Handler, TenantRequest } from '../http/handler'
import { ApiError } from '../http/problem'
import { readJson } from '../http/read-json'
import { readQuery } from '../http/read-query'
import { ADMIN_BODY_BYTES_MAX } from '../limits/limits'
import { type DirectoryRow, type JsonObject, KeyRow } from '../tenant/directory-rows'
import { changeRow, readRow, rowAnswer, toPatch } from './directory-row'
import { grantOf, grantOfKey, requireGrant, rowOf } from './grant-of'
import { statusOf } from './key-answer'
import { faultsOfKey, KeyEdit } from './key-body'
import { showKeys } from './list-keys'

/** `PATCH /admin/keys/:key`: changes what a key may do, from where and until when. It holds from the next request on. */
export const changeKey: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const edit = await readJson(request, KeyEdit, ADMIN_BODY_BYTES_MAX)
  const { key: id } = request.params
  await changeRow(request, env, { kind: 'key', id }, (row) => [
    { what: 'key.edited', id, patch: checkedPatch(request, row, edit) },
  ])
  return answerKey(request, env, id)
}

/** The answer about a key as it is now. */
export async function answerKey(request: TenantRequest, env: Env, id: string): Promise<Response> {
  const row = await readRow(request, env, 'key', id)
  const [shown] = await showKeys(request, env, [row])
  return rowAnswer(shown, { version: row.version })
}

/** Whoever changes a key must have all that it had and all that it will have. */
function checkedPatch(request: TenantRequest, found: DirectoryRow, edit: KeyEdit): JsonObject {
  const nowMs = Date.now()
  const before = rowOf(KeyRow, found)
  requireGrant(grantOf(request), grantOfKey(before))
  if (statusOf(before, nowMs) !== 'active') throw new ApiError('conflict', 'The key has ended: make a new one.')
  if (typeof edit.filter === 'string') checkFilter(edit.filter, nowMs)
  const { expires_at, ...members } = edit
  const expiresMs = typeof expires_at === 'string' ? Date.parse(expires_at) : expires_at
  const patch = toPatch({ ...members, expiresMs })
  const after = withoutNulls({ ...found.value, ...patch })
  const errors = faultsOfKey(after, nowMs)
  if (errors.length > 0) throw new ApiError('validation_failed', 'There can be no such key.', { errors })
  requireGrant(grantOf(request), grantOfKey(after))
  return patch
}

const withoutNulls = (row: JsonObject): KeyRow =>
  KeyRow.parse(Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)))
