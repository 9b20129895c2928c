import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

// workerd outlives the process that started it, and then goes on holding the port and the data.

/** The environment variable that names, in each workerd that we start, the data directory it works on. */
export const RUNTIME_MARK = 'SLUICE_RUNTIME_OF'

/** The process ids of every workerd that works on this directory. Windows does not tell. */
export function runtimesOf(directory: string): number[] {
  const mark = `${RUNTIME_MARK}=${directory}`
  if (process.platform === 'linux') return runtimesFromProc(mark)
  if (process.platform === 'darwin') return runtimesFromPs(mark)
  return []
}

function runtimesFromProc(mark: string): number[] {
  const processIds = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return processIds
    .filter((id) => readProc(id, 'comm').trim() === 'workerd' && readProc(id, 'environ').split('\0').includes(mark))
    .map(Number)
}

/** A process may be gone by now, or belong to somebody else. */
function readProc(processId: string, file: 'comm' | 'environ'): string {
  try {
    return readFileSync(`/proc/${processId}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

function runtimesFromPs(mark: string): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-E', '-ww', '-o', 'pid=,command='], { encoding: 'utf8' })
  const lines = stdout.split('\n').filter((line) => line.includes('workerd') && `${line} `.includes(`${mark} `))
  return lines.map((line) => Number.parseInt(line, 10))
}

/** Ends what a killed server left behind. Whoever holds the lock on the directory knows that none of these is in use. */
export async function endOrphans(directory: string): Promise<void> {
  for (const processId of runtimesOf(directory)) end(processId)
  for (let tries = 0; tries < 100 && runtimesOf(directory).length > 0; tries++) await sleep(20)
}

function end(processId: number): void {
  try {
    process.kill(processId, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/**
 * Leaves behind a small shell that ends workerd when this process is gone: its standard input is a pipe from us, which
 * the operating system closes even after kill -9. It uses nothing but what is built into every shell.
 */
export function guardRuntime(directory: string): ChildProcess | undefined {
  const [processId] = runtimesOf(directory)
  if (processId === undefined || process.platform === 'win32') return undefined
  const guard = spawn('/bin/sh', ['-c', `while read -r _; do :; done; kill -9 ${processId}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guard.on('error', () => {}) // Without a shell the next start ends the orphan.
  guard.unref()
  return guard
}
