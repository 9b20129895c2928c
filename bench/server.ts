import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { LASTING, ROOT } from '../scripts/bootstrap.mjs'

/** What `npm start` writes once it is ready. */
export interface Ready {
  readonly url: string
  readonly pid: number
  readonly operatorKey: string
  readonly tenant: {
    readonly id: string
    readonly domain: string
    readonly ingestKey: string
    readonly queryKey: string
    readonly adminKey: string
  }
}

export interface RunningServer {
  readonly ready: Ready
  stop(): Promise<void>
}

/**
 * Starts the product as `npm start` does, on an empty data directory: under the same Node, with the same flags and environment.
 * `variables` are of docs/configuration.md. It ends with the bench, however that ends.
 */
export async function startServer(variables: Readonly<Record<string, string>> = {}): Promise<RunningServer> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  const readyFile = join(directory, 'ready.json')
  const script = [join(ROOT, 'scripts/serve.ts'), '--port', '0', '--quiet']
  const files = ['--data', join(directory, 'data'), '--ready-file', readyFile]
  const child = spawn(process.execPath, [...LASTING.flags, ...script, ...files], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, SLUICE_NO_STORY: '1', ...LASTING.environment, ...variables },
  })
  for (let waited = 0; !existsSync(readyFile); waited += 50) {
    if (child.exitCode !== null || waited > 60_000) throw new Error('the server did not start')
    await pause(50)
  }
  const ready: Ready = JSON.parse(readFileSync(readyFile, 'utf8'))
  return { ready, stop: () => stop(child, directory) }
}

async function stop(child: ChildProcess, directory: string): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
  rmSync(directory, { recursive: true, force: true })
}
