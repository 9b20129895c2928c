import { FIREHOSE } from '../../formats/firehose'
import { type Dialect, headerCredential } from '../../http/dialect'
import type { Handler } from '../../http/handler'
import { takeLogs } from '../store-format'
import { anyCredential, jsonAnswer, SHIPPER_RULES } from './plain-dialect'

/** What Firehose reads of an answer: anything else than these members and the status 200 is a failure to it. */
interface FirehoseAnswer {
  readonly requestId: string
  readonly timestamp: number
  readonly errorMessage?: string
}

/** Amazon Data Firehose: its key is a header of its own, and its answers name the request. */
export const FIREHOSE_DELIVERY: Dialect = {
  name: 'firehose',
  credential: (request, config) =>
    headerCredential(request, 'x-amz-firehose-access-key') ?? anyCredential(request, config),
  refuse: ({ status, detail }, request) => answer(status, request, detail),
}

/** `POST /ingest/firehose`: a delivery. It has the same id however often it is tried. */
export const ingestFirehose: Handler = async (request, env) => {
  const id = requestIdOf(request)
  const batchId = /^[\w:.-]{1,128}$/.test(id) ? `firehose:${id}` : undefined
  await takeLogs(request, env, FIREHOSE, { ...SHIPPER_RULES, body: { mayBeEmpty: true }, batchId })
  return answer(200, request)
}

const requestIdOf = ({ headers }: Request): string => headers.get('x-amz-firehose-request-id') ?? ''

function answer(status: number, request: Request, errorMessage?: string): Response {
  const body: FirehoseAnswer = {
    requestId: requestIdOf(request),
    timestamp: Date.now(),
    ...(errorMessage !== undefined && { errorMessage }),
  }
  return jsonAnswer(status, body)
}
