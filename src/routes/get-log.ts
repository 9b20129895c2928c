import type { Handler, TenantRequest } from '../http/handler'
import { ApiError } from '../http/problem'
import { fieldNode } from '../http/search-parameters'
import { CONTEXT_DEFAULT, CONTEXT_MAX, OUTAGE_RETRY_SECONDS, PAGE_CHARACTERS_MAX } from '../limits/limits'
import { compileFilter, type Filter } from '../query/filter'
import { RecordWriter } from '../query/record-json'
import type { Hit } from '../query/search-rows'
import type { Node } from '../query/syntax'
import { oldestVisibleMs } from '../query/within-retention'
import { parseLogId } from '../records/log-id'
import { type OpenSearch, openSearch } from './open-search'
import { jsonText } from './search-answer'
import { renderHits, renderUpTo } from './search-logs'
import { findVisibleRows } from './visible-search'

/** `GET /logs/:id`: one record, exactly as it was sent. */
export const getLog: Handler = async (request, env) => {
  const open = await openSearch(request, env)
  const hit = await findById(request, open)
  return jsonText(await writeRecord(hit, open))
}

async function writeRecord(hit: Found, open: OpenSearch): Promise<string> {
  const [record] = await renderHits([hit], open, undefined)
  if (record !== undefined) return record
  const detail = 'The segment that holds this log cannot be read.'
  throw new ApiError('partition_unavailable', detail, { retryAfterSeconds: OUTAGE_RETRY_SECONDS })
}

/** `GET /logs/:id/context`: what the same service and host logged just before and after; `scope=all` for everybody's. */
export const getLogContext: Handler = async (request, env) => {
  const { searchParams } = new URL(request.url)
  const before = countParameter(searchParams, 'before')
  const after = countParameter(searchParams, 'after')
  const scope = scopeParameter(searchParams)
  const open = await openSearch(request, env)
  const hit = await findById(request, open)
  const filter = await contextFilter(open, hit, scope)
  const around = {
    filter,
    fromMs: oldestMs(open),
    toMs: Number.POSITIVE_INFINITY,
    after: hit,
    nextSeq: open.nextSeq,
  }
  const older = before === 0 ? [] : (await findVisibleRows(open, { ...around, order: 'desc', limit: before })).hits
  const newer = after === 0 ? [] : (await findVisibleRows(open, { ...around, order: 'asc', limit: after })).hits
  // The nearest come first, so that a side which would be too long goes without its farthest.
  const write = async (hits: readonly Hit[]): Promise<string[]> =>
    (await renderUpTo(PAGE_CHARACTERS_MAX / 2, hits, open, undefined)).records
  const [earlier, later] = [(await write(older)).reverse(), await write(newer)]
  return jsonText(`{"before":[${earlier}],"log":${await writeRecord(hit, open)},"after":[${later}]}`)
}

/** What is older has expired, whether or not its bytes are gone. */
const oldestMs = ({ retention, nowMs }: OpenSearch): number => oldestVisibleMs(retention, nowMs)

/** A record that was found by its id. */
export type Found = Hit

/** The record that the address names by our id; `not_found` for what is none, and for one that has expired. */
export async function findById(request: TenantRequest, open: OpenSearch): Promise<Found> {
  const position = parseLogId(request.params.id)
  if (position === undefined) throw new ApiError('not_found')
  const filter = compiled(fieldNode('id', [request.params.id]))
  const range = { fromMs: position.ms, toMs: position.ms }
  if (position.ms < oldestMs(open)) throw new ApiError('not_found')
  const found = await findVisibleRows(open, {
    filter,
    ...range,
    order: 'desc',
    limit: 1,
    after: undefined,
    nextSeq: open.nextSeq,
  })
  const hit = found.hits.at(0)
  if (hit !== undefined) return hit
  if (found.partial !== undefined)
    throw new ApiError('partition_unavailable', 'A segment that may hold this log cannot be read.', {
      retryAfterSeconds: 5,
    })
  throw new ApiError('not_found')
}

/** The neighbours that a person wants to see: of the same service and host, where the record says which. */
async function contextFilter(open: OpenSearch, hit: Found, scope: 'same' | 'all'): Promise<Filter> {
  if (scope === 'all') return compiled(undefined)
  const [table] = await open.loader.load([{ unit: hit.unit, columns: 'all' }])
  if (table === undefined) return compiled(undefined)
  const writer = new RecordWriter(table, 0)
  const nodes = ['service', 'host', 'hostname'].flatMap((name): Node[] => {
    const value = writer.field(hit.row, name)
    return value === undefined ? [] : [fieldNode(name, [textOf(value)])]
  })
  return compiled(nodes.length > 1 ? { type: 'and', children: nodes, span: { from: 0, to: 0 } } : nodes.at(0))
}

function textOf(json: string): string {
  const value: unknown = JSON.parse(json)
  return typeof value === 'string' ? value : json
}

function compiled(node: Node | undefined): Filter {
  const outcome = compileFilter(node, Date.now())
  if (!outcome.ok) throw new ApiError('not_found')
  return outcome.filter
}

function countParameter(parameters: URLSearchParams, name: 'before' | 'after'): number {
  for (const known of parameters.keys()) {
    if (!['before', 'after', 'scope'].includes(known))
      throw new ApiError('validation_failed', `There is no parameter "${known.slice(0, 40)}" here.`)
  }
  const text = parameters.get(name)
  if (text === null) return CONTEXT_DEFAULT
  if (/^\d{1,4}$/.test(text) && Number(text) <= CONTEXT_MAX) return Number(text)
  throw new ApiError('validation_failed', `${name} is a whole number from 0 to ${CONTEXT_MAX}.`)
}

function scopeParameter(parameters: URLSearchParams): 'same' | 'all' {
  const scope = parameters.get('scope') ?? 'same'
  if (scope === 'same' || scope === 'all') return scope
  throw new ApiError('validation_failed', 'scope is same (the same service and host) or all.')
}
