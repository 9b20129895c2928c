import type { SearchParameters } from '../http/search-parameters'
import type { ResultTable } from '../query/pipes/result-table'
import { printQuery } from '../query/print'
import type { PartialReason } from '../query/search-rows'
import type { OpenSearch } from './open-search'

/** What a search found out about itself. */
export interface Account {
  readonly scannedRows: number
  readonly matched: number
  readonly matchedIsExact: boolean
  readonly partial: PartialReason | undefined
  readonly searchedTo: number
}

/** Every answer says what range it looked at, how much of it, and whether it is complete. */
export function metaOf(
  parameters: SearchParameters,
  range: { readonly fromMs: number; readonly toMs: number },
  account: Account,
  open: OpenSearch,
  startedMs: number,
): object {
  const { query } = parameters
  open.audit.matched = account.matched
  // A record that was found may still be one that cannot be read.
  const partial = account.partial ?? (open.loader.isIncomplete() ? 'segment_unavailable' : undefined)
  return {
    query: { normalized: printQuery(query), diagnostics: query.diagnostics },
    range: { from: isoTime(range.fromMs), to: isoTime(range.toMs) },
    took_ms: Date.now() - startedMs,
    scanned_rows: account.scannedRows,
    scanned_bytes: open.loader.bytesRead(),
    bytes_read: open.loader.read,
    matched: account.matched,
    matched_is_estimate: !account.matchedIsExact,
    partial: partial !== undefined,
    partial_reason: partial ?? null,
    searched_back_to: isoTime(account.searchedTo),
    warnings: query.diagnostics.filter((diagnostic) => diagnostic.severity === 'warning').map(({ message }) => message),
  }
}

const isoTime = (ms: number): string => new Date(Math.min(Math.max(ms, -8.64e15), 8.64e15)).toISOString()

/** Records as one JSON envelope, or a line each with the account as the last line. */
export function rowsResponse(
  request: Request,
  records: readonly string[],
  meta: object,
  { cursor, hasMore }: { readonly cursor: string | undefined; readonly hasMore: boolean },
): Response {
  if (wantsLines(request)) {
    return linesResponse([
      ...records,
      JSON.stringify({ _meta: { ...meta, next_cursor: cursor ?? null, complete: cursor === undefined } }),
    ])
  }
  const page = { next_cursor: cursor ?? null, prev_cursor: null, has_more: hasMore }
  return jsonText(`{"data":[${records.join(',')}],"page":${JSON.stringify(page)},"meta":${JSON.stringify(meta)}}`)
}

/** A table in the same envelope: an object for each row, and the columns in their order. */
export function tableResponse(request: Request, table: ResultTable, meta: object): Response {
  const rows = table.rows.map((row) => Object.fromEntries(row.map((value, index) => [table.columns[index], value])))
  if (wantsLines(request)) {
    return linesResponse(
      [...rows, { _meta: { ...meta, truncated: table.truncated, complete: true } }].map((row) => JSON.stringify(row)),
    )
  }
  return jsonAnswer({ columns: table.columns, data: rows, truncated: table.truncated, meta })
}

/** An answer about a tenant's data: nobody on the way may keep it. */
export const jsonAnswer = (value: unknown): Response => jsonText(JSON.stringify(value))

/** The same for an answer that is JSON text already. */
export const jsonText = (text: string): Response =>
  new Response(`${text}\n`, { headers: { 'content-type': 'application/json', 'cache-control': 'no-store, private' } })

const linesResponse = (lines: readonly string[]): Response =>
  new Response(`${lines.join('\n')}\n`, {
    headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store, private' },
  })

const wantsLines = (request: Request): boolean => (request.headers.get('accept') ?? '').includes('application/x-ndjson')
