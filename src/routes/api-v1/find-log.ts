import { memberSources } from '../../blocks/compact-json'
import type { Env } from '../../env'
import type { TenantRequest } from '../../http/handler'
import { ApiError } from '../../http/problem'
import { fieldNode, toParameters } from '../../http/search-parameters'
import { OUTAGE_RETRY_SECONDS, SEARCH_LIMIT_MAX } from '../../limits/limits'
import type { Hit } from '../../query/search-rows'
import { findById } from '../get-log'
import { type OpenSearch, openSearch } from '../open-search'
import { jsonText } from '../search-answer'
import { renderHits, toRowSearch } from '../search-logs'
import { findVisibleRows } from '../visible-search'
import { NOTHING_ASKED, writeRows } from './find-rows'
import { refuseUnknown } from './row-parameters'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Answers the log that the address names: by our id, or by the UUID that its sender gave it as `id`. */
export async function answerLog(request: TenantRequest, env: Env, withBody: boolean): Promise<Response> {
  refuseUnknown(new URL(request.url).searchParams)
  const { id } = request.params
  const open = await openSearch(request, env)
  const hit = UUID.test(id) ? await findBySenderId(id, request, open) : await findById(request, open)
  const { rows } = await writeRows([hit], open, withBody)
  const [row] = rows
  if (row === undefined) throw unavailable()
  return jsonText(row)
}

/** The newest log whose own `id` it is: other logs may speak of it, in `metadata.id` for one. */
async function findBySenderId(id: string, request: TenantRequest, open: OpenSearch): Promise<Hit> {
  const nowMs = Date.now()
  const parameters = toParameters({ ...NOTHING_ASKED, extra: [fieldNode('id', [id])], nowMs })
  const search = { ...toRowSearch(parameters, open, request, nowMs), limit: SEARCH_LIMIT_MAX }
  const found = await findVisibleRows(open, search)
  for (const hit of found.hits) {
    const [record] = await renderHits([hit], open, undefined)
    if (record === undefined) throw unavailable()
    if (isSentAs(id, record)) return hit
  }
  if (found.partial !== undefined) throw unavailable()
  throw new ApiError('not_found')
}

function isSentAs(id: string, record: string): boolean {
  const sent = memberSources(memberSources(record).get('body') ?? '').get('id')
  return sent?.toLowerCase() === JSON.stringify(id.toLowerCase())
}

const unavailable = (): ApiError =>
  new ApiError('partition_unavailable', 'A segment that may hold this log cannot be read.', {
    retryAfterSeconds: OUTAGE_RETRY_SECONDS,
  })
