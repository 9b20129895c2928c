import { TIME_SLOT } from '../../blocks/block'
import type { Table } from '../../blocks/table'
import type { TableHead } from '../field-columns'
import type { Mask } from '../mask'
import { formatDuration } from '../quantity'
import type { Pipe, Span } from '../syntax'
import type { Aggregation } from './aggregation'
import { columnsRead } from './field-sources'
import { countCodes, groupCodes, pairCodes } from './group-codes'
import { slotsByCount } from './group-counter'
import { Groups } from './groups'
import { type CountedHeader, countsOfHeader } from './header-counts'
import { FILLED_BUCKETS_MAX, TIMELINE_BUCKETS_MAX, TIMELINE_CELLS_MAX } from './pipe-limits'
import type { ResultTable, ResultValue } from './result-table'
import { bucketCount, bucketOf, niceStepMs, type TimeRange } from './time-buckets'

type TimelinePipe = Extract<Pipe, { type: 'timeline' }>

/** `timeline 5m by a`: how many rows in each bucket of time, and in each group of it. */
export const timelineAggregation = (
  pipe: TimelinePipe,
  options: { readonly range: TimeRange; readonly groupsMax: number },
): Aggregation => new Timeline(pipe, options)

/** Why a step is too small for the range, if it is. */
export function timelineProblem(
  { stepMs, span }: TimelinePipe,
  range: TimeRange,
): { readonly message: string; readonly span: Span } | undefined {
  if (stepMs === undefined || bucketCount(range, stepMs) <= TIMELINE_BUCKETS_MAX) return undefined
  const count = bucketCount(range, stepMs)
  const message = `${formatDuration(stepMs)} divides this range into ${count} parts, and ${TIMELINE_BUCKETS_MAX} are the most: use a larger step, a shorter range, or none for \`${formatDuration(niceStepMs(range))}\``
  return { message, span }
}

class Timeline implements Aggregation {
  readonly resultColumns: readonly string[]
  readonly #by: readonly string[]
  readonly #range: TimeRange
  readonly #stepMs: number
  readonly #groups: Groups
  readonly #groupRows: number[] = []
  /** Counts of each bucket, by slot of the group. */
  readonly #buckets = new Map<number, Map<number, number>>()
  #cells = 0

  constructor(pipe: TimelinePipe, { range, groupsMax }: { readonly range: TimeRange; readonly groupsMax: number }) {
    this.#by = pipe.by === undefined ? [] : [pipe.by]
    this.#range = range
    this.#stepMs = pipe.stepMs ?? niceStepMs(range)
    this.#groups = new Groups(groupsMax)
    this.resultColumns = ['time', ...this.#by, 'count']
  }

  columns(head: TableHead): number[] {
    const times = this.#isOneBucket(head) ? [] : [TIME_SLOT]
    return [...times, ...this.#by.flatMap((field) => columnsRead(head, field))]
  }

  add(table: Table, mask: Mask): void {
    if (mask === false) return
    const groups = groupCodes(table, this.#by, mask)
    const first = bucketOf(table.minTime, this.#stepMs)
    if (this.#isOneBucket(table)) {
      const counts = countCodes(groups, mask)
      for (let code = 0; code < counts.length; code++)
        if (counts[code] > 0) this.#count(first, groups.valuesOf(code), counts[code])
      return
    }
    const count = bucketOf(table.maxTime, this.#stepMs) - first + 1
    const pairs = pairCodes({ codes: bucketCodes(table.times(), first, this.#stepMs), count }, groups, mask)
    const counts = countCodes(pairs, mask)
    for (let pair = 0; pair < counts.length; pair++)
      if (counts[pair] > 0) this.#count(first + pairs.leftOf(pair), groups.valuesOf(pairs.rightOf(pair)), counts[pair])
  }

  addCounts(header: CountedHeader, levelMask: number): boolean {
    if (!this.#isOneBucket(header)) return false
    const counts = countsOfHeader(header, this.#by, levelMask)
    const bucket = bucketOf(header.minTime, this.#stepMs)
    for (const { values, count } of counts ?? []) this.#count(bucket, values, count)
    return counts !== undefined
  }

  result(): ResultTable {
    const order = slotsByCount(this.#groups, this.#groupRows, this.#by)
    const rows = this.#bucketsToShow().flatMap((bucket): ResultValue[][] => {
      const time = new Date(bucket * this.#stepMs).toISOString()
      const counts = this.#buckets.get(bucket)
      if (this.#by.length === 0) return [[time, counts?.get(0) ?? 0]]
      const slots = order.filter((slot) => counts?.has(slot))
      return slots.map((slot) => [time, ...this.#groups.values[slot], counts?.get(slot) ?? 0])
    })
    return { columns: this.resultColumns, rows, truncated: this.#groups.isTruncated }
  }

  #isOneBucket({ minTime, maxTime }: Pick<TableHead, 'minTime' | 'maxTime'>): boolean {
    return bucketOf(minTime, this.#stepMs) === bucketOf(maxTime, this.#stepMs)
  }

  /** All of the range where that is not too many, else those that have rows. */
  #bucketsToShow(): number[] {
    const count = bucketCount(this.#range, this.#stepMs)
    const first = bucketOf(this.#range.fromMs, this.#stepMs)
    const isFilled = this.#by.length === 0 && count <= FILLED_BUCKETS_MAX
    const filled = isFilled ? Array.from({ length: count }, (_, index) => first + index) : []
    return [...new Set([...filled, ...this.#buckets.keys()])].sort((left, right) => left - right)
  }

  #count(bucket: number, values: readonly (string | null)[], count: number): void {
    const counts = this.#buckets.get(bucket) ?? new Map<number, number>()
    this.#buckets.set(bucket, counts)
    const own = this.#groups.slotOf(values)
    const slot = counts.has(own) || this.#cells < TIMELINE_CELLS_MAX ? own : this.#groups.slotOfOthers(values.length)
    if (!counts.has(slot)) this.#cells++
    counts.set(slot, (counts.get(slot) ?? 0) + count)
    this.#groupRows[slot] = (this.#groupRows[slot] ?? 0) + count
  }
}

/** Each row's bucket, counted from the table's first. Rows near each other are mostly in the same. */
function bucketCodes(times: Float64Array, first: number, stepMs: number): Uint32Array {
  const codes = new Uint32Array(times.length)
  let code = 0
  let fromMs = Number.POSITIVE_INFINITY
  let toMs = Number.NEGATIVE_INFINITY
  for (let row = 0; row < times.length; row++) {
    const ms = times[row]
    if (ms < fromMs || ms >= toMs) {
      const bucket = bucketOf(ms, stepMs)
      code = bucket - first
      fromMs = bucket * stepMs
      toMs = fromMs + stepMs
    }
    codes[row] = code
  }
  return codes
}
