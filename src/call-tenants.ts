import { type Env, readConfig } from './env'
import { WAKE_AT_A_TIME } from './limits/limits'
import { errorFields, logFrom } from './log'

/** Calls tenants' objects, a few at a time. One that does not answer does not hold up the others. */
export async function callTenants(
  env: Env,
  tenantIds: readonly string[],
  call: (tenantId: string) => Promise<void>,
): Promise<{ readonly failed: number }> {
  const { LOG_LEVEL } = readConfig(env)
  const waiting = [...tenantIds]
  let failed = 0
  const callNext = async (): Promise<void> => {
    for (let tenantId = waiting.shift(); tenantId !== undefined; tenantId = waiting.shift()) {
      await call(tenantId).catch((error) => {
        failed++
        logFrom(LOG_LEVEL).error('tenant_object_not_called', { tenantId, ...errorFields(error) })
      })
    }
  }
  await Promise.all(Array.from({ length: WAKE_AT_A_TIME }, callNext))
  return { failed }
}
