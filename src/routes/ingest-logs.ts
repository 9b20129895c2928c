import type { Env } from '../env'
import type { Format } from '../formats/format'
import { readerFor } from '../formats/read-batch'
import { formatOfType } from '../formats/ways-in'
import type { Handler, TenantRequest } from '../http/handler'
import { ApiError } from '../http/problem'
import { BATCH_RECORDS_MAX } from '../limits/limits'
import type { Receipt } from '../tenant/contract'
import { type IngestRules, mediaType, takeLogs } from './store-format'

/** `POST /logs`: JSON, text, or a format that its type names in; a receipt out once everything in it is on disk. */
export const ingestLogs: Handler = async (request, env) => {
  const format = formatOfType(mediaType(request.headers.get('content-type'))) ?? OWN_FORMAT
  const { receipt, replayed } = await takeLogs(request, env, format, {
    strict: readStrict(new URL(request.url).searchParams),
    records: { name: 'BATCH_RECORDS_MAX', value: BATCH_RECORDS_MAX },
  })
  return receiptResponse(receipt, replayed)
}

/** What our own API takes: JSON in any of its ways, and lines of text. */
const OWN_FORMAT: Format = {
  source: 'http',
  open: (body, { contentType }) => ({ documents: body, read: readerFor(body, contentType) }),
}

/** Stores the logs of a request's body, and answers the receipt once they are on disk. */
export async function storeLogs(request: TenantRequest, env: Env, rules: IngestRules): Promise<Response> {
  const { receipt, replayed } = await takeLogs(request, env, OWN_FORMAT, rules)
  return receiptResponse(receipt, replayed)
}

/** The answer to logs that were stored. */
export function receiptResponse(receipt: Receipt, replayed: boolean): Response {
  const headers = new Headers({ 'content-type': 'application/json', 'cache-control': 'no-store' })
  if (replayed) headers.set('idempotency-replayed', 'true')
  return new Response(`${JSON.stringify(receipt)}\n`, { status: 202, headers })
}

function readStrict(parameters: URLSearchParams): boolean {
  for (const name of parameters.keys()) {
    if (name !== 'strict') throw new ApiError('validation_failed', `There is no parameter "${name.slice(0, 40)}" here.`)
  }
  const value = parameters.get('strict') ?? 'false'
  if (value !== 'true' && value !== 'false') throw new ApiError('validation_failed', 'strict is true or false.')
  return value === 'true'
}
