import type { ActivityLog } from '../activity/activity-log'
import type { Config, Env } from '../env'
import type { LimitStatus } from '../limits/limiter'
import type { SettingsRecord } from '../storage/d1/credentials'
import type { Principal } from './access'
import type { Dialect } from './dialect'
import type { RunningSearch } from './end-search'
import type { RequestAudit } from './request-audit'
import type { RequestHints } from './request-hints'

/**
 * What earlier handlers have proved about a request, in their order: requestId, configure, authenticate, resolveTenant.
 * It is itty's request without itty's `any`. `tenantId` and `settings` are
 * there for every scope but `operator`.
 */
export type TenantRequest = Request & {
  readonly route: string
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | string[] | undefined>>
  requestId: string
  /** As the client named it: lower case, without port and final dot. */
  host: string
  /** Its lines end up in the service's own tenant as well. */
  log: ActivityLog
  config: Config
  /** What has been looked up for it, and how old that may be. */
  hints: RequestHints
  principal: Principal
  tenantId: string
  /** Status, plan and settings of the tenant. */
  settings: SettingsRecord
  /** What is left of the limits that the tenant's object held the request against, once it was asked. */
  limits?: readonly LimitStatus[] | undefined
  /** The origin of the page that sent it with a key for browsers, which may read the answer. */
  pageOrigin?: string | undefined
  /** There for who was invited and comes for the first time: notes by which subject they are known from now on. */
  signIn?: () => Promise<void>
  /** There while the request has a search that counts as running. */
  search?: RunningSearch
  /** The protocol of others that its route speaks, if it does. */
  dialect?: Dialect
  /** What the audit will say of it. */
  audit?: RequestAudit | undefined
}

/** Middleware returns nothing and the next handler runs; the first Response ends the chain. */
export type Handler = (
  request: TenantRequest,
  env: Env,
  ctx: ExecutionContext,
) => Response | undefined | Promise<Response | undefined>
