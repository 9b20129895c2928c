import { decodeBlock } from '../../src/blocks/block-bytes'
import { unpackedLength } from '../../src/blocks/packed-block'
import { blockTable, type DocumentTable } from '../../src/blocks/table'
import { TAIL_BLOCKS_BYTES_MAX } from '../../src/limits/limits'
import { RecordWriter } from '../../src/query/record-json'
import { BoundedCache } from '../../src/storage/bounded-cache'
import type { Journal } from './journal'

/** A block of the journal, decoded once for all tails. */
export interface TailBlock {
  readonly firstSeq: number
  readonly rows: number
  readonly table: DocumentTable
  /** A record as it is sent: written once for all that want the same members of it. */
  write(row: number, fields: readonly string[] | undefined): string
}

/** Reads blocks of the journal for tails, and keeps the last ones decoded. */
export class TailBlocks {
  readonly #journal: Journal
  readonly #blocks = new BoundedCache<TailBlock>(TAIL_BLOCKS_BYTES_MAX)
  /** One block stays, however large: it is sent in many frames. */
  #last: TailBlock | undefined

  constructor(journal: Journal) {
    this.#journal = journal
  }

  /** The block that holds a sequence number; undefined when it is not in the journal any more. */
  at(seq: number): TailBlock | undefined {
    const firstSeq = this.#journal.firstSeqOfBlock(seq)
    if (firstSeq === undefined) return undefined
    const block = this.#last?.firstSeq === firstSeq ? this.#last : this.#blocks.get(`${firstSeq}`)
    this.#last = block ?? this.#decode(firstSeq)
    return this.#last
  }

  #decode(firstSeq: number): TailBlock | undefined {
    const row = this.#journal.read(firstSeq, firstSeq + 1).at(0)
    if (row === undefined) return undefined
    const table = blockTable(decodeBlock(row.bytes), firstSeq)
    const block = { firstSeq, rows: row.rows, table, write: writerOf(table) }
    this.#blocks.put(`${firstSeq}`, block, unpackedLength(row.bytes))
    return block
  }
}

function writerOf(table: DocumentTable): TailBlock['write'] {
  const writer = new RecordWriter(table, 0)
  const written = new Map<string, (string | undefined)[]>()
  return (row, fields) => {
    const key = fields === undefined ? '' : JSON.stringify(fields)
    const texts = written.get(key) ?? []
    written.set(key, texts)
    const text = texts[row] ?? (fields === undefined ? writer.write(row) : writer.writeFields(row, fields))
    texts[row] = text
    return text
  }
}
