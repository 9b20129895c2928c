import type { SealedSegment } from '../../src/segments/seal'

/** What is said of a sealed segment beside its bytes. `added` is the generation that publishing it will make. */
export type SealedSummary = Omit<SealedSegment, 'bytes' | 'headerBytes'> & {
  readonly size: number
  readonly sealedMs: number
}

/** Segments that are sealed and not yet published. Their bytes never change any more. */
export class Sealed {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  put({ bytes, headerBytes, ...summary }: SealedSegment, sealedMs: number): void {
    const text = JSON.stringify({ ...summary, size: bytes.length, sealedMs })
    this.#sql.exec(
      'INSERT OR IGNORE INTO sealed (id, summary, header, bytes) VALUES (?, ?, ?, ?)',
      summary.id,
      text,
      headerBytes,
      bytes,
    )
  }

  list(): SealedSummary[] {
    return this.#sql
      .exec<{ summary: string }>('SELECT summary FROM sealed')
      .toArray()
      .map(({ summary }) => JSON.parse(summary))
  }

  read(id: string): { header: Uint8Array; bytes: Uint8Array } | undefined {
    const row = this.#sql
      .exec<{ header: ArrayBuffer; bytes: ArrayBuffer }>('SELECT header, bytes FROM sealed WHERE id = ?', id)
      .toArray()
      .at(0)
    return row && { header: new Uint8Array(row.header), bytes: new Uint8Array(row.bytes) }
  }

  forget(id: string): void {
    this.#sql.exec('DELETE FROM sealed WHERE id = ?', id)
  }
}
