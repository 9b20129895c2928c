import { type Env, readConfig } from '../env'
import { HintCache } from '../http/hint-cache'
import { HINT_ABSENT_MS, HINT_FRESH_MS } from '../limits/limits'
import { errorFields, type LogLine, logFrom } from '../log'
import { findTenantId } from '../storage/d1/credentials'
import { ALWAYS_CURRENT } from '../tenant/contract'
import { tenantStub } from '../tenant-stub'
import { ACTIVITY_TENANT } from './activity-tenant'
import { toOwnBatch, toOwnProvenance } from './own-batch'

/** Lines of one part of the service. */
export interface Activity {
  readonly service: 'sluice-worker' | 'sluice-tenant'
  readonly lines: readonly LogLine[]
}

const DAY_MS = 86_400_000

/** Whether the activity tenant exists: one entry. */
const tenants = new HintCache<string>(1)

/**
 * Appends lines to the activity tenant as one batch. What is about that tenant itself is left out: its own lines would
 * beget more lines. It never fails; what it could not send stands on the console.
 */
export async function sendActivity(env: Env, { service, lines }: Activity): Promise<void> {
  const sent = lines.filter(({ fields }) => fields.tenantId !== ACTIVITY_TENANT.id)
  if (sent.length === 0) return
  const log = logFrom('warn')
  try {
    const nowMs = Date.now()
    if (!(await isThere(env, nowMs))) return
    const batch = toOwnBatch(sent, service, nowMs, readConfig(env).DEFAULT_TTL_DAYS * DAY_MS)
    const about = { tenantId: ACTIVITY_TENANT.id, settingsVersion: ALWAYS_CURRENT }
    const outcome = await tenantStub(env, ACTIVITY_TENANT.id).append(batch.blocks, toOwnProvenance(batch, about))
    if (!outcome.ok) log.warn('activity_refused', { kind: outcome.refusal.kind, lines: sent.length })
  } catch (error) {
    log.warn('activity_not_sent', { ...errorFields(error), lines: sent.length })
  }
}

/** Looked up now and then; while the database is away, what was known stands. */
async function isThere({ CONTROL }: Env, nowMs: number): Promise<boolean> {
  const hint = tenants.get(ACTIVITY_TENANT.name)
  const freshMs = hint?.value === undefined ? HINT_ABSENT_MS : HINT_FRESH_MS
  if (hint && nowMs - hint.triedMs < freshMs) return hint.value === ACTIVITY_TENANT.id
  const value = await findTenantId(CONTROL, ACTIVITY_TENANT.name).catch(() => hint?.value)
  tenants.put(ACTIVITY_TENANT.name, { value, foundMs: nowMs, triedMs: nowMs, readMs: nowMs })
  return value === ACTIVITY_TENANT.id
}
