import * as z from 'zod'
import type { Handler, TenantRequest } from '../../http/handler'
import { mintId } from '../../http/mint-id'
import { ApiError } from '../../http/problem'
import { readJson } from '../../http/read-json'
import { readQuery } from '../../http/read-query'
import { sealForTenant } from '../../http/seal-for-tenant'
import { ADMIN_BODY_BYTES_MAX } from '../../limits/limits'
import { healthUrlOf, purposeOfApiKey, type SealedKey } from '../../services/service-row'
import { shownEnd } from '../../tenant/secret-box'
import { rowAnswer } from '../directory-row'
import { askRegistry, requireOutside } from './ask-registry'
import { toServiceAnswer } from './service-answer'
import { ServiceRegistration } from './service-body'

/** `POST /integration/services`: registers a service that the tenant works with. */
export const createService: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const wanted = await readJson(request, ServiceRegistration, ADMIN_BODY_BYTES_MAX)
  const { serviceName: name, serviceUrl: url, healthEndpoint, version, capabilities } = wanted
  requireOutside(request, url)
  requireHealthUrl({ url, healthEndpoint })
  const id = mintId('svc', Date.now(), crypto.getRandomValues(new Uint8Array(16)))
  const apiKey = await sealApiKey(request, id, wanted.apiKey)
  const service = { name, url, healthEndpoint, version, capabilities, apiKey }
  const { services } = await askRegistry(request, env, { ask: 'create', id, service })
  const [made] = services
  if (made === undefined) throw new Error('a service that was registered is missing')
  const location = `/integration/services/${id}`
  return rowAnswer(toServiceAnswer(made.service), { version: made.service.edition, status: 201, location })
}

/** The key of a service as it is stored; undefined where there is none. */
export async function sealApiKey(
  request: TenantRequest,
  id: string,
  apiKey: string | undefined,
): Promise<SealedKey | undefined> {
  if (apiKey === undefined) return undefined
  const sealed = await sealForTenant(request, purposeOfApiKey(id), apiKey)
  return { sealed, last4: shownEnd(apiKey) }
}

/** Refuses a path that would lead to another server than the service. */
export function requireHealthUrl(service: {
  readonly url: string
  readonly healthEndpoint?: string | undefined
}): void {
  if (service.healthEndpoint === undefined || healthUrlOf(service) !== undefined) return
  throw new ApiError('validation_failed', 'The health endpoint is not below the service.', {
    errors: [{ code: 'invalid_address', detail: 'It must be a path below serviceUrl.', pointer: '/healthEndpoint' }],
  })
}
