import * as z from 'zod'
import type { KnownService } from '../../services/service-row'

const time = z.iso.datetime()

/** A service as the routes of /integration/services show it. Its key is never in it. */
export const ServiceAnswer = z.strictObject({
  id: z.string(),
  serviceName: z.string(),
  serviceUrl: z.string(),
  version: z.string().nullable(),
  capabilities: z.array(z.string()),
  healthEndpoint: z.string().nullable().meta({ description: 'null: nobody asks it how it is.' }),
  apiKeySet: z.boolean(),
  apiKeyLast4: z.string().nullable().meta({ description: 'The end of its key, where that is long enough to show it.' }),
  registeredBy: z
    .enum(['api', 'environment'])
    .meta({ description: 'environment: by a variable of the installation, which is the only place to change it.' }),
  createdAt: time.nullable(),
  updatedAt: time.nullable(),
})
export type ServiceAnswer = z.infer<typeof ServiceAnswer>

/** A service for its answer. */
export const toServiceAnswer = (service: KnownService): ServiceAnswer => ({
  id: service.id,
  serviceName: service.name,
  serviceUrl: service.url,
  version: service.version ?? null,
  capabilities: [...service.capabilities],
  healthEndpoint: service.healthEndpoint ?? null,
  apiKeySet: service.hasApiKey,
  apiKeyLast4: service.apiKeyLast4 ?? null,
  registeredBy: service.isFixed ? 'environment' : 'api',
  createdAt: timeOf(service.createdMs),
  updatedAt: timeOf(service.changedMs),
})

/** A time for an answer; null for never. */
export const timeOf = (ms: number | undefined): string | null =>
  ms === undefined || ms === 0 ? null : new Date(ms).toISOString()
