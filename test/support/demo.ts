import { env, exports } from 'cloudflare:workers'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { bootstrap } from '../../src/admin/bootstrap'

/** Whose key a request has. */
export type Who = 'operator' | 'ingest' | 'query' | 'admin' | 'nobody'

/** The databases of this test file with the demo tenant, and its keys. */
export async function demo() {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
  const { operatorKey, tenant } = await bootstrap(env, { demo: true, nowMs: Date.now() })
  if (!tenant) throw new Error('the demo tenant is missing')
  const keys: Readonly<Record<Who, string>> = {
    operator: operatorKey,
    ingest: tenant.ingestKey,
    query: tenant.queryKey,
    admin: tenant.adminKey,
    nobody: '',
  }

  /** Sends a request to the Worker, on the service's own host where the path names none. */
  const ask = (who: Who, path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers)
    if (keys[who] !== '') headers.set('authorization', `Bearer ${keys[who]}`)
    return exports.default.fetch(new URL(path, 'http://localhost:8787').href, { ...init, headers })
  }
  return { tenantId: tenant.id, ask }
}
