import { describe, expect, it } from 'vitest'
import { compileFilter } from '../../src/query/filter'
import { parseQuery } from '../../src/query/parse'
import { compileRegex } from '../../src/query/regex/regex'
import { FilterFailure } from '../../src/query/term'
import { blocksOf, journalTables } from '../support/log-tables'
import { randomIntegers, sampleLogs } from '../support/sample-logs'

const CELLS = 8000
const CELL_CHARACTERS = 40
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

/** What the limits promise for a million cells; a run over a hundredth of them may not cost more, whatever the pattern. */
const CPU_SECONDS_MAX = 2

/** CPU time is what is promised; a busy machine takes longer over it. */
const BUSY_MACHINE_MS = 60_000

class Costly extends Error {}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Short texts of letters drawn at random, which lead patterns to as many states as there are. */
function randomCells(alphabet: string): Uint8Array[] {
  const next = randomIntegers(11)
  const cell = (): string => Array.from({ length: CELL_CHARACTERS }, () => alphabet[next(alphabet.length)]).join('')
  return Array.from({ length: CELLS }, () => utf8(cell()))
}

const alphabets: readonly Uint8Array[][] = [randomCells('ab'), randomCells('abcd '), randomCells(LETTERS)]

/** Branches that each remember something else of the last bytes, so that hardly any two places are alike. */
const branches = (count: number, length: number): string =>
  `(?:${Array.from({ length: count }, (_, index) => `[${LETTERS.slice(index % 13, (index % 13) + 8)}].{${length - index}}`).join('|')})[QX]`

/** Whether the pattern is refused over these texts, and the CPU time until then. */
function search(pattern: string, cells: readonly Uint8Array[]): { refused: boolean; cpuSeconds: number } {
  const before = process.cpuUsage()
  const compiled = compileRegex(pattern, () => {
    throw new Costly()
  })
  if (!compiled.ok) return { refused: true, cpuSeconds: 0 }
  const { value: regex } = compiled
  const passes = (): number => cells.filter((cell) => regex.test(cell, 0, cell.length)).length
  const refused = isCostly(passes)
  const { user, system } = process.cpuUsage(before)
  return { refused, cpuSeconds: (user + system) / 1e6 }
}

function isCostly(run: () => unknown): boolean {
  try {
    run()
    return false
  } catch (error) {
    if (error instanceof Costly) return true
    throw error
  }
}

describe('a pattern that leads to new states all the time', { timeout: BUSY_MACHINE_MS }, () => {
  it.each([
    '(?:a|b|c|d|e|f|g|h){1,500}Q',
    '(?:(?:[a-m]{1,10}[^x]{1,10}){1,10}){1,10}Q',
    '(?:(?:(?:a|b?){1,9}c?){1,9}[ab]){1,9}Q',
    '(?:[ab].{0,20}[bc].{0,20}[cd]){5}Q',
    '(?:.{0,9}a){40}Q',
    '(?:.?){1000}Q',
    '(?:(?:.?){45}){45}Q',
    '(?:[a-z]?[a-y]?[b-z]?){300}Q',
    '(?i)(?:\\w{1,9}\\s?){1,40}Q',
    'a[a-z]{30}Q',
    branches(20, 40),
    branches(13, 60),
  ])('%s costs at most two seconds, or is refused', (pattern) => {
    for (const cells of alphabets) expect(search(pattern, cells).cpuSeconds).toBeLessThan(CPU_SECONDS_MAX)
  })

  it('is refused after the same text each time', () => {
    const searched = searchedBefore(branches(20, 40), alphabets[0])
    expect(searched).toBeLessThan(CELLS)
    expect(searchedBefore(branches(20, 40), alphabets[0])).toBe(searched)
  })
})

/** How many texts are searched until the pattern is refused. */
function searchedBefore(pattern: string, cells: readonly Uint8Array[]): number {
  let searched = 0
  const compiled = compileRegex(pattern, () => {
    throw new Costly()
  })
  if (!compiled.ok) throw new Error(compiled.error.message)
  isCostly(() => {
    for (const cell of cells) {
      compiled.value.test(cell, 0, cell.length)
      searched++
    }
  })
  return searched
}

it.each([
  'status 5\\d\\d$',
  '(?i)(error|warn|fatal).*(timeout|refused|reset)',
  '"(\\d{1,3}\\.){3}\\d{1,3}"',
  'user.{20,60}status 7',
  '(\\w+ ){5,}failed!',
  '(?i)time.{0,200}out!',
  '\\b\\w{3,9}\\b.{10,20}\\b!',
  '.{100}!',
  'a.{15}Q',
])('%s, as people write patterns, is never refused over ordinary logs', (pattern) => {
  const logs = sampleLogs({ count: 20_000, seed: 5, startMs: Date.UTC(2026, 10, 21) }).map(utf8)
  expect(search(pattern, logs).refused).toBe(false)
})

describe('a filter', { timeout: BUSY_MACHINE_MS }, () => {
  const nowMs = Date.UTC(2026, 10, 21)
  const pattern = branches(20, 40)
  const [node] = [parseQuery(`absent OR ~"${pattern}"`).filter]
  const logs = alphabets[0].slice(0, 2500).map((cell) => JSON.stringify({ message: Buffer.from(cell).toString() }))
  const [table] = journalTables(blocksOf([logs], { nowMs }))

  it('that refuses costly patterns says which part of the query is at fault', () => {
    const compiled = compileFilter(node, nowMs, { costlyRegex: 'refuse' })
    if (!compiled.ok) throw new Error(compiled.problem.message)
    const problem = problemOf(() => compiled.filter.evaluate(table))
    expect(problem).toMatchObject({ code: 'regex_too_costly', span: { from: 'absent OR '.length } })
  })

  it('that allows them, as rules and tails do, goes on to the end', () => {
    const compiled = compileFilter(node, nowMs)
    if (!compiled.ok) throw new Error(compiled.problem.message)
    expect(compiled.filter.evaluate(table)).toBe(false)
  })
})

function problemOf(run: () => unknown): FilterFailure['problem'] | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof FilterFailure) return error.problem
    throw error
  }
}
