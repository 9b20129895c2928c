import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { Miniflare } from 'miniflare'
import { prepareData } from './serve/backstage.ts'
import { buildWorker } from './serve/build.ts'
import { buildApp } from './serve/build-app.ts'
import { readOrCreateSecretsKey } from './serve/credentials.ts'
import { miniflareOptions } from './serve/miniflare-options.ts'
import { readWranglerConfig } from './serve/wrangler-config.ts'

// npm run dev is wrangler dev, over a schema and with keys.

const ROOT = path.resolve(import.meta.dirname, '..')
const STATE = path.join(ROOT, '.wrangler', 'state')

mkdirSync(STATE, { recursive: true })
const secretsKey = readOrCreateSecretsKey(path.join(STATE, 'secrets.key'))
await buildApp(ROOT)
await prepareState()
const wrangler = path.join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
const variables = ['--var', 'ENVIRONMENT:development', '--var', `SECRETS_KEY:${secretsKey}`]
const args = [wrangler, 'dev', ...variables, '--test-scheduled', ...process.argv.slice(2)]
const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
child.on('exit', (code) => process.exit(code ?? 1))

/**
 * Brings the databases of wrangler's local state up to date and prints the keys, which are kept beside it. Tenants are made
 * by their objects, so that the Worker runs once over the same state, as npm start runs it.
 */
async function prepareState(): Promise<void> {
  const directory = path.join(STATE, 'v3')
  mkdirSync(directory, { recursive: true })
  const config = readWranglerConfig(path.join(ROOT, 'wrangler.toml'))
  const workerCode = await buildWorker(ROOT, config.main)
  const backstageCode = await buildWorker(ROOT, 'scripts/serve/backstage-worker.ts')
  const flags = { port: 0, host: '127.0.0.1' }
  const onDeath = (error: unknown): never => {
    throw error
  }
  const ignored = (): void => {}
  const hooks = { onDeath, onRestart: ignored, onOutput: ignored }
  const parts = { root: ROOT, config, workerCode, backstageCode, directory, flags, secretsKey }
  const miniflare = new Miniflare(miniflareOptions({ ...parts, ...hooks }))
  try {
    console.log(JSON.stringify(await prepareData({ root: ROOT, directory: STATE }, miniflare, config, true), null, 2))
  } finally {
    await miniflare.dispose()
  }
}
