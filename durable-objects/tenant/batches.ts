import { IDEMPOTENCY_MS } from '../../src/limits/limits'
import type { Receipt } from '../../src/tenant/contract'

/** As long as a batch id is remembered: with the epoch before it, every id lives at least that long. */
const EPOCH_MS = IDEMPOTENCY_MS

/**
 * Batch ids and the receipts they got, in one table per epoch: an epoch that is over is dropped whole, which costs no rows
 * written.
 */
export class Batches {
  readonly #sql: SqlStorage
  #epochs: number[]

  constructor(sql: SqlStorage) {
    this.#sql = sql
    const tables = sql.exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 'batch_[0-9]*'",
    )
    this.#epochs = tables.toArray().map(({ name }) => Number(name.slice('batch_'.length)))
  }

  find(
    batchId: string,
    nowMs: number,
    rememberedMs = IDEMPOTENCY_MS,
  ): { fingerprint: string; receipt: Receipt } | undefined {
    for (const epoch of this.#live(nowMs)) {
      const row = this.#sql
        .exec<{ fingerprint: string; receipt: string; at: number }>(
          `SELECT fingerprint, receipt, at FROM batch_${epoch} WHERE id = ?`,
          batchId,
        )
        .toArray()
        .at(0)
      if (row && row.at > nowMs - rememberedMs)
        return { fingerprint: row.fingerprint, receipt: JSON.parse(row.receipt) }
    }
    return undefined
  }

  put(batchId: string, fingerprint: string, receipt: Receipt, nowMs: number): void {
    const epoch = Math.floor(nowMs / EPOCH_MS)
    if (!this.#epochs.includes(epoch)) this.#begin(epoch)
    this.#sql.exec(
      `INSERT OR REPLACE INTO batch_${epoch} (id, fingerprint, receipt, at) VALUES (?, ?, ?, ?)`,
      batchId,
      fingerprint,
      JSON.stringify(receipt),
      nowMs,
    )
  }

  #begin(epoch: number): void {
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS batch_${epoch} (id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, receipt TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID`,
    )
    for (const old of this.#epochs.filter((known) => known < epoch - 1))
      this.#sql.exec(`DROP TABLE IF EXISTS batch_${old}`)
    this.#epochs = [...this.#epochs.filter((known) => known >= epoch - 1), epoch]
  }

  /** Epochs that can hold an id that still counts; a clock that went back must not hide a newer one. */
  #live(nowMs: number): number[] {
    const epoch = Math.floor(nowMs / EPOCH_MS)
    return this.#epochs.filter((known) => known >= epoch - 1).sort((left, right) => right - left)
  }
}
