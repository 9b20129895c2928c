import { mayHold } from '../segments/token-filter'
import { columnsOfField } from './field-columns'
import type { Filter } from './filter'
import type { ExactValue } from './term'
import type { SearchUnit, UnitLoader } from './units'

/** The units that can hold a match, by what is known of them without reading: time and levels. */
export function pruneUnits(
  units: readonly SearchUnit[],
  filter: Filter,
  range: { readonly fromMs: number; readonly toMs: number },
): SearchUnit[] {
  const fromMs = Math.max(range.fromMs, filter.timeRange.fromMs ?? Number.NEGATIVE_INFINITY)
  const toMs = Math.min(range.toMs, filter.timeRange.toMs ?? Number.POSITIVE_INFINITY)
  return units.filter((unit) => unit.maxTime >= fromMs && unit.minTime <= toMs && mayHoldLevels(unit, filter.levelMask))
}

function mayHoldLevels({ header }: SearchUnit, levelMask: number): boolean {
  return header === undefined || header.levels.some((count, rank) => count > 0 && (levelMask & (1 << rank)) !== 0)
}

/** Of these units the ones that can hold every exact value that the filter asks for, by their token filters. */
export async function pruneByTokens(
  units: readonly SearchUnit[],
  filter: Filter,
  loader: UnitLoader,
): Promise<SearchUnit[]> {
  let left = [...units]
  for (const exact of filter.exactValues) {
    const sections = left.map((unit) => filterSections(unit, exact))
    const requests = left.flatMap((unit, index) => (sections[index] ?? []).map((section) => ({ unit, section })))
    if (requests.length === 0) continue
    const filters = await loader.loadFilters(requests)
    const possible = new Set<SearchUnit>()
    for (const [index, { unit }] of requests.entries()) {
      const bytes = filters[index]
      // A filter that cannot be read rules nothing out.
      if (bytes === undefined || mayHold(bytes, exact.value)) possible.add(unit)
    }
    left = left.filter((unit, index) => sections[index] === undefined || possible.has(unit))
  }
  return left
}

/** The token filters that decide about a value; undefined when a column without one may hold it. */
function filterSections({ header, head }: SearchUnit, exact: ExactValue): number[] | undefined {
  if (header === undefined) return undefined
  const sections: number[] = []
  for (const { column, inside } of columnsOfField(head, exact.names)) {
    const filter = column < 0 ? undefined : header.columns[column].filter
    if (inside || filter === undefined) return undefined
    sections.push(filter)
  }
  return sections
}
