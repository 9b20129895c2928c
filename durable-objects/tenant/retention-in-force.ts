import { type Env, readConfig } from '../../src/env'
import { SETTINGS_ID, TenantRow } from '../../src/tenant/directory-rows'
import {
  planRetentionDays,
  type RetentionRules,
  retentionRulesOf,
  uniformRetention,
} from '../../src/tenant/retention-rules'
import { readTenantSettings } from '../../src/tenant/settings'
import type { Holdings } from './holdings'

/** What the work of an object asks of its tenant's settings. */
export interface WorkingSettings {
  readonly rules: RetentionRules
  /** The version of the tenant that they are of. */
  readonly edition: number
  /** How long segments stay in D1; the variable where the tenant does not say. */
  readonly hotHours: number
}

/**
 * The settings in force for the work of a tenant's object: its plan and settings out of its directory, and the variables where
 * they say nothing.
 */
export function workingSettings(
  env: Env,
  { state, directory }: Pick<Holdings, 'state' | 'directory'>,
  tenantId: string,
): WorkingSettings {
  const config = readConfig(env)
  const { settingsVersion: edition } = state.read()
  const tenant = TenantRow.safeParse(directory.find('tenant', tenantId)?.value).data
  const settings = directory.find('settings', SETTINGS_ID)?.value
  const planDays = tenant === undefined ? config.DEFAULT_TTL_DAYS : planRetentionDays(tenant, config)
  if (settings === undefined) return { rules: uniformRetention(planDays), edition, hotHours: config.HOT_HOURS }
  const stored = readTenantSettings(settings)
  return { rules: retentionRulesOf(stored, planDays), edition, hotHours: stored.hot_hours ?? config.HOT_HOURS }
}
