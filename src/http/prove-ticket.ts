import type { Env } from '../env'
import type { TicketOutcome } from '../tail/contract'
import { isRole, scopesOf } from '../tenant/roles'
import { tenantStub } from '../tenant-stub'
import { hashKey } from './api-key'
import type { CredentialReader } from './authenticate'
import { noteFailure, refuseAfterFailures } from './failed-attempts'
import type { TenantRequest } from './handler'
import { credentialOf } from './read-credential'
import { auditOf } from './request-audit'
import { isServiceHost } from './resolve-tenant'
import { findTenantSettings } from './tenant-hints'

/** The one route that takes tickets. */
const ROUTE = '/logs/tail'

/** What a ticket is called among the subprotocols of a WebSocket, where a page can put it and no log keeps it. */
const PROTOCOL_PREFIX = 'ticket.'

const TICKET = /^(ten_[0-9a-z]{1,64})\.([\w-]{43})$/

/** The text of a ticket: it names its tenant, and the rest is 256 random bits. */
export const ticketText = (tenantId: string, random: Uint8Array): string =>
  `${tenantId}.${Buffer.from(random).toString('base64url')}`

/** The subprotocols that a WebSocket is asked for (RFC 6455, 11.3.4). */
export const protocolsOf = ({ headers }: Pick<Request, 'headers'>): readonly string[] =>
  (headers.get('sec-websocket-protocol') ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)

/** How a ticket is named among them. */
export const ticketProtocol = (ticket: string): string => `${PROTOCOL_PREFIX}${ticket}`

/** The ticket of a request that it goes by: one that has another credential in a header goes by that. */
export function ticketOf(
  request: Pick<TenantRequest, 'route' | 'headers' | 'url' | 'config'> & TenantRequest,
): string | undefined {
  if (request.route !== ROUTE || credentialOf(request) !== undefined) return undefined
  const named = protocolsOf(request).find((entry) => entry.startsWith(PROTOCOL_PREFIX))
  return named?.slice(PROTOCOL_PREFIX.length) ?? new URL(request.url).searchParams.get('ticket') ?? undefined
}

/** What is accounted for of the address of a tail: all but the ticket. */
export function askedOf(url: string): string {
  const { searchParams } = new URL(url)
  searchParams.delete('ticket')
  return searchParams.toString()
}

/**
 * Reads a ticket for a tail. The tenant's object has it, and knows whether who it was made for may still tail; it is good once.
 * Tickets are the one credential whose hints are never old: the object itself has just looked.
 */
export const ticketReader: CredentialReader = {
  find: ticketOf,
  prove: async (text, request, env, ctx) => {
    auditOf(request).asked = askedOf(request.url)
    const tenantId = TICKET.exec(text)?.[1]
    if (tenantId === undefined) return undefined
    const address = request.headers.get('cf-connecting-ip') ?? ''
    refuseAfterFailures(address, Date.now())
    // Whoever makes tenants up is not to have an object of each made, which would be there for ever.
    const isTenant = (await findTenantSettings(request, env, ctx, tenantId)) !== undefined
    const taken = isTenant ? await takeOnce(text, tenantId, request, env) : undefined
    if (taken === undefined) await noteFailure(address, Date.now(), env.FAILED_ATTEMPTS)
    if (taken === undefined) return undefined
    const { guest, version } = taken
    if (!isRole(guest.role)) return undefined
    request.hints.version = Math.min(request.hints.version, version)
    const { kind, id, role, scopes, filter, payerId, memberId, expiresMs } = guest
    return {
      ...{ kind, id, tenantId, role, scopes: scopesOf(role, scopes), filter },
      ...(payerId !== undefined && { payerId }),
      ...(memberId !== undefined && { memberId }),
      ...(expiresMs !== undefined && { expiresMs }),
    }
  },
}

/** What became of the tickets of requests that are under way. */
const takenFor = new WeakMap<TenantRequest, NonNullable<TicketOutcome>>()

/**
 * Takes a ticket. Where other hints of the request turn out to be old it is proved again, and has its ticket still: the object says
 * with it of which version it is, and lets nobody in by that once there is a newer one.
 */
async function takeOnce(text: string, tenantId: string, request: TenantRequest, env: Env): Promise<TicketOutcome> {
  const known = takenFor.get(request)
  if (known !== undefined) return known
  const { headers, host, config } = request
  const address = headers.get('cf-connecting-ip') ?? ''
  const place = { address, host, isServiceHost: isServiceHost(host, config.SERVICE_HOSTS) }
  const taken = await tenantStub(env, tenantId).takeTailTicket(hashKey(text), place)
  if (taken !== undefined) takenFor.set(request, taken)
  return taken
}
