import { createHash } from 'node:crypto'
import type { Env } from '../env'
import { BodyFailure, BodyTooLarge, type Format, type FormatRequest, type OpenedBody } from '../formats/format'
import { type BatchSettings, countByCode, type ReadBatch, readFormat } from '../formats/read-batch'
import { refusalError } from '../http/caller'
import { compiledSettings } from '../http/compiled-settings'
import type { TenantRequest } from '../http/handler'
import { ApiError, type ProblemItem } from '../http/problem'
import { BODY_LIMITS, type BodyRules, readBody } from '../http/read-body'
import { noteLimited, refuseWhileLimited } from '../http/recently-limited'
import { tellFailedRules } from '../http/tell-failed-rules'
import { withFreshHints } from '../http/with-fresh-hints'
import { IDEMPOTENCY_KEY_CHARACTERS_MAX, KNOWN_ID_TRIES, RECEIPT_ERRORS_MAX, REPEATED_BODY_MS } from '../limits/limits'
import type { AppendOutcome, Caller, Provenance, Receipt, ReceiptError } from '../tenant/contract'
import { sumOf } from '../tenant/ledger'
import { tenantStub } from '../tenant-stub'

/** What a way in asks of its logs, beside what all of them ask. */
export interface IngestRules {
  /** One bad record refuses the whole batch. */
  readonly strict: boolean
  /** Most records of a batch, by the limit's name in docs/limits.md. */
  readonly records: { readonly name: string; readonly value: number }
  readonly serviceNames?: BatchSettings['serviceNames']
  /** How a body is read where that is not as everywhere. */
  readonly body?: BodyRules
  /** The name that the protocol has for the batch, where no Idempotency-Key names it. */
  readonly batchId?: string | undefined
  /** The protocol has no ids: what is sent again is known by its bytes, where the tenant wants it to be. */
  readonly hasNoIds?: boolean
  /** The answer says of each record what became of it: that nothing could be stored is no error of the request. */
  readonly answersEach?: boolean
}

/** What became of a request's logs. */
export interface TakenLogs {
  readonly receipt: Receipt
  /** It is the first receipt of a batch that came again. */
  readonly replayed: boolean
  readonly batch: ReadBatch
}

/**
 * Stores the logs of a request's body, and answers once they are on disk. Every way in over HTTP ends here. Throws an ApiError when
 * nothing was stored; but a body without records is taken where the rules say that it may be empty.
 */
export async function takeLogs(
  request: TenantRequest,
  env: Env,
  format: Format,
  rules: IngestRules,
): Promise<TakenLogs> {
  const batchId = readIdempotencyKey(request.headers.get('idempotency-key')) ?? rules.batchId
  // A batch that was stored before gets its receipt again, whatever the limits say.
  if (batchId === undefined) await refuseWhileLimited(request, env)
  const body = await readBody(request, BODY_LIMITS, rules.body)
  const opened = openBody(format, body, request)
  const nameNow = (): BatchName =>
    batchId === undefined ? nameOf(body, format, request, rules) : { batchId, minted: false }
  let name = nameNow()
  const read = (): ReadBatch => readOpened(format, opened, request, { ...rules, batchId: name.batchId })
  let { edition } = request.settings
  let batch = read()
  if (rules.body?.mayBeEmpty === true && batch.received === 0 && batch.broken === undefined)
    return { receipt: NOTHING_RECEIVED, replayed: false, batch }
  let stored = storable(batch, rules.strict)
  const outcome = await withFreshHints(request, async (caller) => {
    // Blocks made under one edition of the settings are sent again as they are, whatever else has changed.
    if (request.settings.edition !== edition) {
      edition = request.settings.edition
      name = nameNow()
      batch = read()
      stored = storable(batch, rules.strict)
    }
    const append = (): Promise<AppendOutcome> => {
      const ids = stored ? opened.ids?.taken(batch.rejected) : undefined
      const by = { ...provenance(caller, body, batch, stored, name), ...(ids !== undefined && { ids }) }
      return tenantStub(env, request.tenantId).append(stored ? batch.blocks : [], by)
    }
    let outcome = await append()
    // Ids may become known while the batch is made again without those that were.
    for (let tries = 1; tries < KNOWN_ID_TRIES && leavesOut(opened, outcome); tries++) {
      batch = read()
      stored = storable(batch, rules.strict)
      outcome = await append()
    }
    return outcome
  })
  if (!outcome.ok) {
    noteLimited(request, outcome.refusal)
    throw refusalError(outcome.refusal)
  }
  request.limits = outcome.limits
  // What was stored the first time may be too old by now, and is acknowledged all the same.
  const isRefused = !stored && !outcome.replayed
  if (isRefused && (batch.broken !== undefined || rules.answersEach !== true)) throw nothingStored(batch, rules)
  await tellFailedRules(request, env, batch.failedRules)
  return { receipt: outcome.receipt, replayed: outcome.replayed, batch }
}

/** A batch's name, and for how long it is remembered where that is not the usual time. */
type BatchName = Pick<Provenance, 'batchId' | 'minted' | 'rememberedMs'>

/** The name of a batch that the client has not named. */
function nameOf(body: Uint8Array, { source }: Format, request: TenantRequest, rules: IngestRules): BatchName {
  if (rules.hasNoIds !== true || !compiledSettings(request).storesBodiesOnce)
    return { batchId: crypto.randomUUID(), minted: true }
  const batchId = `body:${source}:${createHash('sha256').update(body).digest('hex')}`
  return { batchId, minted: false, rememberedMs: REPEATED_BODY_MS }
}

/** Takes note of records that are stored already, so that the next reading leaves them out. False where nothing is wrong with them. */
function leavesOut({ ids }: OpenedBody, outcome: AppendOutcome): boolean {
  if (ids === undefined || outcome.ok || outcome.refusal.kind !== 'known_ids') return false
  ids.leaveOut(outcome.refusal.ids)
  return true
}

/** The receipt of a body that holds no record. */
const NOTHING_RECEIVED: Receipt = { batch_id: '', accepted: 0, rejected: 0, duplicate: 0, errors: [] }

/** Hands a body to its format, once. */
function openBody(format: Format, body: Uint8Array, request: TenantRequest): OpenedBody {
  try {
    return format.open(body, formatRequest(request))
  } catch (error) {
    if (error instanceof BodyFailure) throw new ApiError('invalid_body', error.message)
    if (error instanceof BodyTooLarge) throw new ApiError('payload_too_large', error.message, { limit: error.limit })
    throw error
  }
}

const formatRequest = ({ headers, url }: TenantRequest): FormatRequest => ({
  contentType: mediaType(headers.get('content-type')),
  parameters: new URL(url).searchParams,
  header: (name) => headers.get(name) ?? undefined,
  receivedMs: Date.now(),
})

function readOpened(format: Format, opened: OpenedBody, request: TenantRequest, rules: IngestRules): ReadBatch {
  const { ingest, claimsOver } = compiledSettings(request)
  const { levels: wordOf } = format
  return readFormat(opened, {
    receivedMs: Date.now(),
    ...ingest,
    levels: wordOf === undefined ? ingest.levels : { get: (word) => ingest.levels?.get(word) ?? wordOf(word) },
    batchId: rules.batchId,
    claims: format.claims === undefined ? ingest.claims : claimsOver(format.claims),
    source: format.source,
    recordsMax: rules.records.value,
    serviceNames: rules.serviceNames,
    countsServices: true,
  })
}

/**
 * Whether anything of the batch may be stored: it is what it says it is, and holds a record that can be kept. Where the
 * tenant's rules have taken all of those away there is nothing to store, and nothing to refuse either.
 */
function storable(batch: ReadBatch, strict: boolean): boolean {
  if (batch.broken !== undefined || (batch.summaries.length === 0 && sampledIn(batch) === 0)) return false
  return !(strict && batch.rejected.length > 0)
}

function provenance(
  caller: Caller,
  body: Uint8Array,
  batch: ReadBatch,
  stored: boolean,
  { batchId, minted, rememberedMs }: BatchName,
): Provenance {
  const { known_id: duplicate = 0, ...refused } = stored ? countByCode(batch.rejected) : refusedWhole(batch)
  const faulty = duplicate === 0 ? batch.rejected : batch.rejected.filter(({ code }) => code !== 'known_id')
  return {
    ...caller,
    ...{ batchId, minted, ...(rememberedMs !== undefined && { rememberedMs }) },
    fingerprint: minted ? '' : createHash('sha256').update(body).digest('hex'),
    received: sumOf(refused) + duplicate + (stored ? acceptedIn(batch) + sampledIn(batch) : 0),
    bytesIn: body.length,
    rejected: refused,
    errors: faulty.slice(0, RECEIPT_ERRORS_MAX).map(toReceiptError),
    ...(duplicate > 0 && { duplicate }),
    blocks: stored ? batch.summaries : [],
    ...(stored ? batch.counted : {}),
    ...(stored && sampledIn(batch) > 0 && { sampled: batch.sampled }),
  }
}

const acceptedIn = (batch: ReadBatch): number => batch.summaries.reduce((sum, { rows }) => sum + rows, 0)

const sampledIn = ({ sampled }: ReadBatch): number => sumOf(sampled)

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

const toReceiptError = ({ index, code, detail, at, pointer }: ReadBatch['rejected'][number]): ReceiptError => ({
  index,
  code,
  detail: `${detail} (at byte ${at})`,
  ...(pointer === undefined ? {} : { pointer }),
})

const toProblemItem = (rejection: ReadBatch['rejected'][number]): ProblemItem => toReceiptError(rejection)

/** `type/subtype` in lower case; parameters say nothing that we go by. */
export const mediaType = (header: string | null): string => (header ?? '').split(';', 1)[0].trim().toLowerCase()

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
