import { TAIL_HISTORY_TRIES } from '../../src/limits/limits'
import type { Filter } from '../../src/query/filter'
import { matchingRows } from '../../src/query/mask'
import { visibleTo } from '../../src/query/visible-filter'
import { oldestVisibleMs } from '../../src/query/within-retention'
import type { Retention } from '../../src/segments/compile-retention'
import { addRow, batchOf, type DraftBatch, draftAt, NO_ROWS } from '../../src/tail/draft-batch'
import type { HistoryPage } from '../../src/tail/history'
import type { Batch } from '../../src/tail/pump-viewer'
import { type Subscription, tailFilter } from '../../src/tail/subscription'
import type { TailBlock, TailBlocks } from './tail-blocks'

/** What has not expired, by the settings of some edition. */
export interface TailRetention {
  readonly edition: number
  readonly retention: Retention
}

/** How much one turn of the object's thread may still look at, and what it has made. */
export interface TailTurn {
  readonly nowMs: number
  readonly headSeq: number
  /** Where the journal begins: what is before is sealed. */
  readonly journalSeq: number
  recordsLeft: number
}

/** Has a page of the sealed log read, and the tails pumped once it is here. */
export type AskHistory = (group: TailGroup, fromSeq: number, want: 'rows' | 'count') => void

/** Blocks whose matches are remembered. */
const EVALUATED_MAX = 256

/** How long a compiled filter is used whose meaning does not hang on the time, but for what has expired. */
const COMPILED_MS = 10_000

/** Tails with the same query and the same sight: what matches is found once for all of them, and written once. */
export class TailGroup {
  readonly key: string
  readonly subscription: Subscription
  readonly visible: string | undefined
  readonly #blocks: TailBlocks
  readonly #ask: AskHistory
  #filter: { readonly filter: Filter; readonly nowMs: number; readonly edition: number } | undefined
  #oldestMs = Number.NEGATIVE_INFINITY
  readonly #matches = new Map<number, Uint32Array>()
  #batches = new Map<string, Batch>()
  #pages: HistoryPage[] = []
  readonly #asked = new Set<string>()
  #tries = 0

  constructor(
    about: { readonly key: string; readonly subscription: Subscription; readonly visible: string | undefined },
    blocks: TailBlocks,
    ask: AskHistory,
  ) {
    this.key = about.key
    this.subscription = about.subscription
    this.visible = about.visible
    this.#blocks = blocks
    this.#ask = ask
  }

  /** Makes ready for a turn. Throws where the filter cannot be compiled any more. */
  begin(turn: TailTurn, { edition, retention }: TailRetention): void {
    this.#batches = new Map()
    const known = this.#filter
    const isFresh =
      known?.edition === edition &&
      turn.nowMs - known.nowMs < COMPILED_MS &&
      (turn.nowMs === known.nowMs || !this.subscription.isAboutNow)
    if (isFresh) return
    const { nowMs } = turn
    const visible = visibleTo(this.visible, 'a tail', nowMs)
    this.#filter = { filter: tailFilter(this.subscription, { visible, retention, nowMs }), nowMs, edition }
    this.#oldestMs = oldestVisibleMs(retention, nowMs)
    this.#matches.clear()
  }

  /** See PumpPorts. Nothing from `stopSeq` on is in it. */
  batchAt(fromSeq: number, stopSeq: number, turn: TailTurn): Batch | undefined {
    const endSeq = Math.min(stopSeq, turn.headSeq)
    const key = `${fromSeq} ${endSeq}`
    const known = this.#batches.get(key)
    if (known !== undefined) return known
    const isSealed = fromSeq < turn.journalSeq
    const batch = isSealed ? this.#batchOfHistory(fromSeq, endSeq) : this.#batchOfJournal(fromSeq, endSeq, turn)
    if (batch !== undefined) this.#batches.set(key, batch)
    return batch
  }

  /** See PumpPorts. */
  countAt(fromSeq: number, turn: TailTurn): { readonly count: number; readonly nextSeq: number } | undefined {
    if (fromSeq < turn.journalSeq) return this.#countOfHistory(fromSeq)
    const block = this.#blocks.at(fromSeq)
    const matches = block && this.#matchesOf(block, turn)
    if (block === undefined || matches === undefined) return undefined
    return {
      count: matches.length - firstFrom(matches, fromSeq - block.firstSeq),
      nextSeq: block.firstSeq + block.rows,
    }
  }

  /**
   * The sequence number from which on there are so many matches in the journal, or how many it has where there are fewer.
   */
  lastInJournal(count: number, turn: TailTurn): { readonly fromSeq: number; readonly found: number } {
    let found = 0
    let fromSeq = turn.headSeq
    while (fromSeq > turn.journalSeq && found < count) {
      const block = this.#blocks.at(fromSeq - 1)
      const matches = block && this.#matchesOf(block, turn)
      if (block === undefined || matches === undefined) break
      const left = count - found
      if (matches.length >= left) return { fromSeq: block.firstSeq + matches[matches.length - left], found: count }
      found += matches.length
      fromSeq = block.firstSeq
    }
    return { fromSeq, found }
  }

  /** A page of the sealed log is here. One that cannot be read is asked for again, and told as a gap in the end. */
  take(page: HistoryPage, want: 'rows' | 'count', askedSeq: number): void {
    this.#asked.delete(askKey(askedSeq, want))
    this.#tries = page.isIncomplete ? this.#tries + 1 : 0
    if (page.isIncomplete && this.#tries < TAIL_HISTORY_TRIES) return
    this.#tries = 0
    if (page.tooCostly === undefined) this.#pages.push(page)
  }

  /** Nothing came of the reading. */
  giveUp(want: 'rows' | 'count', askedSeq: number): void {
    this.#asked.delete(askKey(askedSeq, want))
  }

  /** Forgets the pages that no tail is in any more. */
  forgetPages(positions: readonly number[]): void {
    if (this.#pages.length === 0) return
    this.#pages = this.#pages.filter(({ fromSeq, nextSeq }) =>
      positions.some((position) => position >= fromSeq && position < nextSeq),
    )
  }

  #batchOfJournal(fromSeq: number, endSeq: number, turn: TailTurn): Batch | undefined {
    const frame = draftAt(fromSeq, endSeq)
    while (!frame.isFull && frame.nextSeq < endSeq) {
      const block = this.#blocks.at(frame.nextSeq)
      const matches = block && this.#matchesOf(block, turn)
      // What is at hand goes out; the rest is for the next turn.
      if (block === undefined || matches === undefined) break
      const tooLarge = this.#addMatches(frame, block, matches)
      if (tooLarge !== undefined) return tooLarge
    }
    return frame.nextSeq === fromSeq ? undefined : batchOf(frame)
  }

  /** Answers a batch of its own for a record that no socket can be sent. */
  #addMatches(frame: DraftBatch, block: TailBlock, matches: Uint32Array): Batch | undefined {
    for (let index = firstFrom(matches, frame.nextSeq - block.firstSeq); index < matches.length; index++) {
      const row = matches[index]
      const added = addRow(frame, block.firstSeq + row, block.write(row, this.subscription.fields))
      if (added !== 'added') return added === 'full' ? undefined : added
    }
    frame.nextSeq = Math.min(block.firstSeq + block.rows, frame.endSeq)
    return undefined
  }

  /** The rows of a block that match; undefined when this turn has looked at enough. */
  #matchesOf(block: TailBlock, turn: TailTurn): Uint32Array | undefined {
    const known = this.#matches.get(block.firstSeq)
    if (known !== undefined) return known
    if (turn.recordsLeft <= 0) return undefined
    turn.recordsLeft -= block.rows
    const matches = this.#evaluate(block)
    this.#matches.set(block.firstSeq, matches)
    if (this.#matches.size > EVALUATED_MAX) {
      const [oldest] = this.#matches.keys()
      this.#matches.delete(oldest)
    }
    return matches
  }

  #evaluate({ table }: TailBlock): Uint32Array {
    if (this.#filter === undefined) throw new Error('the turn has not begun')
    const rows = matchingRows(this.#filter.filter.evaluate(table), table.rows)
    if (table.minTime >= this.#oldestMs) return rows
    const times = table.times()
    return rows.filter((row) => times[row] >= this.#oldestMs)
  }

  #batchOfHistory(fromSeq: number, endSeq: number): Batch | undefined {
    const page = this.#pages.find((one) => one.fromSeq <= fromSeq && fromSeq < one.nextSeq && hasRows(one))
    if (page === undefined) return this.#askFor(fromSeq, 'rows')
    const { rows, count, isIncomplete } = page
    const nextSeq = Math.min(page.nextSeq, endSeq)
    if (isIncomplete)
      return { ...NO_ROWS, nextSeq, missing: { count: Math.max(1, count), reason: 'segment_unavailable' } }
    const frame = draftAt(fromSeq, endSeq)
    for (const { seq, text } of rows) {
      if (seq < fromSeq) continue
      const added = addRow(frame, seq, text)
      if (added === 'full') return batchOf(frame)
      if (added !== 'added') return added
    }
    return batchOf({ ...frame, nextSeq })
  }

  #countOfHistory(fromSeq: number): { readonly count: number; readonly nextSeq: number } | undefined {
    const page = this.#pages.find((one) => one.fromSeq === fromSeq || (hasRows(one) && isIn(one, fromSeq)))
    if (page === undefined) return this.#askFor(fromSeq, 'count')
    const { rows, nextSeq, count } = page
    return { count: hasRows(page) ? rows.filter(({ seq }) => seq >= fromSeq).length : count, nextSeq }
  }

  #askFor(fromSeq: number, want: 'rows' | 'count'): undefined {
    const key = askKey(fromSeq, want)
    if (this.#asked.has(key)) return undefined
    this.#asked.add(key)
    this.#ask(this, fromSeq, want)
    return undefined
  }
}

const askKey = (fromSeq: number, want: 'rows' | 'count'): string => `${want} ${fromSeq}`

const isIn = ({ fromSeq, nextSeq }: HistoryPage, seq: number): boolean => seq >= fromSeq && seq < nextSeq

/** A page that was only counted has none, unless there is nothing. */
const hasRows = ({ rows, count, isIncomplete }: HistoryPage): boolean => rows.length === count || isIncomplete

/** The index of the first row of an ascending list that is at or behind a row. */
function firstFrom(rows: Uint32Array, row: number): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (rows[middle] < row) low = middle + 1
    else high = middle
  }
  return low
}
