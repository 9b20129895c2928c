import { TIME_SLOT } from '../blocks/block'
import type { DocumentTable } from '../blocks/table'
import { SCAN_BYTES_MAX, SCAN_ROWS_MAX, SEGMENTS_AT_A_TIME } from '../limits/limits'
import type { Filter } from './filter'
import { countMatches, type Mask, withoutErased } from './mask'
import { comparePositions, type Position } from './position'
import { pruneByTokens, pruneUnits } from './prune'
import { FilterFailure } from './term'
import { SEQ_PART, type SearchUnit, type UnitLoader } from './units'

export interface RowSearch {
  readonly filter: Filter
  readonly fromMs: number
  readonly toMs: number
  readonly order: 'asc' | 'desc'
  readonly limit: number
  /** Only records beyond this one, in the direction of the order. */
  readonly after: Position | undefined
  /** Only records before this sequence number. */
  readonly nextSeq: number
}

/** A record that matches, and where it is. */
export interface Hit extends Position {
  readonly unit: SearchUnit
  readonly row: number
}

export type PartialReason = 'budget_rows' | 'budget_bytes' | 'segment_unavailable'

export interface RowsFound {
  readonly hits: readonly Hit[]
  /** More records match, or may match. */
  readonly hasMore: boolean
  /** From where the next page has to go on; undefined when there is none. */
  readonly resumeAfter: Position | undefined
  readonly scannedRows: number
  readonly matched: number
  /** False when `matched` counts only what was looked at. */
  readonly matchedIsExact: boolean
  readonly partial: PartialReason | undefined
  /** How far the search has looked, in the direction of its order. */
  readonly searchedTo: number
}

/**
 * Finds the first `limit` records in the order asked for. Looks at the units in that order, few at first, and stops when
 * nothing that is left can come before what it has.
 */
export async function searchRows(
  units: readonly SearchUnit[],
  loader: UnitLoader,
  search: RowSearch,
): Promise<RowsFound> {
  const forward = search.order === 'asc'
  const candidates = pruneUnits(units, search.filter, search).filter((unit) => canFollow(unit, search))
  const waiting = candidates.sort((left, right) =>
    forward ? left.minTime - right.minTime : right.maxTime - left.maxTime,
  )
  const progress: Progress = { hits: [], scannedRows: 0, matched: 0, partial: undefined }
  let next = 0
  for (let size = 1; next < waiting.length; size = Math.min(size * 2, SEGMENTS_AT_A_TIME)) {
    if (isDecided(progress.hits, search, waiting[next])) break
    const budget = exhausted(progress, loader)
    if (budget !== undefined) return stoppedAt(waiting[next], progress, search, budget)
    const chunk = await pruneByTokens(waiting.slice(next, next + size), search.filter, loader)
    await scanUnits(chunk, loader, search, progress)
    next += size
  }
  return finished(progress, search, next >= waiting.length)
}

interface Progress {
  hits: Hit[]
  scannedRows: number
  matched: number
  partial: PartialReason | undefined
}

async function scanUnits(
  chunk: readonly SearchUnit[],
  loader: UnitLoader,
  search: RowSearch,
  progress: Progress,
): Promise<void> {
  const tables = await loader.load(
    chunk.map((unit) => ({ unit, columns: [...search.filter.columns(unit.head), TIME_SLOT, SEQ_PART] })),
  )
  for (const [index, unit] of chunk.entries()) {
    const table = tables[index]
    const taken = table && hitsIn(unit, table, search)
    if (taken === undefined) {
      progress.partial = 'segment_unavailable'
      continue
    }
    progress.scannedRows += unit.rows
    progress.matched += taken.matched
    progress.hits.push(...taken.hits)
  }
  const direction = search.order === 'asc' ? 1 : -1
  progress.hits.sort((left, right) => direction * comparePositions(left, right))
  progress.hits.length = Math.min(progress.hits.length, search.limit + 1)
}

/** The unit's matches, at most limit + 1 of them; undefined when its bytes turn out to be damaged. */
function hitsIn(
  unit: SearchUnit,
  table: DocumentTable,
  search: RowSearch,
): { hits: Hit[]; matched: number } | undefined {
  try {
    const mask = withoutErased(search.filter.evaluate(table), unit.erased)
    if (mask === false) return { hits: [], matched: 0 }
    return collect(unit, table, mask, search)
  } catch (error) {
    if (error instanceof FilterFailure) throw error
    return undefined
  }
}

function collect(
  unit: SearchUnit,
  table: DocumentTable,
  mask: Exclude<Mask, false>,
  search: RowSearch,
): { hits: Hit[]; matched: number } {
  const times = table.times()
  const nanos = table.nanos()
  const seqs = table.seqs()
  const { fromMs, toMs, nextSeq, after, limit } = search
  const whole = unit.minTime >= fromMs && unit.maxTime <= toMs && unit.maxSeq < nextSeq && after === undefined
  const direction = search.order === 'asc' ? 1 : -1
  const sorted = unit.header !== undefined
  const hits: Hit[] = []
  let matched = 0
  for (let step = 0; step < table.rows; step++) {
    // Segments are sorted by time: from the right end the first matches are the ones to keep.
    const row = direction > 0 ? step : table.rows - 1 - step
    if (mask !== true && mask[row] === 0) continue
    if (!whole) {
      if (times[row] < fromMs || times[row] > toMs || seqs[row] >= nextSeq) continue
      if (
        after !== undefined &&
        direction * comparePositions({ ms: times[row], nanos: nanos?.[row] ?? 0, seq: seqs[row] }, after) <= 0
      )
        continue
    }
    if (whole && sorted && hits.length > limit) return { hits, matched: countMatches(mask, table.rows) }
    matched++
    if (!sorted || hits.length <= limit)
      hits.push({ unit, row, ms: times[row], nanos: nanos?.[row] ?? 0, seq: seqs[row] })
  }
  return { hits, matched }
}

/** Can a unit hold a record beyond the cursor and before the snapshot's end? */
function canFollow(unit: SearchUnit, { after, order }: RowSearch): boolean {
  if (after === undefined) return true
  return order === 'asc' ? unit.maxTime >= after.ms : unit.minTime <= after.ms
}

/** Is a full page found that nothing in the units that are left can come before? */
function isDecided(hits: readonly Hit[], search: RowSearch, next: SearchUnit): boolean {
  if (hits.length <= search.limit) return false
  const last = hits[search.limit]
  return search.order === 'asc' ? last.ms < next.minTime : last.ms > next.maxTime
}

/** Whether a request has looked at as much as one may. */
export function exhausted(
  { scannedRows }: Pick<Progress, 'scannedRows'>,
  loader: UnitLoader,
): PartialReason | undefined {
  if (scannedRows >= SCAN_ROWS_MAX) return 'budget_rows'
  return loader.bytesRead() >= SCAN_BYTES_MAX ? 'budget_bytes' : undefined
}

/** Ends a page at the edge of what was not looked at: a record behind the edge might have one before it there. */
function stoppedAt(next: SearchUnit, progress: Progress, search: RowSearch, partial: PartialReason): RowsFound {
  const forward = search.order === 'asc'
  const edge = forward ? next.minTime : next.maxTime
  const sure = progress.hits.filter((hit) => (forward ? hit.ms < edge : hit.ms > edge))
  const full = sure.length >= search.limit
  const hits = sure.slice(0, search.limit)
  const last = hits.at(-1)
  const beforeEdge = forward
    ? { ms: edge - 1, nanos: 999_999, seq: Number.MAX_SAFE_INTEGER }
    : { ms: edge + 1, nanos: 0, seq: 0 }
  return {
    hits,
    hasMore: true,
    resumeAfter: full && last !== undefined ? last : beforeEdge,
    scannedRows: progress.scannedRows,
    matched: progress.matched,
    matchedIsExact: false,
    partial,
    searchedTo: edge,
  }
}

function finished(progress: Progress, search: RowSearch, sawAll: boolean): RowsFound {
  const hasMore = progress.hits.length > search.limit
  const hits = progress.hits.slice(0, search.limit)
  const last = hits.at(-1)
  return {
    hits,
    hasMore,
    resumeAfter: hasMore ? last : undefined,
    scannedRows: progress.scannedRows,
    matched: progress.matched,
    matchedIsExact: sawAll && progress.partial === undefined,
    partial: progress.partial,
    searchedTo: hasMore && last !== undefined ? last.ms : search.order === 'asc' ? search.toMs : search.fromMs,
  }
}
