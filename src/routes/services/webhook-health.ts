import * as z from 'zod'
import type { Env } from '../../env'
import { refusalError } from '../../http/caller'
import type { TenantRequest } from '../../http/handler'
import { withFreshHints } from '../../http/with-fresh-hints'
import { WEBHOOKS_MAX } from '../../limits/limits'
import { tenantWebhooks } from '../../tenant-stub'
import type { WebhookRow } from '../../webhooks/webhook'
import { timeOf } from './service-answer'

/** How a webhook's receiver has answered of late. */
export const WebhookHealthAnswer = z.strictObject({
  id: z.string(),
  url: z.string(),
  state: z.enum(['ok', 'failing', 'disabled', 'inactive', 'unused']).meta({
    description: 'unused: nothing was sent yet. disabled: by the service, after too many failures.',
  }),
  last_seen: z.iso.datetime().nullable().meta({ description: 'When a delivery was last answered with 2xx.' }),
  latency_ms: z.number().nullable(),
  error_rate: z.number().min(0).max(1).nullable().meta({ description: 'Attempts that failed, as a share of all.' }),
})
export type WebhookHealth = z.infer<typeof WebhookHealthAnswer>

/** How the webhooks of the tenant are. */
export async function webhookHealths(request: TenantRequest, env: Env): Promise<WebhookHealth[]> {
  const webhooks = tenantWebhooks(env, request.tenantId)
  const outcome = await withFreshHints(request, (by) =>
    webhooks.ask(by, { what: 'list', after: '', limit: WEBHOOKS_MAX }),
  )
  if (!outcome.ok) throw refusalError(outcome.refusal)
  return outcome.rows.map(toWebhookHealth)
}

function toWebhookHealth({ id, webhook, health }: WebhookRow): WebhookHealth {
  const { succeeded, failed, lastSuccessMs, latencyMs } = health
  const attempts = succeeded + failed
  return {
    id,
    url: webhook.url,
    state: stateOf({ webhook, health }),
    last_seen: timeOf(lastSuccessMs),
    latency_ms: succeeded === 0 ? null : Math.round(latencyMs),
    error_rate: attempts === 0 ? null : failed / attempts,
  }
}

function stateOf({ webhook, health }: Pick<WebhookRow, 'webhook' | 'health'>): WebhookHealth['state'] {
  if (webhook.disabled !== undefined) return 'disabled'
  if (!webhook.active) return 'inactive'
  if (health.failures > 0) return 'failing'
  return health.succeeded + health.failed === 0 ? 'unused' : 'ok'
}
