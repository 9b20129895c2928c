import type { ActivityLog } from '../activity/activity-log'
import type { Config, Env } from '../env'
import type { Principal } from './access'

/**
 * What earlier handlers have proved about a request, in their order: requestId, configure, authenticate, resolveTenant.
 * It is itty's request without itty's `any`. `tenantId` is there for every scope but `operator`.
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
  principal: Principal
  tenantId: string
}

/** Middleware returns nothing and the next handler runs; the first Response ends the chain. */
export type Handler = (
  request: TenantRequest,
  env: Env,
  ctx: ExecutionContext,
) => Response | undefined | Promise<Response | undefined>
