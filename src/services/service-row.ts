import * as z from 'zod'
import {
  SERVICE_CAPABILITIES_MAX,
  SERVICE_CAPABILITY_CHARACTERS_MAX,
  SERVICE_NAME_CHARACTERS_MAX,
  SERVICE_VERSION_CHARACTERS_MAX,
} from '../limits/limits'

/** A key that somebody has entrusted to us: sealed (src/tenant/secret-box.ts), and the end of it, where that may be shown. */
export const SealedKey = z.object({ sealed: z.string(), last4: z.string().optional() })
export type SealedKey = z.infer<typeof SealedKey>

/** What the key of a service is sealed for. */
export const purposeOfApiKey = (id: string): string => `service ${id} api key`

/** A registered service, as the tenant's object stores it. */
export const ServiceRow = z.object({
  /** As in the records that it sends; unique in the tenant. */
  name: z.string().min(1).max(SERVICE_NAME_CHARACTERS_MAX),
  url: z.string(),
  /** Path below the url's origin; absent: nobody asks it how it is. */
  healthEndpoint: z.string().optional(),
  /** Of its software. */
  version: z.string().max(SERVICE_VERSION_CHARACTERS_MAX).optional(),
  capabilities: z.array(z.string().max(SERVICE_CAPABILITY_CHARACTERS_MAX)).max(SERVICE_CAPABILITIES_MAX),
  apiKey: SealedKey.optional(),
  createdMs: z.number(),
  changedMs: z.number(),
})
export type ServiceRow = z.infer<typeof ServiceRow>

/** A service with its name among services and the number of its changes. */
export interface NumberedService {
  readonly id: string
  /** Counts its changes from 1: its ETag. */
  readonly edition: number
  readonly row: ServiceRow
}

/** A service as others than its tenant's object may know it: of its key only whether there is one, and its end. */
export interface KnownService {
  readonly id: string
  readonly edition: number
  readonly name: string
  readonly url: string
  readonly healthEndpoint?: string | undefined
  readonly version?: string | undefined
  readonly capabilities: readonly string[]
  readonly hasApiKey: boolean
  readonly apiKeyLast4?: string | undefined
  /** Whether a variable of the installation has registered it: then only that changes it. */
  readonly isFixed: boolean
  readonly createdMs: number
  readonly changedMs: number
}

/** A service without its secret. */
export const knownService = ({ id, edition, row }: NumberedService): KnownService => {
  const { apiKey, ...others } = row
  return { id, edition, ...others, hasApiKey: apiKey !== undefined, apiKeyLast4: apiKey?.last4, isFixed: false }
}

/**
 * Where a service is asked how it is: the path below the address of the service, and never another server, however the path is
 * written. Undefined where that cannot be.
 */
export function healthUrlOf({ url, healthEndpoint }: Pick<ServiceRow, 'url' | 'healthEndpoint'>): string | undefined {
  if (healthEndpoint === undefined || !URL.canParse(url) || !healthEndpoint.startsWith('/')) return undefined
  const base = new URL(url)
  const address = `${base.href.replace(/\/+$/, '')}${healthEndpoint}`
  if (!URL.canParse(address)) return undefined
  const asked = new URL(address)
  return asked.origin === base.origin && asked.username === '' && asked.password === '' ? asked.href : undefined
}
