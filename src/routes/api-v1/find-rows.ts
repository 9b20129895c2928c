import type { Env } from '../../env'
import type { TenantRequest } from '../../http/handler'
import { fieldNode, toParameters } from '../../http/search-parameters'
import { PAGE_CHARACTERS_MAX, SEARCH_LIMIT_MAX } from '../../limits/limits'
import { ofService } from '../../query/of-service'
import type { Hit, PartialReason } from '../../query/search-rows'
import type { TableFound, TableSearch, Taker } from '../../query/search-table'
import type { Node } from '../../query/syntax'
import { logId } from '../../records/log-id'
import { type OpenSearch, openSearch } from '../open-search'
import { jsonText } from '../search-answer'
import { type PagedSearch, renderUpTo, toRowSearch } from '../search-logs'
import { findVisibleRows, takeVisible } from '../visible-search'
import { rowText } from './log-row'
import type { RowQuestion } from './row-parameters'

/**
 * Answers a page of rows, newest first. The order is total (time, then arrival), so a page with an offset begins where the
 * one before it ended, as long as nothing newer arrives: `end_time` keeps that out.
 */
export async function answerRows(request: TenantRequest, env: Env, question: RowQuestion): Promise<Response> {
  const { limit, offset } = question
  const open = await openSearch(request, env)
  const search = { ...searchFor(question, open, request), limit: offset + limit }
  const found = await findVisibleRows(open, search)
  const counted = found.matchedIsExact ? found : await countRows(open, search)
  const { rows, isCut } = await writeRows(found.hits.slice(offset), open)
  // As many rows fewer: the next page begins behind them.
  const partial = found.partial ?? counted.partial ?? (isCut ? 'budget_bytes' : partialOf(open))
  const page = `"logs":[${rows.join(',')}],"total":${counted.matched},"limit":${limit},"offset":${offset}`
  return jsonText(`{${page}${partial === undefined ? '' : `,"partial":${JSON.stringify(partial)}`}}`)
}

/** The search that a question means, within what the caller may see. */
export function searchFor(question: RowQuestion, open: OpenSearch, request: TenantRequest): PagedSearch {
  const nowMs = Date.now()
  const { service, levels, startMs, endMs } = question
  const extra: Node[] = [
    ...(service === undefined ? [] : [fieldNode('service', [service])]),
    ...(levels === undefined ? [] : [fieldNode('level', levels)]),
  ]
  const search = toRowSearch(toParameters({ ...NOTHING_ASKED, extra, nowMs }), open, request, nowMs)
  return {
    ...search,
    filter: service === undefined ? search.filter : ofService(search.filter, service),
    fromMs: Math.max(search.fromMs, startMs ?? search.fromMs),
    toMs: Math.min(search.toMs, endMs ?? search.toMs),
  }
}

/** The question for all that there is. */
export const EVERYTHING: RowQuestion = {
  service: undefined,
  levels: undefined,
  startMs: undefined,
  endMs: undefined,
  limit: SEARCH_LIMIT_MAX,
  offset: 0,
}

/** A search without a text or bounds of its own. */
export const NOTHING_ASKED = {
  text: '',
  extra: [],
  from: null,
  to: null,
  limit: null,
  cursor: null,
  order: null,
  fields: null,
  strict: false,
}

/** Everything that matches is counted: a page stops looking when it is full. */
export const countRows = (open: OpenSearch, search: TableSearch): Promise<TableFound> =>
  takeVisible(open, search, COUNTER, open.renewLoader())

const COUNTER: Taker = { columns: () => [], add: () => {}, addCounts: () => true, isDecided: () => false }

/** The rows of the hits in their order, as many as an answer may hold; one that cannot be read is left out. */
export async function writeRows(
  hits: readonly Hit[],
  open: OpenSearch,
  withBody = false,
): Promise<{ readonly rows: readonly string[]; readonly isCut: boolean }> {
  const archived = new Map(
    hits.map(({ ms, seq, unit }) => [JSON.stringify(logId({ shard: 0, ms, seq })), open.archiveKeyOf(unit)]),
  )
  const { records, end } = await renderUpTo(PAGE_CHARACTERS_MAX, hits, open, undefined)
  const rows = records.map((record) => rowText(record, { r2Key: archived.get(idOf(record)), withBody }))
  return { rows, isCut: end < hits.length }
}

/** A record begins with its id. */
const idOf = (record: string): string => record.slice('{"id":'.length, record.indexOf(','))

/** What was found may still not have been readable. */
export const partialOf = (open: OpenSearch): PartialReason | undefined =>
  open.loader.isIncomplete() ? 'segment_unavailable' : undefined
