import { PACKED_HEAD_BYTES, unpackedLength } from '../../src/blocks/packed-block'
import type { JournalRow } from '../../src/tenant/append'
import type { JournalEntry } from '../../src/tenant/snapshot'

type Row = { first_seq: number; rows: number; min_time: number; max_time: number; bytes: ArrayBuffer }
type Summary = Omit<Row, 'bytes'> & { size: number; head: ArrayBuffer }

/** The blocks that are not in a segment yet, by the sequence number of their first record. */
export class Journal {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  put({ firstSeq, rows, minTime, maxTime, bytes }: JournalRow): void {
    this.#sql.exec(
      'INSERT INTO journal (first_seq, rows, min_time, max_time, bytes) VALUES (?, ?, ?, ?, ?)',
      firstSeq,
      rows,
      minTime,
      maxTime,
      bytes,
    )
  }

  /** The rows from a sequence number on, without their bytes. */
  list(fromSeq: number): JournalEntry[] {
    const found = this.#sql.exec<Summary>(
      `SELECT first_seq, rows, min_time, max_time, length(bytes) AS size, substr(bytes, 1, ?) AS head
         FROM journal WHERE first_seq >= ? ORDER BY first_seq`,
      PACKED_HEAD_BYTES,
      fromSeq,
    )
    return found.toArray().map((row) => ({
      firstSeq: row.first_seq,
      rows: row.rows,
      size: row.size,
      unpackedSize: unpackedLength(new Uint8Array(row.head), row.size),
      minTime: row.min_time,
      maxTime: row.max_time,
    }))
  }

  /** The blocks in a range of sequence numbers, bytes and all. */
  read(fromSeq: number, beforeSeq: number): JournalRow[] {
    const found = this.#sql.exec<Row>(
      'SELECT first_seq, rows, min_time, max_time, bytes FROM journal WHERE first_seq >= ? AND first_seq < ? ORDER BY first_seq',
      fromSeq,
      beforeSeq,
    )
    return found.toArray().map((row) => ({
      firstSeq: row.first_seq,
      rows: row.rows,
      minTime: row.min_time,
      maxTime: row.max_time,
      bytes: new Uint8Array(row.bytes),
    }))
  }

  /** The first sequence number that is here; undefined while there is none. */
  firstSeq(): number | undefined {
    return this.#sql
      .exec<{ first_seq: number }>('SELECT first_seq FROM journal ORDER BY first_seq LIMIT 1')
      .toArray()
      .at(0)?.first_seq
  }

  /** Where the block begins that holds a sequence number, which is here. */
  firstSeqOfBlock(seq: number): number | undefined {
    return this.#sql
      .exec<{ first_seq: number }>(
        'SELECT first_seq FROM journal WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1',
        seq,
      )
      .toArray()
      .at(0)?.first_seq
  }

  /** Removes everything before a sequence number. */
  forget(beforeSeq: number): void {
    this.#sql.exec('DELETE FROM journal WHERE first_seq < ?', beforeSeq)
  }
}
