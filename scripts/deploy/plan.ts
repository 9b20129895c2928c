import path from 'node:path'
import * as z from 'zod'
import type { WranglerConfig } from '../serve/wrangler-config.ts'

/** What the account has already. Buckets are undefined where R2 is not switched on. */
export interface Existing {
  databases: z.infer<typeof Databases>
  namespaces: z.infer<typeof Namespaces>
  buckets: string[] | undefined
}

const Databases = z.array(z.object({ name: z.string(), uuid: z.string() }))
const Namespaces = z.array(z.object({ title: z.string(), id: z.string() }))

/** `wrangler d1 list --json` */
export const parseDatabases = (output: string): Existing['databases'] => Databases.parse(JSON.parse(output))

/** `wrangler kv namespace list`, which is JSON without being asked */
export const parseNamespaces = (output: string): Existing['namespaces'] => Namespaces.parse(JSON.parse(output))

/** `wrangler r2 bucket list`, which has no JSON: a line `name:  …` for each bucket */
export const parseBuckets = (output: string): string[] =>
  [...output.matchAll(/^name:\s+(\S+)/gm)].map(([, name]) => name)

/** wrangler.toml has no titles for namespaces; this is the one that wrangler itself would choose. */
export const namespaceTitle = (config: WranglerConfig, binding: string): string => `${config.name}-${binding}`

/** The wrangler commands that create what is missing; none when all is there. */
export function createCommands(config: WranglerConfig, existing: Existing): string[][] {
  const databases = config.d1_databases.map(({ database_name }) => database_name)
  const titles = config.kv_namespaces.map(({ binding }) => namespaceTitle(config, binding))
  const buckets = existing.buckets ? config.r2_buckets.map(({ bucket_name }) => bucket_name) : []
  return [
    ...without(
      databases,
      existing.databases.map(({ name }) => name),
    ).map((name) => ['d1', 'create', name]),
    ...without(
      titles,
      existing.namespaces.map(({ title }) => title),
    ).map((title) => ['kv', 'namespace', 'create', title]),
    ...without(buckets, existing.buckets ?? []).map((name) => ['r2', 'bucket', 'create', name]),
  ]
}

const without = (wanted: readonly string[], present: readonly string[]): string[] =>
  wanted.filter((name) => !present.includes(name))

/** wrangler.toml as it is deployed: with the account's ids, and paths that hold from another folder. */
export function deployedConfig(
  toml: Record<string, unknown>,
  config: WranglerConfig,
  existing: Existing,
  root: string,
): Record<string, unknown> {
  const databases = config.d1_databases.map((database) => ({
    ...database,
    database_id: found(
      existing.databases.find(({ name }) => name === database.database_name)?.uuid,
      database.database_name,
    ),
    migrations_dir: path.join(root, database.migrations_dir),
  }))
  const namespaces = config.kv_namespaces.map(({ binding }) => {
    const title = namespaceTitle(config, binding)
    return { binding, id: found(existing.namespaces.find((namespace) => namespace.title === title)?.id, title) }
  })
  return {
    ...toml,
    main: path.join(root, config.main),
    d1_databases: databases,
    kv_namespaces: namespaces,
    r2_buckets: existing.buckets ? config.r2_buckets : [],
  }
}

function found(id: string | undefined, name: string): string {
  if (id !== undefined) return id
  throw new Error(`${name} was created but is not listed yet; run npm run deploy again.`)
}

const KeyCount = z.tuple([z.object({ results: z.tuple([z.object({ operator_keys: z.number() })]) })])

export const COUNT_OPERATOR_KEYS = `SELECT count(*) AS operator_keys FROM api_key WHERE kind = 'op' AND status = 'active'`

/** What `wrangler d1 execute --json` answers to COUNT_OPERATOR_KEYS */
export const parseOperatorKeys = (output: string): number =>
  KeyCount.parse(JSON.parse(output))[0].results[0].operator_keys

const SecretNames = z.array(z.object({ name: z.string() }))

/** `wrangler secret list --format json` */
export const parseSecretNames = (output: string): string[] =>
  SecretNames.parse(JSON.parse(output)).map(({ name }) => name)

/** The address in what `wrangler deploy` prints. */
export const parseDeployedUrl = (output: string): string | undefined => output.match(/https:\/\/\S+\.workers\.dev/)?.[0]
