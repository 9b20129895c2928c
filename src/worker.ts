import type { Env } from './env'
import { router } from './router'
import { sweep } from './sweep'

export { TenantObject } from '../durable-objects/tenant'
export { Sealer } from './sealer'

export default {
  fetch: (request, env, ctx): Promise<Response> => router.fetch(request, env, ctx),
  scheduled: (controller, env): Promise<void> => sweep(env, controller.scheduledTime),
} satisfies ExportedHandler<Env>
