import { createHash } from 'node:crypto'
import { countByCode, type ReadBatch, readBatch } from '../formats/read-batch'
import { callerOf, refusalError } from '../http/caller'
import type { Handler, TenantRequest } from '../http/handler'
import { ApiError, type ProblemItem } from '../http/problem'
import { BODY_LIMITS, readBody } from '../http/read-body'
import { BATCH_RECORDS_MAX, IDEMPOTENCY_KEY_CHARACTERS_MAX, RECEIPT_ERRORS_MAX } from '../limits/limits'
import { createRedactor, DEFAULT_KINDS } from '../records/redact/redact'
import type { Provenance, Receipt, ReceiptError } from '../tenant/contract'
import { tenantStub } from '../tenant-stub'

const redactor = createRedactor({ kinds: DEFAULT_KINDS })
const DAY_MS = 86_400_000

/** `POST /logs`: any JSON or text in, a receipt out once everything in it is on disk. */
export const ingestLogs: Handler = async (request, env) => {
  const { searchParams } = new URL(request.url)
  const strict = readStrict(searchParams)
  const idempotencyKey = readIdempotencyKey(request.headers.get('idempotency-key'))
  const body = await readBody(request, BODY_LIMITS)
  const batch = readBatch(body, mediaType(request.headers.get('content-type')), {
    receivedMs: Date.now(),
    retentionMs: request.config.DEFAULT_TTL_DAYS * DAY_MS,
    redactor,
    source: 'http',
  })
  const stored = storable(batch, strict)
  const outcome = await tenantStub(env, request.tenantId).append(
    stored ? batch.blocks : [],
    provenance(request, body, batch, stored, idempotencyKey),
  )
  if (!outcome.ok) throw refusalError(outcome.refusal)
  // What was stored the first time may be too old by now, and is acknowledged all the same.
  if (!stored && !outcome.replayed) throw nothingStored(batch, strict)
  return receiptResponse(outcome.receipt, outcome.replayed)
}

/** Whether anything of the batch may be stored: it is what it says it is, and holds a record that can be kept. */
function storable(batch: ReadBatch, strict: boolean): boolean {
  if (batch.broken !== undefined || batch.summaries.length === 0) return false
  return !(strict && batch.rejected.length > 0)
}

function provenance(
  request: TenantRequest,
  body: Uint8Array,
  batch: ReadBatch,
  stored: boolean,
  idempotencyKey: string | undefined,
): Provenance {
  const refused = stored ? countByCode(batch.rejected) : refusedWhole(batch)
  return {
    ...callerOf(request),
    batchId: idempotencyKey ?? crypto.randomUUID(),
    minted: idempotencyKey === undefined,
    fingerprint: idempotencyKey === undefined ? '' : createHash('sha256').update(body).digest('hex'),
    received: Object.values(refused).reduce((sum, count) => sum + count, 0) + (stored ? acceptedIn(batch) : 0),
    bytesIn: body.length,
    rejected: refused,
    errors: batch.rejected.slice(0, RECEIPT_ERRORS_MAX).map(toReceiptError),
    blocks: stored ? batch.summaries : [],
  }
}

const acceptedIn = (batch: ReadBatch): number => batch.summaries.reduce((sum, { rows }) => sum + rows, 0)

/** Everything in a batch of which nothing is stored is refused: with its own reason where it has one, else with the batch's. */
function refusedWhole(batch: ReadBatch): Record<string, number> {
  const counts = countByCode(batch.rejected)
  const others = Math.max(batch.received, 1) - batch.rejected.length
  const code = batch.broken?.code ?? 'strict'
  return others > 0 ? { ...counts, [code]: (counts[code] ?? 0) + others } : counts
}

function nothingStored(batch: ReadBatch, strict: boolean): ApiError {
  const { broken, rejected, received } = batch
  if (broken?.code === 'too_many_records') {
    return new ApiError('batch_too_large', broken.detail, {
      limit: { name: 'BATCH_RECORDS_MAX', value: BATCH_RECORDS_MAX },
    })
  }
  if (broken) return new ApiError('invalid_json', `At byte ${broken.at}: ${broken.detail}. Nothing was stored.`)
  if (received === 0) return new ApiError('empty_body', 'The body holds no log.')
  const errors = rejected.slice(0, RECEIPT_ERRORS_MAX).map(toProblemItem)
  const extras = {
    errors,
    ...(rejected.length > errors.length ? { errorsOmitted: rejected.length - errors.length } : {}),
  }
  if (strict)
    return new ApiError(
      'strict_rejected',
      `${rejected.length} of ${received} logs cannot be kept, so none was stored.`,
      extras,
    )
  const [{ code, detail, at }] = rejected
  if (rejected.every((one) => one.code === 'invalid_json'))
    return new ApiError('invalid_json', `At byte ${at}: ${detail}.`, extras)
  if (code === 'record_too_large' && received === 1)
    return new ApiError('event_too_large', `At byte ${at}: ${detail}.`, extras)
  return new ApiError('validation_failed', `None of ${received} logs can be kept: ${detail}.`, extras)
}

function receiptResponse(receipt: Receipt, replayed: boolean): Response {
  const headers = new Headers({ 'content-type': 'application/json', 'cache-control': 'no-store' })
  if (replayed) headers.set('idempotency-replayed', 'true')
  return new Response(`${JSON.stringify(receipt)}\n`, { status: 202, headers })
}

const toReceiptError = ({ index, code, detail, at, pointer }: ReadBatch['rejected'][number]): ReceiptError => ({
  index,
  code,
  detail: `${detail} (at byte ${at})`,
  ...(pointer === undefined ? {} : { pointer }),
})

const toProblemItem = (rejection: ReadBatch['rejected'][number]): ProblemItem => toReceiptError(rejection)

/** `type/subtype` in lower case; parameters say nothing that we go by. */
const mediaType = (header: string | null): string => (header ?? '').split(';', 1)[0].trim().toLowerCase()

function readStrict(parameters: URLSearchParams): boolean {
  for (const name of parameters.keys()) {
    if (name !== 'strict') throw new ApiError('validation_failed', `There is no parameter "${name.slice(0, 40)}" here.`)
  }
  const value = parameters.get('strict') ?? 'false'
  if (value !== 'true' && value !== 'false') throw new ApiError('validation_failed', 'strict is true or false.')
  return value === 'true'
}

/** The client's name for the batch: a structured string in quotes (the draft) or bare, as many clients send it. */
function readIdempotencyKey(header: string | null): string | undefined {
  if (header === null) return undefined
  const key = header.trim().replace(/^"(.*)"$/, '$1')
  if (key.length > 0 && key.length <= IDEMPOTENCY_KEY_CHARACTERS_MAX && /^[\x20-\x7e]+$/.test(key)) return key
  throw new ApiError(
    'validation_failed',
    `Idempotency-Key has 1 to ${IDEMPOTENCY_KEY_CHARACTERS_MAX} printable ASCII characters.`,
  )
}
