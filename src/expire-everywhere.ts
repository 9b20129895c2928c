import { callTenants } from './call-tenants'
import { type Config, type Env, readConfig } from './env'
import { CHANGE_SEGMENTS_MAX } from './limits/limits'
import { readTenantsWithSegments, type TenantWithSegments } from './storage/d1/catalog-upkeep'
import { claimSlot, finishSlot, moveSlot, releaseSlot } from './storage/d1/cron-slots'
import { JsonObject } from './tenant/directory-rows'
import { planRetentionDays, retentionRulesOf, shortestDays } from './tenant/retention-rules'
import { readTenantSettings } from './tenant/settings'
import { tenantStub } from './tenant-stub'

/** When retention runs, as wrangler.toml says it. */
export const CLEANUP_CRON = '0 2 * * *'

/**
 * Has every tenant with expired segments remove them. A slot is done once, however often it is triggered; a run that was
 * cut short goes on after the last tenant it had called.
 */
export async function expireEverywhere(env: Env, slotMs: number, nowMs: number): Promise<void> {
  const config = readConfig(env)
  const { CLEANUP_BATCH_SIZE } = config
  const slot = { cron: CLEANUP_CRON, slotMs }
  const limit = Math.min(CLEANUP_BATCH_SIZE, CHANGE_SEGMENTS_MAX)
  for (let after = await claimSlot(env.CONTROL, slot, nowMs); after !== undefined; ) {
    const tenants = await readTenantsWithSegments(env.CONTROL, { after, limit })
    const expiring = tenants.filter((tenant) => hasExpired(tenant, config, nowMs)).map(({ tenantId }) => tenantId)
    const { failed } = await callTenants(env, expiring, (tenantId) => tenantStub(env, tenantId).retain(slotMs))
    if (failed > 0) return releaseSlot(env.CONTROL, slot, nowMs)
    if (tenants.length < limit) return finishSlot(env.CONTROL, slot, nowMs)
    after = tenants[tenants.length - 1].tenantId
    await moveSlot(env.CONTROL, slot, after)
  }
}

const DAY_MS = 86_400_000

/** Whether all of a segment can have expired by any of the tenant's policies. Its object looks closer. */
function hasExpired({ oldestMs, terms }: TenantWithSegments, config: Config, nowMs: number): boolean {
  return oldestMs < nowMs - fewestDays(terms, config) * DAY_MS
}

function fewestDays(terms: TenantWithSegments['terms'], config: Config): number {
  if (terms === undefined) return config.DEFAULT_TTL_DAYS
  const limits = JsonObject.parse(JSON.parse(terms.limits))
  const settings = readTenantSettings(JsonObject.parse(JSON.parse(terms.settings)))
  return shortestDays(retentionRulesOf(settings, planRetentionDays({ plan: terms.plan, limits }, config)))
}
