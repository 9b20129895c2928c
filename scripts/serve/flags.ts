import { parseArgs } from 'node:util'
import { StartError } from './start-error.ts'

export interface ServeFlags {
  port: number
  host: string
  dataDirectory: string
  demo: boolean
  /** Whether the demo tenant gets the logs of a day, and a second tenant beside it. */
  story: boolean
  /** Whether logs keep coming to the demo tenant. */
  traffic: boolean
  /** Where to listen for syslog, by UDP and TCP; not at all when there is none. */
  syslogPort: number | undefined
  readyFile: string | undefined
  quiet: boolean
  help: boolean
}

type Environment = Record<string, string | undefined>

export const HELP = `npm start -- [flags]        each flag has an environment variable

  --port N            SLUICE_PORT         port to listen on; 0 takes any free one (8787)
  --host NAME         SLUICE_HOST         address to listen on (127.0.0.1)
  --data DIRECTORY    SLUICE_DATA         where everything is kept (.sluice)
  --syslog-port N     SLUICE_SYSLOG_PORT  also listen for syslog on this port, by UDP and TCP
  --empty             SLUICE_EMPTY=1      create no demo tenant on the first run
  --no-story          SLUICE_NO_STORY=1   create the demo tenant without a day of logs in it
  --no-traffic        SLUICE_NO_TRAFFIC=1 let no logs come to the demo tenant by themselves
  --ready-file PATH   SLUICE_READY_FILE   JSON with url, pid and keys, written once requests are accepted
  --quiet             SLUICE_QUIET=1      print no banner
  --help              this text

Every variable of docs/configuration.md that is set reaches the Worker. SLUICE_DEBUG=1 prints stacks.`

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string' },
  data: { type: 'string' },
  'syslog-port': { type: 'string' },
  empty: { type: 'boolean' },
  'no-story': { type: 'boolean' },
  'no-traffic': { type: 'boolean' },
  'ready-file': { type: 'string' },
  quiet: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

/** Flags win over their environment variables, and these over the defaults. */
export function parseFlags(args: readonly string[], environment: Environment): ServeFlags {
  const flags = readArgs(args)
  const demo = !(flags.empty ?? isOn(environment.SLUICE_EMPTY))
  const story = demo && !(flags['no-story'] ?? isOn(environment.SLUICE_NO_STORY))
  return {
    port: parsePort('--port', flags.port ?? environment.SLUICE_PORT ?? '8787'),
    host: flags.host ?? environment.SLUICE_HOST ?? '127.0.0.1',
    dataDirectory: flags.data ?? environment.SLUICE_DATA ?? '.sluice',
    syslogPort: optionalPort(flags['syslog-port'] ?? environment.SLUICE_SYSLOG_PORT),
    demo,
    story,
    // Where there is no story, nothing is to be told on.
    traffic: story && !(flags['no-traffic'] ?? isOn(environment.SLUICE_NO_TRAFFIC)),
    readyFile: flags['ready-file'] ?? environment.SLUICE_READY_FILE,
    quiet: flags.quiet ?? isOn(environment.SLUICE_QUIET),
    help: flags.help ?? false,
  }
}

function readArgs(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values
  } catch (error) {
    throw new StartError(explainArgs(error))
  }
}

function explainArgs(error: unknown): string {
  const message = error instanceof Error ? error.message : `${error}`
  const [, name] = message.match(/'(.*?)'/) ?? []
  if (message.startsWith('Unknown option')) return `Unknown flag ${name}; npm start -- --help lists the flags.`
  // npm keeps flags that stand before -- for itself and passes on only their values.
  if (message.startsWith('Unexpected argument'))
    return `Unexpected "${name}"; flags go after --: npm start -- --port 9000.`
  return `${message.split('\n')[0]}`
}

const optionalPort = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : parsePort('--syslog-port', text)

function parsePort(flag: string, text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw new StartError(`${flag} takes a number from 0 to 65535, not "${text}".`)
}

function isOn(text: string | undefined): boolean {
  return text !== undefined && !['', '0', 'false', 'no', 'off'].includes(text.toLowerCase())
}
