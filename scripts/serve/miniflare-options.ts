import path from 'node:path'
import { convertV4MiniflareOptions, Log, LogLevel, MiniflareCoreError, type MiniflareOptions } from 'miniflare'
import { BACKSTAGE_SECRET } from './backstage.ts'
import type { ServeFlags } from './flags.ts'
import { RUNTIME_MARK } from './runtime-process.ts'
import { workerVariables } from './worker-variables.ts'
import type { WranglerConfig } from './wrangler-config.ts'

export interface RuntimeInput {
  /** The repository, where the app was built. */
  root: string
  config: WranglerConfig
  workerCode: string
  backstageCode: string
  directory: string
  /** Of this data directory; the environment's own comes before it. */
  secretsKey: string
  flags: Pick<ServeFlags, 'port' | 'host'>
  onDeath: (error: unknown) => void
  onRestart: () => void
  onOutput: (line: OutputLine) => void
}

/** A line that the Worker logged or that workerd itself has to say. */
export interface OutputLine {
  level: string
  message: string
}

/** The whole runtime from wrangler.toml: nothing that stands there is said again. */
export function miniflareOptions(input: RuntimeInput): MiniflareOptions {
  return convertV4MiniflareOptions({
    workers: [backstage(input), worker(input), appFiles(input)],
    host: '127.0.0.1',
    port: 0,
    resourcePersistencePath: input.directory,
    log: new RuntimeLog(input.onDeath),
    unsafeHandleRuntimeRestart: input.onRestart,
    handleStructuredLogs: input.onOutput,
    unsafeRuntimeEnv: { [RUNTIME_MARK]: input.directory },
    // Each of these is work for every request, or a way in from outside, or a fetch from the network.
    logRequests: false,
    unsafeObservability: false,
    unsafeLocalExplorer: false,
    unsafeTriggerHandlers: false,
    cf: false,
    telemetry: { enabled: false },
  })
}

/**
 * The Worker has the public socket to itself. Miniflare's usual one leads through a Worker of its own, which takes two
 * thirds of the requests per second, serves every R2 object to whoever asks under /cdn-cgi/local/r2/public, and answers
 * an error with its stack.
 */
function worker({ config, workerCode, flags, secretsKey }: RuntimeInput) {
  return {
    ...common(config),
    name: config.name,
    modules: [{ type: 'ESModule' as const, path: 'worker.js', contents: workerCode }],
    unsafeDirectSockets: [{ host: flags.host, port: flags.port }],
    bindings: workerVariables(config.vars, { SECRETS_KEY: secretsKey, ...process.env }),
    d1Databases: databases(config),
    kvNamespaces: Object.fromEntries(config.kv_namespaces.map(({ binding, id }) => [binding, id])),
    r2Buckets: Object.fromEntries(config.r2_buckets.map(({ binding, bucket_name }) => [binding, bucket_name])),
    ratelimits: Object.fromEntries(config.ratelimits.map(({ name, ...about }) => [name, about])),
    serviceBindings: { [config.assets.binding]: APP_FILES },
    durableObjects: Object.fromEntries(
      config.durable_objects.bindings.map(({ name, class_name }) => [name, { className: class_name, useSQLite: true }]),
    ),
  }
}

const APP_FILES = 'app-files'

/** The files of the browser app. In a Worker that has any, Miniflare asks for them before the Worker: two more hops a request. */
function appFiles({ root, config }: RuntimeInput) {
  return {
    name: APP_FILES,
    modules: [{ type: 'ESModule' as const, path: 'none.js', contents: 'export default {}' }],
    compatibilityDate: config.compatibility_date,
    assets: {
      directory: path.join(root, config.assets.directory),
      assetConfig: { html_handling: 'none' as const },
    },
  }
}

function backstage({ config, backstageCode }: RuntimeInput) {
  const { compatibilityDate, compatibilityFlags } = common(config)
  return {
    name: 'backstage',
    modules: [{ type: 'ESModule' as const, path: 'backstage.js', contents: backstageCode }],
    compatibilityDate,
    compatibilityFlags: [...compatibilityFlags, 'service_binding_extra_handlers'],
    bindings: { BACKSTAGE_SECRET },
    d1Databases: databases(config),
    serviceBindings: { MAIN: config.name },
    durableObjects: tenantObjects(config),
  }
}

/** The objects of our Worker, seen from beside it. */
const tenantObjects = (config: WranglerConfig) =>
  Object.fromEntries(
    config.durable_objects.bindings.map(({ name, class_name }) => [
      name,
      { className: class_name, scriptName: config.name, useSQLite: true },
    ]),
  )

const common = (config: WranglerConfig) => ({
  compatibilityDate: config.compatibility_date,
  compatibilityFlags: config.compatibility_flags,
})

const databases = (config: WranglerConfig) =>
  Object.fromEntries(config.d1_databases.map(({ binding, database_id }) => [binding, database_id]))

/** Warnings and errors only, on stderr. Miniflare starts a dead runtime again by itself; where it cannot, nothing serves. */
class RuntimeLog extends Log {
  readonly #onDeath: (error: unknown) => void

  constructor(onDeath: (error: unknown) => void) {
    super(LogLevel.WARN, { prefix: 'runtime' })
    this.#onDeath = onDeath
  }

  override log(message: string): void {
    process.stderr.write(`${message}\n`)
  }

  override error(error: Error): void {
    if (error instanceof MiniflareCoreError && error.code === 'ERR_RUNTIME_FAILURE') this.#onDeath(error)
    else super.error(error)
  }
}
