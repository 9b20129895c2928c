import { readTenantSettings } from '../tenant/settings'
import type { TenantRequest } from './handler'
import { ApiError } from './problem'
import { ticketOf } from './prove-ticket'
import { isOwnOrigin } from './session'

/**
 * Refuses a tail that a page of somewhere else opens (ASVS 5.0 4.4.2): browsers let every page open a WebSocket to every host,
 * and say in `Origin` which page it is. Exactly an origin of this host, of the service, or of the tenant's settings may; `null`
 * may not. Programs send no `Origin`; for a WebSocket a browser always does (RFC 6455, 4.1), so that who has a ticket and sends none
 * is a program. Only for events a page may leave it out, and then the browser says where that page is.
 */
export function requireTailOrigin(request: TenantRequest): void {
  const origin = request.headers.get('origin')
  if (origin === null) {
    const site = request.headers.get('sec-fetch-site') ?? 'same-origin'
    if (ticketOf(request) !== undefined && site !== 'same-origin')
      throw new ApiError('origin_not_allowed', 'A page of another site has sent this ticket, and does not say which.')
    return
  }
  if (isOwnOrigin(origin, request.url)) return
  if (!isTrusted(origin, request))
    throw new ApiError('origin_not_allowed', 'Only pages of this host, and of the origins in the settings, may tail.')
  request.pageOrigin = origin
}

function isTrusted(origin: string, { config, settings }: TenantRequest): boolean {
  const isOfService = [...config.SERVICE_HOSTS].some((host) => origin === `https://${host}`)
  return isOfService || readTenantSettings(settings.settings).origins.includes(origin)
}
