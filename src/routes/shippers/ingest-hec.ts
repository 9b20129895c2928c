import * as z from 'zod'
import type { Env } from '../../env'
import type { Format } from '../../formats/format'
import { ackIdOf, isAckId, parseChannel } from '../../formats/splunk/ack-id'
import { hecCodeOf } from '../../formats/splunk/hec-answer'
import { HEC_EVENTS, HEC_RAW } from '../../formats/splunk/splunk'
import { authenticate } from '../../http/authenticate'
import type { Handler, TenantRequest } from '../../http/handler'
import { ApiError } from '../../http/problem'
import { BODY_LIMITS, readBody } from '../../http/read-body'
import { BATCH_RECORDS_MAX, HEC_ACKS_MAX } from '../../limits/limits'
import { takeLogs } from '../store-format'
import { answerCode, hecResponse } from './splunk-dialect'

/** `POST /services/collector/event` of Splunk: objects one after another. 200 once all of them are on disk. */
export const ingestHecEvents: Handler = (request, env) => ingest(request, env, HEC_EVENTS)

/** `POST /services/collector/raw` of Splunk: lines of text. */
export const ingestHecRaw: Handler = (request, env) => ingest(request, env, HEC_RAW)

async function ingest(request: TenantRequest, env: Env, format: Format): Promise<Response> {
  const named = channelText(request)
  const channel = named === undefined ? undefined : parseChannel(named)
  if (named !== undefined && channel === undefined) return answerCode(11)
  const { receipt, batch } = await takeLogs(request, env, format, {
    strict: false,
    records: { name: 'BATCH_RECORDS_MAX', value: BATCH_RECORDS_MAX },
    hasNoIds: true,
  })
  // Events beside a bad one are stored: what a client would send again after it would be there twice.
  const [rejection] = batch.rejected
  if (rejection !== undefined) return answerCode(hecCodeOf(rejection.code), { 'invalid-event-number': rejection.index })
  if (channel === undefined) return answerCode(0)
  return answerCode(0, { ackId: ackIdOf({ tenantId: request.tenantId, channel }, receipt.batch_id) })
}

/** The numbers that a client asks after. */
const AckQuestion = z.object({ acks: z.array(z.number()).max(HEC_ACKS_MAX) })

/** `POST /services/collector/ack` of Splunk: which of these batches are durable. All that were answered are. */
export const answerHecAcks: Handler = async (request) => {
  const named = channelText(request)
  if (named === undefined) return answerCode(10)
  const channel = parseChannel(named)
  if (channel === undefined) return answerCode(11)
  const question = parseQuestion(await readBody(request, BODY_LIMITS))
  if (question === undefined) return answerCode(6)
  const owner = { tenantId: request.tenantId, channel }
  return hecResponse(200, { acks: Object.fromEntries(question.acks.map((id) => [String(id), isAckId(owner, id)])) })
}

function parseQuestion(body: Uint8Array): z.infer<typeof AckQuestion> | undefined {
  try {
    return AckQuestion.safeParse(JSON.parse(new TextDecoder().decode(body))).data
  } catch {
    return undefined
  }
}

/**
 * `GET /services/collector/health` of Splunk. It asks for no token; a client that sends one wants to know whether it is good (Vector
 * does not start with a bad one).
 */
export const showHecHealth: Handler = async (request, env, ctx) => {
  if (!request.headers.has('authorization')) return answerCode(17)
  try {
    await authenticate(request, env, ctx)
    return answerCode(17)
  } catch (error) {
    if (error instanceof ApiError && (error.code === 'unauthenticated' || error.code === 'key_revoked'))
      return answerCode(21)
    throw error
  }
}

/** A header, or a parameter of the address. */
function channelText({ headers, url }: TenantRequest): string | undefined {
  const text = headers.get('x-splunk-request-channel') ?? new URL(url).searchParams.get('channel')
  return text === null || text === '' ? undefined : text
}
