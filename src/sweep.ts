import { eraseTenants } from './admin/erase-tenants'
import { proveDomainsAgain } from './admin/prove-domains-again'
import { callTenants } from './call-tenants'
import { type Env, readConfig } from './env'
import { CLEANUP_CRON, expireEverywhere } from './expire-everywhere'
import { readOverdue } from './storage/d1/catalog'
import { readLeftSlots } from './storage/d1/cron-slots'
import { tenantStub } from './tenant-stub'

/**
 * Wakes the objects whose work is overdue: an alarm that was lost is found here. Takes up the runs of daily crons that were
 * cut short, erases tenants whose time is over, and proves domains again. Each step is safe to repeat.
 */
export async function sweep(env: Env, nowMs: number): Promise<void> {
  const { CLEANUP_BATCH_SIZE } = readConfig(env)
  const overdue = await readOverdue(env.CONTROL, nowMs, CLEANUP_BATCH_SIZE)
  await callTenants(env, overdue, (tenantId) => tenantStub(env, tenantId).wake())
  for (const slot of await readLeftSlots(env.CONTROL, nowMs))
    if (slot.cron === CLEANUP_CRON) await expireEverywhere(env, slot.slotMs, nowMs)
  await eraseTenants(env, nowMs)
  await proveDomainsAgain(env, nowMs)
}
