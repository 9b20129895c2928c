/** What happened to segments: an entry of the tenant's append-only log that later proofs are built on. */
export interface ChainEntry {
  readonly what: 'sealed' | 'merged' | 'expired' | 'erased'
  readonly atMs: number
  /** Hashes of the segments that came to be. */
  readonly added: readonly string[]
  /** Hashes of the segments that went. */
  readonly removed: readonly string[]
  /** Rows of one segment that nobody sees any more, and the hash of all such rows of it. */
  readonly erased?: { readonly segment: string; readonly rows: number; readonly mask: string }
}
