import type { EntryFilters } from '../audit/matching-entries'
import { AUDIT_COLUMNS, auditCells, type ShownEntry } from '../audit/shown-entry'
import type { Handler, TenantRequest } from '../http/handler'
import { ApiError } from '../http/problem'
import { auditOf } from '../http/request-audit'
import { csvLine } from '../query/csv'
import { linesText, streamOf } from './export-logs'
import { type AuditRows, filtersOf, readAudit, readAuditParameters, shownEntries, WHOLE_AUDIT } from './read-audit'

/**
 * `GET /admin/audit/export`: all entries that match, as NDJSON or CSV, streamed, oldest first unless asked otherwise; or
 * as `chain`, the entries as they are hashed, for who wants to verify them without us.
 */
export const exportAudit: Handler = async (request, env) => {
  const { searchParams } = new URL(request.url)
  const format = readFormat(searchParams.get('format'))
  const stray = PAGE_PARAMETERS.find((name) => searchParams.has(name))
  if (stray !== undefined) throw invalid(stray)
  const parameters = readAuditParameters(request, ['format'])
  const isChosen = [...searchParams.keys()].some((name) => name !== 'format')
  if (format === 'chain' && isChosen) throw partOfChain()
  const order = searchParams.get('order') === 'desc' ? 'desc' : 'asc'
  const range = { ...WHOLE_AUDIT, order, ...boundsOf(parameters) } as const
  const write = format === 'chain' ? chainLines : entryLines(format, () => filtersOf(request, parameters.filter))
  const pages = readAudit(request, env, range)
  // Whoever may not read it is told so by the status.
  const first = await pages.next()
  // Only now: the object may have had the caller proved again, with a filter that is newer.
  if (format === 'chain' && request.principal.filter !== undefined) throw partOfChain()
  const { promise, resolve: end } = Promise.withResolvers<void>()
  auditOf(request).ended = promise
  return new Response(streamOf(headOf(format), linesOf(request, { first, pages, write, end })), {
    headers: {
      'content-type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson',
      'content-disposition': `attachment; filename="audit.${format === 'csv' ? 'csv' : 'ndjson'}"`,
      'cache-control': 'no-store, private',
    },
  })
}

/** A chain of which some links are left out proves nothing. */
const partOfChain = (): ApiError => new ApiError('validation_failed', 'A chain is exported whole.')

type Format = 'ndjson' | 'csv' | 'chain'

const PAGE_PARAMETERS = ['limit', 'cursor']

async function* linesOf(
  request: TenantRequest,
  {
    first,
    pages,
    write,
    end,
  }: {
    readonly first: IteratorResult<AuditRows>
    readonly pages: AsyncGenerator<AuditRows>
    readonly write: (page: AuditRows) => readonly string[]
    readonly end: () => void
  },
): AsyncGenerator<string> {
  const audit = auditOf(request)
  try {
    for (let { done, value } = first; !done; { done, value } = await pages.next()) {
      const lines = write(value)
      audit.rows += lines.length
      yield linesText(lines)
    }
  } finally {
    end()
  }
}

const entryLines =
  (format: Format, filters: () => EntryFilters) =>
  (page: AuditRows): string[] => {
    const toLine = format === 'csv' ? (entry: ShownEntry) => csvLine(auditCells(entry)) : JSON.stringify
    return shownEntries(page, filters(), Date.now()).map((entry) => toLine(entry))
  }

/** The text that is hashed is a string here, so that every reader of JSON gets the same bytes of it. */
function chainLines({ rows, before }: AuditRows): string[] {
  let last = before.hash
  return rows.map(({ number, hash, text }) => {
    const line = JSON.stringify({ number, before: last, entry: text, hash })
    last = hash
    return line
  })
}

const headOf = (format: Format): string => (format === 'csv' ? `${csvLine(AUDIT_COLUMNS)}\n` : '')

const boundsOf = ({ fromMs, toMs }: { readonly fromMs: number | undefined; readonly toMs: number | undefined }) => ({
  ...(fromMs !== undefined && { fromMs }),
  ...(toMs !== undefined && { toMs }),
})

function readFormat(text: string | null): Format {
  if (text === null || text === 'ndjson') return 'ndjson'
  if (text === 'csv' || text === 'chain') return text
  throw new ApiError('validation_failed', 'format is ndjson, csv or chain.')
}

const invalid = (parameter: string): ApiError => {
  const detail = `There is no parameter "${parameter}" here.`
  return new ApiError('validation_failed', detail, { errors: [{ code: 'invalid_parameter', detail, parameter }] })
}
