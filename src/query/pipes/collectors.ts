import { isLevelName } from './known-field'
import { compareValues, type OrderedValue, orderedValues } from './ordered-value'
import type { ResultValue } from './result-table'

/** Gathers the values of one field in slots, one a group. */
export interface Collector {
  /** A value that is a number, as it stands in a column of numbers. */
  addNumber(slot: number, value: number): void
  /** Any value, and in how many rows it is. */
  addValue(slot: number, value: PresentValue, times: number): void
}

export interface PresentValue extends OrderedValue {
  readonly text: string
  /** What sums are made of. A level has a place in the order, but is no quantity. */
  readonly quantity: number | undefined
}

/** How many values there are to keep in a whole answer. */
export interface Room {
  left: number
}

/** `count(field)`: rows that have the field. */
export class PresenceCollector implements Collector {
  readonly #counts: number[] = []

  addNumber(slot: number): void {
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1
  }

  addValue(slot: number, _value: PresentValue, times: number): void {
    this.#counts[slot] = (this.#counts[slot] ?? 0) + times
  }

  count = (slot: number): number => this.#counts[slot] ?? 0
}

/** `sum` and `avg`: of what is a number. */
export class TotalCollector implements Collector {
  readonly #sums: number[] = []
  readonly #counts: number[] = []

  addNumber(slot: number, value: number): void {
    this.#sums[slot] = (this.#sums[slot] ?? 0) + value
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1
  }

  addValue(slot: number, { quantity }: PresentValue, times: number): void {
    if (quantity === undefined) return
    this.#sums[slot] = (this.#sums[slot] ?? 0) + quantity * times
    this.#counts[slot] = (this.#counts[slot] ?? 0) + times
  }

  sum = (slot: number): ResultValue => this.#sums[slot] ?? null

  average = (slot: number): ResultValue => {
    const sum = this.#sums[slot]
    return sum === undefined ? null : sum / this.#counts[slot]
  }
}

/** `min` and `max`, in the order in which `sort` puts values: numbers before texts, levels by severity. */
export class ExtremeCollector implements Collector {
  readonly #least: PresentValue[] = []
  readonly #most: PresentValue[] = []

  addNumber(slot: number, number: number): void {
    const least = this.#least[slot]?.number
    if (least === undefined || number < least) this.#least[slot] = numberValue(number)
    const most = this.#most[slot]
    if (most === undefined || (most.number !== undefined && number > most.number))
      this.#most[slot] = numberValue(number)
  }

  addValue(slot: number, value: PresentValue): void {
    const least = this.#least[slot]
    if (least === undefined || compareValues(value, least) < 0) this.#least[slot] = value
    const most = this.#most[slot]
    if (most === undefined || compareValues(value, most) > 0) this.#most[slot] = value
  }

  least = (slot: number): ResultValue => shown(this.#least[slot])
  most = (slot: number): ResultValue => shown(this.#most[slot])
}

const numberValue = (number: number): PresentValue => ({ text: String(number), number, quantity: number })

const shown = (value: PresentValue | undefined): ResultValue => value?.quantity ?? value?.text ?? null

/** `uniq`: different values, as texts. */
export class DistinctCollector implements Collector {
  readonly #values: (Set<string> | undefined)[] = []
  readonly #slotMax: number
  readonly #room: Room
  isTruncated = false

  constructor(slotMax: number, room: Room) {
    this.#slotMax = slotMax
    this.#room = room
  }

  addNumber(slot: number, value: number): void {
    this.#add(slot, String(value))
  }

  addValue(slot: number, { text }: PresentValue): void {
    this.#add(slot, text)
  }

  count = (slot: number): number => this.#values[slot]?.size ?? 0

  #add(slot: number, text: string): void {
    const values = this.#values[slot] ?? new Set()
    this.#values[slot] = values
    if (values.has(text)) return
    if (values.size >= this.#slotMax || this.#room.left <= 0) {
      this.isTruncated = true
      return
    }
    this.#room.left--
    values.add(text)
  }
}

/** `p50` to `p99`: every number, so that the answer is one of them. */
export class NumbersCollector implements Collector {
  readonly #numbers: (Float64Array | undefined)[] = []
  readonly #lengths: number[] = []
  readonly #sorted: (Float64Array | undefined)[] = []
  readonly #room: Room
  isTruncated = false

  constructor(room: Room) {
    this.#room = room
  }

  addNumber(slot: number, value: number): void {
    this.#add(slot, value, 1)
  }

  addValue(slot: number, { quantity }: PresentValue, times: number): void {
    if (quantity !== undefined) this.#add(slot, quantity, times)
  }

  /** The smallest number that `percent` of all are not above. */
  percentile(slot: number, percent: number): ResultValue {
    const length = this.#lengths[slot] ?? 0
    if (length === 0) return null
    const sorted = this.#sorted[slot] ?? this.#numbers[slot]?.subarray(0, length).sort()
    this.#sorted[slot] = sorted
    return sorted?.[Math.max(0, Math.ceil((percent * length) / 100) - 1)] ?? null
  }

  #add(slot: number, value: number, times: number): void {
    const taken = Math.min(times, this.#room.left)
    if (taken < times) this.isTruncated = true
    const length = this.#lengths[slot] ?? 0
    const numbers = withRoom(this.#numbers[slot], length + taken)
    numbers.fill(value, length, length + taken)
    this.#numbers[slot] = numbers
    this.#lengths[slot] = length + taken
    this.#room.left -= taken
  }
}

function withRoom(numbers: Float64Array | undefined, length: number): Float64Array {
  if (numbers !== undefined && numbers.length >= length) return numbers
  const larger = new Float64Array(Math.max(16, length, (numbers?.length ?? 0) * 2))
  if (numbers !== undefined) larger.set(numbers)
  return larger
}

/** The field's values as collectors take them. */
export function presentValues(field: string): (text: string) => PresentValue {
  const toOrdered = orderedValues(field)
  return (text) => {
    const { number } = toOrdered(text)
    return { text, number, quantity: isLevelName(field) ? undefined : number }
  }
}
