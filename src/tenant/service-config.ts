import * as z from 'zod'
import {
  RETENTION_EXTENDED_DAYS,
  RETENTION_MINIMAL_DAYS,
  RETENTION_STANDARD_DAYS,
  SERVICE_CONFIGS_MAX,
  SERVICE_TTL_DAYS_MAX,
} from '../limits/limits'

/** The retention policies of the second seed, and how many days each means. An explicit number of days wins. */
export const RETENTION_POLICY_DAYS = {
  standard: RETENTION_STANDARD_DAYS,
  extended: RETENTION_EXTENDED_DAYS,
  minimal: RETENTION_MINIMAL_DAYS,
} as const

const RETENTION_POLICIES = ['standard', 'extended', 'minimal'] as const satisfies readonly RetentionPolicy[]

type RetentionPolicy = keyof typeof RETENTION_POLICY_DAYS

const days = z.int().min(1).max(SERVICE_TTL_DAYS_MAX)
const logsPerDay = z.int().min(1)

/** What the tenant's settings hold of one service, under `services` and its name. What is absent is as for any service. */
export const ServiceConfig = z.object({
  ttlDays: days.optional(),
  retentionPolicy: z.enum(RETENTION_POLICIES).optional(),
  alertOnErrors: z.boolean(),
  maxLogsPerDay: logsPerDay.optional(),
  createdMs: z.int().min(0),
  updatedMs: z.int().min(0),
})
export type ServiceConfig = z.infer<typeof ServiceConfig>

/** The configurations of a tenant's services by their names: the member `services` of its settings. */
export const ServiceConfigs = z
  .record(z.string(), ServiceConfig)
  .refine((configs) => Object.keys(configs).length <= SERVICE_CONFIGS_MAX, {
    error: `there are at most ${SERVICE_CONFIGS_MAX} configurations of services`,
  })
export type ServiceConfigs = z.infer<typeof ServiceConfigs>

/** A change of a configuration as the second seed's API takes it. What is left out stays as it is; null takes it back. */
export const ServiceConfigChange = z.strictObject({
  ttl_days: days.nullable().optional().meta({ description: 'Days that records are kept; null: what the policy says.' }),
  retention_policy: z
    .enum(RETENTION_POLICIES)
    .optional()
    .meta({ description: 'standard is 30 days, extended 90, minimal 7. ttl_days wins.' }),
  alert_on_errors: z.boolean().optional().meta({ description: 'Whether a high rate of errors is an alert.' }),
  max_logs_per_day: logsPerDay
    .nullable()
    .optional()
    .meta({ description: 'Logs of the service that are taken in 24 hours; null: as many as of the tenant.' }),
})
export type ServiceConfigChange = z.infer<typeof ServiceConfigChange>

/** A configuration as the second seed's API shows it. */
export const ServiceConfigRow = z.strictObject({
  service_name: z.string(),
  ttl_days: z.int().meta({ description: 'What holds: its own, else the policy’s, else the tenant’s.' }),
  retention_policy: z.enum(RETENTION_POLICIES),
  alert_on_errors: z.boolean(),
  max_logs_per_day: z.int().nullable().meta({ description: 'null: as many as of the tenant.' }),
  created_at: z.int().nullable().meta({ description: 'Milliseconds since 1970; null before the first PUT.' }),
  updated_at: z.int().nullable(),
})
export type ServiceConfigRow = z.infer<typeof ServiceConfigRow>

/** How many days a service's records are kept, or undefined where that is left to the tenant. */
export const retentionDaysOf = ({ ttlDays, retentionPolicy }: ServiceConfig): number | undefined =>
  ttlDays ?? (retentionPolicy === undefined ? undefined : RETENTION_POLICY_DAYS[retentionPolicy])

/** The configuration of a service; undefined where it has none of its own. */
export const serviceConfigOf = (configs: ServiceConfigs, service: string): ServiceConfig | undefined =>
  Object.hasOwn(configs, service) ? configs[service] : undefined

/** The configurations with that of one service changed, or made. */
export function changeServiceConfig(
  configs: ServiceConfigs,
  service: string,
  change: ServiceConfigChange,
  nowMs: number,
): ServiceConfigs {
  const known = serviceConfigOf(configs, service)
  const ttlDays = changed(change.ttl_days, known?.ttlDays)
  const retentionPolicy = change.retention_policy ?? known?.retentionPolicy
  const maxLogsPerDay = changed(change.max_logs_per_day, known?.maxLogsPerDay)
  const config: ServiceConfig = {
    ...(ttlDays !== undefined && { ttlDays }),
    ...(retentionPolicy !== undefined && { retentionPolicy }),
    alertOnErrors: change.alert_on_errors ?? known?.alertOnErrors ?? false,
    ...(maxLogsPerDay !== undefined && { maxLogsPerDay }),
    createdMs: known?.createdMs ?? nowMs,
    updatedMs: nowMs,
  }
  return { ...configs, [service]: config }
}

/** What holds for a service, whether it has a configuration or not. */
export function toServiceConfigRow(
  service: string,
  config: ServiceConfig | undefined,
  tenantDays: number,
): ServiceConfigRow {
  return {
    service_name: service,
    ttl_days: (config && retentionDaysOf(config)) ?? tenantDays,
    retention_policy: config?.retentionPolicy ?? 'standard',
    alert_on_errors: config?.alertOnErrors ?? false,
    max_logs_per_day: config?.maxLogsPerDay ?? null,
    created_at: config?.createdMs ?? null,
    updated_at: config?.updatedMs ?? null,
  }
}

/** All configurations, in the order of their names. */
export const toServiceConfigRows = (configs: ServiceConfigs, tenantDays: number): ServiceConfigRow[] =>
  Object.keys(configs)
    .sort()
    .map((service) => toServiceConfigRow(service, configs[service], tenantDays))

/** What is left out stays, null goes. */
const changed = <Value>(asked: Value | null | undefined, known: Value | undefined): Value | undefined =>
  asked === undefined ? known : (asked ?? undefined)
