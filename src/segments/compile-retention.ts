import { TIME_SLOT } from '../blocks/block'
import { cellCount, cellValue, type Table } from '../blocks/table'
import type { TableHead } from '../query/field-columns'
import { compileFilter, type Filter } from '../query/filter'
import { bothMatch, eitherMatches, type Mask } from '../query/mask'
import { parseQuery } from '../query/parse'
import type { Node } from '../query/syntax'
import { isUniform, longestDays, type RecordMatch, type RetentionRules, shortestDays } from '../tenant/retention-rules'
import { retentionClass, STANDARD_CLASS } from './retention'

/** What a record can come to: the policy that holds for it, and how long it is kept. */
export interface RetentionOutcome {
  /** Of the policy; `service:` with a name for a service's own configuration, `default` where nothing else holds. */
  readonly policy: string
  /** Infinite for ever. */
  readonly days: number
  /** The retention class of its segments. */
  readonly class: string
}

/** Which outcome each row has, as an index of the outcomes, and which rows are held. */
export interface RetentionJudgement {
  readonly outcomeOf: Uint16Array
  readonly held: Mask
}

/** Rules of retention, ready to be asked. */
export interface Retention {
  /** All records are kept equally long: nothing needs to be asked of any. */
  readonly isUniform: boolean
  /** No record is kept for less, and none for more. */
  readonly shortestDays: number
  readonly longestDays: number
  readonly outcomes: readonly RetentionOutcome[]
  /** What `judge` reads of a table. */
  columns(head: TableHead): number[]
  judge(table: Table): RetentionJudgement
}

/** The policy of records that no rule is about. */
export const DEFAULT_POLICY = 'default'

/**
 * Makes the rules ready. A rule that cannot be compiled, since another version of the code wrote it, holds everything: nothing
 * expires by a guess.
 */
export function compileRetention(rules: RetentionRules): Retention {
  const outcomes: RetentionOutcome[] = [{ policy: DEFAULT_POLICY, days: rules.defaultDays, class: STANDARD_CLASS }]
  const steps = rules.rules.map((rule): Step => {
    if (rule.kind === 'services') return servicesStep(rule.days, outcomes)
    const filter = filterOf(rule)
    const outcome = outcomes.push(outcomeOf(rule.name, rule.days ?? Number.POSITIVE_INFINITY)) - 1
    return {
      filter,
      columns: filter?.columns ?? NO_COLUMNS,
      assign: (table, open) => assignMatches(table, open, filter, outcome),
    }
  })
  const holds = rules.holds.map((hold) => ({ sinceMs: hold.sinceMs, filter: filterOf(hold) }))
  const isLost = rules.isUnknown || [...steps, ...holds].some(({ filter }) => filter === undefined)
  return {
    isUniform: isUniform(rules),
    shortestDays: isLost ? Number.POSITIVE_INFINITY : shortestDays(rules),
    longestDays: isLost ? Number.POSITIVE_INFINITY : longestDays(rules),
    outcomes,
    columns: (head) => [
      ...steps.flatMap((step) => step.columns(head)),
      ...holds.flatMap(({ filter, sinceMs }) => [
        ...(filter?.columns(head) ?? []),
        ...(sinceMs === undefined ? [] : [TIME_SLOT]),
      ]),
    ],
    judge: (table) => {
      const open: OpenRows = { outcomeOf: new Uint16Array(table.rows), isOpen: new Uint8Array(table.rows).fill(1) }
      for (const step of steps) step.assign(table, open)
      const held = holds.reduce((mask: Mask, hold) => eitherMatches(mask, heldRows(table, hold)), isLost)
      return { outcomeOf: open.outcomeOf, held }
    },
  }
}

/** Rows that no rule has been about so far, and what the others came to. */
interface OpenRows {
  readonly outcomeOf: Uint16Array
  readonly isOpen: Uint8Array
}

interface Step {
  /** Undefined when it cannot be compiled. */
  readonly filter: Filter | undefined
  readonly columns: (head: TableHead) => number[]
  readonly assign: (table: Table, open: OpenRows) => void
}

const NO_COLUMNS = (): number[] => []

const outcomeOf = (policy: string, days: number): RetentionOutcome => ({ policy, days, class: retentionClass(days) })

function assignMatches(table: Table, open: OpenRows, filter: Filter | undefined, outcome: number): void {
  const mask = filter?.evaluate(table) ?? false
  if (mask === false) return
  for (let row = 0; row < table.rows; row++) {
    if (open.isOpen[row] === 0 || (mask !== true && mask[row] === 0)) continue
    open.isOpen[row] = 0
    open.outcomeOf[row] = outcome
  }
}

/** The configurations of services go by the exact name, which each value of a column is asked for once. */
function servicesStep(days: Readonly<Record<string, number>>, outcomes: RetentionOutcome[]): Step {
  const byService = new Map(
    Object.entries(days).map(([service, own]) => [service, outcomes.push(outcomeOf(`service:${service}`, own)) - 1]),
  )
  const columns = (head: TableHead): number[] =>
    head.columns.flatMap(({ name, system }, column) => (system && name === 'service' ? [column] : []))
  return {
    filter: EVERYTHING,
    columns,
    assign: (table, open) => {
      for (const column of columns(table)) assignServices(table, column, byService, open)
    },
  }
}

function assignServices(
  table: Table,
  column: number,
  byService: ReadonlyMap<string, number>,
  { outcomeOf, isOpen }: OpenRows,
): void {
  const cells = table.cells(column)
  const rows = table.rowsOf(column)
  const known = new Map<number, number | undefined>()
  const count = cellCount(cells)
  for (let cell = 0; cell < count; cell++) {
    const row = rows === undefined ? cell : rows[cell]
    if (isOpen[row] === 0) continue
    const code = cells.form === 'dictionary' ? cells.codes[cell] : cell
    const outcome = known.has(code) ? known.get(code) : byService.get(cellValue(cells, cell))
    if (cells.form === 'dictionary') known.set(code, outcome)
    if (outcome === undefined) continue
    isOpen[row] = 0
    outcomeOf[row] = outcome
  }
}

function heldRows(
  table: Table,
  { filter, sinceMs }: { readonly filter: Filter | undefined; readonly sinceMs: number | undefined },
): Mask {
  const matches = filter?.evaluate(table) ?? true
  if (sinceMs === undefined || table.minTime >= sinceMs) return matches
  if (table.maxTime < sinceMs) return false
  const times = table.times()
  const mask = new Uint8Array(table.rows)
  for (let row = 0; row < table.rows; row++) mask[row] = times[row] >= sinceMs ? 1 : 0
  return bothMatch(matches, mask)
}

const NOWHERE = { from: 0, to: 0 }

/** The filter that says which records are meant; undefined when there can be none. */
function filterOf({ match, query }: RecordMatch): Filter | undefined {
  const { services, levels, categories } = match ?? {}
  const named = [fieldNode('service', services), fieldNode('level', levels), fieldNode('category', categories)]
  const parsed = query === undefined ? undefined : parseQuery(query)
  if (parsed && (parsed.filter === undefined || parsed.diagnostics.some(({ severity }) => severity === 'error')))
    return undefined
  const children = [...named, parsed?.filter].filter((node) => node !== undefined)
  const compiled = compileFilter({ type: 'and', children, span: NOWHERE }, 0)
  return compiled.ok && children.length > 0 ? compiled.filter : undefined
}

/** One of these values, as the query language compares them: letter case does not matter. */
function fieldNode(name: string, values: readonly string[] | undefined): Node | undefined {
  if (values === undefined) return undefined
  const atoms = values.map((text) => ({ text, quoted: true, span: NOWHERE }))
  return { type: 'field', name, test: { op: 'in', values: atoms }, span: NOWHERE }
}

const everything = compileFilter(undefined, 0)
const EVERYTHING = everything.ok ? everything.filter : undefined
