import * as z from 'zod'
import type { Handler } from '../http/handler'
import { readQuery } from '../http/read-query'
import { KeyRow } from '../tenant/directory-rows'
import { answerKey } from './change-key'
import { changeRow } from './directory-row'
import { grantOf, requireRank, rowOf } from './grant-of'

/** `DELETE /admin/keys/:key`: revokes a key. The very next request with it is refused. */
export const revokeKey: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const { key: id } = request.params
  const nowMs = Date.now()
  await changeRow(request, env, { kind: 'key', id }, (found) => {
    const row = rowOf(KeyRow, found)
    requireRank(grantOf(request), row.role)
    // From its end on counts how long it is kept in the list.
    const expiresMs = Math.min(row.expiresMs ?? nowMs, nowMs)
    return row.status === 'revoked' ? [] : [{ what: 'key.edited', id, patch: { status: 'revoked', expiresMs } }]
  })
  return answerKey(request, env, id)
}
