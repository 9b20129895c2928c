import type { Refusal } from '../tenant/contract'
import type { Silence } from './habit'
import type { ServiceHealth } from './health'
import type { KnownService, SealedKey, ServiceRow } from './service-row'

/** What a change of a service may say: what is absent stays, null takes it away. */
export interface ServicePatch {
  readonly url?: string | undefined
  readonly healthEndpoint?: string | null | undefined
  readonly version?: string | null | undefined
  readonly capabilities?: readonly string[] | undefined
  readonly apiKey?: SealedKey | null | undefined
}

/** What a Worker asks of the registry of services in a tenant's object. `edition`: only while it is still that one. */
export type ServicesAsk =
  | { readonly ask: 'create'; readonly id: string; readonly service: Omit<ServiceRow, 'createdMs' | 'changedMs'> }
  | { readonly ask: 'list' }
  | { readonly ask: 'get'; readonly id: string }
  | {
      readonly ask: 'change'
      readonly id: string
      readonly edition: number
      readonly patch: ServicePatch
    }
  | { readonly ask: 'remove'; readonly id: string; readonly edition: number }
  | { readonly ask: 'health' }

/** A service and how it is. */
export interface WatchedService {
  readonly service: KnownService
  readonly health: ServiceHealth
  /** Undefined until records of it have come. */
  readonly silence: Silence | undefined
}

/** What the object answers: the services that were asked for, as they are now. */
export type ServicesOutcome =
  | {
      readonly ok: true
      readonly services: readonly WatchedService[]
      /** Until when the object's time was looked at: silences count to it. */
      readonly nowMs: number
      readonly audit?: number | undefined
    }
  | { readonly ok: false; readonly refusal: Refusal }
