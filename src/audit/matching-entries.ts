import { decodeBlock } from '../blocks/block-bytes'
import { blockTable } from '../blocks/table'
import { readBatch } from '../formats/read-batch'
import type { Filter } from '../query/filter'
import { bothMatch, type Mask } from '../query/mask'
import { createRedactor } from '../records/redact/redact'
import type { ShownEntry } from './shown-entry'

/** What had to go went when the entry was written. */
const nothingRedacted = createRedactor({ kinds: new Set() })

/** Entries are of any age. */
const ANY_AGE_MS = 8.64e15

/** What decides whether an entry is shown. */
export interface EntryFilters {
  readonly asked: Filter
  /** What the caller may see at all; undefined for everything. */
  readonly visible: Filter | undefined
}

/**
 * The entries that all filters match, in their order. They become a block like any batch, and the filters decide as they do of
 * logs. An entry that cannot be put into a block is not hidden from who sees everything, and not shown to anybody else.
 */
export function matchingEntries(
  { asked, visible }: EntryFilters,
  entries: readonly ShownEntry[],
  nowMs: number,
): ShownEntry[] {
  const filters = visible === undefined ? [asked] : [asked, visible]
  const body = new TextEncoder().encode(entries.map((entry) => JSON.stringify(entry)).join('\n'))
  const newestMs = entries.reduce((most, { time }) => Math.max(most, Date.parse(time)), nowMs)
  const batch = readBatch(body, 'application/x-ndjson', {
    ...{ receivedMs: newestMs, retentionMs: ANY_AGE_MS, redactor: nothingRedacted },
    ...{ source: 'audit', recordsMax: entries.length },
  })
  const outside = new Set(batch.rejected.map(({ index }) => index))
  const isMatch = batch.blocks.flatMap((bytes) => {
    const table = blockTable(decodeBlock(bytes), 1)
    const mask = filters.reduce<Mask>((all, filter) => bothMatch(all, filter.evaluate(table)), true)
    return Array.from({ length: table.rows }, (_, row) => (typeof mask === 'boolean' ? mask : mask[row] === 1))
  })
  let row = 0
  return entries.filter((_, index) => (outside.has(index) ? visible === undefined : isMatch[row++]))
}
