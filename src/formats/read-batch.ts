import { isUtf8 } from 'node:buffer'
import { BatchBuilder, type LevelWords, type RecordProblem, type ServiceNames } from '../blocks/batch-builder'
import type { Block } from '../blocks/block'
import { countServices, type ServiceCounts } from '../blocks/count-services'
import { BRACE_OPEN, BRACKET_CLOSE, BRACKET_OPEN, byteOrderMark, skipSpace } from '../blocks/json-text'
import { packBlock } from '../blocks/packed-block'
import { redactBlock } from '../blocks/redact-block'
import { timeBounds } from '../blocks/table'
import {
  BATCH_RECORDS_MAX,
  BLOCK_BYTES_MAX,
  BLOCK_BYTES_TARGET,
  COLUMNS_MAX,
  DEPTH_MAX,
  DEPTH_REFUSED,
  FUTURE_MS_MAX,
  RECORD_BYTES_MAX,
  SHAPES_MAX,
} from '../limits/limits'
import type { ReadClaim } from '../records/names'
import type { Redactor } from '../records/redact/redact'
import type { RecordRuleFailure } from '../rules/record-rules/apply-record-rules'
import type { RecordRule } from '../rules/record-rules/compile-record-rules'
import { RuledBatch } from '../rules/record-rules/ruled-batch'
import type { BlockSummary } from '../tenant/contract'
import { fitBlocks } from './fit-blocks'
import type { OpenedBody, RecordReader } from './format'
import { type ReadOutcome, type Rejection, readJsonDocuments } from './json-documents'
import { readTextLines } from './text-lines'

export interface BatchSettings {
  readonly receivedMs: number
  /** Older records would be expired at once. */
  readonly retentionMs: number
  readonly redactor: Redactor
  /** What the records' `source` is. */
  readonly source: string
  /** How many records there may be, where that is fewer than everywhere. */
  readonly recordsMax?: number | undefined
  /** The only names of services that are taken, where an API has a rule for them. */
  readonly serviceNames?: ServiceNames | undefined
  /** Whether to count the records of each service, for limits of services and for their habits. */
  readonly countsServices?: boolean | undefined
  /** How far ahead of now a record's time may be, where that is less than everywhere. */
  readonly futureMs?: number | undefined
  /** What members and levels mean, where the tenant has said it of some. */
  readonly claims?: ReadClaim | undefined
  readonly levels?: LevelWords | undefined
  /** What the tenant has done to its records while they are taken in. */
  readonly recordRules?: readonly RecordRule[] | undefined
  /** The batch's name: records without a trace id are sampled by it. */
  readonly batchId?: string | undefined
}

/** A body as blocks. */
export interface ReadBatch extends ReadOutcome {
  readonly blocks: readonly Uint8Array[]
  readonly summaries: readonly BlockSummary[]
  /** There if it was asked for. */
  readonly counted: ServiceCounts | undefined
  /** How many records each record rule has dropped or sampled away, by its id. */
  readonly sampled: Readonly<Record<string, number>>
  readonly failedRules: readonly RecordRuleFailure[]
}

/** Too many records is about the batch, not about a record of it. */
const tooManyRecords = (recordsMax: number): string => `a batch holds at most ${recordsMax} records`

/** Turns a body of our own API into blocks: JSON in any of its ways, or lines of text. No I/O and no clock. */
export const readBatch = (body: Uint8Array, contentType: string, settings: BatchSettings): ReadBatch =>
  readFormat({ documents: body, read: readerFor(body, contentType) }, settings)

/** Turns a body that a format has opened into blocks: normalisation, redaction, limits. No I/O and no clock. */
export function readFormat({ documents, read }: OpenedBody, settings: BatchSettings): ReadBatch {
  const { futureMs = FUTURE_MS_MAX } = settings
  const builder = new BatchBuilder(documents, {
    receivedMs: settings.receivedMs,
    timeWindow: { fromMs: settings.receivedMs - settings.retentionMs, toMs: settings.receivedMs + futureMs },
    recordBytesMax: RECORD_BYTES_MAX,
    depth: { flatten: DEPTH_MAX, refuse: DEPTH_REFUSED },
    columnsMax: COLUMNS_MAX,
    shapesMax: SHAPES_MAX,
    blockBytesMax: BLOCK_BYTES_MAX,
    checkUtf8: !isUtf8(documents),
    source: settings.source,
    serviceNames: settings.serviceNames,
    claims: settings.claims,
    levels: settings.levels,
    placeholderFor: (name) => {
      const kind = settings.redactor.keyKind(name)
      return kind && settings.redactor.placeholder(kind)
    },
  })
  const { recordsMax = BATCH_RECORDS_MAX } = settings
  const { recordRules = [], batchId = '', receivedMs: nowMs } = settings
  const ruled = new RuledBatch(recordRules, { batchId, nowMs })
  const blocks: Block[] = []
  const cut = (): void => {
    const block = builder.finish()
    const left = block && ruled.take(redactBlock(block, settings.redactor))
    if (left) blocks.push(left)
  }
  const outcome = read(documents, builder, (received) => {
    if (builder.bytes >= BLOCK_BYTES_TARGET) cut()
    if (received <= recordsMax) return undefined
    return { code: 'too_many_records', detail: tooManyRecords(recordsMax), at: 0 }
  })
  cut()
  const fitted = fitBlocks(blocks, outcome.rejected, (nth) => ruled.placeOf(nth))
  return {
    ...outcome,
    rejected: fitted.rejected.map((rejection) => withoutSecrets(rejection, settings.redactor)),
    blocks: fitted.blocks.map(({ bytes }) => packBlock(bytes)),
    summaries: fitted.blocks.map(({ block }) => summarise(block)),
    counted: settings.countsServices ? countServices(fitted.blocks.map(({ block }) => block)) : undefined,
    sampled: ruled.sampled,
    failedRules: ruled.failures,
  }
}

/** A time that is none is shown to the sender, and kept with the receipt. */
function withoutSecrets(rejection: Rejection, redactor: Redactor): Rejection {
  if (rejection.code !== 'invalid_timestamp') return rejection
  return { ...rejection, detail: redactor.redactText(rejection.detail) ?? rejection.detail }
}

/**
 * The type is believed only where the body agrees: clients call JSON `application/x-www-form-urlencoded`, NDJSON
 * `application/json`, and lines of text anything at all.
 */
export function readerFor(body: Uint8Array, contentType: string): RecordReader {
  const start = skipSpace(body, byteOrderMark(body))
  const isObject = body[start] === BRACE_OPEN
  // `fetch` calls a text body text/plain, and most of these are JSON.
  if (contentType === 'text/plain') return isObject || isArrayOfLogs(body, start) ? readJsonOrText : readTextLines
  if (isObject || contentType.includes('json')) return readJsonDocuments
  return isArrayOfLogs(body, start) || isBareJson(body) ? readJsonDocuments : readTextLines
}

/** Text that only begins like JSON is text, where the client says so. */
const readJsonOrText: RecordReader = (body, builder, afterRecord) => {
  const asJson = readJsonDocuments(body, builder, afterRecord)
  const isEmpty = asJson.received === 0 && asJson.broken === undefined
  if (isEmpty || asJson.received > asJson.rejected.length) return asJson
  const isText = asJson.rejected.every(({ code }) => code === 'invalid_json')
  return isText ? readTextLines(body, builder, afterRecord) : asJson
}

/** A line of text may begin with a bracket: `[2026-11-21 10:00:00] started`. */
function isArrayOfLogs(body: Uint8Array, start: number): boolean {
  if (body[start] !== BRACKET_OPEN) return false
  const next = body[skipSpace(body, start + 1)]
  return next === BRACE_OPEN || next === BRACKET_CLOSE
}

/** `null`, `42`, `"text"`: JSON, but no log. */
function isBareJson(body: Uint8Array): boolean {
  if (body.length > 64) return false
  try {
    JSON.parse(new TextDecoder().decode(body))
    return true
  } catch {
    return false
  }
}

const summarise = ({ rows, times }: Block): BlockSummary => ({ rows, ...timeBounds(times) })

/** How many records were refused, by code. */
export function countByCode(rejected: readonly RecordProblem[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { code } of rejected) counts[code] = (counts[code] ?? 0) + 1
  return counts
}
