import { type Env, readConfig } from '../env'
import { errorFields, type Log, type LogLevel } from '../log'
import { tenantStub } from '../tenant-stub'
import { toOwnBatch, toOwnProvenance } from './own-batch'

/** Something that the people of a tenant have to know. */
export interface TenantNotice {
  /** The same for what is told again: it is stored once. */
  readonly id: string
  readonly level: LogLevel
  readonly event: string
  readonly message: string
  readonly fields: Readonly<Record<string, string>>
}

/** Whom to tell. */
export interface ToldTenant {
  readonly tenantId: string
  /** The tenant's version as it was just read: one that is gone since is told nothing. */
  readonly settingsVersion: number
}

const DAY_MS = 86_400_000

/**
 * Tells a tenant something by a record in its own logs, of the service `sluice`: there it is searched, tailed and alerted on
 * like everything else. A notice that the tenant's limits have no room for is in our own log only.
 */
export async function tellTenant(env: Env, log: Log, tenant: ToldTenant, notice: TenantNotice): Promise<void> {
  const nowMs = Date.now()
  const { id, level, event, message, fields } = notice
  const line = { time: new Date(nowMs).toISOString(), level, event: message, fields: { ...fields, event } }
  try {
    const batch = toOwnBatch([line], 'sluice', nowMs, readConfig(env).DEFAULT_TTL_DAYS * DAY_MS)
    const provenance = toOwnProvenance(batch, { ...tenant, batchId: `notice:${id}` })
    const outcome = await tenantStub(env, tenant.tenantId).append(batch.blocks, provenance)
    if (!outcome.ok) log.warn('tenant_not_told', { ...tenant, event, kind: outcome.refusal.kind })
  } catch (error) {
    log.warn('tenant_not_told', { ...tenant, event, ...errorFields(error) })
  }
}
