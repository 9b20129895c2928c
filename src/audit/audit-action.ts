/** What kind of thing a request does, for whoever reads the audit. */
export const AUDIT_ACTIONS = [
  'search',
  'view',
  'export',
  'tail',
  'ingest',
  'sign_in',
  'sign_out',
  'read',
  'change',
  'read_audit',
  'export_audit',
  'verify_audit',
] as const

export type AuditAction = (typeof AUDIT_ACTIONS)[number]

/** Routes that their form does not tell. */
const NAMED: Readonly<Record<string, AuditAction>> = {
  'POST /session': 'sign_in',
  'DELETE /session': 'sign_out',
  'GET /admin/audit': 'read_audit',
  'GET /admin/audit/export': 'export_audit',
  'GET /admin/audit/verify': 'verify_audit',
  'POST /logs': 'ingest',
  'POST /logs/search': 'search',
  'POST /admin/settings/redaction/test': 'search',
  'POST /integration/rules/test': 'search',
  'GET /metrics': 'read',
  'POST /integration/cross-service': 'ingest',
  'GET /integration/cross-service': 'search',
  'GET /integration/graph': 'search',
}

/** What a request to a route does. A new route gets what its form says: what is read under an address of logs is a search. */
export function actionOf(method: string, route: string): AuditAction {
  const named = NAMED[`${method} ${route}`]
  if (named !== undefined) return named
  if (/\/ingest(\/|$)/.test(route)) return 'ingest'
  if (/\/tail(\/|$)/.test(route)) return 'tail'
  if (method !== 'GET') return 'change'
  if (/\/export$/.test(route)) return 'export'
  if (/\/logs\/:id(\/|$)/.test(route)) return 'view'
  if (/\/configs?(\/|$)/.test(route)) return 'read'
  return /^\/(logs|analytics|api\/v1\/logs)(\/|$)/.test(route) ? 'search' : 'read'
}

/** What reads logs: the tenant's object accounts for it when it hands them out. */
const OF_LOGS: readonly AuditAction[] = ['search', 'view', 'export']

/** What is asked every few seconds and says nothing of logs or people. */
const UNRECORDED = ['GET /metrics', 'GET /integration/health', 'GET /session']

/** A request, once it is known how it was answered. */
export interface AnsweredRequest {
  readonly method: string
  readonly route: string
  /** What it does, where its method and route do not tell. */
  readonly action?: AuditAction
  /** The scope that its route asks for; undefined when it was refused before that. */
  readonly scope: string | undefined
  readonly status: number
  /** The tenant's object has written an entry for it. */
  readonly hasEntry: boolean
}

/**
 * What is left to do for a request of somebody known: `answer` tells what became of the read that has its entry, `entry` writes
 * one, and `operator` one for the service.
 */
export function planFor(request: AnsweredRequest): 'nothing' | 'answer' | 'entry' | 'operator' {
  const { method, route, scope, status, hasEntry } = request
  if (scope === 'public') return 'nothing'
  if (scope === 'operator') return 'operator'
  const { action = actionOf(method, route) } = request
  if (hasEntry) return isRead(action) ? 'answer' : 'nothing'
  if (isRefusal(request)) return 'entry'
  if (action === 'ingest' || status === 429 || OF_LOGS.includes(action)) return 'nothing'
  return UNRECORDED.includes(`${method} ${route}`) ? 'nothing' : 'entry'
}

/** Whether somebody was not let in: by their credential, their scopes, or because what they named is not for them. */
export const isRefusal = ({ scope, status }: Pick<AnsweredRequest, 'scope' | 'status'>): boolean =>
  status === 401 || status === 403 || (status === 404 && scope === undefined)

const isRead = (action: AuditAction): boolean =>
  OF_LOGS.includes(action) || ['tail', 'read', 'read_audit', 'export_audit', 'verify_audit'].includes(action)
