import * as z from 'zod'
import { addServiceTenant, bootstrap } from '../../src/admin/bootstrap'
import type { TenantBindings } from '../../src/admin/create-tenant'
import { migrate } from './migrate'

// This Worker runs beside ours in the same runtime, on a socket of its own, and does for npm start what needs bindings.
// To reach bindings from Node, Miniflare would start a thread of 45 MB.

interface Env {
  BACKSTAGE_SECRET: string
  CONTROL: D1Database
  TENANT: TenantBindings['TENANT']
  MAIN: { scheduled(options: { cron: string; scheduledTime: Date }): Promise<unknown> }
}

const SqlFiles = z.array(z.object({ name: z.string(), sql: z.string() }))
const Migrate = z.object({ binding: z.string(), migrations: SqlFiles })
const Schema = z.object({ sql: z.string() })
const Bootstrap = z.object({ demo: z.boolean(), nowMs: z.number() })
const ServiceTenant = z.object({ nowMs: z.number() })
const Trigger = z.object({ cron: z.string(), scheduledTime: z.coerce.date() })

const backstage = {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (request.headers.get('authorization') !== env.BACKSTAGE_SECRET) return new Response(null, { status: 404 })
    try {
      return Response.json((await perform(new URL(request.url).pathname, await request.json(), env)) ?? null)
    } catch (error) {
      return new Response(error instanceof Error ? error.message : `${error}`, { status: 500 })
    }
  },
}

// biome-ignore lint/style/noDefaultExport: it is a Worker's entry
export default backstage

async function perform(task: string, input: unknown, env: Env): Promise<unknown> {
  if (task === '/migrate') {
    const { binding, migrations } = Migrate.parse(input)
    return migrate(databaseOf(env, binding), migrations)
  }
  if (task === '/schema') return env.CONTROL.prepare(Schema.parse(input).sql).run()
  if (task === '/service-tenant') return addServiceTenant(env.CONTROL, ServiceTenant.parse(input).nowMs)
  if (task === '/bootstrap') return bootstrap(env, Bootstrap.parse(input))
  if (task === '/cron') return env.MAIN.scheduled(Trigger.parse(input))
  throw new Error(`There is no task ${task}.`)
}

const Database = z.custom<D1Database>((value) => typeof value === 'object' && value !== null && 'prepare' in value)

const databaseOf = (env: Env, binding: string): D1Database =>
  Database.parse(Object.entries(env).find(([name]) => name === binding)?.[1])
