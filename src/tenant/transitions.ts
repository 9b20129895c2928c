import { UPKEEP_EVERY_MS } from '../limits/limits'
import type { Change } from '../segments/change'
import type { SealedSegment } from '../segments/seal'
import { recordOperations } from './ledger'
import type { JournalEntry } from './snapshot'
import type { TenantState } from './state'

/** The state after a part of the journal has become segments that are not yet published. */
export function afterSealing(
  state: TenantState,
  cut: readonly JournalEntry[],
  segments: readonly SealedSegment[],
  nowMs: number,
): TenantState {
  const rows = cut.reduce((sum, entry) => sum + entry.rows, 0)
  const size = segments.reduce((sum, segment) => sum + segment.bytes.length, 0)
  const spent = recordOperations(state.ledger, { rowsWritten: segments.length + cut.length + 2 })
  return {
    ...state,
    journalRows: state.journalRows - rows,
    journalBytes: state.journalBytes - cut.reduce((sum, entry) => sum + entry.size, 0),
    // An object that an older version of the code filled has counted none of it.
    journalUnpackedBytes: Math.max(
      0,
      state.journalUnpackedBytes - cut.reduce((sum, entry) => sum + entry.unpackedSize, 0),
    ),
    oldestMs: state.journalRows > rows ? nowMs : 0,
    sealedSegments: state.sealedSegments + segments.length,
    sealedBytes: state.sealedBytes + size,
    seals: state.seals + 1,
    ledger: { ...spent, bytesStored: spent.bytesStored + size },
  }
}

/** The state after these segments were published as a generation. There may be something to merge now. */
export function afterPublishing(
  state: TenantState,
  published: { readonly segments: number; readonly bytes: number; readonly generation: number },
  nowMs: number,
): TenantState {
  const { segments, bytes, generation } = published
  return {
    ...state,
    generation,
    sealedSegments: state.sealedSegments - segments,
    sealedBytes: state.sealedBytes - bytes,
    upkeepMs: earlier(state.upkeepMs, Math.max(nowMs, state.lookedMs + UPKEEP_EVERY_MS)),
    ledger: recordOperations(state.ledger, {
      kvWrites: segments * 2,
      d1RowsWritten: segments * 4,
      rowsWritten: segments + 1,
    }),
  }
}

/** The state after a change of the catalog was carried out. */
export function afterChange(state: TenantState, change: Change): TenantState {
  const next = { ...state, generation: change.generation, ledger: recordOperations(state.ledger, spentBy(change)) }
  if (change.what !== 'expired' || (change.made ?? []).length === 0) return next
  // What was written again is in D1, and may be for merging or the archive.
  return { ...next, upkeepMs: earlier(state.upkeepMs, Math.max(change.atMs, state.lookedMs + UPKEEP_EVERY_MS)) }
}

/** The state after the retention cron called. A slot that was heard of before changes nothing. */
export const afterRetentionCall = (state: TenantState, slotMs: number): TenantState =>
  slotMs <= state.retentionSlotMs ? state : { ...state, retentionSlotMs: slotMs, isExpiring: true, expiryCursor: '' }

/** The state after a run of retention has looked at everything. */
export const afterRetention = (state: TenantState): TenantState => ({ ...state, isExpiring: false, expiryCursor: '' })

function spentBy(change: Change): Parameters<typeof recordOperations>[1] {
  switch (change.what) {
    case 'merged':
      return {
        kvWrites: change.made.length * 2,
        d1RowsWritten: change.made.length * 4 + change.removed.length * 3,
        rowsWritten: change.made.length + 4,
      }
    case 'expired':
      return {
        kvWrites: (change.made ?? []).length * 2,
        d1RowsWritten: (change.made ?? []).length * 4 + change.removed.length * 3,
        rowsWritten: (change.made ?? []).length + 5,
      }
    case 'archived':
      return { archiveWrites: 1, d1RowsWritten: change.members.length * 2, rowsWritten: 5 }
    case 'erased':
      return { d1RowsWritten: 1, rowsWritten: 4 }
  }
}

/** The earlier of two times of which 0 is none. */
const earlier = (left: number, right: number): number => (left === 0 ? right : Math.min(left, right))
