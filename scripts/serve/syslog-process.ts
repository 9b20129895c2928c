import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import * as z from 'zod'
import { StartError } from './start-error.ts'

/** What the process needs to know. The key goes by its environment: arguments are for everybody to see. */
export interface SyslogPlace {
  readonly root: string
  readonly port: number
  readonly host: string
  /** Where the service listens. */
  readonly url: string
  readonly key: string | undefined
}

export interface SyslogProcess {
  readonly port: number
  /** Ends it once what it holds has been handed on; to be called while the service still runs. */
  readonly stop: () => Promise<void>
}

/** How long the service waits at its end for what was already received. */
const STOP_MS = 3000

const Message = z.union([z.object({ port: z.int() }), z.object({ error: z.string() })])

/** Starts the small process that listens for syslog and posts to the service. Throws a StartError where it cannot listen. */
export async function startSyslog(place: SyslogPlace): Promise<SyslogProcess> {
  if (place.key === undefined)
    throw new StartError(
      '--syslog-port needs a key: there is no demo tenant, so set SLUICE_SYSLOG_KEY to an ingest key.',
    )
  const child = fork(path.join(place.root, 'scripts', 'syslog.ts'), [], {
    execArgv: ['--max-old-space-size=256'],
    env: {
      ...process.env,
      SLUICE_SYSLOG_PORT: `${place.port}`,
      SLUICE_SYSLOG_HOST: place.host,
      SLUICE_SYSLOG_URL: place.url,
      SLUICE_SYSLOG_KEY: place.key,
    },
  })
  const port = await portOf(child, place)
  child.on('exit', (code) => {
    if (child.connected || code !== 0) process.stderr.write(`The syslog listener ended with ${code}.\n`)
  })
  return { port, stop: () => stop(child) }
}

async function portOf(child: ChildProcess, { port }: SyslogPlace): Promise<number> {
  const [message] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => [{ error: 'it ended' }]),
  ])
  const said = Message.parse(message)
  if ('port' in said) return said.port
  throw new StartError(`Syslog cannot be listened for on port ${port}: ${said.error}.`)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  child.kill('SIGTERM')
  await exit
  clearTimeout(late)
}
