import type { Env } from './env'
import { readConfig } from './env'
import { logFrom } from './log'
import { readOverdue } from './storage/d1/catalog'
import { tenantStub } from './tenant-stub'

/** Wakes the objects whose work is overdue: an alarm that was lost is found here. Each step is safe to repeat. */
export async function sweep(env: Env, nowMs: number): Promise<void> {
  const { LOG_LEVEL, CLEANUP_BATCH_SIZE } = readConfig(env)
  const overdue = await readOverdue(env.CONTROL, nowMs, CLEANUP_BATCH_SIZE)
  for (const tenantId of overdue) {
    await tenantStub(env, tenantId)
      .wake()
      .catch((error) =>
        logFrom(LOG_LEVEL).error('a tenant object could not be woken', { tenantId, reason: String(error) }),
      )
  }
}
