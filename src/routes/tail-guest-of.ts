import type { TenantRequest } from '../http/handler'
import { isServiceHost } from '../http/resolve-tenant'
import type { TailGuest } from '../tail/tail-guest'

/** Who a tail is for, as its tenant's object keeps it: what is held against the directory while the tail is open. */
export function tailGuestOf({ principal, headers, host, config }: TenantRequest): TailGuest {
  const { kind, id, role, scopes, filter, payerId, memberId, expiresMs } = principal
  return {
    ...{ kind, id, role, scopes: [...scopes], host },
    address: headers.get('cf-connecting-ip') ?? '',
    isServiceHost: isServiceHost(host, config.SERVICE_HOSTS),
    ...(filter !== undefined && { filter }),
    ...(payerId !== undefined && { payerId }),
    ...(memberId !== undefined && { memberId }),
    ...(expiresMs !== undefined && { expiresMs }),
  }
}
