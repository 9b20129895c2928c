import { RULE_SLOTS } from '../limits/limits'
import type { Condition, Moment } from './condition'
import { addTo, dropFirst, entriesUpTo, type GroupMemory } from './group-memory'
import { durationMs, type Trigger } from './rule'

/** How long a slot of a window is: its end moves by so much at a time. */
export const slotMsOf = (windowMs: number): number => Math.ceil(windowMs / RULE_SLOTS)

/** The share of some records among others in a sliding window, counted in slots. */
export function ratio({ above, window, least_total }: Extract<Trigger, { type: 'ratio' }>): Condition {
  return slotted({
    ...{ windowMs: durationMs(window), windows: 1, hasTotals: true },
    test: ({ now, total }) => total >= least_total && now > above * total,
    mayHold: ({ total }) => total >= least_total,
  })
}

/**
 * How a window compares with the one before. Above 1 the factor asks for a rise to as many times as much, below for a fall to
 * that part of it; `least` is what the larger of the two must have. Nothing is said before both were watched as a whole.
 */
export function change({ factor, least, window }: Extract<Trigger, { type: 'change' }>): Condition {
  const isRise = factor > 1
  return slotted({
    ...{ windowMs: durationMs(window), windows: 2, hasTotals: false },
    test: ({ now, before }) =>
      isRise ? now >= least && now >= factor * before : before >= least && now <= factor * before,
    mayHold: ({ now, before }) => (isRise ? now : now + before) >= least,
  })
}

/** What the windows hold. */
interface Sums {
  now: number
  /** What the window before the last holds. */
  before: number
  /** Of a ratio: of how many. */
  total: number
}

interface Slotted {
  readonly windowMs: number
  /** How many windows, one after another, are looked at. */
  readonly windows: 1 | 2
  readonly hasTotals: boolean
  readonly test: (sums: Sums) => boolean
  /** False when the condition cannot hold any more before something comes. */
  readonly mayHold: (sums: Sums) => boolean
}

function slotted({ windowMs, windows, hasTotals, test, mayHold }: Slotted): Condition {
  const slotMs = slotMsOf(windowMs)
  const slots = Math.ceil(windowMs / slotMs)
  const slotOf = (atMs: number): number => Math.floor(atMs / slotMs)
  /** From when on the windows hold all there was. */
  const knownSlot = (startedMs: number): number =>
    windows === 1 ? Number.NEGATIVE_INFINITY : Math.ceil((startedMs + windows * windowMs) / slotMs)
  return {
    slotMs,
    startsKnown: false,
    canShare: true,
    add: (memory, { count, total }, { atMs }) => {
      const slot = slotOf(atMs)
      dropFirst(memory, entriesUpTo(memory, slot - windows * slots))
      addTo(memory, slot, count, hasTotals ? total : undefined)
    },
    holds: (memory, { atMs, startedMs }) => {
      const slot = slotOf(atMs)
      return slot >= knownSlot(startedMs) && test(new Walk(memory, slots, slot).sums)
    },
    changesMs: (memory, moment) => nextChange(memory, moment),
    isOver: ({ at }, atMs) => at.length === 0 || at[at.length - 1] <= slotOf(atMs) - windows * slots,
    matches: (memory, { atMs }) => new Walk(memory, slots, slotOf(atMs)).sums.now,
  }

  /** Looks at the slots in which something leaves a window. */
  function nextChange(memory: GroupMemory, { atMs, startedMs }: Moment): number {
    const slot = slotOf(atMs)
    const known = knownSlot(startedMs)
    const walk = new Walk(memory, slots, slot)
    const isHolding = slot >= known && test(walk.sums)
    if (!isHolding && !mayHold(walk.sums)) return Number.POSITIVE_INFINITY
    let next = slot < known ? Math.min(known, walk.nextSlot()) : walk.nextSlot()
    while (next < Number.POSITIVE_INFINITY) {
      walk.goTo(next)
      if ((next >= known && test(walk.sums)) !== isHolding) return next * slotMs
      next = next < known ? Math.min(known, walk.nextSlot()) : walk.nextSlot()
    }
    return Number.POSITIVE_INFINITY
  }
}

/** Follows what leaves the windows while nothing comes. Each entry is met at most twice. */
class Walk {
  readonly sums: Sums = { now: 0, before: 0, total: 0 }
  readonly #memory: GroupMemory
  readonly #slots: number
  /** The first entries of the last window and of the one before. */
  #first = 0
  #firstBefore = 0

  constructor(memory: GroupMemory, slots: number, slot: number) {
    this.#memory = memory
    this.#slots = slots
    const { counts, totals } = memory
    for (let entry = 0; entry < counts.length; entry++) {
      this.sums.now += counts[entry]
      if (totals.length > 0) this.sums.total += totals[entry]
    }
    this.goTo(slot)
  }

  /** The next slot in which something leaves a window; infinity when both are empty. */
  nextSlot(): number {
    const { at } = this.#memory
    const leaves = this.#first < at.length ? at[this.#first] + this.#slots : Number.POSITIVE_INFINITY
    const isGone = this.#firstBefore < this.#first ? at[this.#firstBefore] + 2 * this.#slots : Number.POSITIVE_INFINITY
    return Math.min(leaves, isGone)
  }

  goTo(slot: number): void {
    const { at, counts, totals } = this.#memory
    for (; this.#first < at.length && at[this.#first] <= slot - this.#slots; this.#first++) {
      this.sums.now -= counts[this.#first]
      this.sums.before += counts[this.#first]
      if (totals.length > 0) this.sums.total -= totals[this.#first]
    }
    for (; this.#firstBefore < this.#first && at[this.#firstBefore] <= slot - 2 * this.#slots; this.#firstBefore++)
      this.sums.before -= counts[this.#firstBefore]
  }
}
