import type { Env } from '../env'
import { askControl } from '../http/ask-control'
import type { Handler, TenantRequest } from '../http/handler'
import { readQuery } from '../http/read-query'
import { readKeyUses } from '../storage/d1/keys'
import { type DirectoryRow, KeyRow } from '../tenant/directory-rows'
import { readDirectoryPage } from './directory-page'
import { rowOf } from './grant-of'
import { type KeyAnswer, statusOf, toKeyAnswer } from './key-answer'
import { KeyQuery } from './key-body'
import { jsonAnswer } from './search-answer'

/** `GET /admin/keys`: the keys of the tenant, oldest first, also those that ended lately. */
export const listKeys: Handler = async (request, env) => {
  const { kind, status, limit, cursor } = readQuery(request.url, KeyQuery)
  const nowMs = Date.now()
  const isWanted = (found: DirectoryRow): boolean => {
    const row = rowOf(KeyRow, found)
    return (kind === undefined || row.kind === kind) && (status === undefined || statusOf(row, nowMs) === status)
  }
  const { rows, nextCursor } = await readDirectoryPage(request, env, { kind: 'key', limit, cursor, isWanted })
  return jsonAnswer({
    data: await showKeys(request, env, rows),
    page: { next_cursor: nextCursor, has_more: nextCursor !== null },
  })
}

/** Rows of keys for their answers, with the day of their last use, which only D1 knows. */
export async function showKeys(
  request: TenantRequest,
  env: Env,
  rows: readonly DirectoryRow[],
): Promise<readonly KeyAnswer[]> {
  const ids = rows.map(({ id }) => id)
  const uses = await askControl(request, () => readKeyUses(env.CONTROL, request.tenantId, ids))
  const nowMs = Date.now()
  return rows.map((row) => toKeyAnswer({ id: row.id, row: rowOf(KeyRow, row), lastUsedDay: uses.get(row.id) }, nowMs))
}
