import { TIME_SLOT } from '../../blocks/block'
import type { Table } from '../../blocks/table'
import type { TableHead } from '../field-columns'
import type { Mask } from '../mask'
import { formatDuration } from '../quantity'
import type { Pipe, Span } from '../syntax'
import type { Aggregation } from './aggregation'
import { columnsRead } from './field-sources'
import { countCodes, type GroupCodes, groupCodes, pairCodes } from './group-codes'
import { slotsByCount } from './group-counter'
import { Groups } from './groups'
import { type CountedHeader, countsOfHeader } from './header-counts'
import { DENSE_CODES_MAX, FILLED_BUCKETS_MAX, TIMELINE_BUCKETS_MAX, TIMELINE_CELLS_MAX } from './pipe-limits'
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
    const buckets = bucketOf(table.maxTime, this.#stepMs) - first + 1
    if (buckets === 1) this.#addBucket(first, groups, countCodes(groups, mask))
    else if (buckets * groups.count <= DENSE_CODES_MAX) this.#addDense(table, groups, mask)
    else this.#addSparse(table, groups, mask)
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

  #addBucket(bucket: number, groups: GroupCodes, counts: Uint32Array): void {
    for (let code = 0; code < counts.length; code++)
      if (counts[code] > 0) this.#count(bucket, groups.valuesOf(code), counts[code])
  }

  /** A counter for each bucket and group. */
  #addDense(table: Table, groups: GroupCodes, mask: Mask): void {
    const first = bucketOf(table.minTime, this.#stepMs)
    const counts = countByBucket(table, groups, mask, this.#stepMs)
    for (let at = 0; at < counts.length; at += groups.count)
      this.#addBucket(first + at / groups.count, groups, counts.subarray(at, at + groups.count))
  }

  /** A counter for each bucket and group that occur. */
  #addSparse(table: Table, groups: GroupCodes, mask: Mask): void {
    const first = bucketOf(table.minTime, this.#stepMs)
    const codes = Uint32Array.from(table.times(), (ms) => bucketOf(ms, this.#stepMs) - first)
    const pairs = pairCodes({ codes, count: bucketOf(table.maxTime, this.#stepMs) - first + 1 }, groups, mask)
    const counts = countCodes(pairs, mask)
    for (let pair = 0; pair < counts.length; pair++)
      if (counts[pair] > 0) this.#count(first + pairs.leftOf(pair), groups.valuesOf(pairs.rightOf(pair)), counts[pair])
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

/** Counts by bucket, from the table's first, and group. Rows near each other are mostly in one bucket. */
function countByBucket(table: Table, { codes, count: width }: GroupCodes, mask: Mask, stepMs: number): Uint32Array {
  const times = table.times()
  const first = bucketOf(table.minTime, stepMs)
  const counts = new Uint32Array((bucketOf(table.maxTime, stepMs) - first + 1) * width)
  let base = 0
  let fromMs = Number.POSITIVE_INFINITY
  let toMs = Number.NEGATIVE_INFINITY
  for (let row = 0; row < times.length; row++) {
    if (mask !== true && (mask === false || mask[row] === 0)) continue
    const ms = times[row]
    if (ms < fromMs || ms >= toMs) {
      const bucket = bucketOf(ms, stepMs)
      base = (bucket - first) * width
      fromMs = bucket * stepMs
      toMs = fromMs + stepMs
    }
    counts[base + codes[row]]++
  }
  return counts
}
