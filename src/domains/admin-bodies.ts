import * as z from 'zod'
import { ADMIN_PAGE_DEFAULT, ADMIN_PAGE_MAX, DOMAIN_TEXT_CHARACTERS_MAX, HOST_CHARACTERS_MAX } from '../limits/limits'
import { DomainConfig, LOGS_PER_DAY_MAX, PLAN_NAMES, RETENTION_DAYS_MAX } from '../limits/plans'

const Slug = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
  error: 'it must have 1 to 63 lower-case letters, digits and dashes, and begin with a letter or digit',
})

/** A tenant by its name, or by the id that we gave it. */
export const TenantReference = z.string().regex(/^([a-z0-9][a-z0-9-]{0,62}|ten_[0-9a-z]{26})$/, {
  error: 'it must be a name of 1 to 63 lower-case letters, digits and dashes, or an id, ten_…',
})

const plan = z.enum(PLAN_NAMES, { error: `it must be one of ${PLAN_NAMES.join(', ')}` })
const email = z.email().max(320)

/** The body of POST /admin/domains, as the main seed shows it. */
export const DomainRegistration = z.strictObject({
  domain: z.string().min(1).max(DOMAIN_TEXT_CHARACTERS_MAX),
  tenantId: TenantReference.optional().meta({ description: 'Only the operator must say it; others have one tenant.' }),
  plan: plan.optional().meta({ description: 'Of a tenant that is new; standard when absent.' }),
  contactEmail: email.optional(),
  config: DomainConfig.default({}),
})
export type DomainRegistration = z.infer<typeof DomainRegistration>

/** The body of PATCH /admin/domains/:domain. */
export const DomainEdit = z
  .strictObject({
    status: z.enum(['active', 'suspended']).optional().meta({ description: 'Suspends routing, or resumes it.' }),
    contactEmail: email.nullable().optional(),
  })
  .refine((edit) => Object.keys(edit).length > 0, { error: 'it changes nothing' })
export type DomainEdit = z.infer<typeof DomainEdit>

const page = (what: string) => ({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(ADMIN_PAGE_MAX)
    .default(ADMIN_PAGE_DEFAULT)
    .meta({ description: `${what} on a page.`, examples: [10] }),
  cursor: z.string().optional().meta({ description: 'next_cursor of the page before.' }),
})

/** The parameters of GET /admin/domains. */
export const DomainQuery = z.strictObject({
  tenantId: TenantReference.optional().meta({ description: 'Only of this tenant, by name or id.', examples: ['acme'] }),
  status: z
    .enum(['pending', 'active', 'unrouted', 'suspended'])
    .optional()
    .meta({ description: 'Only domains in this state.', examples: ['active'] }),
  domain: z
    .string()
    .min(1)
    .max(HOST_CHARACTERS_MAX)
    .optional()
    .meta({ description: 'Only domains with this in their name.', examples: ['acme'] }),
  ...page('Domains'),
})
export type DomainQuery = z.infer<typeof DomainQuery>

const counted = z.int().min(0).max(LOGS_PER_DAY_MAX).nullable().optional()

/** What is agreed with a tenant beside its plan; null goes back to the plan's. */
const TenantLimitsBody = z.strictObject({
  retention_days: z.int().min(1).max(RETENTION_DAYS_MAX).nullable().optional(),
  max_logs_per_day: z.int().min(1).max(LOGS_PER_DAY_MAX).nullable().optional(),
  enable_analytics: z.boolean().nullable().optional(),
  domains: counted,
  keys: counted,
  members: counted,
  concurrent_tails: counted,
  concurrent_queries: counted,
})

/** The body of POST /admin/tenants. */
export const TenantRegistration = z.strictObject({
  name: Slug,
  plan: plan.default('standard'),
  contact_email: email.optional(),
  limits: TenantLimitsBody.default({}),
})
export type TenantRegistration = z.infer<typeof TenantRegistration>

/** The body of PATCH /admin/tenants/:tenant. */
export const TenantEdit = z
  .strictObject({
    status: z.enum(['active', 'suspended']).optional(),
    plan: plan.optional(),
    contact_email: email.nullable().optional(),
    limits: TenantLimitsBody.optional(),
  })
  .refine((edit) => Object.keys(edit).length > 0, { error: 'it changes nothing' })
export type TenantEdit = z.infer<typeof TenantEdit>

/** The parameters of GET /admin/tenants. */
export const TenantQuery = z.strictObject({
  status: z
    .enum(['active', 'suspended', 'deleting', 'erasing'])
    .optional()
    .meta({ description: 'Only tenants in this state.', examples: ['active'] }),
  plan: plan.optional().meta({ description: 'Only tenants with this plan.', examples: ['standard'] }),
  name: z
    .string()
    .min(1)
    .max(63)
    .optional()
    .meta({ description: 'Only tenants with this in their name.', examples: ['acm'] }),
  ...page('Tenants'),
})
export type TenantQuery = z.infer<typeof TenantQuery>
