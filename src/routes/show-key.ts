import * as z from 'zod'
import type { Handler } from '../http/handler'
import { readQuery } from '../http/read-query'
import { readRow, rowAnswer } from './directory-row'
import { showKeys } from './list-keys'

/** `GET /admin/keys/:key`: one key of the tenant. */
export const showKey: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const row = await readRow(request, env, 'key', request.params.key)
  const [shown] = await showKeys(request, env, [row])
  return rowAnswer(shown, { version: row.version })
}
