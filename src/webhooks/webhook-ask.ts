import type { Caller, Refusal } from '../tenant/contract'
import type { DeliveryStatus } from './after-attempt'
import type { Attempt, Delivery } from './delivery'
import type { StoredSecret, Webhook, WebhookRow } from './webhook'

/** Which versions of a webhook a change is for, by If-Match; undefined: any. */
export type Match = readonly number[] | undefined

/** The members of a webhook that can be changed; null takes a description away. */
export interface WebhookPatch {
  readonly url?: string
  readonly events?: readonly string[]
  readonly active?: boolean
  readonly description?: string | null
  readonly batchSeconds?: number
}

/** What the object of a tenant is asked about its webhooks. */
export type WebhookAsk =
  | { readonly what: 'list'; readonly after: string; readonly limit: number }
  | { readonly what: 'read'; readonly id: string }
  | { readonly what: 'create'; readonly id: string; readonly webhook: Webhook }
  | { readonly what: 'change'; readonly id: string; readonly match: Match; readonly patch: WebhookPatch }
  | { readonly what: 'remove'; readonly id: string; readonly match: Match }
  | {
      readonly what: 'rotate'
      readonly id: string
      readonly match: Match
      readonly secret: StoredSecret
      readonly overlapMs: number
    }
  | { readonly what: 'resume'; readonly id: string; readonly match: Match }
  | { readonly what: 'test'; readonly id: string; readonly eventId: string }
  | {
      readonly what: 'deliveries'
      readonly id: string
      readonly status: DeliveryStatus | undefined
      readonly before: number
      readonly limit: number
    }
  | { readonly what: 'delivery'; readonly id: string; readonly number: number }
  | { readonly what: 'redeliver'; readonly id: string; readonly number: number }
  | {
      readonly what: 'redeliverRange'
      readonly id: string
      readonly fromMs: number
      readonly toMs: number
      readonly status: DeliveryStatus
    }

export type WebhookWhat = WebhookAsk['what']

/** What the answers hold, by what was asked. */
export interface WebhookAnswers {
  readonly list: { readonly rows: readonly WebhookRow[] }
  readonly read: { readonly row: WebhookRow }
  readonly create: { readonly row: WebhookRow }
  readonly change: { readonly row: WebhookRow }
  readonly remove: { readonly row: WebhookRow }
  readonly rotate: { readonly row: WebhookRow }
  readonly resume: { readonly row: WebhookRow }
  readonly test: { readonly delivery: Delivery }
  readonly deliveries: { readonly deliveries: readonly Delivery[] }
  readonly delivery: { readonly delivery: Delivery; readonly attempts: readonly Attempt[]; readonly body: string }
  readonly redeliver: { readonly delivery: Delivery }
  readonly redeliverRange: { readonly redelivered: number; readonly more: boolean }
}

export type WebhookOutcome<What extends WebhookWhat = WebhookWhat> =
  | ({ readonly ok: true; readonly audit?: number } & WebhookAnswers[What])
  | { readonly ok: false; readonly refusal: Refusal }

/** The webhooks of a tenant, as its object has them. */
export interface TenantWebhooks {
  ask<What extends WebhookWhat>(
    by: Caller,
    ask: Extract<WebhookAsk, { readonly what: What }>,
  ): Promise<WebhookOutcome<What>>
}
