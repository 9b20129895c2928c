import * as z from 'zod'
import type { Format } from '../../formats/format'
import { readJsonDocuments } from '../../formats/json-documents'
import type { Handler } from '../../http/handler'
import { ApiError } from '../../http/problem'
import { readJsonBytes } from '../../http/read-json'
import { readQuery } from '../../http/read-query'
import { CROSS_SERVICE_BODY_BYTES_MAX } from '../../limits/limits'
import { CROSS_SERVICE_SOURCE, CrossServiceEvent, recordsOfEvent } from '../../services/cross-service'
import { takeLogs } from '../store-format'

/** An event becomes a record on the timeline of each of the two services: both are stored, or neither. */
const RULES = { strict: true, records: { name: 'BATCH_RECORDS_MAX', value: 2 } }

/** `POST /integration/cross-service`: stores that one service asked another for something. */
export const logCrossService: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const read: { event?: CrossServiceEvent } = {}
  const format: Format = {
    source: CROSS_SERVICE_SOURCE,
    open: (body) => {
      const event = readEvent(body)
      read.event = event
      return { documents: recordsOfEvent(event, body), read: readJsonDocuments }
    },
  }
  const { receipt, replayed } = await takeLogs(request, env, format, RULES)
  const headers = new Headers({ 'content-type': 'application/json', 'cache-control': 'no-store' })
  if (replayed) headers.set('idempotency-replayed', 'true')
  const answer = { correlationId: read.event?.correlationId, ...receipt }
  return new Response(`${JSON.stringify(answer)}\n`, { status: 202, headers })
}

function readEvent(body: Uint8Array): CrossServiceEvent {
  if (body.length <= CROSS_SERVICE_BODY_BYTES_MAX) return readJsonBytes(body, CrossServiceEvent)
  const limit = { name: 'CROSS_SERVICE_BODY_BYTES_MAX', value: CROSS_SERVICE_BODY_BYTES_MAX }
  throw new ApiError('payload_too_large', `An event has at most ${limit.value} bytes.`, { limit })
}
