import * as z from 'zod'
import type { Handler } from '../http/handler'
import { VERSION } from '../version'
import { BINDING_STATES, type Bindings, probeBindings } from './probe-bindings'

const state = z.enum(BINDING_STATES)

/** The second seed's answer, and each binding. It is public, so it says no more than that. */
export const Health = z.strictObject({
  status: z.enum(['healthy', 'degraded', 'unhealthy']).meta({
    description: 'unhealthy: no request can be served. degraded: something is slower or waits, and nothing is lost.',
  }),
  service: z.literal('sluice'),
  db: z.enum(['connected', 'unavailable']).meta({ description: 'The control database.' }),
  timestamp: z.int().meta({ description: 'Milliseconds since 1970.' }),
  version: z.string(),
  bindings: z.strictObject({ control: state, payload: state, cache: state, archive: state, tenant: state }),
})
export type Health = z.infer<typeof Health>

/** `GET /health`: whether the service and what it stands on answer, within a second. */
export const showHealth: Handler = async (_request, env) => {
  const nowMs = Date.now()
  const bindings = await probeBindings(env, nowMs)
  const status = statusOf(bindings)
  const body: Health = {
    status,
    service: 'sluice',
    db: bindings.control === 'ok' ? 'connected' : 'unavailable',
    timestamp: nowMs,
    version: VERSION,
    bindings,
  }
  return new Response(`${JSON.stringify(body)}\n`, {
    status: status === 'unhealthy' ? 503 : 200,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  })
}

/** Without control nobody new gets in, and without objects nothing does. The other stores can be away for a while. */
export function statusOf(bindings: Bindings): Health['status'] {
  if (bindings.control === 'down' || bindings.tenant === 'down') return 'unhealthy'
  return Object.values(bindings).includes('down') ? 'degraded' : 'healthy'
}
