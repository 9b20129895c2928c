import type { DocumentTable } from '../blocks/table'
import type { Env } from '../env'
import { compiledSettings } from '../http/compiled-settings'
import type { Handler, TenantRequest } from '../http/handler'
import { ApiError } from '../http/problem'
import { readJson } from '../http/read-json'
import { auditOf } from '../http/request-audit'
import { SearchBody } from '../http/search-body'
import { fieldNode, readSearchParameters, type SearchParameters, toParameters } from '../http/search-parameters'
import { FUTURE_MS_MAX, PAGE_CHARACTERS_MAX, SEARCH_BODY_BYTES_MAX, SEGMENTS_AT_A_TIME } from '../limits/limits'
import { readCursor, signCursor } from '../query/cursor'
import type { Position } from '../query/position'
import { RecordWriter } from '../query/record-json'
import type { Hit, RowSearch, RowsFound } from '../query/search-rows'
import type { Node } from '../query/syntax'
import type { SearchUnit } from '../query/units'
import { oldestVisibleMs } from '../query/within-retention'
import { aggregate, collectRows, pipelineOf, rangeWithData } from './answer-pipes'
import { type OpenSearch, openSearch } from './open-search'
import { metaOf, rowsResponse, tableResponse } from './search-answer'
import { findVisibleRows } from './visible-search'

/** `GET /logs`: the records that match, newest first unless asked otherwise, a page at a time. */
export const searchLogs: Handler = (request, env) =>
  answerSearch(request, env, readSearchParameters(new URL(request.url).searchParams, Date.now()))

/** `POST /logs/search`: the same with the question in a JSON body. */
export const searchLogsByBody: Handler = async (request, env) => {
  const body = await readJson(request, SearchBody, SEARCH_BODY_BYTES_MAX)
  auditOf(request).asked = JSON.stringify(body)
  const { timeRange, ...filters } = body.filters
  const parameters = toParameters({
    text: body.query,
    extra: Object.entries(filters).map(([name, value]) => filterNode(name, value)),
    from: textOrNull(timeRange?.start),
    to: textOrNull(timeRange?.end),
    limit: textOrNull(body.limit),
    cursor: textOrNull(body.cursor),
    order: textOrNull(body.order),
    fields: body.fields?.join(',') ?? null,
    strict: false,
    nowMs: Date.now(),
  })
  return answerSearch(request, env, parameters)
}

function filterNode(name: string, value: unknown): Node {
  const values = Array.isArray(value) ? value : [value]
  return fieldNode(name, values.map(String))
}

const textOrNull = (value: string | number | undefined): string | null => (value === undefined ? null : String(value))

async function answerSearch(request: TenantRequest, env: Env, parameters: SearchParameters): Promise<Response> {
  const startedMs = Date.now()
  const open = await openSearch(request, env)
  const search = toRowSearch(parameters, open, request, startedMs)
  const pipeline = pipelineOf(parameters.query.pipes, rangeWithData(open, search))
  if (pipeline.answers === 'table') {
    const { table, found } = await aggregate(open, search, pipeline)
    return tableResponse(
      request,
      table,
      metaOf(parameters, search, { ...found, matchedIsExact: found.partial === undefined }, open, startedMs),
    )
  }
  const room = Math.min(search.limit, (pipeline.rowLimit ?? Number.POSITIVE_INFINITY) - search.taken)
  const page = { ...search, limit: Math.max(room, 0) }
  const all = pipeline.needsCollector ? await collectRows(open, page, pipeline) : await findVisibleRows(open, page)
  const fields = pipeline.fields ?? parameters.fields
  const { records, found } = await renderPage(all, open, { fields, canResume: !pipeline.needsCollector })
  const taken = search.taken + records.length
  const isOver = pipeline.rowLimit !== undefined && taken >= pipeline.rowLimit
  const cursor = isOver ? undefined : cursorFor(found.resumeAfter, { ...search, taken }, parameters, open)
  const meta = metaOf(parameters, search, found, open, startedMs)
  return rowsResponse(request, records, meta, { cursor, hasMore: found.hasMore && !isOver })
}

function cursorFor(
  after: Position | undefined,
  search: PagedSearch,
  parameters: SearchParameters,
  open: OpenSearch,
): string | undefined {
  if (after === undefined) return undefined
  const { nextSeq, fromMs, toMs, taken, nowMs } = search
  return signCursor({ after, nextSeq, fromMs, toMs, taken, nowMs }, queryKeyOf(parameters), open.cursorSecret)
}

/** A search with the number of records that earlier pages had. */
export interface PagedSearch extends RowSearch {
  readonly taken: number
  /** What the first page took for now. */
  readonly nowMs: number
}

/** What a cursor is bound to: everything that decides which records a page has, but for the page itself. */
export const queryKeyOf = ({ identity }: SearchParameters): string => identity

/** What to look for: the request's bounds inside the tenant's retention, or what its cursor says. */
export function toRowSearch(
  parameters: SearchParameters,
  open: OpenSearch,
  request: TenantRequest,
  nowMs: number,
): PagedSearch {
  const { order, limit } = parameters
  const oldestMs = oldestVisibleMs(compiledSettings(request).retention, nowMs)
  const cursor =
    parameters.cursor === undefined
      ? undefined
      : readCursor(parameters.cursor, queryKeyOf(parameters), open.cursorSecret)
  if (parameters.cursor !== undefined && cursor === undefined) throw new ApiError('cursor_mismatch')
  return {
    filter: cursor === undefined ? parameters.filter : parameters.filterAt(cursor.nowMs),
    nowMs: cursor?.nowMs ?? nowMs,
    order,
    limit,
    fromMs: Math.max(oldestMs, cursor?.fromMs ?? parameters.fromMs ?? oldestMs),
    toMs: cursor?.toMs ?? parameters.toMs ?? nowMs + FUTURE_MS_MAX,
    after: cursor?.after,
    nextSeq: cursor?.nextSeq ?? open.nextSeq,
    taken: cursor?.taken ?? 0,
  }
}

/** A page as it is answered: the records, and the hits that they are. */
export interface RenderedPage {
  readonly records: readonly string[]
  readonly found: RowsFound
}

/**
 * The records of what was found, and only as many as a page may hold: then the next page begins behind the last of them. What was
 * put into another order has no such place, and is partial.
 */
export async function renderPage(
  found: RowsFound,
  open: OpenSearch,
  { fields, canResume }: { readonly fields: readonly string[] | undefined; readonly canResume: boolean },
): Promise<RenderedPage> {
  const { records, end } = await renderUpTo(PAGE_CHARACTERS_MAX, found.hits, open, fields)
  if (end === found.hits.length) return { records, found }
  const cut = { ...found, hits: found.hits.slice(0, end), hasMore: true }
  if (canResume) return { records, found: { ...cut, resumeAfter: found.hits[end - 1] } }
  return { records, found: { ...cut, partial: found.partial ?? 'budget_bytes' } }
}

/**
 * Writes the records of the hits, in their order. The units that hold them are read in full, a few at a time: all of them
 * together may be far more than an isolate holds. A record that cannot be read is left out.
 */
export async function renderHits(
  hits: readonly Hit[],
  open: OpenSearch,
  fields: readonly string[] | undefined,
): Promise<string[]> {
  return (await renderUpTo(Number.POSITIVE_INFINITY, hits, open, fields)).records
}

/** The same for as many of the hits as so many characters hold, one at least: those before `end`. */
export async function renderUpTo(
  charactersMax: number,
  hits: readonly Hit[],
  open: OpenSearch,
  fields: readonly string[] | undefined,
): Promise<{ readonly records: string[]; readonly end: number }> {
  const written: (string | undefined)[] = []
  let end = hits.length
  const units = [...new Set(hits.map((hit) => hit.unit))]
  for (let next = 0; next < units.length; next += SEGMENTS_AT_A_TIME) {
    const chunk = units.slice(next, next + SEGMENTS_AT_A_TIME)
    const tables = await open.loader.load(chunk.map((unit) => ({ unit, columns: 'all' })))
    for (const [index, unit] of chunk.entries()) {
      writeUnit(unit, tables[index], { hits: hits.slice(0, end), fields, written })
      // What is written later comes between, and can only bring the end nearer.
      end = Math.min(end, endWithin(charactersMax, written))
      written.splice(end)
    }
  }
  const records = written.filter((record) => record !== undefined)
  open.audit.rows += records.length
  return { records, end }
}

/** Behind how many of the records, some of them not written yet, there are more characters than may be. */
function endWithin(charactersMax: number, written: readonly (string | undefined)[]): number {
  let characters = 0
  for (let index = 0; index < written.length; index++) {
    characters += written[index]?.length ?? 0
    if (characters > charactersMax && index > 0) return index
  }
  return Number.POSITIVE_INFINITY
}

function writeUnit(
  unit: SearchUnit,
  table: DocumentTable | undefined,
  into: {
    readonly hits: readonly Hit[]
    readonly fields: readonly string[] | undefined
    readonly written: (string | undefined)[]
  },
): void {
  if (table === undefined) return
  const writer = new RecordWriter(table, 0)
  for (const [index, hit] of into.hits.entries()) {
    if (hit.unit !== unit) continue
    into.written[index] = into.fields === undefined ? writer.write(hit.row) : writer.writeFields(hit.row, into.fields)
  }
}
