import type { Handler, TenantRequest } from './handler'
import { mintId } from './mint-id'

/** What a client may call its request: nothing that could break a log line or a header. */
const CLIENT_REQUEST_ID = /^[\w.:-]{1,128}$/

/** Names the request, by the client's own X-Request-Id where it has a usable one. */
export const requestId: Handler = (request) => {
  const sent = request.headers.get('x-request-id')
  const isUsable = sent !== null && CLIENT_REQUEST_ID.test(sent)
  request.requestId = isUsable ? sent : mintId('req', Date.now(), crypto.getRandomValues(new Uint8Array(16)))
}

/** Tells the client how its request is called in our logs. A WebSocket upgrade has no headers to add to. */
export function echoRequestId(response: Response, request: TenantRequest): Response {
  if (response.status !== 101) response.headers.set('x-request-id', request.requestId)
  return response
}
