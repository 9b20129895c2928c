import type { EndpointHealth } from './endpoint-health'

/** How what is sent is signed: with a secret that both have, or with a key of which the receiver has the public half. */
export const SIGNINGS = ['symmetric', 'ed25519'] as const

export type Signing = (typeof SIGNINGS)[number]

/** A secret that signs. It is sealed: only the tenant's object opens it, when it sends. */
export interface StoredSecret {
  readonly sealed: string
  /** For ed25519: the public half, `whpk_…`. */
  readonly publicKey?: string
  /** Until when it signs; absent for the newest. */
  readonly untilMs?: number
}

/** Why a webhook was switched off by the service. */
export interface Disabled {
  readonly code: 'gone' | 'failing'
  readonly detail: string
  readonly atMs: number
}

/** A webhook as its tenant wrote it, beside its id. */
export interface Webhook {
  readonly url: string
  /** Names as they were subscribed to: those are delivered. */
  readonly events: readonly string[]
  readonly active: boolean
  readonly description?: string
  readonly signing: Signing
  /** The newest first. */
  readonly secrets: readonly StoredSecret[]
  /** Events are gathered for so long and sent together; 0: each by itself, at once. */
  readonly batchSeconds: number
  /** Under which address the tenant's own API was asked for it: links in what is sent begin with it. */
  readonly origin: string
  readonly createdMs: number
  readonly createdBy: string
  /** There while the service has switched it off. */
  readonly disabled?: Disabled
}

/** A webhook as the object has it. */
export interface WebhookRow {
  readonly id: string
  /** Counts its changes: the ETag. */
  readonly version: number
  readonly webhook: Webhook
  readonly health: EndpointHealth
}

/** What a sealed secret of a webhook is bound to. */
export const secretPurpose = (webhookId: string): string => `webhook ${webhookId}`

/** The secrets that sign at a time, the newest first. */
export const secretsAt = ({ secrets }: Webhook, nowMs: number): readonly StoredSecret[] =>
  secrets.filter(({ untilMs }) => untilMs === undefined || nowMs < untilMs)
