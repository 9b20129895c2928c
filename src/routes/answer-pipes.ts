import { ApiError } from '../http/problem'
import { GROUPS_MAX } from '../limits/limits'
import { createPipeline, type TablePipeline } from '../query/pipes/pipeline'
import type { ResultTable } from '../query/pipes/result-table'
import type { RowPipes } from '../query/pipes/row-pipes'
import type { Hit, RowSearch, RowsFound } from '../query/search-rows'
import type { TableFound, TableSearch, Taker } from '../query/search-table'
import type { Pipe } from '../query/syntax'
import type { SearchUnit } from '../query/units'
import type { OpenSearch } from './open-search'
import { takeVisible, visibleUnits } from './visible-search'

/** The pipes of a request, ready to take records; refuses what cannot be. */
export function pipelineOf(
  pipes: readonly Pipe[],
  range: { readonly fromMs: number; readonly toMs: number },
): RowPipes | TablePipeline {
  const created = createPipeline(pipes, { ...range, groupsMax: GROUPS_MAX })
  if (created.ok) return created.value
  const { code, message, span } = created.problem
  const where = [span.from, span.to] as const
  throw new ApiError('query_syntax', message, { span: where, errors: [{ code, detail: message, span: where }] })
}

/** A table made of the records that match. */
export async function aggregate(
  open: OpenSearch,
  search: TableSearch,
  pipeline: TablePipeline,
): Promise<{ readonly table: ResultTable; readonly found: TableFound }> {
  const taker: Taker = {
    columns: (head) => pipeline.columns(head),
    add: (_unit, table, mask) => pipeline.add(table, mask),
    addCounts: (header, levelMask) => pipeline.addCounts(header, levelMask),
    isDecided: () => false,
  }
  const found = await takeVisible(open, search, taker)
  return { table: pipeline.result(), found }
}

/** Records that are not simply the first in the order of time: sorted by a field, or one of each kind. */
export async function collectRows(open: OpenSearch, search: RowSearch, pipes: RowPipes): Promise<RowsFound> {
  const collector = pipes.collector<SearchUnit>(search.limit)
  const taker: Taker = {
    columns: (head) => pipes.columns(head),
    add: (unit, table, mask) => collector.add(unit, table, mask),
    addCounts: () => false,
    isDecided: (newestMs) => collector.isDecided(newestMs),
  }
  const found = await takeVisible(open, search, taker)
  const { rows, hasMore } = collector.result()
  return {
    hits: rows.map((row): Hit => row),
    hasMore,
    resumeAfter: undefined,
    scannedRows: found.scannedRows,
    matched: found.matched,
    matchedIsExact: found.partial === undefined && !found.isDecidedEarly,
    partial: found.partial,
    searchedTo: found.searchedTo,
  }
}

/** The range of a search cut to where the tenant has data that may match: a chart of empty months helps nobody. */
export function rangeWithData(
  open: OpenSearch,
  search: TableSearch,
): { readonly fromMs: number; readonly toMs: number } {
  const { filter, fromMs, toMs } = search
  const units = visibleUnits(open, search)
  const from = Math.max(
    fromMs,
    filter.timeRange.fromMs ?? fromMs,
    units.reduce((least, unit) => Math.min(least, unit.minTime), toMs),
  )
  const to = Math.min(
    toMs,
    filter.timeRange.toMs ?? toMs,
    units.reduce((most, unit) => Math.max(most, unit.maxTime), fromMs),
  )
  return from <= to ? { fromMs: from, toMs: to } : { fromMs, toMs: fromMs }
}
