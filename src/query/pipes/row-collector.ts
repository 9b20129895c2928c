import type { Table } from '../../blocks/table'
import type { Mask } from '../mask'
import type { Position } from '../position'
import { BestRows, type KeptRows } from './best-rows'
import { DistinctRows } from './distinct-rows'
import { compareValues } from './ordered-value'
import type { RowStep } from './row-pipes'
import { type Candidate, type SortKey, TableRows } from './table-rows'

/** A record of the answer, and where it is. */
export interface CollectedRow<Unit> extends Position {
  readonly unit: Unit
  readonly row: number
}

export interface CollectedRows<Unit> {
  readonly rows: readonly CollectedRow<Unit>[]
  /** There are more than the page has room for. */
  readonly hasMore: boolean
  /** There were more than could be kept to choose from: another row might belong here. */
  readonly truncated: boolean
}

export interface CollectorOptions {
  readonly steps: readonly RowStep[]
  /** Every field that the steps look at. */
  readonly fields: readonly string[]
  readonly rowsMax: number
  readonly keptMax: number
}

/**
 * Finds the rows that `sort`, `dedup` and `limit` leave, one table after the other. The first `limit` or `dedup` is applied
 * as rows come in, so that only what it leaves is kept; the steps behind it wait until all have come.
 */
export class RowCollector<Unit> {
  readonly #fields: readonly string[]
  readonly #rowsMax: number
  readonly #kept: KeptRows<Unit>
  readonly #rest: readonly RowStep[]
  /** How many kept rows are enough when only older ones are left to come; undefined when any row may matter. */
  readonly #enough: number | undefined
  readonly #isBounded: boolean

  constructor({ steps, fields, rowsMax, keptMax }: CollectorOptions) {
    const at = steps.findIndex((step) => step.type !== 'sort')
    const keys = sortKeys(at < 0 ? steps : steps.slice(0, at), fields)
    const step = at < 0 ? undefined : steps[at]
    // One more than the page has room for tells that there are more.
    const pageMax = rowsMax + 1
    this.#fields = fields
    this.#rowsMax = rowsMax
    this.#rest = at < 0 ? [] : steps.slice(at + 1)
    if (step?.type === 'dedup') {
      const [next] = this.#rest
      const enough = next === undefined ? pageMax : countOf(next)
      this.#kept = new DistinctRows(keptMax, keys, indexesOf(step.fields, fields))
      this.#enough = keys.length > 0 ? undefined : enough
      this.#isBounded = true
    } else {
      const wanted = step === undefined ? pageMax : (countOf(step) ?? pageMax)
      const max = Math.min(wanted, this.#rest.length === 0 ? pageMax : keptMax)
      this.#kept = new BestRows(max, keys)
      this.#enough = keys.length > 0 ? undefined : max
      this.#isBounded = this.#rest.length > 0 && wanted > max
    }
  }

  /** Adds the rows of a table that match. Answers are found fastest when the newest table comes first. */
  add(unit: Unit, table: Table, mask: Mask): void {
    if (mask !== false) this.#kept.add(new TableRows(unit, table, mask, this.#fields))
  }

  /** True when no row that is older than this can change the answer. */
  isDecided(newestMs: number): boolean {
    if (this.#enough === undefined) return false
    return this.#kept.inOrder().filter(({ ms }) => ms > newestMs).length >= this.#enough
  }

  result(): CollectedRows<Unit> {
    const left = this.#rest.reduce((rows, step) => applyStep(rows, step, this.#fields), this.#kept.inOrder())
    const rows = left.slice(0, this.#rowsMax).map(({ unit, row, ms, nanos, seq }) => ({ unit, row, ms, nanos, seq }))
    return { rows, hasMore: left.length > rows.length, truncated: this.#isBounded && this.#kept.isFull }
  }
}

const countOf = (step: RowStep): number | undefined => (step.type === 'limit' ? step.count : undefined)

const indexesOf = (names: readonly string[], fields: readonly string[]): number[] =>
  names.map((name) => fields.indexOf(name))

/** The last `sort` decides; those before it decide between what is equal to it. */
const sortKeys = (steps: readonly RowStep[], fields: readonly string[]): SortKey[] =>
  steps
    .flatMap((step) =>
      step.type === 'sort' ? [{ index: fields.indexOf(step.field), descending: step.descending }] : [],
    )
    .reverse()

function applyStep<Unit>(
  rows: readonly Candidate<Unit>[],
  step: RowStep,
  fields: readonly string[],
): readonly Candidate<Unit>[] {
  switch (step.type) {
    case 'limit':
      return rows.slice(0, step.count)
    case 'sort': {
      const index = fields.indexOf(step.field)
      return rows.toSorted((left, right) => compareValues(left.values[index], right.values[index], step.descending))
    }
    case 'dedup':
      return firstOfEach(rows, indexesOf(step.fields, fields))
  }
}

function firstOfEach<Unit>(rows: readonly Candidate<Unit>[], by: readonly number[]): readonly Candidate<Unit>[] {
  const firsts = new Map<string, Candidate<Unit>>()
  for (const row of rows) {
    const key = JSON.stringify(by.map((index) => row.values[index].text))
    if (!firsts.has(key)) firsts.set(key, row)
  }
  return [...firsts.values()]
}
