import type { Table } from '../../blocks/table'
import type { TableHead } from '../field-columns'
import type { Mask } from '../mask'
import type { Aggregate, Pipe } from '../syntax'
import type { Aggregation } from './aggregation'
import {
  type Collector,
  DistinctCollector,
  ExtremeCollector,
  NumbersCollector,
  PresenceCollector,
  presentValues,
  type Room,
  TotalCollector,
} from './collectors'
import { codesOfField, type FieldCodes } from './field-codes'
import { numbersOfField } from './field-numbers'
import { columnsRead } from './field-sources'
import { countCodes, type GroupCodes, type GroupValues, groupCodes, pairCodes } from './group-codes'
import { slotsByCount } from './group-counter'
import { Groups } from './groups'
import { type CountedHeader, countsOfHeader } from './header-counts'
import { DISTINCT_VALUES_PER_GROUP_MAX, PERCENTILE_VALUES_MAX } from './pipe-limits'
import type { ResultTable, ResultValue } from './result-table'

/** `stats count(), p95(duration) by a`: numbers about the rows of each group, the largest group first. */
export const statsAggregation = (pipe: Extract<Pipe, { type: 'stats' }>, groupsMax: number): Aggregation =>
  new Stats(pipe, groupsMax)

class Stats implements Aggregation {
  readonly resultColumns: readonly string[]
  readonly #by: readonly string[]
  readonly #groups: Groups
  readonly #rows: number[] = []
  readonly #fields = new Map<string, FieldCollectors>()
  readonly #results: readonly ((slot: number) => ResultValue)[]

  constructor({ aggregates, by }: Extract<Pipe, { type: 'stats' }>, groupsMax: number) {
    this.resultColumns = [...by, ...aggregates.map(({ as }) => as)]
    this.#by = by
    this.#groups = new Groups(groupsMax)
    // Without groups there is one, and it is there when nothing is in it.
    if (by.length === 0) this.#rows[this.#groups.slotOf([])] = 0
    const limits = {
      distinctMax: groupsMax,
      distinct: { left: groupsMax * DISTINCT_VALUES_PER_GROUP_MAX },
      numbers: { left: PERCENTILE_VALUES_MAX },
    }
    this.#results = aggregates.map((aggregate) => this.#resultOf(aggregate, limits))
  }

  columns(head: TableHead): number[] {
    return [...this.#by, ...this.#fields.keys()].flatMap((field) => columnsRead(head, field))
  }

  add(table: Table, mask: Mask): void {
    if (mask === false) return
    // Everything is read before anything is counted: what cannot be read adds nothing.
    const groups = groupCodes(table, this.#by, mask)
    const readings = [...this.#fields].map(([field, { all, needsTexts }]) => ({
      collectors: all,
      field,
      ...readField(table, field, mask, needsTexts),
    }))
    const slotOf = this.#slotsOf(groups, countCodes(groups, mask))
    for (const { collectors, field, numbers, values } of readings) {
      const target = { groups, slotOf, collectors, mask }
      if (numbers === undefined) addValues(values, field, target)
      else addNumbers(numbers, target)
    }
  }

  addCounts(header: CountedHeader, levelMask: number): boolean {
    const counts = this.#fields.size > 0 ? undefined : countsOfHeader(header, this.#by, levelMask)
    for (const { values, count } of counts ?? []) this.#addRows(values, count)
    return counts !== undefined
  }

  result(): ResultTable {
    const rows = slotsByCount(this.#groups, this.#rows, this.#by).map((slot) => [
      ...this.#groups.values[slot],
      ...this.#results.map((resultOf) => resultOf(slot)),
    ])
    const fields = [...this.#fields.values()]
    const truncated =
      this.#groups.isTruncated ||
      fields.some(({ distinct, numbers }) => distinct?.isTruncated === true || numbers?.isTruncated === true)
    return { columns: this.resultColumns, rows, truncated }
  }

  /** Answers the group's slot. */
  #addRows(values: GroupValues, count: number): number {
    const slot = this.#groups.slotOf(values)
    this.#rows[slot] = (this.#rows[slot] ?? 0) + count
    return slot
  }

  /** The slot of each group that has rows here. */
  #slotsOf(groups: GroupCodes, counts: Uint32Array): Int32Array {
    const slotOf = new Int32Array(groups.count)
    for (let code = 0; code < groups.count; code++) {
      if (counts[code] > 0) slotOf[code] = this.#addRows(groups.valuesOf(code), counts[code])
    }
    return slotOf
  }

  #resultOf({ name, field }: Aggregate, limits: StatsLimits): (slot: number) => ResultValue {
    if (field === undefined) return (slot) => this.#rows[slot] ?? 0
    const collectors = this.#fields.get(field) ?? new FieldCollectors(limits)
    this.#fields.set(field, collectors)
    return collectors.resultOf(name)
  }
}

interface StatsLimits {
  readonly distinctMax: number
  readonly distinct: Room
  readonly numbers: Room
}

/** The collectors that the aggregates of one field need, each once. */
class FieldCollectors {
  readonly all: Collector[] = []
  readonly #limits: StatsLimits
  #presence: PresenceCollector | undefined
  #totals: TotalCollector | undefined
  #extremes: ExtremeCollector | undefined
  distinct: DistinctCollector | undefined
  numbers: NumbersCollector | undefined

  constructor(limits: StatsLimits) {
    this.#limits = limits
  }

  /** Different values are told apart by their text: 1.0 is not 1. */
  get needsTexts(): boolean {
    return this.distinct !== undefined
  }

  resultOf(name: Aggregate['name']): (slot: number) => ResultValue {
    switch (name) {
      case 'count':
        this.#presence ??= this.#used(new PresenceCollector())
        return this.#presence.count
      case 'uniq':
        this.distinct ??= this.#used(new DistinctCollector(this.#limits.distinctMax, this.#limits.distinct))
        return this.distinct.count
      case 'min':
      case 'max':
        this.#extremes ??= this.#used(new ExtremeCollector())
        return name === 'min' ? this.#extremes.least : this.#extremes.most
      case 'sum':
      case 'avg':
        this.#totals ??= this.#used(new TotalCollector())
        return name === 'sum' ? this.#totals.sum : this.#totals.average
      default: {
        const numbers = this.numbers ?? this.#used(new NumbersCollector(this.#limits.numbers))
        this.numbers = numbers
        const percent = Number(name.slice(1))
        return (slot) => numbers.percentile(slot, percent)
      }
    }
  }

  #used<C extends Collector>(collector: C): C {
    this.all.push(collector)
    return collector
  }
}

type FieldReading =
  | { readonly numbers: Float64Array; readonly values: undefined }
  | { readonly numbers: undefined; readonly values: FieldCodes }

function readField(table: Table, field: string, mask: Mask, needsTexts: boolean): FieldReading {
  const numbers = needsTexts ? undefined : numbersOfField(table, field, mask)
  if (numbers !== undefined) return { numbers, values: undefined }
  return { numbers: undefined, values: codesOfField(table, field, mask) }
}

interface Target {
  readonly groups: GroupCodes
  readonly slotOf: Int32Array
  readonly collectors: readonly Collector[]
  readonly mask: Mask
}

function addNumbers(numbers: Float64Array, { groups, slotOf, collectors, mask }: Target): void {
  const { codes } = groups
  for (const collector of collectors) {
    for (let row = 0; row < numbers.length; row++) {
      if (mask !== true && (mask === false || mask[row] === 0)) continue
      if (!Number.isNaN(numbers[row])) collector.addNumber(slotOf[codes[row]], numbers[row])
    }
  }
}

/** Looks at each different value of each group once. */
function addValues(values: FieldCodes, field: string, { groups, slotOf, collectors, mask }: Target): void {
  const pairs = pairCodes(groups, values, mask)
  const counts = countCodes(pairs, mask)
  const toPresent = presentValues(field)
  for (let pair = 0; pair < counts.length; pair++) {
    if (counts[pair] === 0) continue
    const text = values.textOf(pairs.rightOf(pair))
    if (text === null) continue
    const value = toPresent(text)
    const slot = slotOf[pairs.leftOf(pair)]
    for (const collector of collectors) collector.addValue(slot, value, counts[pair])
  }
}
