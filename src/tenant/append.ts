import { unpackedLength } from '../blocks/packed-block'
import type { LimitStatus } from '../limits/limiter'
import { JOURNAL_BYTES_MAX, OUTAGE_RETRY_SECONDS } from '../limits/limits'
import type { AppendOutcome, Provenance, Receipt, Refusal } from './contract'
import { recordBatch, recordOperations, recordSampled, sumOf } from './ledger'
import type { TenantState } from './state'
import type { LimitOutcome } from './take-limits'

/** What appending needs of the object's storage. All of it is synchronous: it commits as one transaction. */
export interface AppendPorts {
  readState(): TenantState
  putState(state: TenantState): void
  findBatch(
    batchId: string,
    rememberedMs?: number,
  ): { readonly fingerprint: string; readonly receipt: Receipt } | undefined
  putBatch(batchId: string, fingerprint: string, receipt: Receipt): void
  putBlock(row: JournalRow): void
  /** Those of the names that records were stored under lately. */
  findKnownIds(ids: readonly string[]): readonly string[]
  /** Remembers names of records that are stored; answers how many rows that took. */
  putKnownIds(ids: readonly string[]): number
  /** Why the caller may not write any more, if so. */
  refusalFor(provenance: Provenance): Refusal | undefined
  /** Takes what the batch costs from all windows that it is held against, or says why it may not. */
  takeLimits(provenance: Provenance): LimitOutcome
  /** Asks the triage rules about the batch; what they remember then is for the state row. */
  evaluateRules(
    blocks: readonly Uint8Array[],
    facts: { readonly firstSeq: number; readonly nowMs: number; readonly limits: readonly LimitStatus[] },
  ): { readonly tail: string; readonly rowsWritten: number }
  /** The habits of the registered services after the batch, for the state row. */
  noteArrivals(provenance: Provenance, nowMs: number): string
}

/** A block as it lies in the journal. */
export interface JournalRow {
  readonly firstSeq: number
  readonly rows: number
  readonly minTime: number
  readonly maxTime: number
  readonly bytes: Uint8Array
}

/**
 * Takes a batch into the journal, or says why not. One synchronous turn: limits, sequence numbers, blocks, receipt and ledger
 * are written together or not at all. A batch that came before is not held against the limits: it was, when it was stored.
 */
export function appendBatch(
  ports: AppendPorts,
  blocks: readonly Uint8Array[],
  by: Provenance,
  nowMs: number,
): AppendOutcome {
  const refusal = ports.refusalFor(by)
  if (refusal) return { ok: false, refusal }
  const state = ports.readState()
  const known = by.minted ? undefined : ports.findBatch(by.batchId, by.rememberedMs)
  if (known && known.fingerprint !== by.fingerprint) return { ok: false, refusal: { kind: 'idempotency_conflict' } }
  if (known) {
    ports.putState({ ...state, ledger: recordReplay(state, by) })
    return { ok: true, receipt: known.receipt, replayed: true }
  }
  const { ids = [], duplicate = 0 } = by
  const knownIds = ids.length > 0 ? ports.findKnownIds(ids) : []
  if (knownIds.length > 0) return { ok: false, refusal: { kind: 'known_ids', ids: knownIds } }
  const bytes = blocks.reduce((sum, block) => sum + block.length, 0)
  if (bytes > 0 && state.journalBytes + state.sealedBytes + bytes > JOURNAL_BYTES_MAX) {
    return { ok: false, refusal: { kind: 'journal_full', retryAfterSeconds: OUTAGE_RETRY_SECONDS } }
  }
  const limited = ports.takeLimits(by)
  if (!limited.ok) return limited
  const rows = putBlocks(ports, blocks, by, state.nextSeq)
  const ruled = ports.evaluateRules(blocks, { firstSeq: state.nextSeq, nowMs, limits: limited.limits })
  const idRows = ids.length > 0 ? ports.putKnownIds(ids) : 0
  const receipt = receiptFor(by, rows)
  if (!by.minted && (rows + duplicate > 0 || receipt.sampled !== undefined))
    ports.putBatch(by.batchId, by.fingerprint, receipt)
  const ledger = recordBatch(recordSampled(state.ledger, by.sampled), by.keyId, {
    received: by.received,
    stored: rows,
    duplicate,
    sampled: sumOf(by.sampled),
    rejected: by.rejected,
    bytesIn: by.bytesIn,
  })
  ports.putState({
    ...state,
    nextSeq: state.nextSeq + rows,
    journalRows: state.journalRows + rows,
    journalBytes: state.journalBytes + bytes,
    journalUnpackedBytes: state.journalUnpackedBytes + blocks.reduce((sum, block) => sum + unpackedLength(block), 0),
    oldestMs: state.oldestMs === 0 && rows > 0 ? nowMs : state.oldestMs,
    limitsTail: limited.tail,
    rulesTail: ruled.tail,
    habitsTail: rows > 0 ? ports.noteArrivals(by, nowMs) : state.habitsTail,
    ledger: recordOperations(ledger, {
      requests: 1,
      rowsWritten: blocks.length + idRows + (by.minted ? 1 : 2) + limited.rowsWritten + ruled.rowsWritten,
    }),
  })
  return { ok: true, receipt, replayed: false, limits: limited.limits }
}

function putBlocks(ports: AppendPorts, blocks: readonly Uint8Array[], by: Provenance, firstSeq: number): number {
  let rows = 0
  for (const [index, bytes] of blocks.entries()) {
    const summary = by.blocks[index]
    ports.putBlock({ firstSeq: firstSeq + rows, ...summary, bytes })
    rows += summary.rows
  }
  return rows
}

function receiptFor(by: Provenance, accepted: number): Receipt {
  const sampled = sumOf(by.sampled)
  const { duplicate = 0 } = by
  const rejected = by.received - accepted - sampled - duplicate
  const receipt = {
    ...{ batch_id: by.batchId, accepted, rejected, duplicate },
    ...(sampled > 0 && { sampled }),
    errors: by.errors,
  }
  return rejected > by.errors.length ? { ...receipt, errors_omitted: rejected - by.errors.length } : receipt
}

/** A batch that came again: everything in it that was stored the first time is a duplicate now. */
function recordReplay(state: TenantState, by: Provenance): TenantState['ledger'] {
  const sampled = sumOf(by.sampled)
  const duplicate = by.received - sumOf(by.rejected) - sampled
  const ledger = recordBatch(recordSampled(state.ledger, by.sampled), by.keyId, {
    received: by.received,
    duplicate,
    sampled,
    rejected: by.rejected,
    bytesIn: by.bytesIn,
  })
  return recordOperations(ledger, { requests: 1, rowsWritten: 1 })
}
