import * as z from 'zod'
import type { Handler } from '../../http/handler'
import type { RowSearch } from '../../query/search-rows'
import { type OpenSearch, openSearch } from '../open-search'
import { jsonAnswer } from '../search-answer'
import { findVisibleRows } from '../visible-search'
import { countRowsBy } from './count-rows-by'
import { EVERYTHING, searchFor } from './find-rows'
import { refuseUnknown } from './row-parameters'
import { SEED_LEVELS, type SeedLevel, seedLevelOf } from './seed-level'
import { readServiceName } from './service-name'

const count = z.int().min(0)

/** What the second seed's API tells of a service. */
export const ServiceStats = z.strictObject({
  service_name: z.string(),
  total: count.meta({ description: 'Logs that are kept.' }),
  by_level: z.strictObject({ DEBUG: count, INFO: count, WARN: count, ERROR: count, CRITICAL: count }),
  first_timestamp: z.int().nullable().meta({ description: 'Of the oldest log that is kept.' }),
  last_timestamp: z.int().nullable().meta({ description: 'Of the newest log.' }),
  partial: z.string().optional().meta({ description: 'Why not everything was counted, if so.' }),
})

/** `GET /api/v1/logs/stats/:service`: how many logs a service has, by level, and since when. */
export const showServiceStats: Handler = async (request, env) => {
  refuseUnknown(new URL(request.url).searchParams)
  const service = readServiceName(request.params.service, 'service')
  const open = await openSearch(request, env)
  const search = { ...searchFor({ ...EVERYTHING, service }, open, request), limit: 1 }
  const { table, partial } = await countRowsBy('level', search, open)
  const byLevel: Record<SeedLevel, number> = { DEBUG: 0, INFO: 0, WARN: 0, ERROR: 0, CRITICAL: 0 }
  for (const [level, rows] of table.rows) byLevel[seedLevelOf(String(level))] += Number(rows)
  const answer: z.infer<typeof ServiceStats> = {
    service_name: service,
    total: SEED_LEVELS.reduce((sum, level) => sum + byLevel[level], 0),
    by_level: byLevel,
    first_timestamp: await outermostMs(open, { ...search, order: 'asc' }),
    last_timestamp: await outermostMs(open, { ...search, order: 'desc' }),
    ...(partial === undefined ? {} : { partial }),
  }
  return jsonAnswer(answer)
}

/** The time of the first record in the order of the search. */
async function outermostMs(open: OpenSearch, search: RowSearch): Promise<number | null> {
  const { hits } = await findVisibleRows(open, search)
  return hits.at(0)?.ms ?? null
}
