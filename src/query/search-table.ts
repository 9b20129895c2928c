import { TIME_SLOT } from '../blocks/block'
import type { DocumentTable } from '../blocks/table'
import { SEGMENTS_AT_A_TIME } from '../limits/limits'
import type { Filter } from './filter'
import { bothMatch, countMatches, type Mask } from './mask'
import type { Pipeline } from './pipes/pipeline'
import { pruneByTokens, pruneUnits } from './prune'
import { exhausted, type PartialReason } from './search-rows'
import { SEQ_PART, type SearchUnit, type UnitLoader } from './units'

export interface TableSearch {
  readonly filter: Filter
  readonly pipeline: Pipeline
  readonly fromMs: number
  readonly toMs: number
  /** Only records before this sequence number. */
  readonly nextSeq: number
}

export interface TableFound {
  readonly scannedRows: number
  readonly matched: number
  readonly partial: PartialReason | undefined
  readonly searchedTo: number
}

/** Feeds every record that matches to the pipeline, newest segments first. */
export async function searchTable(
  units: readonly SearchUnit[],
  loader: UnitLoader,
  search: TableSearch,
): Promise<TableFound> {
  const waiting = pruneUnits(units, search.filter, search).sort((left, right) => right.maxTime - left.maxTime)
  const progress = { scannedRows: 0, matched: 0 }
  let partial: PartialReason | undefined
  for (let next = 0; next < waiting.length && !search.pipeline.isComplete; next += SEGMENTS_AT_A_TIME) {
    const spent = exhausted(progress.scannedRows, loader)
    if (spent !== undefined) return { ...progress, partial: spent, searchedTo: waiting[next].maxTime }
    const chunk = await pruneByTokens(waiting.slice(next, next + SEGMENTS_AT_A_TIME), search.filter, loader)
    const unread = chunk.filter((unit) => !countedByHeader(unit, search, progress))
    const tables = await loader.load(unread.map((unit) => ({ unit, columns: partsOf(unit, search) })))
    for (const [index, unit] of unread.entries()) {
      const matched = addUnit(unit, tables[index], search)
      if (matched === undefined) partial = 'segment_unavailable'
      else progress.matched += matched
      progress.scannedRows += unit.rows
    }
  }
  return { ...progress, partial, searchedTo: search.fromMs }
}

/** A whole segment may be answered by the counts in its header. */
function countedByHeader(
  unit: SearchUnit,
  search: TableSearch,
  progress: { scannedRows: number; matched: number },
): boolean {
  const { header } = unit
  if (header === undefined || unit.erased !== undefined || !search.filter.isLevelsOnly || !isInside(unit, search))
    return false
  if (!search.pipeline.addCounts(header, search.filter.levelMask)) return false
  progress.scannedRows += unit.rows
  progress.matched += header.levels.reduce(
    (sum, count, rank) => sum + ((search.filter.levelMask >> rank) & 1) * count,
    0,
  )
  return true
}

const isInside = (unit: SearchUnit, { fromMs, toMs, nextSeq }: TableSearch): boolean =>
  unit.minTime >= fromMs && unit.maxTime <= toMs && unit.maxSeq < nextSeq

function partsOf(unit: SearchUnit, search: TableSearch): number[] {
  const parts = [...search.filter.columns(unit.head), ...search.pipeline.columns(unit.head)]
  return isInside(unit, search) ? parts : [...parts, TIME_SLOT, SEQ_PART]
}

/** How many records of the unit match; undefined when it cannot be read. */
function addUnit(unit: SearchUnit, table: DocumentTable | undefined, search: TableSearch): number | undefined {
  if (table === undefined) return undefined
  try {
    const mask = bothMatch(search.filter.evaluate(table), bothMatch(insideMask(unit, table, search), keptMask(unit)))
    if (mask === false) return 0
    search.pipeline.add(table, mask)
    return countMatches(mask, table.rows)
  } catch {
    return undefined
  }
}

function insideMask(unit: SearchUnit, table: DocumentTable, search: TableSearch): Mask {
  if (isInside(unit, search)) return true
  const times = table.times()
  const seqs = table.seqs()
  const mask = new Uint8Array(table.rows)
  for (let row = 0; row < table.rows; row++) {
    mask[row] = times[row] >= search.fromMs && times[row] <= search.toMs && seqs[row] < search.nextSeq ? 1 : 0
  }
  return mask
}

/** Rows that were erased do not count. */
function keptMask({ erased }: SearchUnit): Mask {
  return erased === undefined ? true : erased.map((isErased) => isErased ^ 1)
}
