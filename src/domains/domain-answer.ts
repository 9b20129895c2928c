import * as z from 'zod'
import { DomainConfig, PLAN_NAMES } from '../limits/plans'
import type { DomainRow, TenantRow } from '../tenant/directory-rows'
import type { Challenge } from './challenge'
import { planOf } from './tenant-terms'

const time = z.iso.datetime()

/** What the owner of a domain has to show, in one of two places. */
const Verification = z.strictObject({
  expiresAt: time,
  record: z.strictObject({ type: z.literal('TXT'), name: z.string(), value: z.string() }),
  file: z
    .strictObject({ url: z.string(), content: z.string() })
    .meta({ description: 'Instead of the record, and only until the host points at us: we never serve this file.' }),
})

/** A domain as the routes of /admin/domains show it, in the names of the main seed. */
export const DomainAnswer = z.strictObject({
  domain: z.string().meta({ description: 'As it is compared with the Host header: A-labels in lower case.' }),
  tenantId: z.string().meta({ description: 'The name of the tenant.' }),
  plan: z.enum(PLAN_NAMES),
  contactEmail: z.string().nullable(),
  config: DomainConfig,
  status: z.enum(['pending', 'active', 'unrouted', 'suspended']),
  proof: z.enum(['none', 'dns', 'http']).nullable().meta({ description: 'none: this name needs no proof.' }),
  verification: Verification.nullable(),
  provedAt: time.nullable(),
  checkedAt: time.nullable(),
  proofMissingSince: time.nullable(),
  createdAt: time,
})
export type DomainAnswer = z.infer<typeof DomainAnswer>

/** The answer of POST /admin/domains. */
export const RegistrationAnswer = DomainAnswer.extend({
  tenantCreated: z.boolean(),
  message: z.string().meta({ description: 'What was done, and what is left to do.' }),
})
export type RegistrationAnswer = z.infer<typeof RegistrationAnswer>

/** What a platform in front of us says about a host: what is left for its owner to do there. */
const PlatformAnswer = z.strictObject({
  status: z.enum(['pending', 'active', 'blocked', 'moved', 'unavailable']),
  records: z.array(
    z.union([
      z.strictObject({ type: z.literal('TXT'), name: z.string(), value: z.string() }),
      z.strictObject({ type: z.literal('HTTP'), url: z.string(), content: z.string() }),
    ]),
  ),
  faults: z.array(z.string()),
})

/** The answer of POST /admin/domains/:domain/verify. */
export const VerificationAnswer = DomainAnswer.extend({
  verified: z.boolean(),
  message: z.string().meta({ description: 'What was found, and where.' }),
  platform: PlatformAnswer.nullable().meta({
    description: 'Of Cloudflare’s custom hostnames; null where there are none.',
  }),
})
export type VerificationAnswer = z.infer<typeof VerificationAnswer>

/** The answer of GET /admin/domains. */
export const DomainList = z.strictObject({
  data: z.array(DomainAnswer).meta({ description: 'In the order of their names; `verification` is null in lists.' }),
  page: z.strictObject({ next_cursor: z.string().nullable(), has_more: z.boolean() }),
})

/** What a domain's answer is made of. */
export interface ShownDomain {
  readonly domain: string
  readonly tenant: Pick<TenantRow, 'name' | 'plan'>
  readonly row: DomainRow
  readonly challenge: Challenge | undefined
}

/** A domain for its answer. */
export function toDomainAnswer({ domain, tenant, row, challenge }: ShownDomain): DomainAnswer {
  return {
    domain,
    tenantId: tenant.name,
    plan: planOf(tenant),
    contactEmail: row.contactEmail ?? null,
    config: DomainConfig.safeParse(row.config).data ?? {},
    status: row.status,
    proof: row.proof ?? null,
    verification: challenge
      ? { expiresAt: toTime(challenge.expiresMs), record: challenge.record, file: challenge.file }
      : null,
    provedAt: toTimeOrNull(row.provedMs),
    checkedAt: toTimeOrNull(row.checkedMs),
    proofMissingSince: toTimeOrNull(row.lostMs),
    createdAt: toTime(row.createdMs),
  }
}

/** The answer to a registration; it says whether it made the tenant. */
export function toRegistrationAnswer(shown: ShownDomain, tenantCreated: boolean): RegistrationAnswer {
  const { domain, tenant, challenge } = shown
  const made = tenantCreated ? `The tenant ${tenant.name} was created. ` : ''
  const next = challenge
    ? `Add the TXT record ${challenge.record.name} and POST /admin/domains/${domain}/verify: ${domain} routes once it is proved.`
    : `${domain} is ${shown.row.status}.`
  return { ...toDomainAnswer(shown), tenantCreated, message: `${made}${next}` }
}

const toTime = (timeMs: number): string => new Date(timeMs).toISOString()

const toTimeOrNull = (timeMs: number | undefined): string | null => (timeMs === undefined ? null : toTime(timeMs))
