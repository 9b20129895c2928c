import { ACTIVITY_TENANT } from '../activity/activity-tenant'
import { type AnsweredRequest, isRefusal, planFor } from '../audit/audit-action'
import type { AuditOutcome } from '../audit/audit-entry'
import type { Env } from '../env'
import { AUDIT_TRIES, OUTAGE_RETRY_SECONDS } from '../limits/limits'
import { errorFields } from '../log'
import { ALWAYS_CURRENT, type Caller } from '../tenant/contract'
import { tenantStub } from '../tenant-stub'
import { answerError } from './answer-error'
import type { TenantRequest } from './handler'
import { ApiError } from './problem'
import { tellRefusal } from './refusal-budget'
import { actionOfRequest, auditNoteOf, auditOf, type KnownCaller, type RequestAudit } from './request-audit'

/**
 * The one place where requests are accounted for, once they are answered. Changes and exports the tenant's object has accounted
 * for itself, in the transaction of a change and before it hands out anything; what is left is what became of a read, and
 * requests of which no object knows. What is administered is not answered unless it is accounted for.
 */
export async function recordAudit(
  response: Response,
  request: TenantRequest,
  env: Env,
  ctx: ExecutionContext,
): Promise<Response | undefined> {
  const audit = auditOf(request)
  const principal: KnownCaller | undefined = request.principal
  const who = principal ?? audit.known
  if (who === undefined) return undefined
  const { method, route } = request
  const { status } = audit.refused ?? response
  const hasEntry = audit.entry !== undefined || audit.lease !== undefined
  const about = { method, route, action: actionOfRequest(request), scope: audit.scope, status, hasEntry }
  const plan = planOf(about, { who, audit })
  if (plan === 'nothing') return undefined
  const code = audit.refused?.code ?? (await codeOf(response))
  const outcome = { status, ...(code !== undefined && { code }) }
  if (plan === 'answer') {
    ctx.waitUntil(answerEntry(request, env, { who, audit, outcome }))
    return undefined
  }
  const tenantIds = tenantsOf(who, audit)
  if (!isRefusal(about)) return writeEntries(request, env, { who, tenantIds, outcome })
  const { isTold, omitted } = tellRefusal(who.id, Date.now())
  if (!isTold) return undefined
  return writeEntries(request, env, {
    who,
    tenantIds,
    outcome: { ...outcome, refused: true, ...(omitted > 0 && { omitted }) },
  })
}

/** Whoever has no tenant is the operator, and what has read logs is told its end. */
function planOf(
  about: AnsweredRequest,
  { who, audit }: { readonly who: KnownCaller; readonly audit: RequestAudit },
): ReturnType<typeof planFor> {
  if (audit.lease !== undefined) return 'answer'
  return who.tenantId === undefined && audit.scope !== undefined ? 'operator' : planFor(about)
}

/** What the operator does is accounted for with the service, and with the tenant that it is about. */
function tenantsOf({ tenantId }: KnownCaller, { aboutTenantId, entry }: RequestAudit): string[] {
  if (tenantId !== undefined) return [tenantId]
  const isLeftOut = aboutTenantId !== undefined && aboutTenantId !== ACTIVITY_TENANT.id && entry === undefined
  return [ACTIVITY_TENANT.id, ...(isLeftOut ? [aboutTenantId] : [])]
}

async function writeEntries(
  request: TenantRequest,
  env: Env,
  entry: { readonly who: KnownCaller; readonly tenantIds: readonly string[]; readonly outcome: AuditOutcome },
): Promise<Response | undefined> {
  const { who, tenantIds, outcome } = entry
  try {
    for (const tenantId of tenantIds)
      await tenantStub(env, tenantId).recordAudit(callerFor(request, who, tenantId), outcome)
    return undefined
  } catch (error) {
    request.log.error('audit_not_written', { route: request.route, ...errorFields(error) })
    // What was changed stays changed, and what was refused stays refused.
    if (outcome.status >= 400 || request.method !== 'GET') return undefined
    const detail = 'The request could not be accounted for, and is not answered.'
    return answerError(
      new ApiError('partition_unavailable', detail, { retryAfterSeconds: OUTAGE_RETRY_SECONDS }),
      request,
    )
  }
}

/** Tells the tenant's object what became of a read. It waits for nobody, and is told until it is on disk. */
async function answerEntry(
  request: TenantRequest,
  env: Env,
  { who, audit, outcome }: { readonly who: KnownCaller; readonly audit: RequestAudit; readonly outcome: AuditOutcome },
): Promise<void> {
  await audit.ended
  const { entry, lease, rows, matched } = audit
  const told = { ...outcome, rows, ...(matched !== undefined && { matched }) }
  const { tenantId } = request
  const by = { ...callerFor(request, who, tenantId), ...(lease !== undefined && { leaseId: lease }) }
  for (let tries = 1; ; tries++) {
    try {
      // A new stub: one that has failed once goes on failing.
      const stub = tenantStub(env, tenantId)
      if (entry === undefined) return await stub.recordRead(by, told, tries > 1)
      return await stub.answerAudit({ entry, ...told })
    } catch (error) {
      if (tries < AUDIT_TRIES) continue
      request.log.error('audit_not_written', { route: request.route, ...errorFields(error) })
      return
    }
  }
}

const callerFor = (request: TenantRequest, who: KnownCaller, tenantId: string): Caller => ({
  ...{ tenantId, host: request.host, keyId: who.id },
  address: request.headers.get('cf-connecting-ip') ?? '',
  settingsVersion: ALWAYS_CURRENT,
  request: auditNoteOf(request, who),
})

/** The code of a problem. */
async function codeOf(response: Response): Promise<string | undefined> {
  if (response.headers.get('content-type') !== 'application/problem+json') return undefined
  const problem: unknown = await response.clone().json()
  if (typeof problem !== 'object' || problem === null || !('code' in problem)) return undefined
  return typeof problem.code === 'string' ? problem.code : undefined
}
