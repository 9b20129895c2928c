import { decodeBlock, encodeBlock } from '../blocks/block-bytes'
import { packBlock } from '../blocks/packed-block'
import { SNAPSHOT_PAGE_BYTES } from '../limits/limits'
import { journalInput, mergeRows } from '../segments/merge'
import type { UnpublishedPiece } from './contract'

/** A row of the journal without its bytes. */
export interface JournalEntry {
  readonly firstSeq: number
  readonly rows: number
  readonly size: number
  /** Bytes of the block unpacked: text that repeats is a thousand times as long as its row. */
  readonly unpackedSize: number
  readonly minTime: number
  readonly maxTime: number
}

/** Journal rows that readers get as one block: a large one by itself, or a run of small ones. */
export interface JournalPage {
  readonly id: string
  readonly firstSeq: number
  readonly beforeSeq: number
  readonly entries: readonly JournalEntry[]
}

/** Blocks with fewer records are put together before a reader gets them: decoding thousands of them costs more than merging. */
const SMALL_ROWS = 256
/** A page of small blocks is closed, and never changes again, at this many records. */
const PAGE_ROWS = 2048

/**
 * Groups the journal into pages. The same journal gives the same pages; appending changes only the last. Blocks of few large
 * records are put together only as far as their page fits one answer.
 */
export function pagesOf(entries: readonly JournalEntry[]): JournalPage[] {
  const pages: JournalPage[] = []
  let run: JournalEntry[] = []
  let rows = 0
  let bytes = 0
  const close = (): void => {
    if (run.length > 0) pages.push(pageOf(run))
    run = []
    rows = 0
    bytes = 0
  }
  for (const entry of entries) {
    if (entry.rows >= SMALL_ROWS) {
      close()
      pages.push(pageOf([entry]))
      continue
    }
    if (bytes + entry.unpackedSize > SNAPSHOT_PAGE_BYTES) close()
    run.push(entry)
    rows += entry.rows
    bytes += entry.unpackedSize
    if (rows >= PAGE_ROWS) close()
  }
  close()
  return pages
}

function pageOf(entries: readonly JournalEntry[]): JournalPage {
  const first = entries[0]
  const last = entries[entries.length - 1]
  const beforeSeq = last.firstSeq + last.rows
  return { id: `journal-${first.firstSeq}-${beforeSeq}`, firstSeq: first.firstSeq, beforeSeq, entries }
}

/** One block of all blocks of a page. */
export function mergePage(blocks: readonly { readonly firstSeq: number; readonly bytes: Uint8Array }[]): Uint8Array {
  if (blocks.length === 1) return blocks[0].bytes
  const rows = mergeRows(blocks.map(({ firstSeq, bytes }) => journalInput(decodeBlock(bytes), firstSeq)))
  return packBlock(encodeBlock({ ...rows, receivedMs: 0 }))
}

/** Takes pieces until a page of bytes is full; answers how many were taken. At least one is. */
export function takePage(pieces: readonly { readonly size: number }[], from: number): number {
  let bytes = 0
  let next = from
  while (next < pieces.length && (next === from || bytes + pieces[next].size <= SNAPSHOT_PAGE_BYTES)) {
    bytes += pieces[next].size
    next++
  }
  return next
}

/** What a reader is told of a page. */
export function pieceOfPage(page: JournalPage, bytes: Uint8Array | undefined): UnpublishedPiece {
  const { id, firstSeq, entries } = page
  return {
    id,
    kind: 'block',
    firstSeq,
    rows: entries.reduce((sum, entry) => sum + entry.rows, 0),
    minTime: entries.reduce((least, entry) => Math.min(least, entry.minTime), Number.POSITIVE_INFINITY),
    maxTime: entries.reduce((most, entry) => Math.max(most, entry.maxTime), Number.NEGATIVE_INFINITY),
    bytes,
  }
}
