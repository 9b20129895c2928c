import { EMPTY_LEDGER, type Ledger } from './ledger'

/** What a tenant's object remembers in its one state row. */
export interface TenantState {
  /** Sequence number of the next record. */
  readonly nextSeq: number
  /** Counts changes of the set of published segments: what readers pin. */
  readonly generation: number
  /** The tenant's version: the number of changes of its directory. */
  readonly settingsVersion: number
  /** The version that D1 is known to have. */
  readonly publishedVersion: number
  /** Whether the object has its directory, or D1 is still to be asked for what was written before there was one. */
  readonly hasDirectory: boolean
  readonly journalRows: number
  readonly journalBytes: number
  /** What its blocks are unpacked: so much is in memory where they are read or sealed. */
  readonly journalUnpackedBytes: number
  /** When the oldest unsealed record came, for sealing by age; 0 while the journal is empty. */
  readonly oldestMs: number
  readonly sealedSegments: number
  readonly sealedBytes: number
  /** Counts seals: what is not published moves from journal to segments with each. */
  readonly seals: number
  /** When to look through the catalog for work; 0 while there is nothing to expect. */
  readonly upkeepMs: number
  /** When the catalog was last looked through. */
  readonly lookedMs: number
  /** The last run of the retention cron that this object has heard of. */
  readonly retentionSlotMs: number
  /** Whether segments that have expired are still to be removed. */
  readonly isExpiring: boolean
  /** The last segment, by id, that the run of retention has looked at. */
  readonly expiryCursor: string
  /** Signs the tenant's cursors; empty until the first is needed. */
  readonly cursorSecret: string
  readonly ledger: Ledger
  /** What was taken from the limits since their windows were stored: the limiter's own text. */
  readonly limitsTail: string
  /** What the triage rules were told since what they remember was stored: the text of src/rules/rules-tail.ts. */
  readonly rulesTail: string
  /** How the registered services usually send: the text of src/services/habit.ts. */
  readonly habitsTail: string
}

export const INITIAL_STATE: TenantState = {
  nextSeq: 1,
  generation: 0,
  settingsVersion: 0,
  publishedVersion: 0,
  hasDirectory: false,
  journalRows: 0,
  journalBytes: 0,
  journalUnpackedBytes: 0,
  oldestMs: 0,
  sealedSegments: 0,
  sealedBytes: 0,
  seals: 0,
  upkeepMs: 0,
  lookedMs: 0,
  retentionSlotMs: 0,
  isExpiring: false,
  expiryCursor: '',
  cursorSecret: '',
  ledger: EMPTY_LEDGER,
  limitsTail: '',
  rulesTail: '',
  habitsTail: '',
}
