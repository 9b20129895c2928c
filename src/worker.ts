import type { Env } from './env'
import { answerPlainly } from './http/plain-request'
import { receiveTail } from './receive-tail'
import { router } from './router'
import { runCron } from './run-cron'

export { TenantObject } from '../durable-objects/tenant'
export { Sealer } from './sealer'
export { TailReader } from './tail-reader'

export default {
  fetch: (request, env, ctx): Promise<Response> => answerPlainly(request, (plain) => router.fetch(plain, env, ctx)),
  scheduled: (controller, env): Promise<void> => runCron(env, controller),
  tail: (items, env): Promise<void> => receiveTail(items, env),
} satisfies ExportedHandler<Env>
