import { HostAddresses } from '../outside/host-addresses'
import { checkOutsideAddress, isPublicAddress } from '../outside/outside-address'
import { OUTSIDE_PORTS } from '../outside-ports'
import type { TenantRequest } from './handler'
import { ApiError } from './problem'
import { outsideRulesOf } from './prove-jwt'

/**
 * Refuses an address that nothing may be sent to, with the reason: by its text, and where its name leads now. A name that
 * nobody can resolve at the moment may come to be; each attempt asks again.
 */
export async function requireReceiver(request: TenantRequest, address: string): Promise<void> {
  const rules = outsideRulesOf(request.config, request.host)
  const checked = checkOutsideAddress(address, rules)
  if (!checked.ok) throw refused(checked.reason)
  const { protocol, hostname } = checked.url
  if (protocol === 'http:' || /^\[|^[\d.]+$/.test(hostname)) return
  const addresses = await addressesOf(request, hostname)
  if (!addresses.every(isPublicAddress)) throw refused('its host leads to an address that is not public')
}

async function addressesOf({ config }: TenantRequest, hostname: string): Promise<readonly string[]> {
  const resolver = new HostAddresses({
    resolvers: () => config.DOH_RESOLVERS,
    outside: OUTSIDE_PORTS,
    rules: () => ({ ownHosts: new Set(), allowsLocalHttp: config.ENVIRONMENT === 'development' }),
    clock: () => Date.now(),
  })
  return resolver.resolve(hostname).catch(() => [])
}

const refused = (reason: string): ApiError =>
  new ApiError('validation_failed', `Nothing can be sent to that address: ${reason}.`, {
    errors: [{ code: 'invalid_address', detail: `It may not be asked: ${reason}.`, pointer: '/url' }],
  })
