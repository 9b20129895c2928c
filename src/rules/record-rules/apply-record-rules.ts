import { type AddedColumn, addColumns } from '../../blocks/add-columns'
import { type Block, bytesOfCell, rowsOfColumn } from '../../blocks/block'
import { pickRows } from '../../blocks/pick-rows'
import { blockTable, type Table } from '../../blocks/table'
import { type Mask, matchingRows } from '../../query/mask'
import { FilterFailure } from '../../query/term'
import type { RecordRule } from './compile-record-rules'
import { hashText, sampleOfPlace, sampleOfTrace } from './sample-hash'

/** What record rules need to know of a batch. */
export interface RecordRuleBatch {
  readonly nowMs: number
  /** The batch's name: what has no trace id is sampled by it and by its place. */
  readonly batchId: string
}

/** What the record rules made of a block. */
export interface RuledBlock {
  /** Undefined when nothing of it is left. */
  readonly block: Block | undefined
  /** The rows that are left, in order; undefined when all are. */
  readonly kept: Uint32Array | undefined
  /** How many records each rule has dropped or sampled away, by its id. */
  readonly taken: ReadonlyMap<string, number>
  /** Rules that could not be asked, and so did nothing. */
  readonly failures: readonly RecordRuleFailure[]
}

/** Why a rule could not be asked about some records. */
export interface RecordRuleFailure {
  readonly rule: string
  readonly code: string
  readonly detail: string
}

/**
 * Does to the records of a block what the rules say. Every rule is asked about the records as they came, so that their order
 * decides nothing but this: of several that set the same member the last one does, and of several that drop a record the
 * first one counts it. Tags add up. Of several that sample a record the one that keeps least decides: a trace that it keeps
 * is kept by all of them. `firstPlace` is how many records of the batch came in earlier blocks.
 */
export function applyRecordRules(
  block: Block,
  rules: readonly RecordRule[],
  { nowMs, batchId }: RecordRuleBatch,
  firstPlace: number,
): RuledBlock {
  const table = blockTable(block, 0)
  const active = rules.filter(({ activeUntilMs = Number.POSITIVE_INFINITY }) => nowMs < activeUntilMs)
  const effects = new Effects(block.rows)
  const failures: RecordRuleFailure[] = []
  for (const rule of active) {
    const asked = ask(rule, table)
    if (asked.ok) effects.add(rule, matchingRows(asked.mask, block.rows))
    else failures.push(asked.failure)
  }
  effects.sample(() => fractionReader(block, { batchId, firstPlace }))
  const kept = effects.kept()
  const outcome = { kept, taken: effects.taken(), failures }
  if (kept?.length === 0) return { ...outcome, block: undefined }
  const marked = addColumns(block, effects.columns())
  return { ...outcome, block: kept === undefined ? marked : pickRows(marked, kept) }
}

type Asked = { readonly ok: true; readonly mask: Mask } | { readonly ok: false; readonly failure: RecordRuleFailure }

/** Logs are taken in whatever becomes of a rule. */
function ask(rule: RecordRule, table: Table): Asked {
  try {
    return { ok: true, mask: rule.filter.evaluate(table) }
  } catch (error) {
    const { code, message } =
      error instanceof FilterFailure ? error.problem : { code: 'rule_failed', message: 'The rule failed.' }
    return { ok: false, failure: { rule: rule.id, code, detail: message } }
  }
}

/** For each row the number from 0 up to 1 by which it is kept or not: that of its trace, else that of its place. */
function fractionReader(block: Block, at: { batchId: string; firstPlace: number }): (row: number) => number {
  const begun = hashText(at.batchId)
  const column = block.columns.findIndex(({ name, system }) => system && name === 'trace_id')
  const cellOf = column < 0 ? undefined : cellsByRow(block, column)
  return (row) => {
    const cell = cellOf === undefined ? -1 : cellOf[row]
    if (cell < 0) return sampleOfPlace(begun, at.firstPlace + row)
    return sampleOfTrace(bytesOfCell(block.columns[column].cells, cell))
  }
}

/** The cell of each row, −1 where it has none. */
function cellsByRow(block: Block, column: number): Int32Array {
  const rows = rowsOfColumn(block, column)
  if (rows === undefined) return Int32Array.from({ length: block.rows }, (_, row) => row)
  const cells = new Int32Array(block.rows).fill(-1)
  for (let cell = 0; cell < rows.length; cell++) cells[rows[cell]] = cell
  return cells
}

/** Collects what is to be done to each row of a block. */
class Effects {
  readonly #rows: number
  /** One more than the place of the rule that takes the row away; 0 where none does. */
  readonly #takenBy: Uint16Array
  readonly #rules: string[] = []
  readonly #severity: Values
  readonly #category: Values
  readonly #tags: Values
  readonly #weight: Values
  /** The share of which each row is part, and the rule that says so; undefined while nothing is sampled. */
  #shares: { readonly rate: Float64Array; readonly rule: Uint16Array } | undefined

  constructor(rows: number) {
    this.#rows = rows
    this.#takenBy = new Uint16Array(rows)
    this.#severity = new Values(rows)
    this.#category = new Values(rows)
    this.#tags = new Values(rows)
    this.#weight = new Values(rows)
  }

  add({ id, effect: { set, drop, sample } }: RecordRule, rows: Uint32Array): void {
    const rule = this.#rules.push(id)
    if (drop) for (const row of rows) this.#takenBy[row] ||= rule
    if (sample !== undefined) this.#narrow(rows, sample, rule)
    if (set?.severity !== undefined) this.#severity.put(rows, set.severity)
    if (set?.category !== undefined) this.#category.put(rows, set.category)
    const { tags } = set ?? {}
    if (tags !== undefined) this.#tags.replace(rows, (before) => withTags(before, tags))
  }

  /** Decides about the rows that rules sample. */
  sample(fractions: () => (row: number) => number): void {
    if (this.#shares === undefined) return
    const { rate, rule } = this.#shares
    const fractionOf = fractions()
    for (let row = 0; row < this.#rows; row++) {
      if (rule[row] === 0 || this.#takenBy[row] !== 0) continue
      if (fractionOf(row) >= rate[row]) this.#takenBy[row] = rule[row]
      else this.#weight.put([row], String(1 / rate[row]))
    }
  }

  /** The rows that are left; undefined when all are. */
  kept(): Uint32Array | undefined {
    if (this.#takenBy.every((rule) => rule === 0)) return undefined
    const kept = new Uint32Array(this.#rows)
    let count = 0
    for (let row = 0; row < this.#rows; row++) if (this.#takenBy[row] === 0) kept[count++] = row
    return kept.subarray(0, count)
  }

  taken(): Map<string, number> {
    const taken = new Map<string, number>()
    for (const rule of this.#takenBy) {
      if (rule === 0) continue
      const id = this.#rules[rule - 1]
      taken.set(id, (taken.get(id) ?? 0) + 1)
    }
    return taken
  }

  columns(): AddedColumn[] {
    return [
      { name: 'severity', kind: 'string', ...this.#severity.read() },
      { name: 'category', kind: 'string', ...this.#category.read() },
      { name: 'tags', kind: 'json', ...this.#tags.read() },
      { name: 'weight', kind: 'number', ...this.#weight.read() },
    ]
  }

  #narrow(rows: Uint32Array, sample: number, rule: number): void {
    this.#shares ??= { rate: new Float64Array(this.#rows).fill(1), rule: new Uint16Array(this.#rows) }
    const { rate, rule: by } = this.#shares
    for (const row of rows) {
      if (rate[row] <= sample) continue
      rate[row] = sample
      by[row] = rule
    }
  }
}

/** Tags as JSON, with more of them: each once, in the order in which they came. */
const withTags = (before: string | undefined, tags: readonly string[]): string => {
  const known: readonly string[] = before === undefined ? [] : JSON.parse(before)
  return JSON.stringify([...new Set([...known, ...tags])])
}

/** Few different texts for many rows. */
class Values {
  readonly #values: string[] = []
  readonly #places = new Map<string, number>()
  readonly #choiceOf: Uint16Array

  constructor(rows: number) {
    this.#choiceOf = new Uint16Array(rows)
  }

  put(rows: Iterable<number>, value: string): void {
    const place = this.#placeOf(value)
    for (const row of rows) this.#choiceOf[row] = place
  }

  /** Puts what each row has into something else; the same for all rows that have the same. */
  replace(rows: Uint32Array, next: (before: string | undefined) => string): void {
    const known = new Map<number, number>()
    for (const row of rows) {
      const before = this.#choiceOf[row]
      const place = known.get(before) ?? this.#placeOf(next(this.#values[before - 1]))
      known.set(before, place)
      this.#choiceOf[row] = place
    }
  }

  read(): Pick<AddedColumn, 'values' | 'choiceOf'> {
    return { values: this.#values, choiceOf: this.#choiceOf }
  }

  #placeOf(value: string): number {
    const place = this.#places.get(value) ?? this.#values.push(value)
    this.#places.set(value, place)
    return place
  }
}
