import type { Block } from '../blocks/block'
import { blockTable, type DocumentTable } from '../blocks/table'
import { bothMatch, countMatches, type Mask, matchingRows } from '../query/mask'
import { countCodes, type GroupCodes, groupCodes } from '../query/pipes/group-codes'
import { ALL_LEVELS, FilterFailure } from '../query/term'
import { codedTable } from './coded-table'
import type { CompiledRule, CompiledRules, Conjunction, Part } from './compile-rules'
import { type Arrival, failureOf, type RuleFailure } from './evaluate'
import { groupKey, shownValue } from './group-key'
import { pickLazily } from './pick-lazily'
import { ONLY_GROUP } from './rules-state'

/** Rows of a table in which a rule found what came. */
export interface FoundRows {
  readonly table: DocumentTable
  readonly rows: readonly number[]
}

/** What a rule found in a table. */
export interface RuleMatches {
  readonly rule: CompiledRule
  readonly arrivals: readonly Arrival[]
  /** The first rows that match and are of a group; any that match, where it is none of its groups. */
  readonly rowsOf: (key: string, limit: number) => FoundRows
}

/** What the rules found in a table, and which of them failed over it. */
export interface TableMatches {
  readonly matches: readonly RuleMatches[]
  readonly failures: readonly RuleFailure[]
}

/** Asks the rules about a block of the journal. Rows of rare levels are looked at by themselves. */
export function matchBlock(compiled: CompiledRules, block: Block, firstSeq: number): TableMatches {
  const mayMatch = levelsOf(block.levels)
  if ((mayMatch & compiled.levelMask) === 0) return { matches: [], failures: [] }
  const whole = new AskedTable(codedTable(block, firstSeq, compiled.needles()), compiled.parts)
  const picked = new Map<number, AskedTable>()
  return match(compiled, (levelMask) => {
    if ((levelMask & mayMatch) === 0) return undefined
    if ((mayMatch & ~levelMask) === 0) return whole
    const known = picked.get(levelMask)
    if (known !== undefined) return known
    const rows = rowsOfLevels(block.levels, levelMask)
    const isWorthPicking = rows.length * PICKED_PARTS <= block.rows
    const asked = isWorthPicking
      ? new AskedTable(blockTable(pickLazily(block, rows, firstSeq), 0), compiled.parts)
      : whole
    picked.set(levelMask, asked)
    return asked
  })
}

/** Asks the rules about a table of any kind. `among`: only these rows. */
export function matchTable(compiled: CompiledRules, table: DocumentTable, among: Mask = true): TableMatches {
  const asked = new AskedTable(table, compiled.parts, among)
  return match(compiled, () => asked)
}

/** Rows are copied when they are at most one in so many. */
const PICKED_PARTS = 16

type TableFor = (levelMask: number) => AskedTable | undefined

function match({ rules }: CompiledRules, tableFor: TableFor): TableMatches {
  const matches: RuleMatches[] = []
  const failures: RuleFailure[] = []
  for (const rule of rules) {
    try {
      const found = matchRule(rule, tableFor)
      if (found !== undefined && found.arrivals.length > 0) matches.push(found)
    } catch (error) {
      failures.push(failureOfFilter(rule, error))
    }
  }
  return { matches, failures }
}

function failureOfFilter(rule: CompiledRule, error: unknown): RuleFailure {
  if (!(error instanceof FilterFailure)) return failureOf(rule, error)
  return { rule, code: error.problem.code, detail: `${error.problem.message}.` }
}

function matchRule(rule: CompiledRule, tableFor: TableFor): RuleMatches | undefined {
  if (rule.rule.trigger.type === 'usage') return undefined
  const asked = tableFor(rule.matches.levelMask)
  const counts = asked?.counts(rule.matches, rule.by)
  const totals = rule.of && tableFor(rule.of.levelMask)?.counts(rule.of, rule.by)
  const keys = new Set([...(counts?.keys() ?? []), ...(totals?.keys() ?? [])])
  const isOfValues = rule.rule.trigger.type === 'first_seen'
  const arrivals: Arrival[] = []
  for (const key of keys) {
    const name = isOfValues ? valueOfKey(key) : key
    if (name === undefined) continue
    arrivals.push({ rule: rule.rule.id, key: name, count: counts?.get(key) ?? 0, total: totals?.get(key) ?? 0 })
  }
  const rowsOf = (key: string, limit: number): FoundRows => {
    const table = asked ?? tableFor(ALL_LEVELS)
    if (table === undefined) throw new Error('a rule that has found something has a table')
    return table.rows(rule.matches, { by: rule.by, key: isOfValues ? undefined : key, limit })
  }
  return { rule, arrivals, rowsOf }
}

/** The one value of a group. */
function valueOfKey(key: string): string | undefined {
  const [value]: readonly (string | null)[] = JSON.parse(key)
  return value === null || value === undefined ? undefined : shownValue(value)
}

/** The codes of groups with their names. */
interface NamedCodes extends GroupCodes {
  readonly keys: (string | undefined)[]
}

/** A table and what was asked about it: each part of a query is asked once. */
class AskedTable {
  readonly #table: DocumentTable
  readonly #parts: readonly Part[]
  readonly #among: Mask
  readonly #masks: (Mask | Error | undefined)[] = []
  readonly #conjunctions = new Map<Conjunction, Mask>()
  readonly #codes = new Map<string, NamedCodes>()
  readonly #counts = new Map<string, ReadonlyMap<string, number>>()

  constructor(table: DocumentTable, parts: readonly Part[], among: Mask = true) {
    this.#table = table
    this.#parts = parts
    this.#among = among
  }

  /** How many rows of each group match. */
  counts(conjunction: Conjunction, by: readonly string[]): ReadonlyMap<string, number> {
    const mask = this.#maskOf(conjunction)
    if (mask === false) return NONE
    const name = `${conjunction.parts.join()} ${by.join('\0')}`
    const known = this.#counts.get(name)
    if (known !== undefined) return known
    const counts = this.#count(mask, by)
    this.#counts.set(name, counts)
    return counts
  }

  rows(
    conjunction: Conjunction,
    { by, key, limit }: { readonly by: readonly string[]; readonly key: string | undefined; readonly limit: number },
  ): FoundRows {
    const mask = this.#maskOf(conjunction)
    const codes = by.length === 0 || key === undefined ? undefined : this.#codesOf(mask, by)
    const all = matchingRows(mask, this.#table.rows)
    const own = codes === undefined ? [] : Array.from(all).filter((row) => nameOf(codes, codes.codes[row]) === key)
    return { table: this.#table, rows: (own.length > 0 ? own : Array.from(all)).slice(0, limit) }
  }

  #count(mask: Exclude<Mask, false>, by: readonly string[]): ReadonlyMap<string, number> {
    const matched = countMatches(mask, this.#table.rows)
    if (matched === 0) return NONE
    if (by.length === 0) return new Map([[ONLY_GROUP, matched]])
    const codes = this.#codesOf(mask, by)
    const counts = new Map<string, number>()
    for (const [code, count] of countCodes(codes, mask).entries()) {
      if (count === 0) continue
      const key = nameOf(codes, code)
      counts.set(key, (counts.get(key) ?? 0) + count)
    }
    return counts
  }

  /** Codes of all rows serve every rule; where few rows match, only theirs are worth finding. */
  #codesOf(mask: Mask, by: readonly string[]): NamedCodes {
    const name = by.join('\0')
    const known = this.#codes.get(name)
    if (known !== undefined) return known
    const { rows } = this.#table
    if (countMatches(mask, rows) * PICKED_PARTS < rows) return { ...groupCodes(this.#table, by, mask), keys: [] }
    const codes = { ...groupCodes(this.#table, by, true), keys: [] }
    this.#codes.set(name, codes)
    return codes
  }

  #maskOf(conjunction: Conjunction): Mask {
    const known = this.#conjunctions.get(conjunction)
    if (known !== undefined) return known
    let mask: Mask = this.#among
    for (const part of conjunction.parts) {
      if (mask === false) break
      const own = this.#ask(part)
      mask = mask === true ? own : bothMatch(mask, own)
    }
    if (typeof mask !== 'boolean' && !mask.includes(1)) mask = false
    this.#conjunctions.set(conjunction, mask)
    return mask
  }

  #ask(part: number): Mask {
    const known = this.#masks[part]
    if (known instanceof Error) throw known
    if (known !== undefined) return known
    try {
      const mask = this.#parts[part].filter.evaluate(this.#table)
      this.#masks[part] = mask
      return mask
    } catch (error) {
      this.#masks[part] = error instanceof Error ? error : new Error('a filter failed')
      throw error
    }
  }
}

const NONE: ReadonlyMap<string, number> = new Map()

function nameOf(codes: NamedCodes, code: number): string {
  const known = codes.keys[code]
  if (known !== undefined) return known
  const key = groupKey(codes.valuesOf(code))
  codes.keys[code] = key
  return key
}

/** The ranks of levels that there are, as a bit mask. */
function levelsOf(levels: Uint8Array): number {
  let mask = 0
  for (let row = 0; row < levels.length; row++) mask |= 1 << levels[row]
  return mask
}

function rowsOfLevels(levels: Uint8Array, levelMask: number): Uint32Array {
  const rows = new Uint32Array(levels.length)
  let count = 0
  for (let row = 0; row < levels.length; row++) if (((levelMask >> levels[row]) & 1) === 1) rows[count++] = row
  return rows.subarray(0, count)
}
