import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DocumentTable } from '../../src/blocks/table'
import { compileFilter, type Filter } from '../../src/query/filter'
import { matchingRows } from '../../src/query/mask'
import { parseQuery } from '../../src/query/parse'
import { quote } from '../../src/query/quoted'
import { blocksOf, guarded, journalTables, mergedTables, recordsOf, segmentTables } from '../support/log-tables'
import { MIXED_LOGS_MS, mixedLogs } from '../support/mixed-logs'
import { type OracleRecord, oracleMatches } from '../support/oracle'
import { queryTexts } from '../support/query-texts'

/** The soak runs this many times as much. */
const TIMES = Number(process.env.SLUICE_PROPERTY_TIMES ?? 1)
const NOW_MS = MIXED_LOGS_MS + 3_600_000

interface Corpus {
  readonly records: readonly OracleRecord[]
  readonly tables: Readonly<Record<'journal' | 'segment' | 'merged', readonly DocumentTable[]>>
}

function corpusOf(logs: readonly string[]): Corpus {
  const third = Math.ceil(logs.length / 3)
  const batches = [logs.slice(0, third), logs.slice(third, 2 * third), logs.slice(2 * third)].filter(
    ({ length }) => length > 0,
  )
  const blocks = blocksOf(batches, { nowMs: NOW_MS })
  const journal = journalTables(blocks)
  return {
    records: recordsOf(journal),
    tables: { journal, segment: segmentTables(blocks), merged: mergedTables(blocks) },
  }
}

const corpora = new Map<string, Corpus>()

/** Made once, for several tests. */
function corpusNumber(count: number, seed: number): Corpus {
  const key = `${count} ${seed}`
  const corpus = corpora.get(key) ?? corpusOf(mixedLogs({ count, seed }))
  corpora.set(key, corpus)
  return corpus
}

function filterOf(text: string): Filter | undefined {
  const compiled = compileFilter(parseQuery(text).filter, NOW_MS)
  if (compiled.ok) return compiled.filter
  // Only values that make no sense where they stand are refused: the generator puts some there.
  expect(compiled.problem.code, text).toBe('invalid_value')
  return undefined
}

function seqsIn(tables: readonly DocumentTable[], filter: Filter): number[] {
  const found = tables.flatMap((table) => {
    const seqs = table.seqs()
    return Array.from(
      matchingRows(filter.evaluate(guarded(table, filter.columns(table))), table.rows),
      (row) => seqs[row],
    )
  })
  return found.sort((left, right) => left - right)
}

function agree(corpus: Corpus, text: string): number {
  const filter = filterOf(text)
  if (filter === undefined) return 0
  const node = parseQuery(text).filter
  const expected = corpus.records.filter((record) => oracleMatches(node, record, NOW_MS))
  const seqs = expected.map(({ seq }) => seq)
  for (const [form, tables] of Object.entries(corpus.tables)) {
    const found = seqsIn(tables, filter)
    if (isDeepStrictEqual(found, seqs)) continue
    const differs = corpus.records.find(({ seq }) => found.includes(seq) !== seqs.includes(seq))
    expect(found, `${text}\nin the ${form}: ${differs?.document}`).toEqual(seqs)
  }
  const { timeRange, levelMask } = filter
  const { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY } = timeRange
  const pruned = expected.filter(({ ms, level }) => ms < fromMs || ms > toMs || (levelMask & (1 << level)) === 0)
  expect(pruned, text).toEqual([])
  return expected.length
}

const FEW = { of: 'a few logs', count: 12, corpora: 50, queries: 2500 }
const MANY = { of: 'enough logs for every encoding', count: 150, corpora: 10, queries: 400 }

describe('the compiled filter agrees with the oracle', () => {
  for (const { of, count, corpora, queries } of [FEW, MANY]) {
    it(
      `about any query on ${of}`,
      () => {
        let asked = 0
        let answered = 0
        fc.assert(
          fc.property(fc.integer({ min: 1, max: corpora * TIMES }), queryTexts, (seed, text) => {
            asked++
            if (agree(corpusNumber(count, seed), text) > 0) answered++
          }),
          { numRuns: queries * TIMES },
        )
        expect(answered / asked).toBeGreaterThan(0.4)
      },
      30_000 * TIMES,
    )
  }
})

it(
  'finds each value by any part of it, and by all of it',
  () => {
    const place = fc.record({ seed: fc.integer({ min: 1, max: MANY.corpora * TIMES }), row: fc.nat(), leaf: fc.nat() })
    fc.assert(
      fc.property(place, fc.nat(), fc.integer({ min: 1, max: 8 }), ({ seed, row, leaf }, start, length) => {
        const corpus = corpusNumber(MANY.count, seed)
        const { leaves } = corpus.records[row % corpus.records.length]
        if (leaves.length === 0) return
        const { path, text } = leaves[leaf % leaves.length]
        const characters = Array.from(text)
        const part = characters.slice(start % (characters.length || 1)).slice(0, length)
        agree(corpus, `*:${quote(part.join(''))}`)
        agree(corpus, `${quote(path)}:${quote(text)}`)
      }),
      { numRuns: 400 * TIMES },
    )
  },
  30_000 * TIMES,
)

it('is asked of columns in all four forms', () => {
  const all = Array.from({ length: MANY.corpora }, (_, index) => corpusNumber(MANY.count, index + 1))
  const formsIn = (tables: readonly DocumentTable[]): string[] =>
    tables.flatMap((table) => table.columns.map((_, column) => table.cells(column).form))
  for (const of of ['segment', 'merged'] as const)
    expect(new Set(all.flatMap(({ tables }) => formsIn(tables[of])))).toEqual(
      new Set(['text', 'dictionary', 'integers', 'hex']),
    )
})
