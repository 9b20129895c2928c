import type { RetentionRules } from '../tenant/retention-rules'

/** What of the sealed log a tenant's object wants to know, away from its own thread. */
export interface HistoryRequest {
  readonly tenantId: string
  /** The catalog that goes with the pieces. */
  readonly generation: number
  /** Segments that are not published. */
  readonly pieces: readonly Uint8Array[]
  /** The query of the tail, and the filter of who watches. */
  readonly q: string
  readonly visible: string | undefined
  readonly retention: RetentionRules
  readonly nowMs: number
  /** Sequence numbers: from the first up to, but not including, the second. */
  readonly fromSeq: number
  readonly beforeSeq: number
  /** `rows`: the first matches; `count`: how many there are; `back`: the last so many, of which only the first is told. */
  readonly want: 'rows' | 'count' | 'back'
  readonly limit: number
}

/** A record of the log as it is sent. */
export interface TailRow {
  readonly seq: number
  readonly text: string
}

/** Matches of a range of the sealed log. */
export interface HistoryPage {
  readonly fromSeq: number
  /** All matches before this, and none behind it, are told. */
  readonly nextSeq: number
  readonly rows: readonly TailRow[]
  readonly count: number
  /** Whether a segment could not be read: then nothing is sure. */
  readonly isIncomplete: boolean
  /** The query costs more than it may: nothing was looked at. */
  readonly tooCostly?: string
}
