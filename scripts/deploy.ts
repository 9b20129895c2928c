import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import * as z from 'zod'
import {
  COUNT_OPERATOR_KEYS,
  createCommands,
  deployedConfig,
  type Existing,
  parseBuckets,
  parseDatabases,
  parseDeployedUrl,
  parseNamespaces,
  parseOperatorKeys,
  parseSecretNames,
} from './deploy/plan.ts'
import { recordSql } from './deploy/record-sql.ts'
import { banner } from './serve/banner.ts'
import { importAdmin } from './serve/build.ts'
import { Credentials, newSecretsKey } from './serve/credentials.ts'
import { StartError } from './serve/start-error.ts'
import { readWranglerConfig, readWranglerToml, type WranglerConfig } from './serve/wrangler-config.ts'

const ROOT = path.resolve(import.meta.dirname, '..')
const TOML = path.join(ROOT, 'wrangler.toml')
const OUTPUT = path.join(ROOT, '.wrangler', 'deploy')
const CONFIG = path.join(OUTPUT, 'wrangler.json')
const BOOTSTRAP_SQL = path.join(OUTPUT, 'bootstrap.sql')

try {
  await deploy()
} catch (error) {
  if (!(error instanceof StartError)) throw error
  console.error(error.message)
  process.exit(1)
}

/** Each step looks at what is there first, so all of it can run again after any of them failed. */
async function deploy(): Promise<void> {
  requireLogin()
  const config = readWranglerConfig(TOML)
  for (const command of createCommands(config, readExisting())) wrangler(command)
  writeConfig(config, readExisting())
  applyMigrations(config)
  const operatorKey = await ensureOperatorKey()
  const url = parseDeployedUrl(wrangler(['deploy', '--config', CONFIG]))
  ensureSecretsKey()
  announce(url ?? 'the address above', operatorKey)
}

function requireLogin(): void {
  if (run(['whoami', '--json']).status === 0) return
  throw new StartError(
    'Not logged in to Cloudflare; run npx wrangler login (Node 22 or newer) or set CLOUDFLARE_API_TOKEN, then npm run deploy again.',
  )
}

function readExisting(): Existing {
  const buckets = run(['r2', 'bucket', 'list'])
  if (buckets.status !== 0) console.log('R2 is not switched on in this account: payloads stay in D1.')
  return {
    databases: parseDatabases(wrangler(['d1', 'list', '--json'], 'quiet')),
    namespaces: parseNamespaces(wrangler(['kv', 'namespace', 'list'], 'quiet')),
    buckets: buckets.status === 0 ? parseBuckets(buckets.stdout) : undefined,
  }
}

/** wrangler.toml stays as it is: the ids of an account do not belong into the repository. */
function writeConfig(config: WranglerConfig, existing: Existing): void {
  mkdirSync(OUTPUT, { recursive: true })
  const deployed = deployedConfig(readWranglerToml(TOML), config, existing, ROOT)
  writeFileSync(CONFIG, `${JSON.stringify(deployed, null, 2)}\n`)
}

function applyMigrations(config: WranglerConfig): void {
  for (const { binding } of config.d1_databases)
    wrangler(['d1', 'migrations', 'apply', binding, '--remote', '--config', CONFIG])
  wrangler([
    'd1',
    'execute',
    'CONTROL',
    '--remote',
    '--yes',
    '--file',
    path.join(ROOT, 'schema.sql'),
    '--config',
    CONFIG,
  ])
}

/**
 * Answers the key only when it is new. The text is printed before its hash is stored, so that it cannot get lost between. What
 * an earlier deployment did not make yet is made all the same.
 */
async function ensureOperatorKey(): Promise<string | undefined> {
  const execute = ['d1', 'execute', 'CONTROL', '--remote', '--yes', '--config', CONFIG]
  const { addServiceTenant, bootstrapOperator } = await importAdmin(ROOT)
  if (parseOperatorKeys(wrangler([...execute, '--json', '--command', COUNT_OPERATOR_KEYS], 'quiet')) > 0) {
    const { sql } = await recordSql((control) => addServiceTenant(control, Date.now()))
    writeFileSync(BOOTSTRAP_SQL, sql)
    wrangler([...execute, '--file', BOOTSTRAP_SQL], 'quiet')
    return undefined
  }
  const { result, sql } = await recordSql((control) => bootstrapOperator(control, { nowMs: Date.now() }))
  const { operatorKey } = Credentials.parse(result)
  console.log(`The first operator key, shown only now: ${operatorKey}`)
  writeFileSync(BOOTSTRAP_SQL, sql)
  wrangler([...execute, '--file', BOOTSTRAP_SQL])
  return operatorKey
}

/** It is made once and never shown: what was sealed with it would not open with another. */
function ensureSecretsKey(): void {
  const names = parseSecretNames(wrangler(['secret', 'list', '--format', 'json', '--config', CONFIG], 'quiet'))
  if (names.includes('SECRETS_KEY')) return
  wrangler(['secret', 'put', 'SECRETS_KEY', '--config', CONFIG], 'shown', newSecretsKey())
}

function announce(url: string, operatorKey: string | undefined): void {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')))
  const credentials = { operatorKey: operatorKey ?? 'as an earlier deployment printed it' }
  process.stdout.write(
    banner({ version, url, tenantUrl: undefined, place: 'on Cloudflare', credentials }, process.stdout.isTTY),
  )
}

/** Runs wrangler, shows what it says, and answers it. `input` is what it reads, so that it stands in no list of processes. */
function wrangler(args: readonly string[], shown: 'shown' | 'quiet' = 'shown', input?: string): string {
  const { status, stdout, stderr } = run(args, input)
  if (shown === 'shown' || status !== 0) process.stdout.write(stdout)
  if (status !== 0)
    throw new StartError(
      `${stderr}\nwrangler ${args.slice(0, 3).join(' ')} failed; what it said stands above. npm run deploy can run again.`,
    )
  return stdout
}

function run(args: readonly string[], input?: string) {
  const script = path.join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
  return spawnSync(process.execPath, [script, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: [input === undefined ? 'inherit' : 'pipe', 'pipe', 'pipe'],
    ...(input !== undefined && { input }),
    env: { ...process.env, NO_COLOR: '1', WRANGLER_HIDE_BANNER: 'true' },
  })
}
