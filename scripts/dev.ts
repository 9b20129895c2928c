import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { getPlatformProxy } from 'wrangler'
import { importBootstrap } from './serve/build.ts'
import { readOrCreateCredentials } from './serve/credentials.ts'
import { migrate } from './serve/migrate.ts'
import { readMigrations } from './serve/read-migrations.ts'
import { readWranglerConfig } from './serve/wrangler-config.ts'

// npm run dev is wrangler dev, over a schema and with keys.

const ROOT = path.resolve(import.meta.dirname, '..')
const STATE = path.join(ROOT, '.wrangler', 'state')

await prepareState()
const wrangler = path.join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
const args = [wrangler, 'dev', '--var', 'ENVIRONMENT:development', '--test-scheduled', ...process.argv.slice(2)]
const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
child.on('exit', (code) => process.exit(code ?? 1))

/** Brings the databases of wrangler's local state up to date and prints the keys, which are kept beside it. */
async function prepareState(): Promise<void> {
  mkdirSync(STATE, { recursive: true })
  const config = readWranglerConfig(path.join(ROOT, 'wrangler.toml'))
  const { env, dispose } = await getPlatformProxy<Record<string, D1Database>>({
    configPath: path.join(ROOT, 'wrangler.toml'),
  })
  for (const { binding, migrations_dir } of config.d1_databases) {
    await migrate(env[binding], readMigrations(path.join(ROOT, migrations_dir)))
  }
  await env.CONTROL.prepare(readFileSync(path.join(ROOT, 'schema.sql'), 'utf8')).run()
  const bootstrap = await importBootstrap(ROOT)
  const file = path.join(STATE, 'credentials.json')
  const credentials = await readOrCreateCredentials(file, () =>
    bootstrap(env.CONTROL, { demo: true, nowMs: Date.now() }),
  )
  await dispose()
  console.log(JSON.stringify(credentials, null, 2))
}
