import type { AuditNote } from '../audit/audit-entry'
import type { LimitStatus } from '../limits/limiter'
import type { LimitedSurface, LimitUnit } from '../limits/policies'
import type { Ledger } from './ledger'

/**
 * What the Worker and a tenant's object say to each other. Both may run different versions of the code for minutes after a
 * deployment: members are only ever added, and what is absent has a default.
 */

/** Who a request is from and under which settings the Worker handled it: the object checks whether that is still true. */
export interface Caller {
  readonly tenantId: string
  /** Host that the client named. */
  readonly host: string
  /** The principal's id: `key_…`, `ses_…`, or `jwt:` with issuer and subject. */
  readonly keyId: string
  /** Whose windows of the limits it uses, where not `keyId`'s: a session uses those of what it was opened with. */
  readonly payerId?: string
  /** Network address of the client, as the platform tells it. */
  readonly address: string
  /** The least version of the tenant among the hints that the request was let in by. */
  readonly settingsVersion: number
  /** Parts of the API that have limits of their own, and that the request is one of. */
  readonly surfaces?: readonly LimitedSurface[]
  /** The request was held against the limits before. */
  readonly isCounted?: boolean
  /** Under which name a search is running, so that its end can be told. */
  readonly leaseId?: string
  /** What the audit says of the request, beside who it is from. */
  readonly request?: AuditNote
}

/** The version of a caller that goes by no hints: the service itself, and the operator, who is always looked up in D1. */
export const ALWAYS_CURRENT = Number.MAX_SAFE_INTEGER

/** What the Worker knows of a batch beside its blocks. */
export interface Provenance extends Caller {
  readonly batchId: string
  /** False when the client named the batch: only such batches can come twice. */
  readonly minted: boolean
  /** For how long the batch is known by that, where it is not IDEMPOTENCY_MS. */
  readonly rememberedMs?: number
  /** SHA-256 of the body, hexadecimal; empty for minted batches. */
  readonly fingerprint: string
  readonly received: number
  readonly bytesIn: number
  /** Records that were not taken, by code. */
  readonly rejected: Readonly<Record<string, number>>
  /** The first RECEIPT_ERRORS_MAX of them in full. */
  readonly errors: readonly ReceiptError[]
  readonly blocks: readonly BlockSummary[]
  /** Records stored of each service, the first BATCH_SERVICES_MAX of them. */
  readonly services?: readonly (readonly [service: string, records: number])[]
  /** Records stored of all other services. */
  readonly unlistedRecords?: number
  /** Names of records in the blocks, each of which may be stored once: where one of them is known nothing is stored. */
  readonly ids?: readonly string[]
  /** Records that were left out because their names are known. */
  readonly duplicate?: number
  /** Records that the tenant's record rules have dropped or sampled away, by the rule's id. */
  readonly sampled?: Readonly<Record<string, number>>
}

/** What the object needs to know of a block without decoding it. */
export interface BlockSummary {
  readonly rows: number
  readonly minTime: number
  readonly maxTime: number
}

export interface ReceiptError {
  readonly index: number
  readonly code: string
  readonly detail: string
  readonly pointer?: string
}

/** The answer to an ingest. */
export interface Receipt {
  readonly batch_id: string
  readonly accepted: number
  readonly rejected: number
  readonly duplicate: number
  /** Records that rules of the tenant have dropped or sampled away; absent when there are none. */
  readonly sampled?: number
  readonly errors: readonly ReceiptError[]
  /** How many rejections are not listed. */
  readonly errors_omitted?: number
}

/** Why the object does not do what it was asked. The set is closed: the Worker has an answer for each. */
export type Refusal =
  | { readonly kind: 'settings_changed'; readonly settingsVersion: number }
  | { readonly kind: 'not_found' }
  | { readonly kind: 'conflict'; readonly detail: string }
  | { readonly kind: 'precondition_failed' }
  | { readonly kind: 'invalid_change'; readonly detail: string }
  /** The store of directories does not answer. What was asked for is not promised to be done. */
  | { readonly kind: 'not_published'; readonly retryAfterSeconds: number }
  | { readonly kind: 'idempotency_conflict' }
  /** Records with these names are stored already: the batch may come again without them. */
  | { readonly kind: 'known_ids'; readonly ids: readonly string[] }
  | { readonly kind: 'journal_full'; readonly retryAfterSeconds: number }
  | {
      readonly kind: 'limited'
      /** The policy that takes longest to have room, and all that have none now. */
      readonly policy: string
      readonly violated: readonly string[]
      readonly unit: LimitUnit | 'queries' | 'tails'
      readonly limit: number
      /** 0 where the limit is of what runs at once. */
      readonly windowMs: number
      readonly remaining: number
      /** Until this request fits, if nothing else comes. */
      readonly retryAfterMs: number
      readonly limits: readonly LimitStatus[]
    }
  | {
      readonly kind: 'too_large_for_limit'
      readonly policy: string
      readonly unit: LimitUnit
      readonly limit: number
      readonly limits: readonly LimitStatus[]
    }

export type AppendOutcome =
  | {
      readonly ok: true
      readonly receipt: Receipt
      readonly replayed: boolean
      /** What is left under each policy that the batch was held against. */
      readonly limits?: readonly LimitStatus[]
    }
  | { readonly ok: false; readonly refusal: Refusal }

/** A piece of what is not yet in the catalog. The bytes are left out when the reader said that it has them. */
export interface UnpublishedPiece {
  /** Changes whenever the bytes do. */
  readonly id: string
  readonly kind: 'block' | 'segment'
  /** Sequence number of a block's first row; 0 for segments, which know their own. */
  readonly firstSeq: number
  readonly rows: number
  readonly minTime: number
  readonly maxTime: number
  readonly bytes: Uint8Array | undefined
}

/** What a reader needs to see exactly the records up to one moment. */
export interface Snapshot {
  /** Catalog rows added after this generation, or removed by it, are not part of the snapshot. */
  readonly generation: number
  /** Changes when pieces move from the journal to segments: pages of a snapshot belong together while it is the same. */
  readonly seals?: number
  /** Records from this sequence number on are not part of the snapshot. */
  readonly nextSeq: number
  /** Signs the tenant's cursors. */
  readonly cursorSecret: string
  readonly pieces: readonly UnpublishedPiece[]
  /** Ask again with this to get the pieces that did not fit. Undefined when there are none. */
  readonly more: number | undefined
  /** What is left under each policy that the read was held against; on the first page. */
  readonly limits?: readonly LimitStatus[] | undefined
  /** Whether the read counts as a running search, whose end is to be told; on the first page. */
  readonly isLeased?: boolean | undefined
}

export type SnapshotOutcome =
  | {
      readonly ok: true
      readonly snapshot: Snapshot
      /** The number of the entry that accounts for the read; on the first page. */
      readonly audit?: number | undefined
    }
  | { readonly ok: false; readonly refusal: Refusal }

/** The tenant's account and what is in its object. */
export interface Usage {
  readonly ledger: Ledger
  readonly journalRows: number
  readonly journalBytes: number
  readonly sealedSegments: number
  readonly sealedBytes: number
  readonly nextSeq: number
  readonly generation: number
  /** How the services are that are asked for it; absent where an older version of the code answers. */
  readonly services?: readonly ServiceUsage[]
}

/** How a registered service is. */
export interface ServiceUsage {
  readonly service: string
  readonly isUp: boolean
  /** Whether it was asked already. */
  readonly isKnown: boolean
  /** The share of looks of the last day that found it well. */
  readonly uptime: number | undefined
  readonly checks: number
  readonly failures: number
  /** Of the last look, where that found it well. */
  readonly latencyMs: number | undefined
}
