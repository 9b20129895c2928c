import * as z from 'zod'
import {
  OUTSIDE_URL_CHARACTERS_MAX,
  SERVICE_API_KEY_CHARACTERS_MAX,
  SERVICE_CAPABILITIES_MAX,
  SERVICE_CAPABILITY_CHARACTERS_MAX,
  SERVICE_NAME_CHARACTERS_MAX,
  SERVICE_VERSION_CHARACTERS_MAX,
} from '../../limits/limits'

/** One line of text for people: no control characters, and something in it. */
export const nameOf = (charactersMax: number) =>
  z
    .string()
    .min(1)
    .max(charactersMax)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, { error: 'it must have no control characters' })
    .refine((text) => text.trim() === text, { error: 'it must not begin or end with a space' })

const serviceName = nameOf(SERVICE_NAME_CHARACTERS_MAX).meta({
  description: 'As in the field `service` of the records that it sends.',
})

const serviceUrl = z
  .string()
  .max(OUTSIDE_URL_CHARACTERS_MAX)
  .regex(/^[^?#]*$/, { error: 'it must have no query and no fragment' })
  .meta({ description: 'Its address: https, on port 443, and on the public Internet.' })

const healthEndpoint = z
  .string()
  .max(OUTSIDE_URL_CHARACTERS_MAX)
  .regex(/^\/[^\\#\s]*$/, { error: 'it must be a path that begins with /' })
  .meta({ description: 'Path below serviceUrl that answers 2xx while the service is well; asked every minute.' })

/** A key goes into a header as it is. */
const apiKey = z
  .string()
  .min(1)
  .max(SERVICE_API_KEY_CHARACTERS_MAX)
  .regex(/^[!-~]+$/, { error: 'it must be printable ASCII without spaces' })
  .meta({ description: 'Sent to the service as `Authorization: Bearer …`. Stored sealed, and never shown again.' })

const version = nameOf(SERVICE_VERSION_CHARACTERS_MAX).meta({ description: 'Of its software.' })

const capabilities = z.array(nameOf(SERVICE_CAPABILITY_CHARACTERS_MAX)).max(SERVICE_CAPABILITIES_MAX)

/** The body of POST /integration/services. */
export const ServiceRegistration = z.strictObject({
  serviceName,
  serviceUrl,
  apiKey: apiKey.optional(),
  version: version.optional(),
  capabilities: capabilities.default([]),
  healthEndpoint: healthEndpoint.optional(),
})
export type ServiceRegistration = z.infer<typeof ServiceRegistration>

/** The body of PATCH /integration/services/:serviceId. What is absent stays; null takes it away. */
export const ServiceEdit = z
  .strictObject({
    serviceUrl: serviceUrl.optional(),
    apiKey: apiKey.nullable().optional(),
    version: version.nullable().optional(),
    capabilities: capabilities.optional(),
    healthEndpoint: healthEndpoint.nullable().optional(),
  })
  .refine((edit) => Object.keys(edit).length > 0, { error: 'it changes nothing' })
export type ServiceEdit = z.infer<typeof ServiceEdit>
