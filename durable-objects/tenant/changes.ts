import type { Change } from '../../src/segments/change'
import type { SealedSegment } from '../../src/segments/seal'

/** The change of the catalog that was begun and is not done, and the bytes of the segments that it makes. */
export class Changes {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  read(): Change | undefined {
    const row = this.#sql.exec<{ json: string }>('SELECT json FROM change').toArray().at(0)
    return row && JSON.parse(row.json)
  }

  isBegun(): boolean {
    return this.#sql.exec('SELECT 1 FROM change').toArray().length > 0
  }

  put(change: Change): void {
    this.#sql.exec('INSERT OR REPLACE INTO change (id, json) VALUES (0, ?)', JSON.stringify(change))
  }

  putMade({ id, headerBytes, bytes }: SealedSegment): void {
    this.#sql.exec('INSERT OR REPLACE INTO made (id, header, bytes) VALUES (?, ?, ?)', id, headerBytes, bytes)
  }

  readMade(id: string): { header: Uint8Array; bytes: Uint8Array } | undefined {
    const row = this.#sql
      .exec<{ header: ArrayBuffer; bytes: ArrayBuffer }>('SELECT header, bytes FROM made WHERE id = ?', id)
      .toArray()
      .at(0)
    return row && { header: new Uint8Array(row.header), bytes: new Uint8Array(row.bytes) }
  }

  forget(): void {
    this.#sql.exec('DELETE FROM change')
    this.#sql.exec('DELETE FROM made')
  }
}
