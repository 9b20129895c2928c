import type { Env } from '../../env'
import { requireFullSight } from '../../http/access'
import { refusalError } from '../../http/caller'
import type { TenantRequest } from '../../http/handler'
import { withFreshHints } from '../../http/with-fresh-hints'
import { tenantWebhooks } from '../../tenant-stub'
import { shownWebhook } from '../../webhooks/shown-webhook'
import type { WebhookRow } from '../../webhooks/webhook'
import type { WebhookAnswers, WebhookAsk, WebhookOutcome, WebhookWhat } from '../../webhooks/webhook-ask'
import { rowAnswer } from '../directory-row'

/**
 * Asks the tenant's object about its webhooks, or throws why it refuses. What is sent to webhooks is of all logs of the tenant,
 * so that whoever sees some of them has no part in it.
 */
export async function askWebhooks<What extends WebhookWhat>(
  request: TenantRequest,
  env: Env,
  ask: Extract<WebhookAsk, { readonly what: What }>,
): Promise<WebhookAnswers[What]> {
  const webhooks = tenantWebhooks(env, request.tenantId)
  const outcome: WebhookOutcome<What> = await withFreshHints(request, (by) => {
    // Each time by who they are then: proved again they may have a filter.
    requireFullSight(request)
    return webhooks.ask<What>(by, ask)
  })
  if (!outcome.ok) throw refusalError(outcome.refusal)
  return outcome
}

/** The answer about one webhook, with its version as the tag. */
export const webhookAnswer = (
  row: WebhookRow,
  more: { readonly status?: number; readonly location?: string; readonly members?: object } = {},
): Response => {
  const { members, ...rest } = more
  return rowAnswer({ ...shownWebhook(row, Date.now()), ...members }, { version: row.version, ...rest })
}
