import { TIME_SLOT } from '../blocks/block'
import type { DocumentTable } from '../blocks/table'
import { WHAT_IF_ARRIVALS_MAX, WHAT_IF_FIRINGS_MAX, WHAT_IF_ROWS_MAX } from '../limits/limits'
import type { TableHead } from '../query/field-columns'
import { bothMatch, type Mask, matchingRows } from '../query/mask'
import { columnsRead } from '../query/pipes/field-sources'
import { groupCodes } from '../query/pipes/group-codes'
import { RECEIVED_PART, SEQ_PART } from '../query/units'
import { type CompiledRule, type Conjunction, compileRules, type Part, type RuleFault } from './compile-rules'
import { type Arrival, type RuleFailure, reconcile, type Transition, takeArrivals, tick } from './evaluate'
import { groupKey, groupOf, shownValue } from './group-key'
import type { QuietReason } from './quiet'
import type { TriggerRule } from './rule'
import { noRulesState, ONLY_GROUP } from './rules-state'

/** One time that a rule would have fired. */
export interface WhatIfFiring<Row> {
  readonly atMs: number
  readonly group: Readonly<Record<string, string | null>>
  readonly count: number
  /** Of rules of first values: the values. */
  readonly values: readonly string[]
  /** When its actions would have been taken; undefined where never. */
  readonly toldMs: number | undefined
  /** Why not at once, if so. */
  readonly quiet: QuietReason | undefined
  /** Undefined where it was still firing at the end. */
  readonly resolvedMs: number | undefined
  /** Rows of the group that arrived last before it, the last first. */
  readonly rows: readonly Row[]
}

/** What a rule would have done. */
export interface WhatIfOutcome<Row> {
  readonly matched: number
  /** How many different groups matched. */
  readonly groups: number
  /** The first ones, in order. */
  readonly firings: readonly WhatIfFiring<Row>[]
  readonly firingsTotal: number
  /** Why it would have been switched off, if so. */
  readonly failure: RuleFailure | undefined
  /** There were more arrivals than are remembered: the oldest ones are not in it. */
  readonly isCut: boolean
}

/** What came of one group at one moment. */
interface Came<Row> {
  count: number
  total: number
  /** The greatest sequence number: what came in one millisecond is taken in this order. */
  lastSeq: number
  readonly rows: Row[]
}

/**
 * Runs a rule over records that are stored, in the order in which they arrived, through the same engine that runs it over what
 * arrives. Tables may come in any order. What arrived in one millisecond is one batch.
 */
export class WhatIf<Row> {
  readonly #rule: CompiledRule
  readonly #parts: readonly Part[]
  readonly #compiled: ReturnType<typeof compileRules>['compiled']
  readonly #came = new Map<number, Map<string, Came<Row>>>()
  #arrivals = 0
  #matched = 0
  #isCut = false

  /** Throws nothing: a rule that cannot be compiled is a fault. */
  static of<Row>(rule: TriggerRule): WhatIf<Row> | RuleFault {
    const { compiled, failed } = compileRules([rule])
    return failed.length > 0 ? failed[0].fault : new WhatIf<Row>(compiled)
  }

  private constructor(compiled: ReturnType<typeof compileRules>['compiled']) {
    this.#compiled = compiled
    this.#rule = compiled.rules[0]
    this.#parts = compiled.parts
  }

  /** What is read of a table. */
  columns(head: TableHead): number[] {
    const ofParts = this.#parts.flatMap(({ filter }) => filter.columns(head))
    const ofGroups = this.#rule.by.flatMap((field) => columnsRead(head, field))
    return [...new Set([...ofParts, ...ofGroups, TIME_SLOT, SEQ_PART, RECEIVED_PART])]
  }

  /** Takes the rows of a table that the mask allows. */
  add(table: DocumentTable, among: Mask, rowOf: (row: number) => Row): void {
    const matches = this.#maskOf(this.#rule.matches, table, among)
    const totals = this.#rule.of === undefined ? false : this.#maskOf(this.#rule.of, table, among)
    this.#take(table, totals, (came) => {
      came.total++
    })
    this.#take(table, matches, (came, row) => {
      this.#matched++
      came.count++
      if (came.rows.length < WHAT_IF_ROWS_MAX) came.rows.push(rowOf(row))
    })
  }

  /** What would have happened from one moment to another. */
  run(fromMs: number, toMs: number): WhatIfOutcome<Row> {
    const state = noRulesState()
    const firings = new Firings<Row>(this.#rule)
    const moments = [...this.#came.keys()].sort((left, right) => left - right)
    reconcile(this.#compiled, state, Math.min(fromMs, moments[0] ?? fromMs))
    let failure: RuleFailure | undefined
    for (const atMs of moments) {
      const came = this.#came.get(atMs) ?? new Map<string, Came<Row>>()
      // What time alone has done until then knows nothing yet of what came.
      const before = tick(this.#compiled, state, atMs - 1)
      firings.take(before.transitions)
      firings.note(came)
      const turn = takeArrivals(this.#compiled, state, this.#arrivalsOf(came), atMs)
      firings.take(turn.transitions)
      failure ??= turn.failures[0] ?? before.failures[0]
    }
    firings.take(tick(this.#compiled, state, Math.max(toMs, moments.at(-1) ?? toMs)).transitions)
    const groups = new Set([...this.#came.values()].flatMap((came) => [...came.keys()]))
    return {
      ...{ matched: this.#matched, groups: groups.size, failure, isCut: this.#isCut },
      ...{ firings: firings.list, firingsTotal: firings.total },
    }
  }

  #maskOf({ parts }: Conjunction, table: DocumentTable, among: Mask): Mask {
    let mask = among
    for (const part of parts) {
      if (mask === false) return false
      mask = bothMatch(mask, this.#parts[part].filter.evaluate(table))
    }
    return mask
  }

  #take(table: DocumentTable, mask: Mask, add: (came: Came<Row>, row: number) => void): void {
    if (mask === false) return
    const received = table.received()
    const seqs = table.seqs()
    const { codes, valuesOf } = groupCodes(table, this.#rule.by, mask)
    const names = new Map<number, string | undefined>()
    for (const row of matchingRows(mask, table.rows)) {
      const code = codes[row]
      if (!names.has(code)) names.set(code, this.#nameOf(valuesOf(code)))
      const name = names.get(code)
      const came = name === undefined ? undefined : this.#cameOf(received[row], name)
      if (came === undefined) continue
      came.lastSeq = Math.max(came.lastSeq, seqs[row])
      add(came, row)
    }
  }

  /** The name of a group; of first values the value, which a record may not have. */
  #nameOf(values: readonly (string | null)[]): string | undefined {
    if (this.#rule.rule.trigger.type !== 'first_seen') return this.#rule.by.length === 0 ? ONLY_GROUP : groupKey(values)
    const [value] = values
    return value === null || value === undefined ? undefined : shownValue(value)
  }

  #cameOf(atMs: number, key: string): Came<Row> | undefined {
    const moment = this.#came.get(atMs) ?? new Map<string, Came<Row>>()
    this.#came.set(atMs, moment)
    const known = moment.get(key)
    if (known !== undefined) return known
    if (this.#arrivals >= WHAT_IF_ARRIVALS_MAX) {
      this.#isCut = true
      return undefined
    }
    this.#arrivals++
    const came: Came<Row> = { count: 0, total: 0, lastSeq: 0, rows: [] }
    moment.set(key, came)
    return came
  }

  #arrivalsOf(came: ReadonlyMap<string, Came<Row>>): Arrival[] {
    return [...came]
      .sort(([, left], [, right]) => left.lastSeq - right.lastSeq)
      .map(([key, { count, total }]) => ({ rule: this.#rule.rule.id, key, count, total }))
  }
}

type Mutable<T> = { -readonly [P in keyof T]: T[P] }

/** Collects what would have happened to groups. */
class Firings<Row> {
  readonly list: Mutable<WhatIfFiring<Row>>[] = []
  total = 0
  readonly #rule: CompiledRule
  /** The last rows of each group. */
  readonly #lastRows = new Map<string, readonly Row[]>()
  readonly #open = new Map<string, Mutable<WhatIfFiring<Row>>[]>()

  constructor(rule: CompiledRule) {
    this.#rule = rule
  }

  note(came: ReadonlyMap<string, Came<Row>>): void {
    for (const [key, { rows }] of came) {
      const last = this.#lastRows.get(this.#groupOf(key)) ?? []
      this.#lastRows.set(this.#groupOf(key), [...rows.toReversed(), ...last].slice(0, WHAT_IF_ROWS_MAX))
    }
  }

  take(transitions: readonly Transition[]): void {
    for (const transition of transitions) {
      if (transition.what === 'fired') this.#fire(transition)
      else this.#close(transition)
    }
  }

  #fire({ key, atMs, count, values, isTold, quiet }: Transition): void {
    this.total++
    if (this.list.length >= WHAT_IF_FIRINGS_MAX) return
    const firing = {
      ...{ atMs, count, values, quiet, toldMs: isTold ? atMs : undefined, resolvedMs: undefined },
      group: this.#rule.rule.trigger.type === 'first_seen' ? {} : groupOf(this.#rule.by, key),
      rows: this.#lastRows.get(key) ?? [],
    }
    this.list.push(firing)
    this.#open.set(key, [...(this.#open.get(key) ?? []), firing])
  }

  #close({ what, key, atMs }: Transition): void {
    for (const firing of this.#open.get(key) ?? []) {
      if (what === 'told') firing.toldMs ??= atMs
      else firing.resolvedMs = atMs
    }
    if (what === 'resolved') this.#open.delete(key)
  }

  /** First values are of one group. */
  #groupOf(key: string): string {
    return this.#rule.rule.trigger.type === 'first_seen' ? ONLY_GROUP : key
  }
}
