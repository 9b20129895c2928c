import type { Env } from './env'
import { answerPlainly } from './http/plain-request'
import { router } from './router'
import { runCron } from './run-cron'

export { TenantObject } from '../durable-objects/tenant'
export { Sealer } from './sealer'

export default {
  fetch: (request, env, ctx): Promise<Response> => answerPlainly(request, (plain) => router.fetch(plain, env, ctx)),
  scheduled: (controller, env): Promise<void> => runCron(env, controller),
} satisfies ExportedHandler<Env>
