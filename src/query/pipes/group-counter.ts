import type { Table } from '../../blocks/table'
import type { TableHead } from '../field-columns'
import type { Mask } from '../mask'
import { columnsRead } from './field-sources'
import { countCodes, groupCodes } from './group-codes'
import { Groups } from './groups'
import { type CountedHeader, countsOfHeader, type GroupCount } from './header-counts'
import { compareValues, orderedValues } from './ordered-value'

/** Counts rows by the values of some fields. */
export class GroupCounter {
  readonly #fields: readonly string[]
  readonly #groups: Groups
  readonly #counts: number[] = []

  constructor(fields: readonly string[], groupsMax: number) {
    this.#fields = fields
    this.#groups = new Groups(groupsMax)
  }

  get isTruncated(): boolean {
    return this.#groups.isTruncated
  }

  columns(head: TableHead): number[] {
    return this.#fields.flatMap((field) => columnsRead(head, field))
  }

  add(table: Table, mask: Mask): void {
    if (mask === false) return
    const groups = groupCodes(table, this.#fields, mask)
    const counts = countCodes(groups, mask)
    for (let code = 0; code < counts.length; code++)
      if (counts[code] > 0) this.#count({ values: groups.valuesOf(code), count: counts[code] })
  }

  addCounts(header: CountedHeader, levelMask: number): boolean {
    const counts = countsOfHeader(header, this.#fields, levelMask)
    for (const group of counts ?? []) this.#count(group)
    return counts !== undefined
  }

  /** The groups, largest first; those that had to share a row are the last. */
  largestFirst(): GroupCount[] {
    const { values } = this.#groups
    const slots = slotsByCount(this.#groups, this.#counts, this.#fields)
    return slots.map((slot) => ({ values: values[slot], count: this.#counts[slot] }))
  }

  #count({ values, count }: GroupCount): void {
    const slot = this.#groups.slotOf(values)
    this.#counts[slot] = (this.#counts[slot] ?? 0) + count
  }
}

/** Slots in the order of their counts, the largest first; equal ones by their values. */
export function slotsByCount(groups: Groups, counts: readonly number[], fields: readonly string[]): number[] {
  const keys = sortKeys(groups, fields)
  return [...groups.values.keys()].sort(
    (left, right) =>
      Number(groups.isOthers(left)) - Number(groups.isOthers(right)) ||
      counts[right] - counts[left] ||
      compareKeys(keys[left], keys[right]),
  )
}

type SortKey = readonly ReturnType<ReturnType<typeof orderedValues>>[]

function sortKeys(groups: Groups, fields: readonly string[]): SortKey[] {
  const toOrdered = fields.map(orderedValues)
  return groups.values.map((values) => values.map((text, index) => toOrdered[index](text)))
}

function compareKeys(left: SortKey, right: SortKey): number {
  for (const [index, value] of left.entries()) {
    const order = compareValues(value, right[index])
    if (order !== 0) return order
  }
  return 0
}
