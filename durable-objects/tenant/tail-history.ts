import {
  TAIL_BATCH_MS,
  TAIL_HISTORY_PIECE_BYTES,
  TAIL_HISTORY_READS_MAX,
  TAIL_HISTORY_RETRY_MS,
  TAIL_HISTORY_ROWS,
} from '../../src/limits/limits'
import type { HistoryPage, HistoryRequest } from '../../src/tail/history'
import type { TailGroup } from './tail-group'
import type { TailSurroundings } from './tail-surroundings'

/** What is to happen once a page is here. */
export interface HistoryListener {
  /** Pumps the tails. */
  readonly pumpIn: (delayMs: number) => void
  /** The query of a group costs more than it may. */
  readonly refuse: (group: TailGroup) => void
}

/** The sealed part of the log, which an entrypoint reads away from the object's thread. */
export class TailHistory {
  readonly #around: TailSurroundings
  readonly #listener: HistoryListener
  #readings = 0

  constructor(around: TailSurroundings, listener: HistoryListener) {
    this.#around = around
    this.#listener = listener
  }

  /** Has a page read for a group, which it takes when it is here. */
  ask(group: TailGroup, fromSeq: number, want: 'rows' | 'count'): void {
    const { pumpIn, refuse } = this.#listener
    const giveUp = (pauseMs: number): void => {
      group.giveUp(want, fromSeq)
      pumpIn(pauseMs)
    }
    if (this.#readings >= TAIL_HISTORY_READS_MAX) {
      giveUp(TAIL_BATCH_MS)
      return
    }
    this.#readings++
    const range = { fromSeq, ...this.#piecesFrom(fromSeq) }
    this.#around
      .readHistory(this.#request(group, range, { want, limit: TAIL_HISTORY_ROWS }))
      .finally(() => {
        this.#readings--
      })
      .then((page) => {
        group.take(page, want, fromSeq)
        pumpIn(page.isIncomplete ? TAIL_HISTORY_RETRY_MS : 0)
        if (page.tooCostly !== undefined) refuse(group)
      })
      .catch((error) => {
        this.#around.historyFailed(error)
        giveUp(TAIL_HISTORY_RETRY_MS)
      })
  }

  /** The last so many matches before a place, of which only the first is told. */
  back(group: TailGroup, beforeSeq: number, limit: number): Promise<HistoryPage> {
    const { fromSeq, pieces } = this.#piecesBefore(beforeSeq)
    const range = { fromSeq, beforeSeq, pieces }
    return this.#around.readHistory(this.#request(group, range, { want: 'back', limit }))
  }

  #request(
    { subscription, visible }: TailGroup,
    range: Pick<HistoryRequest, 'fromSeq' | 'beforeSeq' | 'pieces'>,
    wanted: Pick<HistoryRequest, 'want' | 'limit'>,
  ): HistoryRequest {
    const { tenantId, held, retention, clock } = this.#around
    const { generation } = held.state.read()
    const about = { tenantId: tenantId(), generation, retention: retention().rules, nowMs: clock() }
    return { ...about, q: subscription.text, visible, ...range, ...wanted }
  }

  /** The unpublished segments that a range from here on needs, and where it ends: as far as they fit one call. */
  #piecesFrom(fromSeq: number): Pick<HistoryRequest, 'beforeSeq' | 'pieces'> {
    const { sealed, journal, state } = this.#around.held
    const pieces: Uint8Array[] = []
    let bytes = 0
    const waiting = sealed.list().filter(({ maxSeq }) => maxSeq >= fromSeq)
    for (const { id, size, minSeq } of waiting.sort((left, right) => left.minSeq - right.minSeq)) {
      if (pieces.length > 0 && minSeq > fromSeq && bytes + size > TAIL_HISTORY_PIECE_BYTES)
        return { beforeSeq: minSeq, pieces }
      const piece = sealed.read(id)
      if (piece !== undefined) pieces.push(piece.bytes)
      bytes += size
    }
    return { beforeSeq: journal.firstSeq() ?? state.read().nextSeq, pieces }
  }

  /** The same for a range that ends here and goes as far back as they fit. */
  #piecesBefore(beforeSeq: number): Pick<HistoryRequest, 'fromSeq' | 'pieces'> {
    const { sealed } = this.#around.held
    const pieces: Uint8Array[] = []
    let bytes = 0
    for (const { id, size, maxSeq } of sealed.list().sort((left, right) => right.maxSeq - left.maxSeq)) {
      if (pieces.length > 0 && maxSeq + 1 < beforeSeq && bytes + size > TAIL_HISTORY_PIECE_BYTES)
        return { fromSeq: maxSeq + 1, pieces }
      const piece = sealed.read(id)
      if (piece !== undefined) pieces.push(piece.bytes)
      bytes += size
    }
    return { fromSeq: 0, pieces }
  }
}
