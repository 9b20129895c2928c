import type { Env } from '../env'
import { refusalError } from '../http/caller'
import type { Handler, TenantRequest } from '../http/handler'
import { ApiError } from '../http/problem'
import { askedOf, protocolsOf } from '../http/prove-ticket'
import { readQuery } from '../http/read-query'
import { auditOf } from '../http/request-audit'
import { requireTailOrigin } from '../http/tail-origin'
import { TailQuery } from '../http/tail-query'
import { withFreshHints } from '../http/with-fresh-hints'
import type { TailOutcome } from '../tail/contract'
import { parseTailCursor } from '../tail/cursor'
import { TAIL_PROTOCOL } from '../tail/frame-text'
import type { TailAsk } from '../tail/seat'
import { readSubscription } from '../tail/subscription'
import { tenantStub } from '../tenant-stub'
import { eventResponse } from './tail-events'
import { tailGuestOf } from './tail-guest-of'

/** `GET /logs/tail`: records as they come, on a WebSocket or as server-sent events. */
export const tailLogs: Handler = async (request, env) => {
  auditOf(request).asked = askedOf(request.url)
  const ask = readAsk(request)
  const isUpgrade = request.headers.get('upgrade')?.toLowerCase() === 'websocket'
  const wantsEvents = /\btext\/event-stream\b/i.test(request.headers.get('accept') ?? '')
  if (!isUpgrade && !wantsEvents)
    throw new ApiError('upgrade_required', 'This is a WebSocket, or a stream of events.', {
      headers: { upgrade: 'websocket' },
    })
  const protocol = isUpgrade ? protocolFor(request) : undefined
  requireTailOrigin(request)
  const socket = await openSocket(request, env, ask)
  if (!isUpgrade) return eventResponse(socket)
  const headers = protocol === undefined ? undefined : { 'sec-websocket-protocol': protocol }
  return new Response(null, { status: 101, webSocket: socket, ...(headers && { headers }) })
}

type Ask = Omit<TailAsk, 'guest'>

function readAsk(request: TenantRequest): Ask {
  const { q, backlog, after, until, follow } = readQuery(request.url, TailQuery)
  const read = readSubscription(q, Date.now())
  if (!read.ok) {
    const { detail, span } = read.problem
    const errors = span && [{ code: 'query_syntax', detail, span }]
    throw new ApiError('query_syntax', detail, { ...(span && { span }), ...(errors && { errors }) })
  }
  // What a browser says when it connects again goes before what its address said the first time.
  const afterSeq = parseTailCursor(request.headers.get('last-event-id') ?? after ?? '')
  const untilSeq = until === undefined ? undefined : parseTailCursor(until)
  return {
    ...{ q, backlog, isFollowing: follow === 'true' },
    ...(afterSeq !== undefined && { afterSeq }),
    ...(untilSeq !== undefined && { untilSeq }),
  }
}

/** The subprotocol that is spoken; undefined for who has not asked for any. */
function protocolFor(request: TenantRequest): string | undefined {
  const asked = protocolsOf(request)
  if (asked.length === 0) return undefined
  if (asked.includes(TAIL_PROTOCOL)) return TAIL_PROTOCOL
  throw new ApiError('validation_failed', `The subprotocol of a tail is ${TAIL_PROTOCOL}.`)
}

async function openSocket(request: TenantRequest, env: Env, ask: Ask): Promise<WebSocket> {
  const stub = tenantStub(env, request.tenantId)
  const outcome = await withFreshHints(
    request,
    async (caller): Promise<TailOutcome> =>
      // Each time by who they are then: what they were let in by may have been old.
      stub.openTail(caller, JSON.stringify({ ...ask, guest: tailGuestOf(request) } satisfies TailAsk)),
  )
  if (!outcome.ok) throw refusalError(outcome.refusal)
  if (outcome.entrance === undefined)
    throw new ApiError('cursor_mismatch', 'The cursor is ahead of all records of the tenant.')
  const upgraded = await stub.fetch(`https://tail/${outcome.entrance}`, { headers: { upgrade: 'websocket' } })
  if (upgraded.webSocket !== null) return upgraded.webSocket
  throw new ApiError('partition_unavailable', 'The tail could not be opened.', { retryAfterSeconds: 1 })
}
