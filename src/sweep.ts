import { callTenants } from './call-tenants'
import { type Env, readConfig } from './env'
import { CLEANUP_CRON, expireEverywhere } from './expire-everywhere'
import { readOverdue } from './storage/d1/catalog'
import { readLeftSlots } from './storage/d1/cron-slots'
import { tenantStub } from './tenant-stub'

/**
 * Wakes the objects whose work is overdue: an alarm that was lost is found here. Takes up the runs of daily crons that were
 * cut short. Each step is safe to repeat.
 */
export async function sweep(env: Env, nowMs: number): Promise<void> {
  const { CLEANUP_BATCH_SIZE } = readConfig(env)
  const overdue = await readOverdue(env.CONTROL, nowMs, CLEANUP_BATCH_SIZE)
  await callTenants(env, overdue, (tenantId) => tenantStub(env, tenantId).wake())
  for (const slot of await readLeftSlots(env.CONTROL, nowMs))
    if (slot.cron === CLEANUP_CRON) await expireEverywhere(env, slot.slotMs, nowMs)
}
