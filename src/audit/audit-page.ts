import type { Refusal } from '../tenant/contract'
import type { AuditPoint } from './audit-chain'
import type { AuditAnswer } from './audit-entry'

/** Which entries to read, in the order of their numbers. */
export interface AuditRange {
  readonly order: 'asc' | 'desc'
  /** Only numbers beyond this one, and before that one. */
  readonly afterNumber: number
  readonly beforeNumber: number
  /** Only entries of this time, both ends included. */
  readonly fromMs: number
  readonly toMs: number
}

/** A part of what a range has. */
export interface AuditPage {
  /** Entries, as `rowLine` writes them. */
  readonly lines: Uint8Array
  /** What became of the reads among them, as far as it is known. */
  readonly answers: readonly AuditAnswer[]
  /** The entry before the first line where the order is `asc`: its hash is part of the next one's. */
  readonly before: AuditPoint
  /** Whether the range goes on. */
  readonly more: boolean
  /** The entry before the oldest that is kept. */
  readonly start: AuditPoint
  /** The newest entry. */
  readonly head: AuditPoint
  /** Signs the tenant's cursors. */
  readonly cursorSecret: string
}

export type AuditPageOutcome =
  | { readonly ok: true; readonly page: AuditPage; readonly audit?: number }
  | { readonly ok: false; readonly refusal: Refusal }
