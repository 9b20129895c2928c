import type { KeptRows } from './best-rows'
import { combineCodes } from './group-codes'
import { type Candidate, compareCandidates, type SortKey, type TableRows } from './table-rows'

/** Keeps the first row of an order for each combination of values: the newest where there is no other order. */
export class DistinctRows<Unit> implements KeptRows<Unit> {
  readonly #max: number
  readonly #keys: readonly SortKey[]
  /** The fields whose combinations are told apart. */
  readonly #by: readonly number[]
  readonly #rows = new Map<string, Candidate<Unit>>()
  isFull = false

  constructor(max: number, keys: readonly SortKey[], by: readonly number[]) {
    this.#max = max
    this.#keys = keys
    this.#by = by
  }

  add(rows: TableRows<Unit>): void {
    const { mask, table } = rows
    const codes = this.#by.map((index) => rows.codes[index])
    const groups = combineCodes(codes, table.rows, mask)
    const firsts = firstRows(rows, groups, this.#keys)
    for (let code = 0; code < firsts.length; code++)
      if (firsts[code] >= 0) this.#offer(JSON.stringify(groups.valuesOf(code)), rows.candidate(firsts[code]))
  }

  inOrder(): readonly Candidate<Unit>[] {
    return [...this.#rows.values()].sort((left, right) => compareCandidates(left, right, this.#keys))
  }

  #offer(key: string, candidate: Candidate<Unit>): void {
    const known = this.#rows.get(key)
    if (known === undefined && this.#rows.size >= this.#max) this.isFull = true
    else if (known === undefined || compareCandidates(candidate, known, this.#keys) < 0) this.#rows.set(key, candidate)
  }
}

/** The first row of each code within one table; −1 where none matches. */
function firstRows(
  rows: TableRows<unknown>,
  { codes, count }: { readonly codes: ArrayLike<number>; readonly count: number },
  keys: readonly SortKey[],
): Int32Array {
  const { mask, table } = rows
  const firsts = new Int32Array(count).fill(-1)
  for (let row = table.rows - 1; row >= 0; row--) {
    if (mask !== true && (mask === false || mask[row] === 0)) continue
    const first = firsts[codes[row]]
    if (first < 0 || rows.comesBefore(row, first, keys)) firsts[codes[row]] = row
  }
  return firsts
}
