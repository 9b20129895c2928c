import type { DocumentTable } from '../blocks/table'
import type { Handler } from '../http/handler'
import { readAnalyticsParameters } from '../http/search-parameters'
import { FIELDS_MAX } from '../limits/limits'
import { countMatches, type Mask } from '../query/mask'
import { openSearch } from './open-search'
import { jsonAnswer, metaOf } from './search-answer'
import { toRowSearch } from './search-logs'
import { takeVisible } from './visible-search'

/** `GET /analytics/fields`: which fields the matching records have, of which kind, and how many have them. */
export const showFields: Handler = async (request, env) => {
  const startedMs = Date.now()
  const parameters = readAnalyticsParameters(new URL(request.url).searchParams, startedMs)
  const open = await openSearch(request, env)
  const search = toRowSearch(parameters, open, request, startedMs)
  const counts: FieldCounts = new Map()
  const found = await takeVisible(open, search, {
    // Which rows have a field is in the shapes: no column is read for it.
    columns: () => [],
    add: (_unit, table, mask) => addFields(counts, table, mask),
    addCounts: () => false,
    isDecided: () => false,
  })
  const all = [...counts].sort(
    ([leftName, left], [rightName, right]) => right.records - left.records || (leftName < rightName ? -1 : 1),
  )
  const data = all.slice(0, FIELDS_MAX).map(([name, { records, kinds }]) => ({
    name,
    kinds: [...kinds].sort(),
    records,
    coverage: found.matched === 0 ? 0 : records / found.matched,
  }))
  const account = { ...found, matchedIsExact: found.partial === undefined }
  return jsonAnswer({
    data,
    truncated: all.length > data.length,
    meta: metaOf(parameters, search, account, open, startedMs),
  })
}

type FieldCounts = Map<string, { records: number; readonly kinds: Set<string> }>

function addFields(counts: FieldCounts, table: DocumentTable, mask: Mask): void {
  for (const [column, { name, kind, system }] of table.columns.entries()) {
    if (system && name === 'rest') continue
    const records = recordsWith(table, column, mask)
    if (records === 0) continue
    const known = counts.get(name) ?? { records: 0, kinds: new Set() }
    known.records += records
    known.kinds.add(kind === 'literal' ? 'boolean' : kind)
    counts.set(name, known)
  }
}

function recordsWith(table: DocumentTable, column: number, mask: Mask): number {
  const rows = table.rowsOf(column)
  if (rows === undefined) return countMatches(mask, table.rows)
  if (typeof mask === 'boolean') return mask ? rows.length : 0
  return rows.reduce((count, row) => count + mask[row], 0)
}
