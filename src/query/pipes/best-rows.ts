import { type Candidate, compareCandidates, type SortKey, type TableRows } from './table-rows'

/** What keeps the rows that may be part of the answer. */
export interface KeptRows<Unit> {
  add(rows: TableRows<Unit>): void
  /** In their order. */
  inOrder(): readonly Candidate<Unit>[]
  /** Rows were left out for want of room. */
  readonly isFull: boolean
}

/** Keeps the first `max` rows of an order. */
export class BestRows<Unit> implements KeptRows<Unit> {
  readonly #max: number
  readonly #keys: readonly SortKey[]
  #rows: Candidate<Unit>[] = []
  /** The last that is kept, once there are enough: what comes after it need not be looked at. */
  #last: Candidate<Unit> | undefined
  isFull = false

  constructor(max: number, keys: readonly SortKey[]) {
    this.#max = max
    this.#keys = keys
  }

  add(rows: TableRows<Unit>): void {
    const { mask, table } = rows
    if (mask === false) return
    // Rows are mostly in the order of time: from the end, few are newer than what is kept already.
    for (let row = table.rows - 1; row >= 0; row--) {
      if (mask !== true && mask[row] === 0) continue
      if (this.#last !== undefined && rows.isBehind(row, this.#last, this.#keys)) this.isFull = true
      else this.#rows.push(rows.candidate(row))
      if (this.#rows.length > this.#max * 2 + WAITING_ROWS) this.#cut()
    }
  }

  inOrder(): readonly Candidate<Unit>[] {
    this.#cut()
    return this.#rows
  }

  #cut(): void {
    this.#rows.sort((left, right) => compareCandidates(left, right, this.#keys))
    if (this.#rows.length < this.#max) return
    this.isFull ||= this.#rows.length > this.#max
    this.#rows.length = this.#max
    this.#last = this.#rows[this.#max - 1]
  }
}

/** Rows that wait to be sorted in together. */
const WAITING_ROWS = 256
