import type { Caller, Refusal } from '../tenant/contract'
import type { TenantRequest } from './handler'
import { limitedSurfaces } from './limited-surfaces'
import { ApiError } from './problem'
import { limitError } from './rate-limit-headers'
import { auditNoteOf } from './request-audit'

/** What the tenant's object is told about who asks. */
export const callerOf = (request: TenantRequest): Caller => ({
  tenantId: request.tenantId,
  host: request.host,
  keyId: request.principal.id,
  ...(request.principal.payerId !== undefined && { payerId: request.principal.payerId }),
  address: request.headers.get('cf-connecting-ip') ?? '',
  settingsVersion: request.hints.version,
  surfaces: limitedSurfaces(request.route),
  request: auditNoteOf(request, request.principal),
})

/** The answer to what the tenant's object refuses. */
export function refusalError(refusal: Refusal): ApiError {
  switch (refusal.kind) {
    case 'settings_changed':
      return new ApiError('partition_unavailable', 'The settings of the tenant have just changed.', {
        retryAfterSeconds: 1,
      })
    case 'not_found':
      return new ApiError('not_found')
    case 'conflict':
      return new ApiError('conflict', refusal.detail)
    case 'precondition_failed':
      return new ApiError('precondition_failed')
    case 'invalid_change':
      return new ApiError('validation_failed', refusal.detail)
    case 'not_published':
      return new ApiError('partition_unavailable', 'The store of keys and domains does not answer.', {
        retryAfterSeconds: refusal.retryAfterSeconds,
      })
    case 'idempotency_conflict':
      return new ApiError('idempotency_conflict')
    case 'known_ids':
      return new ApiError('partition_unavailable', 'Records of this batch are being stored by another request.', {
        retryAfterSeconds: 1,
      })
    case 'journal_full':
      return new ApiError('ingest_paused', 'The journal is full because the store behind it does not answer.', {
        retryAfterSeconds: refusal.retryAfterSeconds,
      })
    case 'limited':
    case 'too_large_for_limit':
      return limitError(refusal)
  }
}
