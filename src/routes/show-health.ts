import type { Handler } from '../http/handler'
import { VERSION } from '../version'

/** `GET /health`: whether the service and what it stands on answer. Public, and says no more than that. */
export const showHealth: Handler = async (_request, env) => {
  const db = await env.CONTROL.prepare('SELECT 1')
    .first()
    .then(() => 'connected')
    .catch(() => 'unavailable')
  const body = {
    status: db === 'connected' ? 'healthy' : 'degraded',
    service: 'sluice',
    db,
    timestamp: Date.now(),
    version: VERSION,
  }
  return new Response(`${JSON.stringify(body)}\n`, {
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  })
}
