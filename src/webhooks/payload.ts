import { createHash } from 'node:crypto'
import { WEBHOOK_BATCH_EVENTS_MAX, WEBHOOK_BODY_BYTES_MAX, WEBHOOK_DATA_BYTES_MAX } from '../limits/limits'
import type { Json, JsonObject } from '../tenant/directory-rows'
import type { TenantEvent } from './event'

/** The type of a body that holds several events. */
export const BATCH_TYPE = 'webhook_batch'

/** One event as it is sent: under the name that it was subscribed to by, with links into the tenant's own API. */
export interface SentEvent {
  readonly event: TenantEvent
  readonly type: string
  /** `https://logs.example.com` */
  readonly origin: string
}

/** The body for one event, at most WEBHOOK_BODY_BYTES_MAX long. Made once: every attempt sends the same bytes. */
export const eventBody = (sent: SentEvent): string => JSON.stringify(memberOf(sent))

/** The body for the first of several events. */
export const batchBody = (sent: SentEvent): string =>
  JSON.stringify({
    type: BATCH_TYPE,
    timestamp: timestampOf(sent.event),
    data: { events: [{ id: messageIdOf(sent.event.id), ...memberOf(sent) }] },
  })

/** A batch with one more event; undefined when it does not fit. */
export function addToBatch(body: string, sent: SentEvent): string | undefined {
  const batch: { readonly data: { readonly events: readonly Json[] } } = JSON.parse(body)
  if (batch.data.events.length >= WEBHOOK_BATCH_EVENTS_MAX) return undefined
  const added = { id: messageIdOf(sent.event.id), ...memberOf(sent) }
  const longer = JSON.stringify({ ...batch, data: { events: [...batch.data.events, added] } })
  return Buffer.byteLength(longer) > WEBHOOK_BODY_BYTES_MAX ? undefined : longer
}

/**
 * The webhook-id of an event: its own id, which must have no full stop, because what is signed is joined by them. Any other
 * is told by its hash.
 */
export const messageIdOf = (eventId: string): string =>
  /^[\w-]{1,128}$/.test(eventId) ? eventId : `evt_${createHash('sha256').update(eventId).digest('hex').slice(0, 32)}`

/** The webhook-id of a batch that begins with an event. */
export const batchIdOf = (eventId: string): string => `bat_${messageIdOf(eventId).replace(/^evt_/, '')}`

const timestampOf = ({ occurredMs }: TenantEvent): string => new Date(occurredMs).toISOString()

function memberOf({ event, type, origin }: SentEvent): JsonObject {
  const { link, ...data } = event.data
  return {
    type,
    timestamp: timestampOf(event),
    data: shortened(data),
    links: { api: `${origin}${typeof link === 'string' && link.startsWith('/') ? link : '/integration/incidents'}` },
  }
}

/** Data that is too long loses sample rows, from the end, and says how many; what is too long without any is told by its size. */
function shortened(data: JsonObject): JsonObject {
  if (bytesOf(data) <= WEBHOOK_DATA_BYTES_MAX) return data
  const { rows } = data
  const all: readonly Json[] = isList(rows) ? rows : []
  for (let kept = all.length - 1; kept >= 0; kept--) {
    const shorter = { ...data, rows: all.slice(0, kept), rows_omitted: all.length - kept }
    if (bytesOf(shorter) <= WEBHOOK_DATA_BYTES_MAX) return shorter
  }
  const { rule, state, count } = data
  const summary = { rule: rule ?? null, state: state ?? null, count: count ?? null, omitted_bytes: bytesOf(data) }
  return bytesOf(summary) <= WEBHOOK_DATA_BYTES_MAX ? summary : { omitted_bytes: bytesOf(data) }
}

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)

const bytesOf = (value: Json): number => Buffer.byteLength(JSON.stringify(value))
