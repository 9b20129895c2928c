/**
 * Has nobody on the way keep an answer (RFC 9111, 5.2.2): whatever it holds is for who asked, and may be revoked. Only routes
 * that answer the same to everybody say otherwise themselves.
 */
export function forbidStoring(response: Response): Response {
  const isForEverybody = response.headers.get('cache-control')?.startsWith('public') === true
  if (response.status !== 101 && !isForEverybody) response.headers.set('cache-control', 'no-store, private')
  return response
}
