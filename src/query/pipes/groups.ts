import type { GroupValues } from './group-codes'

/** What stands in place of the values of groups that there is no room for. */
export const OTHERS = '(others)'

/** Gives each combination of values a slot. Past the most there may be, all further ones share the last. */
export class Groups {
  /** The values of each slot. */
  readonly values: GroupValues[] = []
  readonly #slots = new Map<string | null, number>()
  readonly #max: number
  #others = -1

  constructor(max: number) {
    this.#max = max
  }

  /** Is there a slot that stands for more than one group? */
  get isTruncated(): boolean {
    return this.#others >= 0
  }

  isOthers(slot: number): boolean {
    return slot === this.#others
  }

  slotOf(values: GroupValues): number {
    const key = values.length === 1 ? values[0] : JSON.stringify(values)
    const known = this.#slots.get(key)
    if (known !== undefined) return known
    if (this.#slots.size >= this.#max) return this.slotOfOthers(values.length)
    const slot = this.values.push(values) - 1
    this.#slots.set(key, slot)
    return slot
  }

  /** The slot of what there is no room for. */
  slotOfOthers(width: number): number {
    if (this.#others < 0) this.#others = this.values.push(Array.from({ length: width }, () => OTHERS)) - 1
    return this.#others
  }
}
