import * as z from 'zod'
import type { Handler } from '../../http/handler'
import { readQuery } from '../../http/read-query'
import { fieldNode, toParameters } from '../../http/search-parameters'
import { SearchQuery } from '../../http/search-query'
import { CORRELATION_ID_CHARACTERS_MAX } from '../../limits/limits'
import { signCursor } from '../../query/cursor'
import { CROSS_SERVICE_SOURCE } from '../../services/cross-service'
import { openSearch } from '../open-search'
import { metaOf, rowsResponse } from '../search-answer'
import { queryKeyOf, renderPage, toRowSearch } from '../search-logs'
import { findVisibleRows } from '../visible-search'

/** The parameters of GET /integration/cross-service. */
export const ChainQuery = z.strictObject({
  correlationId: z
    .string()
    .min(1)
    .max(CORRELATION_ID_CHARACTERS_MAX)
    .optional()
    .meta({
      description: 'That of the chain, in any letter case; all chains when it is left out.',
      examples: ['req-456'],
    }),
  ...SearchQuery.pick({ from: true, to: true, cursor: true }).shape,
  limit: z
    .string()
    .optional()
    .meta({ description: 'Records on a page.', examples: ['10'] }),
})

/** `GET /integration/cross-service`: the events of a chain, in their order, across services. */
export const listCrossService: Handler = async (request, env) => {
  const startedMs = Date.now()
  const { correlationId, from, to, limit, cursor } = readQuery(request.url, ChainQuery)
  const parameters = toParameters({
    ...{ text: '', fields: null, strict: false, order: 'asc', nowMs: startedMs },
    extra: [
      fieldNode('source', [CROSS_SERVICE_SOURCE]),
      ...(correlationId === undefined ? [] : [fieldNode('correlationId', [correlationId])]),
    ],
    ...{ from: from ?? null, to: to ?? null, limit: limit ?? null, cursor: cursor ?? null },
  })
  const open = await openSearch(request, env)
  const search = toRowSearch(parameters, open, request, startedMs)
  const all = await findVisibleRows(open, search)
  const { records, found } = await renderPage(all, open, { fields: undefined, canResume: true })
  const { nextSeq, fromMs, toMs, nowMs, taken } = search
  const after = found.resumeAfter
  const next =
    after === undefined
      ? undefined
      : signCursor(
          { after, nextSeq, fromMs, toMs, taken: taken + records.length, nowMs },
          queryKeyOf(parameters),
          open.cursorSecret,
        )
  const meta = metaOf(parameters, search, found, open, startedMs)
  return rowsResponse(request, records, meta, { cursor: next, hasMore: found.hasMore })
}
