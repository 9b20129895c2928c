import type { Caller, Refusal } from '../tenant/contract'
import type { TenantRequest } from './handler'
import { ApiError } from './problem'

/** What the tenant's object is told about who asks. */
export const callerOf = (request: TenantRequest): Caller => ({
  tenantId: request.tenantId,
  host: request.host,
  keyId: request.principal.id,
  address: request.headers.get('cf-connecting-ip') ?? '',
  settingsVersion: 0,
})

/** The answer to what the tenant's object refuses. */
export function refusalError(refusal: Refusal): ApiError {
  switch (refusal.kind) {
    case 'tenant_suspended':
      return new ApiError('ingest_paused', 'The tenant is suspended.')
    case 'domain_moved':
      return new ApiError('not_found')
    case 'key_revoked':
      return new ApiError('key_revoked')
    case 'settings_changed':
      return new ApiError('partition_unavailable', 'The settings of the tenant have just changed.', {
        retryAfterSeconds: 1,
      })
    case 'idempotency_conflict':
      return new ApiError('idempotency_conflict')
    case 'journal_full':
      return new ApiError('ingest_paused', 'The journal is full because the store behind it does not answer.', {
        retryAfterSeconds: refusal.retryAfterSeconds,
      })
  }
}
