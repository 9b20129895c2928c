import module from 'node:module'
import path from 'node:path'
import { HELP, parseFlags } from './serve/flags.ts'
import { listenForEnd } from './serve/listen-for-end.ts'
import { StartError } from './serve/start-error.ts'

const ROOT = path.resolve(import.meta.dirname, '..')

try {
  await serve(process.argv.slice(2))
} catch (error) {
  fail(error)
}

async function serve(args: readonly string[]): Promise<void> {
  const flags = parseFlags(args, process.env)
  if (flags.help) return console.log(HELP)

  // Miniflare is 6 MB of JavaScript; its compiled form halves the time that a start takes.
  module.enableCompileCache(path.join(ROOT, 'node_modules', '.cache', 'node'))
  const { startServer } = await import('./serve/server.ts')
  const ending = listenForEnd()
  const server = await startServer(ROOT, flags, fail)
  ending.runs(() => void server.stop().then(() => process.exit(0), fail))
}

function fail(error: unknown): never {
  const sentence = error instanceof Error ? error.message.split('\n')[0] : `${error}`
  process.stderr.write(
    error instanceof StartError ? `${sentence}\n` : `Sluice stopped: ${sentence} (SLUICE_DEBUG=1 shows more)\n`,
  )
  if (process.env.SLUICE_DEBUG) console.error(error)
  process.exit(1)
}
