import type { JsonObject } from '../tenant/directory-rows'

/** Something that webhooks can subscribe to. */
export interface TenantEvent {
  /** Canonical: one of EVENT_TYPES, or a name that a rule gave it. */
  readonly type: string
  /** `evt_…`. Made of what the event is about, so that a turn that runs again makes the same: receivers go by it. */
  readonly id: string
  readonly occurredMs: number
  /** At most WEBHOOK_DATA_BYTES_MAX as JSON; of what is larger, a summary is delivered. */
  readonly data: JsonObject
}

/**
 * The events of the service itself, by their canonical names (those of the main seed), each with the dotted name that may be
 * subscribed to as well.
 */
export const EVENT_TYPES = {
  critical_error: 'log.critical',
  security_incident: 'security.incident',
  performance_degradation: 'performance.degradation',
  service_unavailable: 'service.unavailable',
  quota_warning: 'quota.warning',
  storage_capacity: 'storage.capacity',
  error_rate: 'error.rate',
  alert_fired: 'alert.fired',
  alert_resolved: 'alert.resolved',
  rule_disabled: 'rule.disabled',
  endpoint_disabled: 'endpoint.disabled',
  webhook_ping: 'webhook.ping',
} as const

/** What a subscription says to get every event. */
export const EVERY_EVENT = '*'

/** Names of events, those that rules give included (Standard Webhooks 1.0.0: period-delimited names of these characters). */
export const EVENT_NAME = /^[a-zA-Z0-9_.]{1,64}$/

const CANONICAL: ReadonlyMap<string, string> = new Map(
  Object.entries(EVENT_TYPES).map(([name, alias]) => [alias, name]),
)

/** The one name of an event type, whichever of its names is given. A rule's own names stand for themselves. */
export const canonicalType = (name: string): string => CANONICAL.get(name) ?? name

/**
 * What to tell whoever subscribes to a name that the service itself never sends. It may be one that a rule gives, or comes to
 * give; or it is misspelt, and nothing would ever arrive.
 */
export const subscriptionWarnings = (names: readonly string[]): string[] =>
  names
    .filter((name) => name !== EVERY_EVENT && !Object.hasOwn(EVENT_TYPES, canonicalType(name)))
    .map((name) => `${name} is no event of the service: it comes only from a rule whose action notify names it.`)

/**
 * Under which name an event is delivered to whoever subscribed to `names`: exactly the name subscribed to, the first of them
 * that means it; undefined where none does.
 */
export function subscribedName(names: readonly string[], type: string): string | undefined {
  const canonical = canonicalType(type)
  const named = names.find((name) => name !== EVERY_EVENT && canonicalType(name) === canonical)
  return named ?? (names.includes(EVERY_EVENT) ? canonical : undefined)
}
