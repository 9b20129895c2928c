import type { Env } from '../env'
import type { TenantRequest } from '../http/handler'
import { sendActivity } from './send-activity'

/** Sends what a request has logged, after its answer and whatever became of it. */
export function sendRequestActivity(
  _response: Response,
  request: TenantRequest,
  env: Env,
  ctx: ExecutionContext,
): void {
  const { tenantId, log } = request
  const lines = log.kept.map((line) => ({ ...line, fields: { tenantId, ...line.fields } }))
  if (lines.length > 0) ctx.waitUntil(sendActivity(env, { service: 'sluice-worker', lines }))
}
