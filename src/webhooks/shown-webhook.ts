import type { AuditChange } from '../audit/audit-entry'
import type { JsonObject } from '../tenant/directory-rows'
import { secretsAt, type Webhook, type WebhookRow } from './webhook'

/** What a change of a webhook leaves in the audit: no secret, sealed or not. */
export const webhookChange = (
  what: 'added' | 'edited' | 'rotated' | 'resumed' | 'tested' | 'redelivered' | 'removed',
  id: string,
  rows: { readonly before?: Webhook | undefined; readonly after?: Webhook | undefined },
): AuditChange => ({
  ...{ what: `webhook.${what}`, kind: 'webhook', id },
  before: rows.before === undefined ? null : auditedWebhook(rows.before),
  after: rows.after === undefined ? null : auditedWebhook(rows.after),
})

/** A webhook as its owner sees it: in the main seed's names, and without its secret. */
export function shownWebhook({ id, webhook, health }: WebhookRow, nowMs: number): JsonObject {
  const { url, events, active, description, signing, batchSeconds, createdMs, createdBy, disabled } = webhook
  const [newest, ...older] = secretsAt(webhook, nowMs)
  const untilMs = older.reduce((latest, one) => Math.max(latest, one.untilMs ?? 0), 0)
  return {
    ...{ webhookId: id, url, events, active },
    description: description ?? null,
    ...{ signing, publicKey: newest?.publicKey ?? null },
    secretOverlapUntil: timeOf(untilMs),
    batchSeconds,
    status: statusOf(webhook, health.failures),
    disabled:
      disabled === undefined ? null : { code: disabled.code, detail: disabled.detail, at: timeOf(disabled.atMs) },
    health: {
      consecutiveFailures: health.failures,
      failingSince: timeOf(health.failingSinceMs),
      pausedUntil: health.pausedUntilMs > nowMs ? timeOf(health.pausedUntilMs) : null,
      lastSuccess: timeOf(health.lastSuccessMs),
      lastFailure: timeOf(health.lastFailureMs),
      attemptsSucceeded: health.succeeded,
      attemptsFailed: health.failed,
      latencyMs: Math.round(health.latencyMs),
    },
    createdAt: timeOf(createdMs),
    createdBy,
  }
}

/** In one word how a webhook is. */
export const WEBHOOK_STATUSES = ['active', 'failing', 'paused', 'disabled'] as const

function statusOf(webhook: Webhook, failures: number): (typeof WEBHOOK_STATUSES)[number] {
  if (webhook.disabled !== undefined) return 'disabled'
  if (!webhook.active) return 'paused'
  return failures > 0 ? 'failing' : 'active'
}

/** RFC 3339, UTC; null for what never was. */
const timeOf = (ms: number): string | null => (ms === 0 ? null : new Date(ms).toISOString())

function auditedWebhook({ secrets, ...webhook }: Webhook): JsonObject {
  const members: JsonObject = JSON.parse(JSON.stringify(webhook))
  return { ...members, signingSecrets: secrets.length }
}
