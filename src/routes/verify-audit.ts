import { type AuditPoint, type BrokenLink, checkLinks, removedBy } from '../audit/audit-chain'
import type { Env } from '../env'
import type { Handler, TenantRequest } from '../http/handler'
import { ApiError } from '../http/problem'
import { readQuery } from '../http/read-query'
import { auditOf } from '../http/request-audit'
import { AUDIT_SCAN_ENTRIES_MAX } from '../limits/limits'
import { type AuditRows, readAudit, WHOLE_AUDIT } from './read-audit'
import { jsonAnswer } from './search-answer'
import { VerifyAuditQuery } from './verify-audit-query'

/**
 * `GET /admin/audit/verify`: walks the chain, and says where it is broken. Whoever has kept a number and its hash from before
 * has them held against it, which nobody can satisfy who has rewritten it since.
 */
export const verifyAudit: Handler = async (request, env) => {
  const { after, number, hash } = readQuery(request.url, VerifyAuditQuery)
  if ((number === undefined) !== (hash === undefined))
    throw new ApiError('validation_failed', 'number and hash are of one entry, and go together.')
  const noted = number === undefined || hash === undefined ? undefined : { number, hash }
  const walk = await walkChain(request, env, { after, noted })
  auditOf(request).rows = walk.checked
  return jsonAnswer({
    ok: walk.broken === undefined,
    checked: walk.checked,
    start: walk.start,
    verified: walk.last,
    head: walk.head,
    broken: walk.broken ?? null,
    next_after: walk.isCut ? walk.last.number : null,
  })
}

interface Walk {
  readonly start: AuditPoint
  /** The last entry up to which all is right. */
  readonly last: AuditPoint
  readonly head: AuditPoint
  readonly checked: number
  readonly broken: BrokenLink | undefined
  /** There is more than one request looks at. */
  readonly isCut: boolean
}

async function walkChain(
  request: TenantRequest,
  env: Env,
  { after, noted }: { readonly after: number; readonly noted: AuditPoint | undefined },
): Promise<Walk> {
  let last: AuditPoint | undefined
  let checked = 0
  let removed: AuditPoint | undefined
  for await (const page of readAudit(request, env, { ...WHOLE_AUDIT, order: 'asc', afterNumber: after })) {
    const { start, head, more } = page
    const from = last ?? beginningOf(page, after)
    const found = checkLinks(request.tenantId, from, page.rows, noted)
    last = found.last
    checked += found.last.number - from.number
    removed = page.rows.map(removedBy).findLast((point) => point !== undefined) ?? removed
    const broken = found.broken ?? (more ? undefined : faultAtEnd(page, { last, noted, removed, after }))
    const isCut = more && checked >= AUDIT_SCAN_ENTRIES_MAX
    if (broken !== undefined || !more || isCut) return { start, last, head, checked, broken, isCut }
  }
  throw new Error('a reading of the audit has at least one page')
}

/** The entry that the first one checked has to follow: none, or the last that is kept no longer. */
const beginningOf = ({ start, before }: AuditRows, after: number): AuditPoint => (after > start.number ? before : start)

/** What is right up to its end may have been longer, at either end. */
function faultAtEnd(
  { start, head }: AuditRows,
  walk: {
    readonly last: AuditPoint
    readonly noted: AuditPoint | undefined
    readonly removed: AuditPoint | undefined
    readonly after: number
  },
): BrokenLink | undefined {
  const { last, noted, removed, after } = walk
  if (last.number < head.number) return { number: last.number + 1, why: 'entry_missing' }
  const isTold = removed?.number === start.number && removed.hash === start.hash
  if (start.number > 0 && after <= start.number && !isTold) return { number: start.number, why: 'beginning_missing' }
  if (noted === undefined) return undefined
  if (noted.number > last.number) return { number: noted.number, why: 'entry_missing' }
  const isOther = noted.number === start.number && noted.hash !== start.hash
  return isOther ? { number: noted.number, why: 'not_the_same' } : undefined
}
