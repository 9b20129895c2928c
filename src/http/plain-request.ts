/**
 * Answers a request as the route table knows it: clients that join addresses by hand send `//logs/`, and HEAD is GET
 * without the body.
 */
export async function answerPlainly(
  request: Request,
  answer: (plain: Request) => Promise<Response>,
): Promise<Response> {
  const plain = withSingleSlashes(request)
  if (request.method !== 'HEAD') return answer(plain)
  const response = await answer(new Request(plain, { method: 'GET' }))
  await response.body?.cancel()
  return new Response(null, response)
}

function withSingleSlashes(request: Request): Request {
  const url = new URL(request.url)
  if (!url.pathname.includes('//')) return request
  url.pathname = url.pathname.replace(/\/{2,}/g, '/')
  return new Request(url, request)
}
