import { TIME_SLOT } from '../blocks/block'
import type { DocumentTable } from '../blocks/table'
import { SEGMENTS_AT_A_TIME } from '../limits/limits'
import type { SegmentHeader } from '../segments/segment'
import type { TableHead } from './field-columns'
import type { Filter } from './filter'
import { bothMatch, countMatches, type Mask, withoutErased } from './mask'
import { pruneByTokens, pruneUnits } from './prune'
import { exhausted, type PartialReason } from './search-rows'
import { FilterFailure } from './term'
import { SEQ_PART, type SearchUnit, type UnitLoader } from './units'

/** What takes the records that match: an aggregation, or a choice among all of them. */
export interface Taker {
  /** Columns, and TIME_SLOT, LEVEL_SLOT and SEQ_PART, that it reads. */
  columns(head: TableHead): number[]
  add(unit: SearchUnit, table: DocumentTable, mask: Mask): void
  /** Takes a whole segment by the counts in its header; false when these do not say enough. */
  addCounts(header: SegmentHeader, levelMask: number): boolean
  /** True when no record older than this can change the answer. */
  isDecided(newestMs: number): boolean
}

export interface TableSearch {
  readonly filter: Filter
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
  readonly isDecidedEarly: boolean
}

/** Gives every record that matches to the taker, newest segments first. */
export async function searchTable(
  units: readonly SearchUnit[],
  loader: UnitLoader,
  search: TableSearch,
  taker: Taker,
): Promise<TableFound> {
  const waiting = pruneUnits(units, search.filter, search).sort((left, right) => right.maxTime - left.maxTime)
  const progress: Progress = { scannedRows: 0, matched: 0, partial: undefined }
  for (let next = 0; next < waiting.length; next += SEGMENTS_AT_A_TIME) {
    const { maxTime } = waiting[next]
    if (taker.isDecided(maxTime)) return { ...progress, searchedTo: maxTime, isDecidedEarly: true }
    const spent = exhausted(progress, loader)
    if (spent !== undefined) return { ...progress, partial: spent, searchedTo: maxTime, isDecidedEarly: false }
    const unread = waiting
      .slice(next, next + SEGMENTS_AT_A_TIME)
      .filter((unit) => !isCounted(unit, search, taker, progress))
    await scanUnits(await pruneByTokens(unread, search.filter, loader), loader, search, taker, progress)
  }
  return { ...progress, searchedTo: search.fromMs, isDecidedEarly: false }
}

interface Progress {
  scannedRows: number
  matched: number
  partial: PartialReason | undefined
}

/** A whole segment may be answered by the counts in its header. */
function isCounted(unit: SearchUnit, search: TableSearch, taker: Taker, progress: Progress): boolean {
  const { header, head, erased } = unit
  if (header === undefined || erased !== undefined || !isInside(unit, search)) return false
  const levels = search.filter.exactLevels(head)
  if (levels === undefined || !taker.addCounts(header, levels)) return false
  progress.scannedRows += unit.rows
  progress.matched += header.levels.reduce((sum, count, rank) => sum + ((levels >> rank) & 1) * count, 0)
  return true
}

async function scanUnits(
  chunk: readonly SearchUnit[],
  loader: UnitLoader,
  search: TableSearch,
  taker: Taker,
  progress: Progress,
): Promise<void> {
  const tables = await loader.load(chunk.map((unit) => ({ unit, columns: partsOf(unit, search, taker) })))
  for (const [index, unit] of chunk.entries()) {
    const matched = addUnit(unit, tables[index], search, taker)
    if (matched === undefined) progress.partial = 'segment_unavailable'
    else progress.matched += matched
    progress.scannedRows += unit.rows
  }
}

const isInside = (unit: SearchUnit, { fromMs, toMs, nextSeq }: TableSearch): boolean =>
  unit.minTime >= fromMs && unit.maxTime <= toMs && unit.maxSeq < nextSeq

function partsOf(unit: SearchUnit, search: TableSearch, taker: Taker): number[] {
  const parts = [...search.filter.columns(unit.head), ...taker.columns(unit.head)]
  return isInside(unit, search) ? parts : [...parts, TIME_SLOT, SEQ_PART]
}

/** How many records of the unit match; undefined when it cannot be read. */
function addUnit(
  unit: SearchUnit,
  table: DocumentTable | undefined,
  search: TableSearch,
  taker: Taker,
): number | undefined {
  if (table === undefined) return undefined
  try {
    const matches = bothMatch(search.filter.evaluate(table), insideMask(unit, table, search))
    const mask = withoutErased(matches, unit.erased)
    taker.add(unit, table, mask)
    return countMatches(mask, table.rows)
  } catch (error) {
    if (error instanceof FilterFailure) throw error
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
