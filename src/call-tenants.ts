import { activityLog } from './activity/activity-log'
import { sendActivity } from './activity/send-activity'
import { type Env, readConfig } from './env'
import { WAKE_AT_A_TIME } from './limits/limits'
import { errorFields } from './log'

/** Calls tenants' objects, a few at a time. One that does not answer does not hold up the others. */
export async function callTenants(
  env: Env,
  tenantIds: readonly string[],
  call: (tenantId: string) => Promise<void>,
): Promise<{ readonly failed: number }> {
  const log = activityLog(readConfig(env).LOG_LEVEL, {})
  const waiting = [...tenantIds]
  let failed = 0
  const callNext = async (): Promise<void> => {
    for (let tenantId = waiting.shift(); tenantId !== undefined; tenantId = waiting.shift()) {
      await call(tenantId).catch((error) => {
        failed++
        log.error('tenant_object_not_called', { tenantId, ...errorFields(error) })
      })
    }
  }
  await Promise.all(Array.from({ length: WAKE_AT_A_TIME }, callNext))
  await sendActivity(env, { service: 'sluice-worker', lines: log.kept })
  return { failed }
}
