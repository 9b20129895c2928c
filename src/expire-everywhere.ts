import { callTenants } from './call-tenants'
import { type Env, readConfig } from './env'
import { CHANGE_SEGMENTS_MAX } from './limits/limits'
import { expiriesAt } from './segments/retention'
import { readExpiringTenants } from './storage/d1/catalog-upkeep'
import { claimSlot, finishSlot, moveSlot, releaseSlot } from './storage/d1/cron-slots'
import { tenantStub } from './tenant-stub'

/** When retention runs, as wrangler.toml says it. */
export const CLEANUP_CRON = '0 2 * * *'

/**
 * Has every tenant with expired segments remove them. A slot is done once, however often it is triggered; a run that was
 * cut short goes on after the last tenant it had called.
 */
export async function expireEverywhere(env: Env, slotMs: number, nowMs: number): Promise<void> {
  const { DEFAULT_TTL_DAYS, CLEANUP_BATCH_SIZE } = readConfig(env)
  const slot = { cron: CLEANUP_CRON, slotMs }
  const expiries = expiriesAt(nowMs, DEFAULT_TTL_DAYS)
  const limit = Math.min(CLEANUP_BATCH_SIZE, CHANGE_SEGMENTS_MAX)
  for (let after = await claimSlot(env.CONTROL, slot, nowMs); after !== undefined; ) {
    const tenants = await readExpiringTenants(env.CONTROL, expiries, { after, limit })
    const { failed } = await callTenants(env, tenants, (tenantId) => tenantStub(env, tenantId).retain(slotMs))
    if (failed > 0) return releaseSlot(env.CONTROL, slot, nowMs)
    if (tenants.length < limit) return finishSlot(env.CONTROL, slot, nowMs)
    after = tenants[tenants.length - 1]
    await moveSlot(env.CONTROL, slot, after)
  }
}
