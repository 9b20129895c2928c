import { createHash } from 'node:crypto'
import type { TenantEvent } from '../webhooks/event'
import type { Check } from './health'
import type { KnownService } from './service-row'

/** What webhooks are told when a service goes down (`service_unavailable`) or is back (`alert_resolved`). */
export function serviceEvent(
  service: Pick<KnownService, 'id' | 'name' | 'url'>,
  transition: 'down' | 'up',
  { check, sinceMs, beforeMs }: { readonly check: Check; readonly sinceMs: number; readonly beforeMs: number },
): TenantEvent {
  const about = createHash('sha256').update(`${service.id} ${transition} ${sinceMs}`).digest('hex')
  return {
    type: transition === 'down' ? 'service_unavailable' : 'alert_resolved',
    id: `evt_${about.slice(0, 26)}`,
    occurredMs: check.atMs,
    data: {
      event: 'service_unavailable',
      service: { id: service.id, name: service.name, url: service.url },
      state: transition,
      since: new Date(sinceMs).toISOString(),
      ...(transition === 'up' && { down_since: new Date(beforeMs).toISOString() }),
      reason: reasonOf(check),
    },
  }
}

/** Why a look found the service as it did, for a person: no more of it than the status or the kind of fault. */
export const reasonOf = ({ status, fault }: Pick<Check, 'status' | 'fault'>): string =>
  status === undefined ? `no answer: ${fault ?? 'unreachable'}` : `the answer was ${status}`
