import type { ResultTable } from '../../query/pipes/result-table'
import type { PartialReason } from '../../query/search-rows'
import type { TableSearch } from '../../query/search-table'
import { aggregate, pipelineOf } from '../answer-pipes'
import type { OpenSearch } from '../open-search'

/** How many of the records that match have each value of a field. */
export async function countRowsBy(
  field: string,
  search: TableSearch,
  open: OpenSearch,
): Promise<{ readonly table: ResultTable; readonly partial: PartialReason | undefined }> {
  const pipeline = pipelineOf([{ type: 'count', by: [field], span: { from: 0, to: 0 } }], search)
  if (pipeline.answers !== 'table') throw new Error('count makes a table')
  const { table, found } = await aggregate(open, search, pipeline)
  return { table, partial: found.partial }
}
