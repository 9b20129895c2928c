import type { Handler } from '../http/handler'
import { readAnalyticsParameters } from '../http/search-parameters'
import { FACET_VALUES } from '../limits/limits'
import type { TablePipeline } from '../query/pipes/pipeline'
import { pipelineOf } from './answer-pipes'
import { openSearch } from './open-search'
import { jsonAnswer, metaOf } from './search-answer'
import { toRowSearch } from './search-logs'
import { takeVisible } from './visible-search'

/** What facets are about when the caller names no fields. */
const DEFAULT_FIELDS = ['level', 'service', 'source', 'host', 'http.status', 'http.method', 'error.type']

/** `GET /analytics/facets`: the most frequent values of some fields, counted over everything that matches. */
export const showFacets: Handler = async (request, env) => {
  const startedMs = Date.now()
  const parameters = readAnalyticsParameters(new URL(request.url).searchParams, startedMs, ['fields'])
  const open = await openSearch(request, env)
  const search = toRowSearch(parameters, open, request, startedMs)
  const fields = parameters.fields ?? DEFAULT_FIELDS
  const pipelines = fields.map((field) => topValues(field, search))
  const found = await takeVisible(open, search, {
    columns: (head) => [...new Set(pipelines.flatMap((pipeline) => pipeline.columns(head)))],
    add: (_unit, table, mask) => {
      for (const pipeline of pipelines) pipeline.add(table, mask)
    },
    addCounts: () => false,
    isDecided: () => false,
  })
  const data = fields.map((field, index) => {
    const { rows, truncated } = pipelines[index].result()
    const values = rows.filter(([value]) => value !== null).map(([value, count]) => ({ value, count }))
    return { field, values, truncated }
  })
  // A field that none of the records has is no facet, unless it was asked for.
  const shown = parameters.fields === undefined ? data.filter(({ values }) => values.length > 0) : data
  const account = { ...found, matchedIsExact: found.partial === undefined }
  return jsonAnswer({ data: shown, meta: metaOf(parameters, search, account, open, startedMs) })
}

function topValues(field: string, range: { readonly fromMs: number; readonly toMs: number }): TablePipeline {
  const pipeline = pipelineOf([{ type: 'top', limit: FACET_VALUES, fields: [field], span: { from: 0, to: 0 } }], range)
  if (pipeline.answers !== 'table') throw new Error('top makes a table')
  return pipeline
}
