import type { TenantRequest } from '../http/handler'
import type { Filter } from '../query/filter'
import { pruneUnits } from '../query/prune'
import { type RowSearch, type RowsFound, searchRows } from '../query/search-rows'
import { searchTable, type TableFound, type TableSearch, type Taker } from '../query/search-table'
import type { SearchUnit, UnitLoader } from '../query/units'
import { visibleFilter, visibleTo as visibleToText } from '../query/visible-filter'
import type { OpenSearch } from './open-search'

/**
 * The only way from the routes to the records: whatever a route asks for, only what the caller may see, and what has not
 * expired by the policies in force, is found. A test
 * sees to it that no other file of the routes searches.
 */
export const findVisibleRows = (
  open: OpenSearch,
  search: RowSearch,
  loader: UnitLoader = open.loader,
): Promise<RowsFound> => searchRows(open.units, loader, narrowed(open, search))

/** The same for what takes every record that matches. */
export const takeVisible = (
  open: OpenSearch,
  search: TableSearch,
  taker: Taker,
  loader: UnitLoader = open.loader,
): Promise<TableFound> => searchTable(open.units, loader, narrowed(open, search), taker)

/** The units that can hold what a search finds. */
export const visibleUnits = (open: OpenSearch, search: TableSearch): SearchUnit[] =>
  pruneUnits(open.units, narrowed(open, search).filter, search)

/** What the caller may see; undefined for everything of the tenant. A filter that cannot be read shows nothing at all. */
export const visibleTo = ({ principal }: Pick<TenantRequest, 'principal'>, nowMs: number): Filter | undefined =>
  visibleToText(principal.filter, principal.id, nowMs)

const narrowed = <Search extends { readonly filter: Filter }>(open: OpenSearch, search: Search): Search => ({
  ...search,
  filter: visibleFilter(search.filter, open),
})
