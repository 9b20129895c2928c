import { LEVEL_SLOT } from '../blocks/block'
import type { Table } from '../blocks/table'
import { LEVELS, levelRank } from '../records/levels'
import { passesAsText } from './column-scan'
import { namedTerm } from './column-term'
import type { Mask } from './mask'
import type { Atom, Comparison, Test } from './syntax'
import { ALL_LEVELS, anyTerm, BLANK, type Context, EVERYTHING, type Term } from './term'
import { compiledTest } from './term-values'

/** `severity:` and `status:` mean the level when they name one (`critical` too); `status:500` and `severity:high` do not. */
export function namesLevels(test: Test): boolean {
  return textsIn(test).some((text) => rankOfWord(text) !== undefined)
}

function textsIn(test: Test): string[] {
  if (test.op === 'eq' || test.op === 'compare') return [test.value.text]
  if (test.op === 'in') return test.values.map(({ text }) => text)
  return test.op === 'range' ? [test.low.text ?? '', test.high.text ?? ''] : []
}

/** The rank of a text that is not likely to mean anything else. */
const rankOfWord = (text: string): number | undefined =>
  text.length > 1 && !NOT_LEVELS.has(text.toLowerCase()) ? levelRank(text) : undefined

/** Words that name a level in some system, and are too common as a status to mean one. */
const NOT_LEVELS: ReadonlySet<string> = new Set(['ok', 'default', 'config', 'log', 'http', 'fine'])

/**
 * The record's level, however it was sent. `status:` and `severity:` find a field of that name too, and `level:audit`, which
 * is none of the six, what was sent so.
 */
export function levelTerm(name: string, test: Test, context: Context): Term {
  const isLevel = name.toLowerCase() !== 'status' && name.toLowerCase() !== 'severity'
  const field = (): Term => namedTerm(isLevel ? ['level', name] : [name], compiledTest(test, context))
  switch (test.op) {
    case 'exists':
      return EVERYTHING
    case 'compare':
    case 'range': {
      const ranks = orderedRanks(test)
      return ranks === undefined ? field() : levelMaskTerm(ranks)
    }
    case 'eq':
    case 'in': {
      const ranks = (test.op === 'eq' ? [test.value] : test.values).map(
        isLevel ? rankOf : ({ text }) => rankOfWord(text),
      )
      const level = levelMaskTerm(
        ranks.reduce((mask: number, rank) => (rank === undefined ? mask : mask | (1 << rank)), 0),
      )
      return isLevel && !ranks.includes(undefined) ? level : anyTerm([level, field()])
    }
    default: {
      const cellTest = compiledTest(test, context)
      const ranks = LEVELS.reduce((mask, level, rank) => (passesAsText(level, cellTest) ? mask | (1 << rank) : mask), 0)
      return anyTerm([levelMaskTerm(ranks), field()])
    }
  }
}

const rankOf = ({ text }: Atom): number | undefined => levelRank(text)

/** The ranks within bounds as a bit mask; undefined when a bound is no level. */
function orderedRanks(test: Extract<Test, { op: 'compare' | 'range' }>): number | undefined {
  if (test.op === 'compare') {
    const bound = levelRank(test.value.text)
    return bound === undefined ? undefined : ranksWhere((rank) => compares(test.comparison, rank, bound))
  }
  const { low, high } = test
  const above = low.text === undefined ? -1 : levelRank(low.text)
  const below = high.text === undefined ? LEVELS.length : levelRank(high.text)
  if (above === undefined || below === undefined) return undefined
  return ranksWhere(
    (rank) => compares(low.inclusive ? '>=' : '>', rank, above) && compares(high.inclusive ? '<=' : '<', rank, below),
  )
}

const ranksWhere = (holds: (rank: number) => boolean): number =>
  LEVELS.reduce((mask, _, rank) => (holds(rank) ? mask | (1 << rank) : mask), 0)

function compares(comparison: Comparison, rank: number, bound: number): boolean {
  if (comparison === '>') return rank > bound
  if (comparison === '>=') return rank >= bound
  return comparison === '<' ? rank < bound : rank <= bound
}

/** Rows of some levels, given as a bit mask. */
export function levelMaskTerm(levelMask: number): Term {
  if (levelMask === ALL_LEVELS) return EVERYTHING
  if (levelMask === 0) return { ...BLANK, evaluate: () => false, exactLevels: () => 0, levelMask }
  const evaluate = (table: Table): Mask => {
    const levels = table.levels()
    const mask = new Uint8Array(table.rows)
    for (let row = 0; row < table.rows; row++) mask[row] = (levelMask >> levels[row]) & 1
    return mask
  }
  return { ...BLANK, evaluate, columns: () => [LEVEL_SLOT], exactLevels: () => levelMask, levelMask }
}
