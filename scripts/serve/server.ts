import { readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stop as stopEsbuild } from 'esbuild'
import { Miniflare } from 'miniflare'
import * as z from 'zod'
import { keepTraffic, playDemo } from '../demo/demo.ts'
import { prepareData, runCron } from './backstage.ts'
import { banner } from './banner.ts'
import { buildWorker } from './build.ts'
import { buildApp } from './build-app.ts'
import { type Credentials, readOrCreateSecretsKey, writePrivately } from './credentials.ts'
import { startCrons } from './crons.ts'
import { checkDatabases, lockDataDirectory, openDataDirectory } from './data-directory.ts'
import { explainFailure } from './explain-failure.ts'
import type { ServeFlags } from './flags.ts'
import { miniflareOptions } from './miniflare-options.ts'
import { RuntimeOutput } from './runtime-output.ts'
import { endOrphans, guardRuntime } from './runtime-process.ts'
import { StartError } from './start-error.ts'
import { type SyslogProcess, startSyslog } from './syslog-process.ts'
import { readWranglerConfig } from './wrangler-config.ts'

export interface Server {
  stop(): Promise<void>
}

/** Where the code is and where the data is; both absolute. */
interface Place {
  root: string
  directory: string
}

const HEALTH_TRIES = 200
const HEALTH_PAUSE_MS = 50

/** Starts everything that npm start promises. `onDeath` hears of a runtime that ended and could not be started again. */
export async function startServer(root: string, flags: ServeFlags, onDeath: (error: unknown) => void): Promise<Server> {
  const given = path.resolve(flags.dataDirectory)
  openDataDirectory(given)
  const directory = realpathSync(given)
  const lock = lockDataDirectory(directory)
  try {
    await endOrphans(directory)
    checkDatabases(directory)
    const runtime = await startRuntime({ root, directory }, flags, onDeath)
    return { stop: () => runtime.stop().finally(() => lock.release()) }
  } catch (error) {
    lock.release()
    throw explainFailure(error, { directory, port: flags.port, host: flags.host })
  }
}

async function startRuntime(place: Place, flags: ServeFlags, onDeath: (error: unknown) => void): Promise<Server> {
  const config = readWranglerConfig(path.join(place.root, 'wrangler.toml'))
  const [workerCode, backstageCode] = await Promise.all([
    buildWorker(place.root, config.main),
    buildWorker(place.root, 'scripts/serve/backstage-worker.ts'),
    buildApp(place.root),
  ])
  await stopEsbuild()

  const guard = keepGuard(place.directory)
  const output = new RuntimeOutput()
  const input = {
    root: place.root,
    config,
    workerCode,
    backstageCode,
    directory: place.directory,
    secretsKey: readOrCreateSecretsKey(path.join(place.directory, 'secrets.key')),
    flags,
    onDeath,
    onRestart: guard.renew,
    onOutput: output.write,
  }
  const miniflare = new Miniflare(miniflareOptions(input))
  let syslog: SyslogProcess | undefined
  let endTraffic: (() => void) | undefined
  const stop = async () => {
    endTraffic?.()
    await syslog?.stop()
    await miniflare.dispose().finally(guard.end)
  }
  try {
    await miniflare.ready
    guard.renew()
    const credentials = await prepareData(place, miniflare, config, flags.demo)
    const url = await miniflare.unsafeGetDirectURL(config.name)
    await waitUntilHealthy(url)
    output.release()
    syslog = await startSyslogFor(place, flags, url, credentials)
    const demo = { url: url.origin, directory: place.directory, credentials }
    if (flags.story) await playDemo(demo)
    if (flags.traffic) endTraffic = keepTraffic(demo)
    announce(place, flags, url, { credentials, syslogPort: syslog?.port })
  } catch (error) {
    await stop()
    throw error
  }

  const crons = startCrons(config.triggers.crons, (cron, time) => runCron(miniflare, cron, time), reportCron)
  return {
    stop: () => {
      for (const cron of crons) cron.stop()
      return stop()
    },
  }
}

/** Its messages are the demo tenant's, unless another key says whose they are. */
async function startSyslogFor({ root }: Place, { syslogPort, host }: ServeFlags, url: URL, { tenant }: Credentials) {
  if (syslogPort === undefined) return undefined
  const key = process.env.SLUICE_SYSLOG_KEY ?? tenant?.ingestKey
  return startSyslog({ root, port: syslogPort, host, url: url.origin, key })
}

/** One guard at a time: a runtime that was started again has another process id. */
function keepGuard(directory: string) {
  let guard: ReturnType<typeof guardRuntime>
  const end = () => void guard?.kill('SIGKILL')
  const renew = () => {
    end()
    guard = guardRuntime(directory)
  }
  return { end, renew }
}

async function waitUntilHealthy(url: URL): Promise<void> {
  let last = ''
  for (let tries = 0; tries < HEALTH_TRIES; tries++) {
    const response = await fetch(new URL('/health', url))
    if (response.status === 200) return
    last = `${response.status} ${await response.text()}`
    await sleep(HEALTH_PAUSE_MS)
  }
  throw new StartError(`The Worker runs but is not healthy: GET /health answers ${last.slice(0, 300)}`)
}

const Package = z.object({ version: z.string() })

/** What there is to tell beside the address. */
interface Started {
  credentials: Credentials
  syslogPort: number | undefined
}

function announce({ root, directory }: Place, flags: ServeFlags, listening: URL, started: Started): void {
  const { credentials, syslogPort } = started
  const { version } = Package.parse(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')))
  const url = listening.origin
  const { operatorKey, tenant } = credentials
  const tenantUrl = tenant && `http://${tenant.domain}:${listening.port}`
  if (flags.readyFile) {
    const ready = {
      url,
      pid: process.pid,
      version,
      operatorKey,
      ...(tenant && { tenant: { ...tenant, url: tenantUrl } }),
      ...(syslogPort !== undefined && { syslogPort }),
    }
    writePrivately(path.resolve(flags.readyFile), `${JSON.stringify(ready, null, 2)}\n`)
  }
  if (flags.quiet) return
  process.stdout.write(
    banner({ version, url, tenantUrl, place: `data in ${directory}`, credentials, syslogPort }, process.stdout.isTTY),
  )
}

function reportCron(error: unknown): void {
  console.error(`A cron trigger failed: ${error instanceof Error ? error.message : error}`)
}
