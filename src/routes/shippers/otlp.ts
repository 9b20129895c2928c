import { otlpResponse, otlpStatus } from '../../formats/otlp/answers'
import { isOtlpJson, OTLP } from '../../formats/otlp/otlp'
import { basicCredential, type Dialect, headerCredential } from '../../http/dialect'
import type { Handler } from '../../http/handler'
import { ApiError } from '../../http/problem'
import { BATCH_RECORDS_MAX, BODY_BYTES_MAX, OUTAGE_RETRY_SECONDS } from '../../limits/limits'
import { mediaType, takeLogs } from '../store-format'

/**
 * OTLP/HTTP: refusals are a google.rpc.Status in the encoding of the request. Clients try again after 429, 502, 503 and 504 only,
 * and drop what anything else answers: what is our fault is a 503, never a 500.
 */
export const OTLP_DIALECT: Dialect = {
  name: 'otlp',
  credential: (request) => basicCredential(request) ?? headerCredential(request, 'api-key'),
  refuse: ({ status, code, detail }, request) => {
    const isOurs = status === 500
    const message = code === 'payload_too_large' ? `${TOO_LARGE} ${detail}` : detail
    const answer = otlpAnswer(request, isOurs ? 503 : status, (isJson) =>
      otlpStatus(RPC_CODES[status] ?? 2, message, isJson),
    )
    if (isOurs) answer.headers.set('retry-after', `${OUTAGE_RETRY_SECONDS}`)
    return answer
  },
}

/** As gRPC says it, so that whoever knows the protocol finds the setting: the exporter’s batch size. */
const TOO_LARGE = `received message larger than max (${BODY_BYTES_MAX} bytes):`

/** Codes of google.rpc.Code by status. */
const RPC_CODES: Readonly<Record<number, number>> = {
  ...{ 400: 3, 401: 16, 403: 7, 404: 5, 409: 10, 413: 8, 415: 3, 422: 9, 429: 8, 500: 13, 503: 14 },
}

/** `POST /v1/logs` and `POST /otlp/v1/logs`. */
export const ingestOtlp: Handler = async (request, env) => {
  const contentType = mediaType(request.headers.get('content-type'))
  if (contentType !== '' && isOtlpJson(contentType) === undefined)
    throw new ApiError('unsupported_media_type', OTHER_TYPE)
  const { receipt } = await takeLogs(request, env, OTLP, {
    strict: false,
    records: { name: 'BATCH_RECORDS_MAX', value: BATCH_RECORDS_MAX },
    hasNoIds: true,
    body: { mayBeEmpty: true },
  })
  const { rejected, errors } = receipt
  const reasons = [...new Set(errors.map(({ detail }) => detail))].slice(0, REASONS_TOLD)
  const partial = rejected === 0 ? undefined : { rejected, message: reasons.join('; ') }
  return otlpAnswer(request, 200, (isJson) => otlpResponse(partial, isJson))
}

const OTHER_TYPE = 'unsupported media type, supported: [application/json, application/x-protobuf]'

/** Clients log the message, and need no more of it than tells them what to mend. */
const REASONS_TOLD = 3

/** Exporters compare the type of an answer with that of their request, to the letter: no parameters. */
function otlpAnswer(request: Request, status: number, bodyOf: (isJson: boolean) => Uint8Array): Response {
  const isJson = isOtlpJson(mediaType(request.headers.get('content-type'))) ?? true
  const headers = { 'content-type': isJson ? 'application/json' : 'application/x-protobuf' }
  return new Response(bodyOf(isJson), { status, headers })
}
