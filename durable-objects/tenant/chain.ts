import { linkHash } from '../../src/audit/link-hash'
import type { ChainEntry } from '../../src/segments/chain-entry'

/** The tenant's append-only log. Each entry's hash covers the entry and the hash before it. */
export class Chain {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  append(entry: ChainEntry): void {
    const last = this.#sql.exec<{ hash: string }>('SELECT hash FROM chain ORDER BY number DESC LIMIT 1').toArray().at(0)
    const text = JSON.stringify(entry)
    this.#sql.exec('INSERT INTO chain (entry, hash) VALUES (?, ?)', text, linkHash('', last?.hash ?? '', text))
  }

  list(): (ChainEntry & { hash: string })[] {
    return this.#sql
      .exec<{ entry: string; hash: string }>('SELECT entry, hash FROM chain ORDER BY number')
      .toArray()
      .map(({ entry, hash }) => ({ ...JSON.parse(entry), hash }))
  }
}
