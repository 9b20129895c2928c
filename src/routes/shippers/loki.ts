import { LOKI } from '../../formats/loki/loki'
import { basicCredential, type Dialect } from '../../http/dialect'
import type { Handler } from '../../http/handler'
import { ApiError } from '../../http/problem'
import { BATCH_RECORDS_MAX, OUTAGE_RETRY_SECONDS } from '../../limits/limits'
import { mediaType, takeLogs } from '../store-format'

/**
 * Loki's way to refuse: a line of text. Clients drop what any 4xx answers but 429, and try again after 429 and 5xx. X-Scope-OrgID names a
 * tenant of Loki's and is no credential: the key says whose logs they are.
 */
export const LOKI_DIALECT: Dialect = {
  name: 'loki',
  credential: basicCredential,
  refuse: ({ status, code, detail }) => {
    // What is our fault may be well the next time; to Loki's clients 415 and 422 are the 400 that it has for both.
    const isOurs = status === 500
    const answer = textAnswer(isOurs ? 503 : (STATUSES[code] ?? status), code === 'empty_body' ? NO_STREAM : detail)
    if (isOurs) answer.headers.set('retry-after', `${OUTAGE_RETRY_SECONDS}`)
    return answer
  },
}

const STATUSES: Readonly<Record<string, number>> = { unsupported_media_type: 400, empty_body: 422 }

const NO_STREAM = 'error at least one valid stream is required for ingestion'

/** `POST /loki/api/v1/push` and `POST /api/prom/push`. What cannot be kept is a 400 that lists it; the rest is stored all the same. */
export const pushLoki: Handler = async (request, env) => {
  const contentType = mediaType(request.headers.get('content-type'))
  if (contentType === '') throw new ApiError('invalid_body', 'mime: no media type')
  const { receipt } = await takeLogs(request, env, LOKI, {
    strict: false,
    records: { name: 'BATCH_RECORDS_MAX', value: BATCH_RECORDS_MAX },
    hasNoIds: true,
    // Protobuf is in Snappy anyway, and JSON is not, whatever the header says.
    body: { ignoredCodings: ['snappy'] },
  })
  const { accepted, rejected, errors } = receipt
  if (rejected === 0) return new Response(null, { status: 204 })
  const listed = errors.slice(0, REASONS_TOLD).map(({ index, detail }) => `entry ${index}: ${detail}`)
  return textAnswer(400, `${rejected} entries were rejected, ${accepted} were stored: ${listed.join('; ')}`)
}

/** Clients log the whole text. */
const REASONS_TOLD = 10

/** `GET /ready`: what shippers ask before they begin. */
export const showLokiReady: Handler = () => textAnswer(200, 'ready')

/** `GET /loki/api/v1/status/buildinfo`: by the version clients tell which protocol is spoken. */
export const showLokiBuild: Handler = () =>
  Response.json({ version: '3.0.0', revision: '', branch: '', buildUser: '', buildDate: '', goVersion: '' })

const textAnswer = (status: number, text: string): Response =>
  new Response(`${text}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } })
