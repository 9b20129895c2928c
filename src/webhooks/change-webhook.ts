import { WEBHOOK_SECRETS_MAX } from '../limits/limits'
import { UNKNOWN_HEALTH } from './endpoint-health'
import type { StoredSecret, Webhook, WebhookRow } from './webhook'
import type { Match, WebhookPatch } from './webhook-ask'

/** Whether a change is for the version that is there. */
export const isMatch = (match: Match, { version }: Pick<WebhookRow, 'version'>): boolean =>
  match === undefined || match.includes(version)

/** A webhook of which its owner has changed something. */
export function patchedWebhook(row: WebhookRow, { description, ...members }: WebhookPatch): WebhookRow {
  const { description: before, ...rest } = row.webhook
  const text = description === undefined ? before : description
  const webhook: Webhook = { ...rest, ...members, ...(typeof text === 'string' && { description: text }) }
  // Another address is another receiver: what the old one did is not held against it.
  const health = webhook.url === row.webhook.url ? row.health : UNKNOWN_HEALTH
  return { ...row, version: row.version + 1, webhook, health }
}

/** A webhook with a new secret. Those before sign beside it until the overlap is over. */
export function rotatedWebhook(row: WebhookRow, secret: StoredSecret, untilMs: number, nowMs: number): WebhookRow {
  const before = row.webhook.secrets
    .map((one) => ({ ...one, untilMs: Math.min(one.untilMs ?? untilMs, untilMs) }))
    .filter((one) => one.untilMs > nowMs)
  const secrets = [secret, ...before].slice(0, WEBHOOK_SECRETS_MAX)
  return { ...row, version: row.version + 1, webhook: { ...row.webhook, secrets } }
}

/** A webhook that the service has switched off, on again: its failures are forgiven. */
export function resumedWebhook(row: WebhookRow): WebhookRow {
  const { disabled: _disabled, ...webhook } = row.webhook
  return { ...row, version: row.version + 1, webhook: { ...webhook, active: true }, health: UNKNOWN_HEALTH }
}
