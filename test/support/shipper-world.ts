import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import * as z from 'zod'
import payloadSchema from '../../migrations/payload/0001_initial.sql?raw'
import schema from '../../schema.sql?raw'
import { type Bootstrap, bootstrap } from '../../src/admin/bootstrap'
import worker from '../../src/worker'

const SERVICE = 'http://localhost:8787'

/** What a search answers. */
const Found = z.object({ data: z.array(z.object({ body: z.unknown() }).loose()) })

/** The demo tenant, and ways to send to it as shippers do. */
export interface ShipperWorld {
  readonly tenant: NonNullable<Bootstrap['tenant']>
  readonly send: (route: string, init?: Sent) => Promise<Answered>
  /** What a search finds, the oldest first. */
  readonly find: (query: string) => Promise<z.infer<typeof Found>['data']>
  /** The balance of the tenant’s account. */
  readonly account: () => Promise<unknown>
}

export interface Sent {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly host?: string
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: unknown
}

/** Makes the demo tenant. Once for each file: the worker tests isolate files. */
export async function makeShipperWorld(): Promise<ShipperWorld> {
  await env.CONTROL.prepare(schema).run()
  await env.PAYLOAD.prepare(payloadSchema).run()
  const { tenant } = await bootstrap(env, { demo: true, nowMs: Date.now() })
  if (tenant === undefined) return expect.fail('the demo tenant is missing')
  const read = (path: string, key: string): Promise<Answered> => send(`GET ${path}`, { headers: { 'x-api-key': key } })
  return {
    tenant,
    send,
    find: async (query) => {
      const { json } = await read(`/logs?limit=1000&order=asc&q=${encodeURIComponent(query)}`, tenant.queryKey)
      return Found.parse(json).data
    },
    account: async () => (await read('/admin/usage', tenant.adminKey)).json,
  }
}

async function send(route: string, { headers, body, host }: Sent = {}): Promise<Answered> {
  const [method, path] = route.split(' ')
  const address = host === undefined ? SERVICE : `http://${host}:8787`
  const init = { method, headers: { ...headers }, redirect: 'manual', ...(body !== undefined && { body }) } as const
  const ctx = createExecutionContext()
  const response = await worker.fetch(
    new Request<unknown, IncomingRequestCfProperties>(`${address}${path}`, init),
    env,
    ctx,
  )
  const text = await response.text()
  await waitOnExecutionContext(ctx)
  return { status: response.status, headers: response.headers, text, json: parsed(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
