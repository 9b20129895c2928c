import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Miniflare } from 'miniflare'
import { type Credentials, readOrCreateCredentials } from './credentials.ts'
import { readMigrations } from './read-migrations.ts'
import type { WranglerConfig } from './wrangler-config.ts'

/** Without it a request to the backstage Worker is answered with 404. */
export const BACKSTAGE_SECRET = randomBytes(32).toString('hex')

/** Has the backstage Worker do a task, and answers its result. */
async function ask(miniflare: Miniflare, task: string, input: unknown): Promise<unknown> {
  const headers = { authorization: BACKSTAGE_SECRET }
  const response = await miniflare.dispatchFetch(`http://backstage${task}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(input),
  })
  if (response.ok) return response.json()
  throw new Error(await response.text())
}

/** Brings the databases up to date and answers the keys. Every step may be cut short and run again. */
export async function prepareData(
  place: { root: string; directory: string },
  miniflare: Miniflare,
  config: WranglerConfig,
  demo: boolean,
): Promise<Credentials> {
  for (const { binding, migrations_dir } of config.d1_databases) {
    await ask(miniflare, '/migrate', { binding, migrations: readMigrations(path.join(place.root, migrations_dir)) })
  }
  await ask(miniflare, '/schema', { sql: readFileSync(path.join(place.root, 'schema.sql'), 'utf8') })
  await ask(miniflare, '/service-tenant', { nowMs: Date.now() })
  const file = path.join(place.directory, 'credentials.json')
  return readOrCreateCredentials(file, () => ask(miniflare, '/bootstrap', { demo, nowMs: Date.now() }))
}

/** Runs the Worker's scheduled handler as the platform would. */
export async function runCron(miniflare: Miniflare, cron: string, scheduledTime: Date): Promise<void> {
  await ask(miniflare, '/cron', { cron, scheduledTime })
}
