import { DomainQuery } from '../domains/admin-bodies'
import { toDomainAnswer } from '../domains/domain-answer'
import { parsePageCursor, toPageCursor } from '../domains/page-cursor'
import type { Env } from '../env'
import { administeredTenant, ownTenant } from '../http/administered-tenant'
import { askControl } from '../http/ask-control'
import type { Handler, TenantRequest } from '../http/handler'
import { ApiError } from '../http/problem'
import { readQuery } from '../http/read-query'
import { listDomains as listRows } from '../storage/d1/domains'
import { readTenantRow } from './domain-of-tenant'
import { jsonAnswer } from './search-answer'

/** `GET /admin/domains`: a tenant's domains, or for the operator those of all tenants. */
export const listDomains: Handler = async (request, env) => {
  const { tenantId: reference, status, domain: part, limit, cursor } = readQuery(request.url, DomainQuery)
  const after = cursor === undefined ? FIRST : parsePageCursor(cursor)
  if (after === undefined) throw new ApiError('cursor_mismatch')
  const tenantId = await chosenTenant(request, env, reference)
  const filter = { tenantId, status, part: part?.toLowerCase(), after, limit: limit + 1 }
  const rows = await askControl(request, () => listRows(env.CONTROL, filter))
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  return jsonAnswer({
    data: page.map(({ domain, tenant, row }) => toDomainAnswer({ domain, tenant, row, challenge: undefined })),
    page: { next_cursor: last ? toPageCursor([last.domain, last.tenantId]) : null, has_more: last !== undefined },
  })
}

const FIRST = ['', ''] as const

/** D1 is read by who has passed the tenant's object: a key that was revoked lists nothing. */
async function chosenTenant(
  request: TenantRequest,
  env: Env,
  reference: string | undefined,
): Promise<string | undefined> {
  const isOperator = request.principal.tenantId === undefined
  if (isOperator && reference === undefined) return undefined
  const tenant = reference === undefined ? ownTenant(request, env) : await administeredTenant(request, env, reference)
  await readTenantRow(tenant)
  return tenant.id
}
