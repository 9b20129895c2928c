import { hashKey } from '../http/api-key'
import { refusalError } from '../http/caller'
import type { Handler } from '../http/handler'
import { ticketProtocol, ticketText } from '../http/prove-ticket'
import { withFreshHints } from '../http/with-fresh-hints'
import { TAIL_TICKET_MS } from '../limits/limits'
import type { TicketKept } from '../tail/contract'
import { TAIL_PROTOCOL } from '../tail/frame-text'
import { tenantStub } from '../tenant-stub'
import { tailGuestOf } from './tail-guest-of'

const TICKET_BYTES = 32

/**
 * `POST /logs/tail/tickets`: a ticket for one tail: the WebSocket of browsers sends no headers, and a key in an address ends up in
 * logs. It stands for whoever asks for it, and never for more.
 */
export const createTailTicket: Handler = async (request, env) => {
  const { tenantId } = request
  const ticket = ticketText(tenantId, crypto.getRandomValues(new Uint8Array(TICKET_BYTES)))
  const outcome = await withFreshHints(
    request,
    async (caller): Promise<TicketKept> =>
      tenantStub(env, tenantId).addTailTicket(caller, hashKey(ticket), JSON.stringify(tailGuestOf(request))),
  )
  if (!outcome.ok) throw refusalError(outcome.refusal)
  const url = new URL('/logs/tail', request.url)
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:'
  const body = {
    ticket,
    expires_in: TAIL_TICKET_MS / 1000,
    url: url.href,
    protocols: [TAIL_PROTOCOL, ticketProtocol(ticket)],
  }
  return new Response(JSON.stringify(body), {
    status: 201,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store, private' },
  })
}
