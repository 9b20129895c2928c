import * as z from 'zod'
import { effectiveTerms, FEATURE_VARIABLES, PLAN_NAMES, type PlanVariables } from '../limits/plans'
import type { TenantRow } from '../tenant/directory-rows'
import { planOf, readTerms, shownTerms } from './tenant-terms'

const time = z.iso.datetime()
const count = z.int().min(0)

/** A tenant as the routes of /admin/tenants show it. */
export const TenantAnswer = z.strictObject({
  id: z.string(),
  name: z.string(),
  plan: z.enum(PLAN_NAMES),
  status: z.enum(['active', 'suspended', 'deleting', 'erasing']),
  contact_email: z.string().nullable(),
  limits: z
    .record(z.string(), z.union([z.int(), z.boolean()]))
    .meta({ description: 'What is agreed in the place of the plan’s numbers.' }),
  in_force: z
    .strictObject({
      retention_days: count,
      max_logs_per_day: count.nullable().meta({ description: 'null: any number.' }),
      domains: count,
      keys: count,
      members: count,
      concurrent_tails: count.nullable(),
      concurrent_queries: count.nullable(),
      features: z.array(z.enum(['analytics', 'integrations', 'webhooks', 'content_analysis', 'websocket'])),
    })
    .meta({ description: 'What comes of plan, limits and variables.' }),
  created_at: time,
  erased_after: time.nullable().meta({ description: 'When a tenant that is being deleted is erased for good.' }),
})
export type TenantAnswer = z.infer<typeof TenantAnswer>

/** A tenant for its answer. */
export function toTenantAnswer(id: string, row: TenantRow, variables: PlanVariables): TenantAnswer {
  const { limits, retentionDays, domains, keys, members, features } = effectiveTerms(
    planOf(row),
    readTerms(row.limits),
    variables,
  )
  return TenantAnswer.parse({
    ...{ id, name: row.name, plan: planOf(row), status: row.status, contact_email: row.contactEmail ?? null },
    limits: shownTerms(row.limits),
    in_force: {
      ...{ retention_days: retentionDays, domains, keys, members },
      max_logs_per_day: limits.maxLogsPerDay ?? null,
      concurrent_tails: limits.concurrentTails ?? null,
      concurrent_queries: limits.concurrentQueries ?? null,
      features: Object.keys(FEATURE_VARIABLES).filter((name) => [...features].some((feature) => feature === name)),
    },
    created_at: new Date(row.createdMs).toISOString(),
    erased_after: row.deleteMs === undefined ? null : new Date(row.deleteMs).toISOString(),
  })
}
