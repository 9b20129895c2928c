import { type AuditRow, parseRows } from '../audit/audit-chain'
import type { AuditAnswer } from '../audit/audit-entry'
import type { AuditPage, AuditRange } from '../audit/audit-page'
import { type EntryFilters, matchingEntries } from '../audit/matching-entries'
import { type ShownEntry, toShownEntry } from '../audit/shown-entry'
import type { Env } from '../env'
import { callerOf, refusalError } from '../http/caller'
import type { TenantRequest } from '../http/handler'
import { ApiError } from '../http/problem'
import { readSearchParameters, type SearchParameters } from '../http/search-parameters'
import { withFreshHints } from '../http/with-fresh-hints'
import type { Filter } from '../query/filter'
import { tenantStub } from '../tenant-stub'
import { visibleTo } from './visible-search'

/** Entries of a page of the audit. */
export interface AuditRows extends Omit<AuditPage, 'lines' | 'answers'> {
  readonly rows: readonly AuditRow[]
  readonly answers: ReadonlyMap<number, AuditAnswer>
}

/** Reads a range of the tenant's audit, as much at a time as its object answers at once. Reading it is accounted for, once. */
export async function* readAudit(request: TenantRequest, env: Env, range: AuditRange): AsyncGenerator<AuditRows> {
  const stub = tenantStub(env, request.tenantId)
  const first = await withFreshHints(request, async (by) => stub.readAudit(by, range))
  if (!first.ok) throw refusalError(first.refusal)
  let rows = toRows(first.page)
  // What is written from here on is of a later reading.
  const until = { beforeNumber: Math.min(range.beforeNumber, rows.head.number + 1) }
  yield rows
  while (rows.more) {
    const last = rows.rows[rows.rows.length - 1].number
    const rest = range.order === 'asc' ? { ...until, afterNumber: last } : { beforeNumber: last }
    const next = await stub.readAudit({ ...callerOf(request), isCounted: true }, { ...range, ...rest })
    if (!next.ok) throw refusalError(next.refusal)
    rows = toRows(next.page)
    yield rows
  }
}

/** What a request asks of the audit: the parameters of a search, but for what only logs have. */
export function readAuditParameters(request: TenantRequest, more: readonly string[] = []): SearchParameters {
  const { searchParams } = new URL(request.url)
  if (searchParams.has('fields')) throw invalid('fields', 'There is no parameter "fields" here.')
  const parameters = readSearchParameters(searchParams, Date.now(), more)
  if (parameters.query.pipes.length > 0) throw invalid('q', 'Pipes have no place here.')
  return parameters
}

/** The entries of a page that the caller asked for and may see. */
export function shownEntries(
  { rows, answers }: AuditRows,
  filters: EntryFilters,
  nowMs: number,
): readonly ShownEntry[] {
  const entries = rows.map((row) => toShownEntry(row, answers)).filter((entry) => entry !== undefined)
  return matchingEntries(filters, entries, nowMs)
}

/**
 * What decides whether an entry is shown: what was asked for, and what the caller may see at all. To be asked for each page
 * that was read, since reading it may have had the caller proved again.
 */
export function filtersOf(request: TenantRequest, asked: Filter): EntryFilters {
  return { asked, visible: visibleTo(request, Date.now()) }
}

/** The whole audit. */
export const WHOLE_AUDIT = { afterNumber: 0, beforeNumber: Number.MAX_SAFE_INTEGER, fromMs: 0, toMs: 8.64e15 } as const

function toRows({ lines, answers, ...page }: AuditPage): AuditRows {
  const known = new Map(answers.map((answer) => [answer.entry, answer]))
  return { ...page, rows: parseRows(new TextDecoder().decode(lines)), answers: known }
}

const invalid = (parameter: string, detail: string): ApiError =>
  new ApiError('validation_failed', detail, { errors: [{ code: 'invalid_parameter', detail, parameter }] })
