import type { Handler } from '../http/handler'
import { ApiError } from '../http/problem'
import { readSearchParameters } from '../http/search-parameters'
import { EXPORT_PAGE_ROWS } from '../limits/limits'
import { csvLine } from '../query/csv'
import { signCursor } from '../query/cursor'
import type { Position } from '../query/position'
import type { RowSearch, RowsFound } from '../query/search-rows'
import { FilterFailure } from '../query/term'
import { openSearch } from './open-search'
import { queryKeyOf, renderPage, toRowSearch } from './search-logs'
import { findVisibleRows } from './visible-search'

const CSV_FIELDS = ['time', 'level', 'service', 'message', 'trace_id', 'span_id', 'id', 'body']

/**
 * `GET /logs/export`: everything that matches, as NDJSON or CSV, streamed as it is read. The last line says that it is
 * complete, or from which cursor to go on.
 */
export const exportLogs: Handler = async (request, env) => {
  const { searchParams } = new URL(request.url)
  const parameters = readSearchParameters(searchParams, Date.now(), ['format'])
  const format = readFormat(searchParams.get('format'))
  const open = await openSearch(request, env)
  const search = { ...toRowSearch(parameters, open, request, Date.now()), limit: EXPORT_PAGE_ROWS }
  const fields = format === 'csv' ? (parameters.fields ?? CSV_FIELDS) : parameters.fields
  const toLine =
    format === 'csv' ? (record: string) => csvRecord(record, fields ?? CSV_FIELDS) : (record: string) => record
  const cursorAt = (after: Position): string =>
    signCursor(
      { nextSeq: search.nextSeq, fromMs: search.fromMs, toMs: search.toMs, after, taken: 0, nowMs: search.nowMs },
      queryKeyOf(parameters),
      open.cursorSecret,
    )

  const { promise, resolve: end } = Promise.withResolvers<void>()
  open.audit.ended = promise
  const { search: running } = request
  if (running) running.isStreamed = true
  const pages = exportPages({
    search,
    // Each page has its own budget: an export ends when there is nothing left, not when much was read.
    find: (page) => findVisibleRows(open, page, open.renewLoader()),
    render: async (found) => {
      const page = await renderPage(found, open, { fields, canResume: true })
      return { found: page.found, lines: page.records.map(toLine) }
    },
    cursorAt,
    done: async () => {
      end()
      await running?.end()
    },
    ending: format === 'csv' ? (meta) => `# ${JSON.stringify(meta)}` : (meta) => JSON.stringify({ _meta: meta }),
  })
  const head = format === 'csv' ? `${csvLine(fields ?? CSV_FIELDS)}\n` : ''
  return new Response(streamOf(head, pages), {
    headers: {
      'content-type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson',
      'content-disposition': `attachment; filename="logs.${format}"`,
      'cache-control': 'no-store, private',
    },
  })
}

interface ExportPorts {
  readonly search: RowSearch
  readonly find: (search: RowSearch) => Promise<RowsFound>
  readonly render: (found: RowsFound) => Promise<{ readonly found: RowsFound; readonly lines: readonly string[] }>
  readonly cursorAt: (after: Position) => string
  readonly ending: (meta: object) => string
  readonly done: () => Promise<void>
}

/** The lines of an export, a page at a time; the last says how it ended. */
async function* exportPages({ search, find, render, cursorAt, ending, done }: ExportPorts): AsyncGenerator<string> {
  let after = search.after
  let rows = 0
  try {
    for (;;) {
      const { found, lines } = await render(await find({ ...search, after }))
      rows += lines.length
      if (lines.length < found.hits.length || found.partial === 'segment_unavailable') {
        yield linesText([
          ...lines,
          ending({ complete: false, rows, reason: 'segment_unavailable', resume: after ? cursorAt(after) : null }),
        ])
        return
      }
      if (found.resumeAfter === undefined) {
        yield linesText([...lines, ending({ complete: true, rows })])
        return
      }
      after = found.resumeAfter
      yield linesText(lines)
    }
  } catch (error) {
    // The status is long sent: what can still be told is that this is not all, and where to go on.
    const reason = error instanceof FilterFailure ? error.problem.code : 'internal'
    yield linesText([ending({ complete: false, rows, reason, resume: after ? cursorAt(after) : null })])
  } finally {
    await done()
  }
}

/** Lines as text. */
export const linesText = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

/** Reads on only as fast as the client takes it. */
export function streamOf(head: string, pages: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode(head)),
    pull: async (controller) => {
      const { done, value } = await pages.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    cancel: async () => {
      await pages.return(undefined)
    },
  })
}

function csvRecord(record: string, fields: readonly string[]): string {
  const values: Record<string, unknown> = JSON.parse(record)
  return csvLine(fields.map((field) => cellText(Object.hasOwn(values, field) ? values[field] : null)))
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function readFormat(text: string | null): 'ndjson' | 'csv' {
  if (text === null || text === 'ndjson' || text === 'csv') return text ?? 'ndjson'
  throw new ApiError('validation_failed', 'format is ndjson or csv.')
}
