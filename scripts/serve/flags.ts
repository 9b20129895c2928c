import { parseArgs } from 'node:util'
import { StartError } from './start-error.ts'

export interface ServeFlags {
  port: number
  host: string
  dataDirectory: string
  demo: boolean
  readyFile: string | undefined
  quiet: boolean
  help: boolean
}

type Environment = Record<string, string | undefined>

export const HELP = `npm start -- [flags]        each flag has an environment variable

  --port N            SLUICE_PORT         port to listen on; 0 takes any free one (8787)
  --host NAME         SLUICE_HOST         address to listen on (127.0.0.1)
  --data DIRECTORY    SLUICE_DATA         where everything is kept (.sluice)
  --empty             SLUICE_EMPTY=1      create no demo tenant on the first run
  --ready-file PATH   SLUICE_READY_FILE   JSON with url, pid and keys, written once requests are accepted
  --quiet             SLUICE_QUIET=1      print no banner
  --help              this text

Every variable of docs/configuration.md that is set reaches the Worker. SLUICE_DEBUG=1 prints stacks.`

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string' },
  data: { type: 'string' },
  empty: { type: 'boolean' },
  'ready-file': { type: 'string' },
  quiet: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

/** Flags win over their environment variables, and these over the defaults. */
export function parseFlags(args: readonly string[], environment: Environment): ServeFlags {
  const flags = readArgs(args)
  return {
    port: parsePort(flags.port ?? environment.SLUICE_PORT ?? '8787'),
    host: flags.host ?? environment.SLUICE_HOST ?? '127.0.0.1',
    dataDirectory: flags.data ?? environment.SLUICE_DATA ?? '.sluice',
    demo: !(flags.empty ?? isOn(environment.SLUICE_EMPTY)),
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

function parsePort(text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw new StartError(`--port takes a number from 0 to 65535, not "${text}".`)
}

function isOn(text: string | undefined): boolean {
  return text !== undefined && !['', '0', 'false', 'no', 'off'].includes(text.toLowerCase())
}
