import { LEVEL_SLOT, TIME_SLOT } from '../../src/blocks/block'
import { decodeBlock } from '../../src/blocks/block-bytes'
import { blockTable, type DocumentTable, RowReader } from '../../src/blocks/table'
import { readBatch } from '../../src/formats/read-batch'
import { SEQ_PART } from '../../src/query/units'
import { createRedactor, DEFAULT_KINDS } from '../../src/records/redact/redact'
import {
  decodeHeader,
  type SectionReader,
  sectionsOf,
  segmentRows,
  segmentTable,
} from '../../src/segments/decode-segment'
import { sealBlocks, sealRows } from '../../src/segments/seal'
import type { SegmentHeader } from '../../src/segments/segment'
import { leavesOf, type OracleRecord } from './oracle'

const DAY_MS = 86_400_000

export interface Blocks {
  readonly inputs: readonly { readonly firstSeq: number; readonly bytes: Uint8Array }[]
}

/** The logs in journal blocks, as one request each. Sequence numbers count on from 1. */
export function blocksOf(
  batches: readonly (readonly string[])[],
  options: { readonly nowMs: number; readonly contentType?: string },
): Blocks {
  const redactor = createRedactor({ kinds: DEFAULT_KINDS })
  const inputs: { firstSeq: number; bytes: Uint8Array }[] = []
  let firstSeq = 1
  for (const logs of batches) {
    const body = new TextEncoder().encode(logs.join('\n'))
    const settings = { receivedMs: options.nowMs, retentionMs: 30 * DAY_MS, redactor, source: 'http' }
    const { blocks, summaries } = readBatch(body, options.contentType ?? 'application/x-ndjson', settings)
    for (const [index, bytes] of blocks.entries()) {
      inputs.push({ firstSeq, bytes })
      firstSeq += summaries[index].rows
    }
  }
  return { inputs }
}

/** As the journal holds them. */
export const journalTables = ({ inputs }: Blocks): DocumentTable[] =>
  inputs.map(({ firstSeq, bytes }) => blockTable(decodeBlock(bytes), firstSeq))

/** As segments hold them, all blocks merged. */
export const segmentTables = ({ inputs }: Blocks): DocumentTable[] => sealedTables(inputs).map(({ table }) => table)

/** The same with what the header says about each. */
export const sealedTables = (
  inputs: Blocks['inputs'],
): { header: SegmentHeader; table: DocumentTable; read: SectionReader }[] =>
  sealBlocks(inputs, { shard: 0, class: 'default' }).map(({ bytes }) => {
    const located = decodeHeader(bytes)
    const read = sectionsOf(bytes, located)
    return { header: located.header, table: segmentTable(located.header, read), read }
  })

/** As they are after each block was a segment of its own, and those were merged. */
export function mergedTables({ inputs }: Blocks): DocumentTable[] {
  const segments = inputs.flatMap((input) => sealBlocks([input], { shard: 0, class: 'default' }))
  const rows = segments.map(({ bytes }) => {
    const located = decodeHeader(bytes)
    const block = segmentRows(located.header, sectionsOf(bytes, located))
    return { block, seqs: block.seqs, received: block.received }
  })
  return sealRows(rows, { shard: 0, class: 'default' }).map(({ bytes }) => tableOf(bytes))
}

function tableOf(segment: Uint8Array): DocumentTable {
  const located = decodeHeader(segment)
  return segmentTable(located.header, sectionsOf(segment, located))
}

/** A table that gives only the parts that were asked for. What has no part of its own is always there. */
export function guarded(table: DocumentTable, asked: readonly number[]): DocumentTable {
  const only = <T>(part: number, value: T): T => {
    if (!asked.includes(part)) throw new Error(`part ${part} was not asked for`)
    return value
  }
  return {
    ...table,
    cells: (column) => only(column, table.cells(column)),
    times: () => only(TIME_SLOT, table.times()),
    nanos: () => only(TIME_SLOT, table.nanos()),
    levels: () => only(LEVEL_SLOT, table.levels()),
    seqs: () => only(SEQ_PART, table.seqs()),
  }
}

/** The rows of tables as records of their own. */
export function recordsOf(tables: readonly DocumentTable[]): OracleRecord[] {
  return tables.flatMap((table) => {
    const reader = new RowReader(table)
    const system = table.columns.flatMap((info, column) =>
      info.system && info.name !== 'rest' ? [{ name: info.name, column }] : [],
    )
    return Array.from({ length: table.rows }, (_, row): OracleRecord => {
      const values = system.flatMap(({ name, column }) => {
        const value = reader.value(column, row)
        return value === undefined ? [] : [[name, value] as const]
      })
      const document = reader.document(row)
      return {
        document,
        leaves: leavesOf(document),
        ms: table.times()[row],
        nanos: table.nanos()?.[row] ?? 0,
        seq: table.seqs()[row],
        level: table.levels()[row],
        system: Object.fromEntries(values),
      }
    })
  })
}
