import { compileRetention } from '../../src/segments/compile-retention'
import type { Subscription } from '../../src/tail/subscription'
import { TailBlocks } from './tail-blocks'
import { type AskHistory, TailGroup, type TailRetention, type TailTurn } from './tail-group'
import type { TailSurroundings } from './tail-surroundings'

/** Tails with the same query and the same sight are one group, however many there are. */
export class TailGroups {
  readonly #around: Pick<TailSurroundings, 'held' | 'retention'>
  readonly #ask: AskHistory
  readonly #blocks: TailBlocks
  readonly #groups = new Map<string, TailGroup>()
  #retention: TailRetention | undefined

  constructor(around: Pick<TailSurroundings, 'held' | 'retention'>, ask: AskHistory) {
    this.#around = around
    this.#ask = ask
    this.#blocks = new TailBlocks(around.held.journal)
  }

  /** The group of a query for somebody's eyes. */
  of(subscription: Subscription, visible: string | undefined): TailGroup {
    const key = JSON.stringify([subscription.text, visible ?? null])
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    const group = new TailGroup({ key, subscription, visible }, this.#blocks, this.#ask)
    this.#groups.set(key, group)
    return group
  }

  /** Makes a group ready for a turn. Throws where its filter cannot be compiled any more. */
  begin(group: TailGroup, turn: TailTurn): void {
    group.begin(turn, this.#readRetention())
  }

  /** The groups that can be asked in a turn. `failed` hears of those that cannot. */
  beginAll(turn: TailTurn, failed: (group: TailGroup, error: unknown) => void): ReadonlySet<TailGroup> {
    const ready = new Set<TailGroup>()
    for (const group of this.#groups.values()) {
      try {
        this.begin(group, turn)
        ready.add(group)
      } catch (error) {
        failed(group, error)
      }
    }
    return ready
  }

  /** Forgets the pages in which no tail is. */
  forgetPages(positions: readonly number[]): void {
    for (const group of this.#groups.values()) group.forgetPages(positions)
  }

  /** Forgets the groups that nobody is in. */
  forgetUnused(used: ReadonlySet<TailGroup>): void {
    for (const [key, group] of this.#groups) if (!used.has(group)) this.#groups.delete(key)
  }

  #readRetention(): TailRetention {
    const { rules, edition } = this.#around.retention()
    if (this.#retention?.edition !== edition) this.#retention = { edition, retention: compileRetention(rules) }
    return this.#retention
  }
}
