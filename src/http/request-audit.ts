import { type AuditAction, actionOf } from '../audit/audit-action'
import type { AuditNote } from '../audit/audit-entry'
import type { TenantRequest } from './handler'

/** What the audit has to know of a request, gathered while it is answered. */
export interface RequestAudit {
  /** Whom the credential names, though it may not be good for anything any more. */
  known?: KnownCaller
  /** The scope that the route asks for, once whoever asks was held against it. */
  scope?: string
  /** The tenant that the operator administers. */
  aboutTenantId?: string
  /** The number of the entry that the tenant's object has written. */
  entry?: number
  /** Under which name the tenant's object knows of the read, until it is told what became of it. */
  lease?: string
  /** Records that were handed out. */
  rows: number
  /** Records that were counted. */
  matched?: number
  /** What a search asked for in its body. */
  asked?: string
  /** What it was refused with, where the answer does not say it in words of ours. */
  refused?: { readonly status: number; readonly code: string }
  /** Settles when an answer that is streamed has come to its end. */
  ended?: Promise<void>
}

/** Whom a credential was made for. */
export interface KnownCaller {
  readonly kind: 'key' | 'jwt' | 'session'
  readonly id: string
  /** Absent for the operator. */
  readonly tenantId: string | undefined
  readonly role: string
}

/** The account of a request, begun by whoever asks first. */
export function auditOf(request: Pick<TenantRequest, 'audit'>): RequestAudit {
  request.audit ??= { rows: 0 }
  return request.audit
}

/** What the tenant's object writes of a request, beside who it is from. */
export const auditNoteOf = (request: TenantRequest, { kind, role }: Pick<KnownCaller, 'kind' | 'role'>): AuditNote => ({
  ...{ requestId: request.requestId, kind, role },
  action: actionOfRequest(request),
  // The router writes the root as nothing.
  route: `${request.method} ${request.route || '/'}`,
  // Some protocols have the key in the address.
  params: request.dialect === undefined ? { ...request.params } : {},
  asked: request.dialect === undefined ? (auditOf(request).asked ?? new URL(request.url).search.slice(1)) : '',
})

/** What kind of thing a request does. Whatever is asked in a protocol of those that send logs is about sending them. */
export const actionOfRequest = ({
  dialect,
  method,
  route,
}: Pick<TenantRequest, 'dialect' | 'method' | 'route'>): AuditAction =>
  dialect === undefined ? actionOf(method, route) : 'ingest'

/** Notes that the tenant's object has accounted for what it was asked. */
export function noteEntry<Outcome extends { readonly ok: boolean }>(request: TenantRequest, outcome: Outcome): Outcome {
  if ('audit' in outcome && typeof outcome.audit === 'number') auditOf(request).entry = outcome.audit
  return outcome
}
