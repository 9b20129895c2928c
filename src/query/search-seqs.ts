import { TIME_SLOT } from '../blocks/block'
import type { DocumentTable } from '../blocks/table'
import { SEGMENTS_AT_A_TIME } from '../limits/limits'
import type { Filter } from './filter'
import { withoutErased } from './mask'
import { pruneByTokens, pruneUnits } from './prune'
import { FilterFailure } from './term'
import { SEQ_PART, type SearchUnit, type UnitLoader } from './units'

/** A search in the order in which records came, which is that of their sequence numbers and not of their times. */
export interface SeqSearch {
  readonly filter: Filter
  /** No record before this time. */
  readonly fromMs: number
  /** From the first up to, but not including, the second. */
  readonly fromSeq: number
  readonly beforeSeq: number
  /** `desc` begins with the newest. */
  readonly order: 'asc' | 'desc'
  readonly limit: number
  /** It ends early, with what is sure, once it has looked at so many records. */
  readonly scanRows: number
}

/** A record that matches, and where it is. */
export interface SeqHit {
  readonly unit: SearchUnit
  readonly row: number
  readonly seq: number
}

export interface SeqsFound {
  /** In the order asked for. */
  readonly hits: readonly SeqHit[]
  /** Upwards: every match before it is among the hits. Downwards: every match from it on is. */
  readonly reachedSeq: number
  /** A unit could not be read. */
  readonly isIncomplete: boolean
}

/** Finds the first matches of a range. Looks at the units in the order of their first sequence numbers, downwards of their last. */
export async function searchSeqs(
  units: readonly SearchUnit[],
  loader: UnitLoader,
  search: SeqSearch,
): Promise<SeqsFound> {
  const { fromSeq, beforeSeq, fromMs, limit, scanRows } = search
  const isUp = search.order === 'asc'
  const edge = (unit: SearchUnit): number => (isUp ? minSeqOf(unit) : unit.maxSeq + 1)
  const overlapping = units.filter((unit) => unit.maxSeq >= fromSeq && minSeqOf(unit) < beforeSeq)
  const waiting = pruneUnits(overlapping, search.filter, { fromMs, toMs: Number.POSITIVE_INFINITY }).sort(
    (left, right) => (isUp ? edge(left) - edge(right) : edge(right) - edge(left)),
  )
  const progress: Progress = { hits: [], isIncomplete: false }
  let scanned = 0
  let next = 0
  while (next < waiting.length) {
    const edgeSeq = edge(waiting[next])
    const isProgress = isUp ? edgeSeq > fromSeq : edgeSeq < beforeSeq
    if (isProgress && (scanned >= scanRows || isDecided(progress.hits, search, edgeSeq)))
      return upTo(edgeSeq, progress, search)
    const chunk = waiting.slice(next, next + SEGMENTS_AT_A_TIME)
    await scanUnits(await pruneByTokens(chunk, search.filter, loader), loader, search, progress)
    scanned += chunk.reduce((sum, { rows }) => sum + rows, 0)
    next += chunk.length
  }
  return upTo(isUp ? beforeSeq : fromSeq, progress, { ...search, limit })
}

interface Progress {
  readonly hits: SeqHit[]
  isIncomplete: boolean
}

/** A unit whose header cannot be read may hold anything. */
const minSeqOf = ({ header }: SearchUnit): number => header?.minSeq ?? 0

/** Are there enough hits that nothing which is left comes before? */
function isDecided(hits: readonly SeqHit[], { limit, order }: SeqSearch, edgeSeq: number): boolean {
  const sure = hits.filter(({ seq }) => (order === 'asc' ? seq < edgeSeq : seq >= edgeSeq))
  return sure.length >= limit
}

/** What is sure when everything on this side of an edge was looked at. */
function upTo(edgeSeq: number, { hits, isIncomplete }: Progress, { limit, order }: SeqSearch): SeqsFound {
  const isUp = order === 'asc'
  const sure = hits
    .filter(({ seq }) => (isUp ? seq < edgeSeq : seq >= edgeSeq))
    .sort((left, right) => (isUp ? left.seq - right.seq : right.seq - left.seq))
  if (sure.length <= limit) return { hits: sure, reachedSeq: edgeSeq, isIncomplete }
  const first = sure.slice(0, limit)
  const last = first[first.length - 1]
  return { hits: first, reachedSeq: isUp ? last.seq + 1 : last.seq, isIncomplete }
}

async function scanUnits(
  chunk: readonly SearchUnit[],
  loader: UnitLoader,
  search: SeqSearch,
  progress: Progress,
): Promise<void> {
  const tables = await loader.load(
    chunk.map((unit) => ({ unit, columns: [...new Set([...search.filter.columns(unit.head), TIME_SLOT, SEQ_PART])] })),
  )
  for (const [index, unit] of chunk.entries()) {
    const table = tables[index]
    if (table === undefined || !collect(unit, table, search, progress.hits)) progress.isIncomplete = true
  }
}

/** Answers false where the unit's bytes turn out to be damaged. */
function collect(unit: SearchUnit, table: DocumentTable, search: SeqSearch, hits: SeqHit[]): boolean {
  try {
    hits.push(...hitsIn(unit, table, search))
    return true
  } catch (error) {
    if (error instanceof FilterFailure) throw error
    return false
  }
}

function* hitsIn(unit: SearchUnit, table: DocumentTable, search: SeqSearch): Generator<SeqHit> {
  const mask = withoutErased(search.filter.evaluate(table), unit.erased)
  if (mask === false) return
  const { fromSeq, beforeSeq, fromMs } = search
  const [seqs, times] = [table.seqs(), table.times()]
  for (let row = 0; row < table.rows; row++) {
    if (mask !== true && mask[row] === 0) continue
    if (seqs[row] >= fromSeq && seqs[row] < beforeSeq && times[row] >= fromMs) yield { unit, row, seq: seqs[row] }
  }
}
