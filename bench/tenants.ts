import http from 'node:http'
import * as z from 'zod'
import { send, type Target } from './http-load.ts'
import type { Ready } from './server.ts'

/** Requests that make tenants at a time. */
const MAKERS = 8

const NewKey = z.object({ key: z.string() })

/** Makes tenants of a plan with the operator's key, as a platform does. Answers each with a key of its own for sending logs. */
export async function makeTenants(ready: Ready, names: readonly string[], plan: string): Promise<readonly Target[]> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: MAKERS })
  const made: Target[] = []
  let next = 0
  const work = async (): Promise<void> => {
    while (next < names.length) {
      const index = next++
      made[index] = { url: ready.url, key: await makeTenant(ready, { name: names[index], plan }, agent) }
    }
  }
  await Promise.all(Array.from({ length: MAKERS }, work))
  agent.destroy()
  return made
}

async function makeTenant(
  { url, operatorKey }: Ready,
  tenant: { readonly name: string; readonly plan: string },
  agent: http.Agent,
): Promise<string> {
  const operator = { url, key: operatorKey }
  await administer(operator, { method: 'POST', path: '/admin/tenants', document: tenant }, agent)
  const path = `/admin/tenants/${tenant.name}/keys`
  return NewKey.parse(await administer(operator, { method: 'POST', path, document: { kind: 'ing' } }, agent)).key
}

/** Changes something, and answers what is there now. */
export async function administer(
  target: Target,
  { method, path, document }: { readonly method: 'POST' | 'PATCH'; readonly path: string; readonly document: object },
  agent?: http.Agent,
): Promise<unknown> {
  const body = Buffer.from(JSON.stringify(document))
  const { status, text } = await send(target, { method, path, body, contentType: 'application/json' }, agent)
  if (status !== 200 && status !== 201) throw new Error(`${method} ${path} was answered ${status}: ${text}`)
  return JSON.parse(text)
}
