import { CHALLENGE_MS, PROOF_LOST_MS } from '../limits/limits'
import { effectiveTerms, type PlanName, type PlanVariables } from '../limits/plans'
import type { DirectoryChange } from '../tenant/directory'
import type { DomainRow, JsonObject, TenantRow } from '../tenant/directory-rows'
import type { DomainEdit, DomainRegistration } from './admin-bodies'
import { type Challenge, challengeOf } from './challenge'
import { type DomainName, parseDomainName } from './domain-name'
import { type AdminFault, faultsIn, planOf, readTerms } from './tenant-terms'

/** Everything that a registration is decided by. */
export interface RegistrationWorld {
  /** As in SERVICE_HOSTS. */
  readonly serviceHosts: ReadonlySet<string>
  readonly variables: PlanVariables
  /** The tenant that the domain is for; a new one has its id already, and no row. */
  readonly tenantId: string
  readonly tenant: TenantRow | undefined
  /** The row that this tenant has of the domain. What other tenants have of it is nobody's business before it is proved. */
  readonly row: DomainRow | undefined
  /** Makes the tenant's challenges. */
  readonly secret: Uint8Array
  readonly nowMs: number
}

/** What is to be done for a registration, and what its caller is told of it. */
export interface RegistrationPlan {
  readonly domain: DomainName
  /** What a tenant that is new begins with. */
  readonly newTenant: Pick<TenantRow, 'plan' | 'limits' | 'contactEmail'> | undefined
  /** None when the same registration was made before and its challenge is still open. */
  readonly changes: readonly DirectoryChange[]
  readonly row: DomainRow
  /** What the owner has to show; undefined when the domain needs no proof or was proved. */
  readonly challenge: Challenge | undefined
  readonly isNew: boolean
}

export type RegistrationOutcome =
  | { readonly ok: true; readonly plan: RegistrationPlan }
  | { readonly ok: false; readonly faults: readonly AdminFault[] }

/**
 * Decides what POST /admin/domains does. A name that needs proof becomes pending, whatever other tenants have registered:
 * who proves it first gets it. A name below localhost or below our own host routes at once, and its claim decides who came
 * first. The same registration again changes nothing but a challenge that is over.
 */
export function decideRegistration(body: DomainRegistration, world: RegistrationWorld): RegistrationOutcome {
  const parsed = parseDomainName(body.domain, world.serviceHosts)
  if (!parsed.ok)
    return refused({
      code: 'validation_failed',
      detail: `This domain is refused. ${parsed.detail}`,
      pointer: '/domain',
    })
  const tenantFaults = world.tenant ? faultsWithTenant(body, world.tenant) : faultsOfNewTenant(body)
  if (tenantFaults.length > 0) return { ok: false, faults: tenantFaults }
  return { ok: true, plan: planRegistration(body, parsed.domain, world) }
}

/** Who asks for a change of a domain. */
export type DomainKeeper = 'operator' | 'tenant'

/**
 * What PATCH /admin/domains/:domain sets of a domain's row. Only what routes can be suspended, and only what was suspended
 * can be resumed: nothing but a proof makes a domain active. What the operator has suspended, only the operator resumes.
 */
export function decideDomainEdit(
  row: DomainRow,
  { status, contactEmail }: DomainEdit,
  about: { readonly by: DomainKeeper; readonly nowMs: number },
): { readonly ok: true; readonly patch: JsonObject } | { readonly ok: false; readonly faults: readonly AdminFault[] } {
  const { by, nowMs } = about
  const contact = contactEmail === undefined ? {} : { contactEmail }
  if (status === 'suspended' && (row.status === 'active' || (row.status === 'suspended' && by === 'operator')))
    return { ok: true, patch: { ...contact, status, suspendedBy: by } }
  if (status === undefined || status === row.status) return { ok: true, patch: contact }
  if (isHeldByOperator(row, by)) return refused(OPERATOR_ONLY)
  if (row.status === 'suspended')
    return { ok: true, patch: { ...contact, status: resumedStatus(row, nowMs), suspendedBy: null } }
  const detail = `The domain is ${row.status}: it routes once it is proved, with POST …/verify.`
  return refused({ code: 'conflict', detail, pointer: '/status' })
}

/** Why a domain may not be removed now, if so: who removed it and registered it again would have resumed it. */
export const faultOfRemoval = (row: DomainRow, by: DomainKeeper): AdminFault | undefined =>
  isHeldByOperator(row, by) ? OPERATOR_ONLY : undefined

const OPERATOR_ONLY: AdminFault = {
  code: 'scope_missing',
  detail: 'The operator has suspended this domain, and only the operator resumes it.',
}

const isHeldByOperator = ({ status, suspendedBy = 'operator' }: DomainRow, by: DomainKeeper): boolean =>
  status === 'suspended' && suspendedBy === 'operator' && by !== 'operator'

/** A proof that was lost during the suspension is as lost as any other. */
const resumedStatus = ({ lostMs }: DomainRow, nowMs: number): DomainRow['status'] =>
  lostMs !== undefined && nowMs - lostMs >= PROOF_LOST_MS ? 'unrouted' : 'active'

const refused = (...faults: AdminFault[]): { readonly ok: false; readonly faults: readonly AdminFault[] } => ({
  ok: false,
  faults,
})

const faultsOfNewTenant = ({ plan = 'standard', config }: DomainRegistration): AdminFault[] =>
  faultsIn(plan, toJson(config), (member) => `/config/${member}`)

/** A tenant is changed where tenants are changed: a second domain must not shorten the retention of the first by the way. */
function faultsWithTenant({ plan, config }: DomainRegistration, tenant: TenantRow): AdminFault[] {
  if (tenant.status !== 'active' && tenant.status !== 'suspended')
    return [{ code: 'conflict', detail: 'The tenant is being deleted.' }]
  const where = 'change it with PATCH /admin/tenants'
  const faults: AdminFault[] = []
  if (plan !== undefined && plan !== tenant.plan)
    faults.push({ code: 'conflict', detail: `The tenant has the plan ${tenant.plan}; ${where}.`, pointer: '/plan' })
  const terms: Readonly<Record<string, unknown>> = readTerms(tenant.limits)
  for (const [member, value] of Object.entries(config)) {
    if (value === undefined || value === terms[member] || isDefault(member, value, terms)) continue
    const detail = `The tenant has ${member} ${terms[member] ?? 'of its plan'}; ${where}.`
    faults.push({ code: 'conflict', detail, pointer: `/config/${member}` })
  }
  return faults
}

/** Analytics are on unless somebody said otherwise. */
const isDefault = (member: string, value: unknown, terms: Readonly<Record<string, unknown>>): boolean =>
  member === 'enableAnalytics' && value === true && terms[member] === undefined

/** How many domains the tenant's plan allows; the object counts them when one is added. */
function domainsMax({ plan }: DomainRegistration, { tenant, variables }: RegistrationWorld): number {
  const name: PlanName = tenant ? planOf(tenant) : (plan ?? 'standard')
  return effectiveTerms(name, tenant ? readTerms(tenant.limits) : {}, variables).domains
}

function planRegistration(body: DomainRegistration, domain: DomainName, world: RegistrationWorld): RegistrationPlan {
  const { row, tenantId } = world
  const expiresMs = expiryOf(domain, world)
  const challenge =
    expiresMs === undefined
      ? undefined
      : challengeOf({ secret: world.secret, tenantId, domain: domain.name, expiresMs })
  const common = { domain, newTenant: newTenantOf(body, world), challenge }
  if (row === undefined) {
    const made = newRow(body, challenge, world.nowMs)
    const countMax = domainsMax(body, world)
    return {
      ...common,
      row: made,
      changes: [{ what: 'domain.added', id: domain.name, row: made, countMax }],
      isNew: true,
    }
  }
  const patch = patchOf(body, row, challenge)
  const changes: DirectoryChange[] =
    Object.keys(patch).length === 0 ? [] : [{ what: 'domain.edited', id: domain.name, patch }]
  return { ...common, row: { ...row, ...patch }, changes, isNew: false }
}

/**
 * When the domain's challenge ends; undefined without one. A challenge that is open stays, so that it can be shown again,
 * and so does the one that proves a domain every day.
 */
function expiryOf({ kind }: DomainName, { row, nowMs }: RegistrationWorld): number | undefined {
  if (kind !== 'custom' || row?.status === 'active' || row?.status === 'suspended') return undefined
  const known = row?.tokenExpiresMs
  return known !== undefined && nowMs < known ? known : nowMs + CHALLENGE_MS
}

const newTenantOf = ({ plan = 'standard', contactEmail, config }: DomainRegistration, { tenant }: RegistrationWorld) =>
  tenant === undefined
    ? { plan, limits: toJson(config), ...(contactEmail !== undefined && { contactEmail }) }
    : undefined

function newRow(
  { contactEmail, config }: DomainRegistration,
  challenge: Challenge | undefined,
  nowMs: number,
): DomainRow {
  const contact = contactEmail === undefined ? {} : { contactEmail }
  const common = { ...contact, config: toJson(config), createdMs: nowMs }
  if (challenge === undefined) return { ...common, status: 'active', proof: 'none' }
  return { ...common, status: 'pending', tokenHash: challenge.answerHash, tokenExpiresMs: challenge.expiresMs }
}

/** What the same registration again changes: a challenge that was over, and who to write to. */
function patchOf({ contactEmail }: DomainRegistration, row: DomainRow, challenge: Challenge | undefined) {
  const isOver = challenge !== undefined && challenge.expiresMs !== row.tokenExpiresMs
  return {
    ...(isOver && { tokenHash: challenge.answerHash, tokenExpiresMs: challenge.expiresMs }),
    ...(contactEmail !== undefined && contactEmail !== row.contactEmail && { contactEmail }),
  }
}

const toJson = (config: DomainRegistration['config']): DomainRow['config'] =>
  Object.fromEntries(Object.entries(config).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
