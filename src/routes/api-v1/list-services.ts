import type { Handler } from '../../http/handler'
import { openSearch } from '../open-search'
import { jsonAnswer } from '../search-answer'
import { countRowsBy } from './count-rows-by'
import { EVERYTHING, searchFor } from './find-rows'
import { refuseUnknown } from './row-parameters'

/** `GET /api/v1/logs/services`: the names of all services that have logs. */
export const listServices: Handler = async (request, env) => {
  refuseUnknown(new URL(request.url).searchParams)
  const open = await openSearch(request, env)
  const { table, partial } = await countRowsBy('service', searchFor(EVERYTHING, open, request), open)
  const names = table.rows.flatMap(([name]) => (name === null ? [] : [String(name)]))
  const reason = partial ?? (table.truncated ? 'too_many_services' : undefined)
  return jsonAnswer({ services: names.sort(), ...(reason === undefined ? {} : { partial: reason }) })
}
