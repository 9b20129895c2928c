import type { Block } from '../../blocks/block'
import { applyRecordRules, type RecordRuleBatch, type RecordRuleFailure } from './apply-record-rules'
import type { RecordRule } from './compile-record-rules'

/** Puts the blocks of one batch through the record rules, one after another, and keeps the account of it. */
export class RuledBatch {
  readonly #rules: readonly RecordRule[]
  readonly #batch: RecordRuleBatch
  readonly #taken = new Map<string, number>()
  readonly #failures = new Map<string, RecordRuleFailure>()
  /** Places in the batch, counting the records that were accepted, of those that rules took away. */
  readonly #takenPlaces: number[] = []
  #places = 0

  constructor(rules: readonly RecordRule[], batch: RecordRuleBatch) {
    this.#rules = rules
    this.#batch = batch
  }

  /** What is left of the next block of the batch; undefined when nothing is. */
  take(block: Block): Block | undefined {
    if (this.#rules.length === 0) return block
    const firstPlace = this.#places
    this.#places += block.rows
    const { block: left, kept, taken, failures } = applyRecordRules(block, this.#rules, this.#batch, firstPlace)
    for (const [rule, count] of taken) this.#taken.set(rule, (this.#taken.get(rule) ?? 0) + count)
    for (const failure of failures) this.#failures.set(failure.rule, failure)
    if (kept !== undefined) this.#noteTaken(kept, block.rows, firstPlace)
    return left
  }

  /** Which of the accepted records of the batch the nth is that was left. */
  placeOf(nth: number): number {
    return this.#takenPlaces.reduce((place, taken) => (taken <= place ? place + 1 : place), nth)
  }

  /** How many records each rule has dropped or sampled away, by its id. */
  get sampled(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#taken)
  }

  /** Rules that could not be asked about some of the batch. */
  get failures(): readonly RecordRuleFailure[] {
    return [...this.#failures.values()]
  }

  #noteTaken(kept: Uint32Array, rows: number, firstPlace: number): void {
    let next = 0
    for (let row = 0; row < rows; row++) {
      if (kept[next] === row) next++
      else this.#takenPlaces.push(firstPlace + row)
    }
  }
}
