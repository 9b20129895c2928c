import { createHash } from 'node:crypto'
import type { Env } from '../env'
import { type BatchSettings, countByCode, type ReadBatch, readBatch } from '../formats/read-batch'
import { refusalError } from '../http/caller'
import { compiledSettings } from '../http/compiled-settings'
import type { Handler, TenantRequest } from '../http/handler'
import { ApiError, type ProblemItem } from '../http/problem'
import { BODY_LIMITS, readBody } from '../http/read-body'
import { noteLimited, refuseWhileLimited } from '../http/recently-limited'
import { withFreshHints } from '../http/with-fresh-hints'
import { BATCH_RECORDS_MAX, IDEMPOTENCY_KEY_CHARACTERS_MAX, RECEIPT_ERRORS_MAX } from '../limits/limits'
import type { Caller, Provenance, Receipt, ReceiptError } from '../tenant/contract'
import { limitsServices } from '../tenant/tenant-limits'
import { tenantStub } from '../tenant-stub'

/** `POST /logs`: any JSON or text in, a receipt out once everything in it is on disk. */
export const ingestLogs: Handler = (request, env) =>
  storeLogs(request, env, {
    strict: readStrict(new URL(request.url).searchParams),
    records: { name: 'BATCH_RECORDS_MAX', value: BATCH_RECORDS_MAX },
  })

/** What a way in asks of its logs, beside what all of them ask. */
export interface IngestRules {
  /** One bad record refuses the whole batch. */
  readonly strict: boolean
  /** Most records of a batch, by the limit's name in docs/limits.md. */
  readonly records: { readonly name: string; readonly value: number }
  readonly serviceNames?: BatchSettings['serviceNames']
}

/** Stores the logs of a request's body, and answers the receipt once they are on disk. Every way in over HTTP ends here. */
export async function storeLogs(request: TenantRequest, env: Env, rules: IngestRules): Promise<Response> {
  const { strict } = rules
  const idempotencyKey = readIdempotencyKey(request.headers.get('idempotency-key'))
  // A batch that was stored before gets its receipt again, whatever the limits say.
  if (idempotencyKey === undefined) await refuseWhileLimited(request, env)
  const body = await readBody(request, BODY_LIMITS)
  const read = (): ReadBatch =>
    readBatch(body, mediaType(request.headers.get('content-type')), {
      receivedMs: Date.now(),
      ...compiledSettings(request).ingest,
      source: 'http',
      recordsMax: rules.records.value,
      serviceNames: rules.serviceNames,
      countsServices: limitsServices(request.settings),
    })
  let { edition } = request.settings
  let batch = read()
  let stored = storable(batch, strict)
  const outcome = await withFreshHints(request, async (caller) => {
    // Blocks made under one edition of the settings are sent again as they are, whatever else has changed.
    if (request.settings.edition !== edition) {
      edition = request.settings.edition
      batch = read()
      stored = storable(batch, strict)
    }
    const by = provenance(caller, body, batch, stored, idempotencyKey)
    return tenantStub(env, request.tenantId).append(stored ? batch.blocks : [], by)
  })
  if (!outcome.ok) {
    noteLimited(request, outcome.refusal)
    throw refusalError(outcome.refusal)
  }
  request.limits = outcome.limits
  // What was stored the first time may be too old by now, and is acknowledged all the same.
  if (!stored && !outcome.replayed) throw nothingStored(batch, rules)
  return receiptResponse(outcome.receipt, outcome.replayed)
}

/** Whether anything of the batch may be stored: it is what it says it is, and holds a record that can be kept. */
function storable(batch: ReadBatch, strict: boolean): boolean {
  if (batch.broken !== undefined || batch.summaries.length === 0) return false
  return !(strict && batch.rejected.length > 0)
}

function provenance(
  caller: Caller,
  body: Uint8Array,
  batch: ReadBatch,
  stored: boolean,
  idempotencyKey: string | undefined,
): Provenance {
  const refused = stored ? countByCode(batch.rejected) : refusedWhole(batch)
  return {
    ...caller,
    batchId: idempotencyKey ?? crypto.randomUUID(),
    minted: idempotencyKey === undefined,
    fingerprint: idempotencyKey === undefined ? '' : createHash('sha256').update(body).digest('hex'),
    received: Object.values(refused).reduce((sum, count) => sum + count, 0) + (stored ? acceptedIn(batch) : 0),
    bytesIn: body.length,
    rejected: refused,
    errors: batch.rejected.slice(0, RECEIPT_ERRORS_MAX).map(toReceiptError),
    blocks: stored ? batch.summaries : [],
    ...(stored ? batch.counted : {}),
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

function nothingStored(batch: ReadBatch, { strict, records }: IngestRules): ApiError {
  const { broken, rejected, received } = batch
  if (broken?.code === 'too_many_records') return new ApiError('batch_too_large', broken.detail, { limit: records })
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
