import type { Table } from '../../blocks/table'
import type { Mask } from '../mask'
import { comparePositions, type Position } from '../position'
import { codesOfField, type FieldCodes } from './field-codes'
import { compareValues, type OrderedValue, orderedValues } from './ordered-value'

/** A record that may be part of the answer. */
export interface Candidate<Unit> extends Position {
  readonly unit: Unit
  readonly row: number
  /** Its values of the fields that the pipes look at. */
  readonly values: readonly OrderedValue[]
}

/** A field to sort by, as an index into a candidate's values. */
export interface SortKey {
  readonly index: number
  readonly descending: boolean
}

/** Which of two records comes first: by the keys, then the newer one. */
export function compareCandidates(
  left: Candidate<unknown>,
  right: Candidate<unknown>,
  keys: readonly SortKey[],
): number {
  for (const { index, descending } of keys) {
    const order = compareValues(left.values[index], right.values[index], descending)
    if (order !== 0) return order
  }
  return comparePositions(right, left)
}

/** The rows of a table as candidates, which are only made of those that have a chance. */
export class TableRows<Unit> {
  readonly table: Table
  readonly mask: Mask
  /** Codes of each field's values. */
  readonly codes: readonly FieldCodes[]
  readonly #unit: Unit
  readonly #values: readonly ((row: number) => OrderedValue)[]
  readonly #times: Float64Array
  readonly #nanos: Uint32Array | undefined
  readonly #seqs: Float64Array

  constructor(unit: Unit, table: Table, mask: Mask, fields: readonly string[]) {
    this.#unit = unit
    this.table = table
    this.mask = mask
    this.codes = fields.map((field) => codesOfField(table, field, mask))
    this.#values = this.codes.map((codes, index) => valueReader(codes, fields[index]))
    this.#times = table.times()
    this.#nanos = table.nanos()
    this.#seqs = table.seqs()
  }

  candidate(row: number): Candidate<Unit> {
    return { unit: this.#unit, row, values: this.#values.map((read) => read(row)), ...this.#position(row) }
  }

  /** True when it is plain from little that the row comes after the candidate. */
  isBehind(row: number, other: Candidate<unknown>, keys: readonly SortKey[]): boolean {
    const [first, second] = keys
    const isOlder = this.#times[row] < other.ms
    if (first === undefined) return isOlder
    const order = compareValues(this.#values[first.index](row), other.values[first.index], first.descending)
    return order > 0 || (order === 0 && second === undefined && isOlder)
  }

  /** Does a row come before another of this table? */
  comesBefore(row: number, other: number, keys: readonly SortKey[]): boolean {
    for (const { index, descending } of keys) {
      const read = this.#values[index]
      const order = compareValues(read(row), read(other), descending)
      if (order !== 0) return order < 0
    }
    return comparePositions(this.#position(row), this.#position(other)) > 0
  }

  #position(row: number): Position {
    return { ms: this.#times[row], nanos: this.#nanos?.[row] ?? 0, seq: this.#seqs[row] }
  }
}

/** Reads each different value once. */
function valueReader({ codes, textOf }: FieldCodes, field: string): (row: number) => OrderedValue {
  const toOrdered = orderedValues(field)
  const known: OrderedValue[] = []
  return (row) => {
    const code = codes[row]
    known[code] ??= toOrdered(textOf(code))
    return known[code]
  }
}
