import type { TenantObject } from '../durable-objects/tenant'
import type { Env } from './env'

/** The tenant's object. The only place that makes a stub: shards would be chosen here. */
export const tenantStub = (env: Env, tenantId: string): DurableObjectStub<TenantObject> =>
  env.TENANT.getByName(tenantId)
