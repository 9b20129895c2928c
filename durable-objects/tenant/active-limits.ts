import { ACTIVITY_TENANT } from '../../src/activity/activity-tenant'
import { type Env, readConfig } from '../../src/env'
import { type ActiveLimits, limitsOf, NO_LIMITS, type TenantLimits } from '../../src/limits/policies'
import { SETTINGS_ID, TenantRow } from '../../src/tenant/directory-rows'
import { tenantLimits } from '../../src/tenant/tenant-limits'
import type { Holdings } from './holdings'

/**
 * What limits the tenant of an object: plan and settings out of its directory, and the variables where they say nothing.
 * Worked out anew when the directory has changed. The service's own tenant has no limits: it would lose the account of what
 * happens just when most does.
 */
export class ActiveLimitsReader {
  readonly #env: Env
  readonly #held: Pick<Holdings, 'state' | 'directory'>
  #known: { readonly version: number; readonly hasDirectory: boolean; readonly limits: ActiveLimits } | undefined

  constructor(env: Env, held: Pick<Holdings, 'state' | 'directory'>) {
    this.#env = env
    this.#held = held
  }

  read(tenantId: string): ActiveLimits {
    const { settingsVersion: version, hasDirectory } = this.#held.state.read()
    if (this.#known?.version === version && this.#known.hasDirectory === hasDirectory) return this.#known.limits
    const isOwn = tenantId === ACTIVITY_TENANT.id
    const limits = isOwn ? NO_LIMITS : limitsOf(readConfig(this.#env), this.#readTenantLimits(tenantId))
    this.#known = { version, hasDirectory, limits }
    return limits
  }

  #readTenantLimits(tenantId: string): TenantLimits {
    const { directory } = this.#held
    const tenant = TenantRow.safeParse(directory.find('tenant', tenantId)?.value).data
    if (tenant === undefined) return {}
    const settings = directory.find('settings', SETTINGS_ID)?.value ?? {}
    return tenantLimits({ plan: tenant.plan, limits: tenant.limits, settings }, readConfig(this.#env))
  }
}
