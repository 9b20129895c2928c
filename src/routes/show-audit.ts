import type { AuditRange } from '../audit/audit-page'
import type { ShownEntry } from '../audit/shown-entry'
import type { Env } from '../env'
import type { Handler, TenantRequest } from '../http/handler'
import { ApiError } from '../http/problem'
import { auditOf } from '../http/request-audit'
import type { SearchParameters } from '../http/search-parameters'
import { AUDIT_SCAN_ENTRIES_MAX } from '../limits/limits'
import { type Cursor, claimedCursor, readCursor, signCursor } from '../query/cursor'
import { printQuery } from '../query/print'
import { filtersOf, readAudit, readAuditParameters, shownEntries, WHOLE_AUDIT } from './read-audit'
import { jsonAnswer } from './search-answer'

/** `GET /admin/audit`: who did what, newest first unless asked otherwise, a page at a time. */
export const showAudit: Handler = async (request, env) => {
  const startedMs = Date.now()
  const parameters = readAuditParameters(request)
  const { query, limit } = parameters
  const question = questionOf(request, parameters, startedMs)
  const found = await collect(request, env, question)
  const isFull = found.entries.length > limit
  const data = found.entries.slice(0, limit)
  auditOf(request).rows = data.length
  const resumeAfter = isFull ? data[data.length - 1].number : found.lastNumber
  const hasMore = isFull || found.more
  const next = hasMore ? cursorAfter(resumeAfter, question, found) : null
  return jsonAnswer({
    data,
    page: { next_cursor: next, prev_cursor: null, has_more: hasMore },
    meta: {
      query: { normalized: printQuery(query), diagnostics: query.diagnostics },
      took_ms: Date.now() - startedMs,
      scanned_entries: found.scanned,
      partial: found.more && !isFull,
    },
  })
}

/** A page that is asked for. */
interface Question {
  readonly parameters: SearchParameters
  readonly range: AuditRange
  /** What a cursor is bound to. */
  readonly identity: string
  /** What `2h` counts back from: on later pages what it was on the first. */
  readonly nowMs: number
}

function questionOf(request: TenantRequest, parameters: SearchParameters, startedMs: number): Question {
  const { order, fromMs, toMs, cursor } = parameters
  const identity = `audit ${parameters.identity} ${request.principal.filter ?? ''}`
  const asked = { ...WHOLE_AUDIT, order, ...(fromMs !== undefined && { fromMs }), ...(toMs !== undefined && { toMs }) }
  if (cursor === undefined) return { parameters, identity, range: asked, nowMs: startedMs }
  const claim = claimedCursor(cursor)
  if (claim === undefined) throw new ApiError('cursor_mismatch')
  const { after, nextSeq, nowMs } = claim
  const rest = order === 'asc' ? { afterNumber: after.seq, beforeNumber: nextSeq } : { beforeNumber: after.seq }
  return { parameters, identity, range: { ...asked, fromMs: claim.fromMs, toMs: claim.toMs, ...rest }, nowMs }
}

interface Found {
  readonly entries: readonly ShownEntry[]
  readonly scanned: number
  /** The last entry that was looked at. */
  readonly lastNumber: number
  readonly more: boolean
  /** Entries from this number on are newer than the first page. */
  readonly nextNumber: number
  readonly cursorSecret: string
}

/** Looks through the range until there is a page, and one more to know that it goes on. */
async function collect(request: TenantRequest, env: Env, question: Question): Promise<Found> {
  const { parameters, range, identity, nowMs } = question
  const given = parameters.cursor
  const asked = given === undefined ? parameters.filter : parameters.filterAt(nowMs)
  const entries: ShownEntry[] = []
  let scanned = 0
  let lastNumber = 0
  let cursor: Cursor | undefined
  for await (const { rows, more, head, cursorSecret, ...page } of readAudit(request, env, range)) {
    // Only the tenant's object knows what its cursors are signed with.
    cursor = given === undefined ? undefined : readCursor(given, identity, cursorSecret)
    if (given !== undefined && cursor === undefined) throw new ApiError('cursor_mismatch')
    scanned += rows.length
    lastNumber = rows.at(-1)?.number ?? lastNumber
    entries.push(...shownEntries({ rows, more, head, cursorSecret, ...page }, filtersOf(request, asked), nowMs))
    if (more && entries.length <= parameters.limit && scanned < AUDIT_SCAN_ENTRIES_MAX) continue
    return { entries, scanned, lastNumber, more, cursorSecret, nextNumber: cursor?.nextSeq ?? head.number + 1 }
  }
  throw new Error('a reading of the audit has at least one page')
}

const cursorAfter = (number: number, { range, identity, nowMs }: Question, found: Found): string =>
  signCursor(
    {
      ...{ after: { ms: 0, nanos: 0, seq: number }, nextSeq: found.nextNumber, taken: 0, nowMs },
      ...{ fromMs: range.fromMs, toMs: range.toMs },
    },
    identity,
    found.cursorSecret,
  )
