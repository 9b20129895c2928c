import { faultsOfTerms, isPlanName, type PlanName, TenantTerms } from '../limits/plans'
import type { JsonObject, TenantRow } from '../tenant/directory-rows'
import type { TenantEdit, TenantRegistration } from './admin-bodies'

/** Why a tenant cannot be as it is asked for. `pointer` leads into the body, where it is about the body. */
export interface AdminFault {
  readonly code: 'validation_failed' | 'conflict' | 'not_found' | 'scope_missing'
  readonly detail: string
  readonly pointer?: string
}

export type TermsOutcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly faults: readonly AdminFault[] }

/** Members of the terms by their names in the body of /admin/tenants. */
const BODY_NAMES = {
  retentionDays: 'retention_days',
  maxLogsPerDay: 'max_logs_per_day',
  enableAnalytics: 'enable_analytics',
  domains: 'domains',
  keys: 'keys',
  members: 'members',
  concurrentTails: 'concurrent_tails',
  concurrentQueries: 'concurrent_queries',
} as const

type NamedTerm = keyof typeof BODY_NAMES

/** The parts of a tenant's row that POST /admin/tenants says, or what its plan does not allow. */
export function termsOfNewTenant({
  plan,
  contact_email,
  limits,
}: TenantRegistration): TermsOutcome<Pick<TenantRow, 'plan' | 'limits' | 'contactEmail'>> {
  const terms = editTerms({}, limits)
  const faults = faultsIn(plan, terms, (member) => `/limits/${bodyName(member)}`)
  if (faults.length > 0) return { ok: false, faults }
  const contact = contact_email === undefined ? {} : { contactEmail: contact_email }
  return { ok: true, value: { plan, limits: terms, ...contact } }
}

/** What PATCH /admin/tenants/:tenant sets of a tenant's row (null takes a member away), or what its plan does not allow. */
export function editTenant(tenant: TenantRow, edit: TenantEdit): TermsOutcome<JsonObject> {
  const isLeft = tenant.status === 'erasing' || (tenant.status === 'deleting' && edit.status === undefined)
  if (isLeft) return { ok: false, faults: [{ code: 'conflict', detail: 'The tenant is being deleted.' }] }
  const plan = edit.plan ?? planOf(tenant)
  const limits = edit.limits ? editTerms(tenant.limits, edit.limits) : tenant.limits
  const faults = faultsIn(plan, limits, (member) => (edit.limits ? `/limits/${bodyName(member)}` : '/plan'))
  if (faults.length > 0) return { ok: false, faults }
  return {
    ok: true,
    value: {
      ...(edit.status && { status: edit.status }),
      // A status takes the deletion back.
      ...(tenant.status === 'deleting' && { deleteMs: null }),
      ...(edit.plan && { plan }),
      ...(edit.limits && { limits }),
      ...(edit.contact_email !== undefined && { contactEmail: edit.contact_email }),
    },
  }
}

/** What the numbers of terms break of a plan, with where each stands. */
export function faultsIn(
  plan: PlanName,
  limits: TenantRow['limits'],
  pointerTo: (member: keyof TenantTerms) => string,
): AdminFault[] {
  return faultsOfTerms(plan, readTerms(limits)).map(({ member, min, max }) => ({
    code: 'validation_failed',
    detail: `The plan ${plan} allows ${bodyName(member)} from ${min} to ${max}.`,
    pointer: pointerTo(member),
  }))
}

/** The terms out of a tenant's row. Terms that this version of the code cannot read are none. */
export const readTerms = (limits: TenantRow['limits']): TenantTerms => TenantTerms.safeParse(limits).data ?? {}

/** The plan of a tenant's row; an unknown one, of another version of the code, is the standard one. */
export const planOf = ({ plan }: Pick<TenantRow, 'plan'>): PlanName => (isPlanName(plan) ? plan : 'standard')

/** Terms as the answers of /admin/tenants show them. */
export function shownTerms(limits: TenantRow['limits']): JsonObject {
  const named = Object.entries(limits).flatMap(([member, value]) =>
    isNamed(member) ? [[BODY_NAMES[member], value] as const] : [],
  )
  return Object.fromEntries(named)
}

function editTerms(limits: TenantRow['limits'], edit: TenantRegistration['limits']): TenantRow['limits'] {
  const edited = { ...limits, ...Object.fromEntries(MEMBERS.map((member) => [member, edit[BODY_NAMES[member]]])) }
  // Null goes back to the plan's number, and what the body leaves out stays as it is.
  const kept = Object.entries(edited).map(
    ([name, value]) => [name, value === undefined ? limits[name] : value] as const,
  )
  return Object.fromEntries(
    kept.flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, value]])),
  )
}

const isNamed = (member: string): member is NamedTerm => Object.hasOwn(BODY_NAMES, member)

const MEMBERS: readonly NamedTerm[] = Object.keys(BODY_NAMES).filter(isNamed)

const bodyName = (member: string): string => (isNamed(member) ? BODY_NAMES[member] : member)
