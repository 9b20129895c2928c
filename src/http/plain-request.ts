import { mintId } from './mint-id'
import { ApiError, problemResponse } from './problem'

/**
 * Answers a request as the route table knows it: clients that join addresses by hand send `//logs/`, and HEAD is GET
 * without the body.
 */
export async function answerPlainly(
  request: Request,
  answer: (plain: Request) => Promise<Response>,
): Promise<Response> {
  if (!isAddress(request.url)) return answerNoHost()
  const plain = withSingleSlashes(request)
  if (request.method !== 'HEAD') return answer(plain)
  const headers = new Headers(plain.headers)
  // HEAD has no body, and so nothing to upgrade to.
  headers.delete('upgrade')
  // Made anew: some clients send HEAD with `Content-Length: 0`, and a GET of a request that has a body is an error.
  const response = await answer(new Request(plain.url, { method: 'GET', headers }))
  await response.body?.cancel()
  return new Response(null, response)
}

/** The runtime joins the Host header and the target of a request to a URL, whatever they are. */
function isAddress(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && url.username === '' && url.password === ''
}

function answerNoHost(): Response {
  const requestId = mintId('req', Date.now(), crypto.getRandomValues(new Uint8Array(16)))
  return problemResponse(new ApiError('validation_failed', 'The Host header names no host.'), requestId)
}

function withSingleSlashes(request: Request): Request {
  const url = new URL(request.url)
  if (!url.pathname.includes('//')) return request
  url.pathname = url.pathname.replace(/\/{2,}/g, '/')
  return new Request(url, request)
}
