import type { Handler } from '../http/handler'
import { ApiError } from '../http/problem'
import { readAnalyticsParameters } from '../http/search-parameters'
import type { Pipe } from '../query/syntax'
import { parseDuration } from '../query/values'
import { aggregate, pipelineOf, rangeWithData } from './answer-pipes'
import { openSearch } from './open-search'
import { metaOf, tableResponse } from './search-answer'
import { toRowSearch } from './search-logs'

/** `GET /analytics/histogram`: how many records match over time, by level unless `by` names another field or is empty. */
export const showHistogram: Handler = async (request, env) => {
  const startedMs = Date.now()
  const { searchParams } = new URL(request.url)
  const parameters = readAnalyticsParameters(searchParams, startedMs, ['step', 'by'])
  const open = await openSearch(request, env)
  const search = toRowSearch(parameters, open, request, startedMs)
  const pipeline = pipelineOf([timelinePipe(searchParams)], rangeWithData(open, search))
  if (pipeline.answers !== 'table') throw new Error('a timeline makes a table')
  const { table, found } = await aggregate(open, search, pipeline)
  return tableResponse(
    request,
    table,
    metaOf(parameters, search, { ...found, matchedIsExact: found.partial === undefined }, open, startedMs),
  )
}

function timelinePipe(parameters: URLSearchParams): Pipe {
  const by = parameters.get('by') ?? 'level'
  return {
    type: 'timeline',
    stepMs: stepOf(parameters.get('step')),
    by: by === '' ? undefined : by,
    span: { from: 0, to: 0 },
  }
}

function stepOf(text: string | null): number | undefined {
  if (text === null) return undefined
  const stepMs = parseDuration(text)
  if (stepMs !== undefined && stepMs >= 1) return stepMs
  const detail = `"${text.slice(0, 40)}" is not a duration: write 30s, 5m or 1h.`
  throw new ApiError('validation_failed', detail, {
    errors: [{ code: 'invalid_parameter', detail, parameter: 'step' }],
  })
}
