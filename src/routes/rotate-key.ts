import * as z from 'zod'
import { type NewKey, newKey } from '../admin/new-key'
import type { Handler, TenantRequest } from '../http/handler'
import { ApiError } from '../http/problem'
import { readJson } from '../http/read-json'
import { readQuery } from '../http/read-query'
import { ADMIN_BODY_BYTES_MAX } from '../limits/limits'
import type { DirectoryChange } from '../tenant/directory'
import { KeyRow } from '../tenant/directory-rows'
import { additionOf, newKeyAnswer, removalsOf, takeCensus } from './add-key'
import { changeRow } from './directory-row'
import { grantOf, grantOfKey, requireGrant, rowOf } from './grant-of'
import { statusOf } from './key-answer'
import { KeyRotation } from './key-body'

/**
 * `POST /admin/keys/:key/rotate`: makes a key like this one and shows it once. Until the overlap is over both work, then
 * only the new one does.
 */
export const rotateKey: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const { overlap_seconds } =
    request.body === null ? KeyRotation.parse({}) : await readJson(request, KeyRotation, ADMIN_BODY_BYTES_MAX)
  const { key: id } = request.params
  const nowMs = Date.now()
  const { tenantId } = request
  const made: NewKey[] = []
  const { version } = await changeRow(request, env, { kind: 'key', id }, async (found) => {
    const row = rowOf(KeyRow, found)
    made.unshift(successorOf(request, { id, row }, nowMs))
    const census = await takeCensus(request, env, { tenantId, terms: request.settings, nowMs, isRotation: true })
    return [ending(id, row, nowMs + overlap_seconds * 1000), additionOf(made[0]), ...removalsOf(census)]
  })
  return newKeyAnswer(made[0], version, nowMs)
}

/** Whoever gets the text of a key gets what it may do. */
function successorOf(
  request: TenantRequest,
  { id, row }: { readonly id: string; readonly row: KeyRow },
  nowMs: number,
): NewKey {
  requireGrant(grantOf(request), grantOfKey(row))
  if (statusOf(row, nowMs) !== 'active') throw new ApiError('conflict', 'The key has ended: make a new one.')
  const { hash: _hash, last4: _last4, status: _status, createdMs: _createdMs, ...terms } = row
  return newKey({ ...terms, rotatedFrom: id, createdBy: request.principal.id }, nowMs)
}

const ending = (id: string, row: KeyRow, endMs: number): DirectoryChange => ({
  what: 'key.edited',
  id,
  patch: { expiresMs: Math.min(row.expiresMs ?? endMs, endMs) },
})
