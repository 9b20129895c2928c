import * as z from 'zod'
import type { Handler } from '../../http/handler'
import { readQuery } from '../../http/read-query'
import { fieldNode, toParameters } from '../../http/search-parameters'
import { SearchQuery } from '../../http/search-query'
import { GRAPH_RANGE_MS_DEFAULT } from '../../limits/limits'
import { CROSS_SERVICE_SOURCE } from '../../services/cross-service'
import { edgesOf, GRAPH_AGGREGATES, GRAPH_FIELDS, type GraphEdge } from '../../services/service-graph'
import { aggregate, pipelineOf } from '../answer-pipes'
import { openSearch } from '../open-search'
import { jsonAnswer, metaOf } from '../search-answer'
import { toRowSearch } from '../search-logs'

const { from, to } = SearchQuery.shape

/** The parameters of GET /integration/graph. */
export const GraphQuery = z.strictObject({
  from: from.meta({ description: 'The oldest time; a day before `to` when it is left out.', examples: ['2h'] }),
  to,
})

const count = z.int().min(0)
const time = z.iso.datetime()

/** The service graph. */
export const GraphAnswer = z.strictObject({
  nodes: z.array(
    z.strictObject({
      service: z.string(),
      calls_out: count.meta({ description: 'Events in which it asked.' }),
      calls_in: count.meta({ description: 'Events in which it was asked.' }),
    }),
  ),
  edges: z.array(
    z.strictObject({
      source: z.string(),
      target: z.string(),
      calls: count,
      errors: count.meta({ description: 'Of the calls, those with the status error.' }),
      error_rate: z.number(),
      last_seen: z.string().nullable(),
      latency_ms: z.number().nullable().meta({ description: 'The mean of durationMs; null where none is given.' }),
    }),
  ),
  truncated: z.boolean().meta({ description: 'There were more edges than an answer may have.' }),
  meta: z.looseObject({ range: z.strictObject({ from: time, to: time }), partial: z.boolean() }),
})

/** `GET /integration/graph`: which services asked which, how often and how it went, over a time range. */
export const showGraph: Handler = async (request, env) => {
  const startedMs = Date.now()
  const asked = readQuery(request.url, GraphQuery)
  const parameters = toParameters({
    ...{ text: '', fields: null, strict: false, order: null, limit: null, cursor: null, nowMs: startedMs },
    extra: [fieldNode('source', [CROSS_SERVICE_SOURCE])],
    ...{ from: asked.from ?? null, to: asked.to ?? null },
  })
  const open = await openSearch(request, env)
  const search = toRowSearch(withRange(parameters, startedMs), open, request, startedMs)
  const span = { from: 0, to: 0 }
  const pipe = { type: 'stats', aggregates: GRAPH_AGGREGATES, by: GRAPH_FIELDS, span } as const
  const pipeline = pipelineOf([pipe], search)
  if (pipeline.answers !== 'table') throw new Error('stats makes a table')
  const { table, found } = await aggregate(open, search, pipeline)
  const edges = edgesOf(table)
  const account = { ...found, matchedIsExact: found.partial === undefined }
  return jsonAnswer({
    nodes: nodesOf(edges),
    edges: edges.map(toEdgeAnswer),
    truncated: table.truncated,
    meta: metaOf(parameters, search, account, open, startedMs),
  })
}

function withRange<Parameters extends { readonly fromMs: number | undefined; readonly toMs: number | undefined }>(
  parameters: Parameters,
  nowMs: number,
): Parameters {
  return { ...parameters, fromMs: parameters.fromMs ?? (parameters.toMs ?? nowMs) - GRAPH_RANGE_MS_DEFAULT }
}

const toEdgeAnswer = ({ source, target, calls, errors, lastSeen, latencyMs }: GraphEdge) => ({
  ...{ source, target, calls, errors },
  error_rate: calls === 0 ? 0 : errors / calls,
  last_seen: lastSeen ?? null,
  latency_ms: latencyMs ?? null,
})

function nodesOf(edges: readonly GraphEdge[]): { service: string; calls_out: number; calls_in: number }[] {
  const names = [...new Set(edges.flatMap(({ source, target }) => [source, target]))].sort()
  const sum = (wanted: readonly GraphEdge[]): number => wanted.reduce((total, { calls }) => total + calls, 0)
  return names.map((service) => ({
    service,
    calls_out: sum(edges.filter(({ source }) => source === service)),
    calls_in: sum(edges.filter(({ target }) => target === service)),
  }))
}
