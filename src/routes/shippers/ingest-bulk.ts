import type { Env } from '../../env'
import { type Bulk, claimOfElastic, openBulk, openDocument } from '../../formats/elastic/bulk'
import type { BulkAction, BulkDefaults } from '../../formats/elastic/bulk-action'
import { bulkAnswer, itemError, refusedBulkAnswer } from '../../formats/elastic/bulk-answer'
import { errorBody } from '../../formats/elastic/handshake'
import { BodyFailure, type Format } from '../../formats/format'
import type { Handler, TenantRequest } from '../../http/handler'
import { ApiError, PROBLEMS } from '../../http/problem'
import { BODY_LIMITS, readBody } from '../../http/read-body'
import { auditOf } from '../../http/request-audit'
import { BATCH_RECORDS_MAX } from '../../limits/limits'
import { type TakenLogs, takeLogs } from '../store-format'
import { elasticResponse } from './elastic-dialect'

/** `POST /_bulk` of Elasticsearch, and `/:index/_bulk`: 200 with an item for each action once all that is stored is on disk. */
export const ingestBulk: Handler = async (request, env) => {
  const startMs = Date.now()
  const read = (body: Uint8Array): Bulk => openBulk(body, defaultsOf(request))
  const opening = new Opening(read)
  try {
    const { receipt, batch } = await take(request, env, opening)
    const { actions } = opening.bulk
    const outcome = { actions, rejected: batch.rejected, batchId: receipt.batch_id, tookMs: Date.now() - startMs }
    return elasticResponse(request, 200, bulkAnswer(outcome))
  } catch (error) {
    if (!isLimitToTellByItem(request, error)) throw error
    return refuseByItem(request, error, opening)
  }
}

/** `POST /:index/_doc` and `PUT /:index/_doc/:id` of Elasticsearch: one document. */
export const ingestDocument: Handler = (request, env) =>
  ingestOne(request, env, { name: 'index', creates: opCreates(request) })

/** `PUT /:index/_create/:id` of Elasticsearch: one document, unless one with its id is there. */
export const createDocument: Handler = (request, env) => ingestOne(request, env, { name: 'create', creates: true })

async function ingestOne(
  request: TenantRequest,
  env: Env,
  about: Pick<BulkAction, 'name' | 'creates'>,
): Promise<Response> {
  const { index, document, id = document } = request.params
  const action = { ...about, index: decoded(index), id: decoded(id), fault: undefined }
  const { receipt, batch } = await take(request, env, new Opening((body) => openDocument(body, action)))
  const [rejection] = batch.rejected
  if (rejection !== undefined) {
    const { status, type, reason } = itemError(rejection)
    return elasticResponse(request, status, errorBody(status, type, reason))
  }
  return elasticResponse(request, 201, {
    ...{ _index: action.index, _id: action.id ?? receipt.batch_id, _version: 1, result: 'created' },
    ...{ _shards: { total: 1, successful: 1, failed: 0 }, _seq_no: 0, _primary_term: 1 },
  })
}

/** Reads a body as a bulk request, and keeps what the answer is made of. */
class Opening {
  readonly #read: (body: Uint8Array) => Bulk
  #bulk: Bulk | undefined

  constructor(read: (body: Uint8Array) => Bulk) {
    this.#read = read
  }

  get isOpen(): boolean {
    return this.#bulk !== undefined
  }

  get bulk(): Bulk {
    if (this.#bulk === undefined) throw new Error('the body was not read')
    return this.#bulk
  }

  open(body: Uint8Array): Bulk {
    this.#bulk = this.#read(body)
    return this.#bulk
  }
}

const take = (request: TenantRequest, env: Env, opening: Opening): Promise<TakenLogs> => {
  const format: Format = { source: 'elastic', claims: claimOfElastic, open: (body) => opening.open(body).opened }
  return takeLogs(request, env, format, {
    strict: false,
    records: { name: 'BATCH_RECORDS_MAX', value: BATCH_RECORDS_MAX },
    answersEach: true,
  })
}

const defaultsOf = (request: TenantRequest): BulkDefaults => ({
  index: decoded(request.params.index),
  creates: opCreates(request),
})

const opCreates = ({ url }: TenantRequest): boolean => new URL(url).searchParams.get('op_type') === 'create'

/** Index names of Logstash hold date arithmetic, `%3Clogs-%7Bnow%2Fd%7D%3E`. */
function decoded(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * The bulk helper of Elastic's own libraries for JavaScript gives up at once when a whole request is refused, and waits and sends
 * again what is refused item by item. It says what it is (`h=bp`); every other client goes by the status of the whole.
 */
function isLimitToTellByItem({ headers }: TenantRequest, error: unknown): error is ApiError {
  const isHelper = /(?:^|,)h=bp(?:,|$)/.test(headers.get('x-elastic-client-meta') ?? '')
  return isHelper && error instanceof ApiError && PROBLEMS[error.code].status === 429
}

async function refuseByItem(request: TenantRequest, error: ApiError, opening: Opening): Promise<Response> {
  const { actions } = opening.isOpen ? opening.bulk : await readLate(request, opening)
  auditOf(request).refused = { status: 429, code: error.code }
  const why = { status: 429, type: 'es_rejected_execution_exception', reason: error.message }
  const response = elasticResponse(request, 200, refusedBulkAnswer(actions, why))
  const { retryAfterSeconds } = error.extras
  if (retryAfterSeconds !== undefined) response.headers.set('retry-after', `${retryAfterSeconds}`)
  return response
}

/** The limit was known before the body was read. */
async function readLate(request: TenantRequest, opening: Opening): Promise<Bulk> {
  try {
    return opening.open(await readBody(request, BODY_LIMITS))
  } catch (error) {
    if (error instanceof BodyFailure) throw new ApiError('invalid_body', error.message)
    throw error
  }
}
