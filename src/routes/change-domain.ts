import { DomainEdit } from '../domains/admin-bodies'
import { toDomainAnswer } from '../domains/domain-answer'
import { decideDomainEdit } from '../domains/registration'
import { adminError } from '../http/admin-error'
import { refusalError } from '../http/caller'
import type { Handler } from '../http/handler'
import { requireMatch } from '../http/if-match'
import { ApiError } from '../http/problem'
import { readJson } from '../http/read-json'
import { ADMIN_BODY_BYTES_MAX } from '../limits/limits'
import { rowAnswer } from './directory-row'
import { findAddressedDomain, findDomainRow, showDomain } from './domain-of-tenant'

/** `PATCH /admin/domains/:domain`: suspends a domain or resumes it, or says whom to write to about it. */
export const changeDomain: Handler = async (request, env) => {
  const edit = await readJson(request, DomainEdit, ADMIN_BODY_BYTES_MAX)
  const { tenant, domain, row, version } = await findAddressedDomain(request, env)
  requireMatch(request.headers, version)
  const by = tenant.isOperator ? 'operator' : 'tenant'
  const decided = decideDomainEdit(row, edit, { by, nowMs: Date.now() })
  if (!decided.ok) throw adminError(decided.faults)
  if (Object.keys(decided.patch).length > 0) {
    const change = { what: 'domain.edited', id: domain, patch: decided.patch, ifVersion: version } as const
    const outcome = await tenant.ask((caller) => tenant.directory.change(caller, [change]))
    if (!outcome.ok) throw refusalError(outcome.refusal)
  }
  const changed = await findDomainRow(tenant, domain)
  if (changed === undefined) throw new ApiError('not_found')
  return rowAnswer(toDomainAnswer(await showDomain(env, { tenant, domain, row: changed.row }, Date.now())), changed)
}
