import { decodeBlock } from '../../src/blocks/block-bytes'
import { blockTable, type DocumentTable, RowReader } from '../../src/blocks/table'
import { type ReadBatch, readBatch } from '../../src/formats/read-batch'
import { createRedactor, DEFAULT_KINDS } from '../../src/records/redact/redact'
import { decodeHeader, sectionsOf, segmentTable } from '../../src/segments/decode-segment'
import { type SealedSegment, type SealInput, sealBlocks } from '../../src/segments/seal'

/** The moment at which the tests' batches arrive. */
export const RECEIVED_MS = Date.UTC(2026, 10, 21, 10)

const DAY_MS = 86_400_000

export const nothingRedacted = createRedactor({ kinds: new Set() })
export const defaultRedactor = createRedactor({ kinds: DEFAULT_KINDS })

/** Reads a body as `POST /logs` does. */
export function read(
  body: string | Uint8Array,
  contentType = 'application/json',
  redactor = nothingRedacted,
): ReadBatch {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  const settings = { receivedMs: RECEIVED_MS, retentionMs: 30 * DAY_MS, redactor, source: 'http' }
  return readBatch(bytes, contentType, settings)
}

export const blockTables = (batch: Pick<ReadBatch, 'blocks'>): DocumentTable[] =>
  batch.blocks.map((bytes) => blockTable(decodeBlock(bytes), 1))

export function segmentTableOf(segment: Uint8Array): DocumentTable {
  const located = decodeHeader(segment)
  return segmentTable(located.header, sectionsOf(segment, located))
}

/** Every document of a table, in its order. */
export function documents(table: DocumentTable): string[] {
  const reader = new RowReader(table)
  return Array.from({ length: table.rows }, (_, row) => reader.document(row))
}

export const documentsOf = (batch: Pick<ReadBatch, 'blocks'>): string[] => blockTables(batch).flatMap(documents)

/** Blocks with the sequence numbers that a tenant object would give them. */
export function numbered(batches: readonly Pick<ReadBatch, 'blocks'>[]): SealInput[] {
  let firstSeq = 1
  return batches
    .flatMap((batch) => batch.blocks)
    .map((bytes) => {
      const input = { firstSeq, bytes }
      firstSeq += decodeBlock(bytes).rows
      return input
    })
}

export const sealed = (batches: readonly Pick<ReadBatch, 'blocks'>[]): SealedSegment[] =>
  sealBlocks(numbered(batches), { shard: 0, class: 'standard' })

/** The text of a row's cell in a system column, or undefined when it has none. */
export function systemValue(table: DocumentTable, name: string, row: number): string | undefined {
  const index = table.columns.findIndex((column) => column.system && column.name === name)
  return index < 0 ? undefined : new RowReader(table).value(index, row)
}
