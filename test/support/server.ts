import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import * as z from 'zod'
import { runtimesOf } from '../../scripts/serve/runtime-process.ts'

/** What npm start runs in the end, under the Node that runs the tests. */
export const SERVE = path.resolve('scripts/serve.ts')

/** What npm start runs, under whatever Node there is. */
export const START = path.resolve('scripts/start.mjs')

const READY_POLL_MS = 10
const KIB = 1024

/** What --ready-file promises. */
const Ready = z.strictObject({
  url: z.url(),
  pid: z.number(),
  version: z.string(),
  operatorKey: z.string(),
  syslogPort: z.int().optional(),
  tenant: z
    .strictObject({
      id: z.string(),
      domain: z.string(),
      url: z.url(),
      ingestKey: z.string(),
      queryKey: z.string(),
      adminKey: z.string(),
    })
    .optional(),
})
export type Ready = z.infer<typeof Ready>

export interface StartOptions {
  readonly data?: string
  readonly script?: string
  readonly flags?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

const directories: string[] = []
const running = new Set<ChildProcess>()

/** A directory that goes when the tests of a file end. */
export function newDirectory(): string {
  const directory = realpathSync(mkdtempSync(path.join(tmpdir(), 'sluice-e2e-')))
  directories.push(directory)
  return directory
}

/** For afterAll: no process and no directory of these tests stays behind. */
export async function endAllServers(): Promise<void> {
  await Promise.all([...running].map(killGroup))
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true, maxRetries: 10 })
}

/** A server as a user starts it, in a process group of its own. */
export class Server {
  readonly data: string
  readonly ready: Ready
  readonly #child: ChildProcess
  readonly #output: () => string

  private constructor(data: string, ready: Ready, child: ChildProcess, output: () => string) {
    this.data = data
    this.ready = ready
    this.#child = child
    this.#output = output
  }

  /** Answers once the server accepts requests. */
  static async start({ data = newDirectory(), script = SERVE, flags = [], environment = {} }: StartOptions = {}) {
    const readyFile = path.join(newDirectory(), 'ready.json')
    const args = [script, '--port', '0', '--data', data, '--ready-file', readyFile, ...flags]
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
      // Tests count what they send: no story tells logs beside theirs, unless it is what they are about.
      env: { ...process.env, SLUICE_NO_STORY: '1', ...environment },
    })
    running.add(child)
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    while (!existsSync(readyFile)) {
      if (hasEnded(child)) throw new Error(`the server ended with ${child.exitCode ?? child.signalCode}\n${output}`)
      await sleep(READY_POLL_MS)
    }
    return new Server(data, Ready.parse(JSON.parse(readFileSync(readyFile, 'utf8'))), child, () => output)
  }

  /** The demo tenant, for servers that have one. */
  get tenant(): NonNullable<Ready['tenant']> {
    if (this.ready.tenant === undefined) throw new Error('this server was started without a tenant')
    return this.ready.tenant
  }

  get port(): number {
    return Number(new URL(this.ready.url).port)
  }

  /** What it has printed so far. */
  get output(): string {
    return this.#output()
  }

  /** The process ids of the runtime: one, as long as it has not been started again. */
  get runtimes(): number[] {
    return runtimesOf(this.data)
  }

  /** Ends it as a terminal or a service manager would; answers the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const exit = once(this.#child, 'exit')
    this.#child.kill(signal)
    await exit
    running.delete(this.#child)
    return this.#child.exitCode
  }

  /** kill -9 of the runtime alone, which is started again at the same address; answers once that serves. */
  async killRuntime(): Promise<void> {
    const killed = this.runtimes
    for (const runtime of killed) process.kill(runtime, 'SIGKILL')
    while (this.runtimes.some((runtime) => killed.includes(runtime))) await sleep(READY_POLL_MS)
    const isServing = async (): Promise<boolean> =>
      (await fetch(new URL('/health', this.ready.url)).catch(() => undefined))?.status === 200
    while (!(await isServing())) await sleep(READY_POLL_MS)
  }

  /** kill -9 of every process of the server at once. */
  kill(): Promise<void> {
    return killGroup(this.#child)
  }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

async function killGroup(child: ChildProcess): Promise<void> {
  running.delete(child)
  if (child.pid === undefined || hasEnded(child)) return
  const exit = once(child, 'exit')
  process.kill(-child.pid, 'SIGKILL')
  await exit
}

/** For a start that must fail: what it says on stderr. */
export function startAndFail(...flags: string[]): string {
  const { status, stderr } = spawnSync(process.execPath, [START, ...flags], { encoding: 'utf8', timeout: 30_000 })
  expect(status).toBe(1)
  return stderr
}

/** Forgets a process's peak of resident memory, so that the next reading is of what came after. Linux only. */
export const resetPeakMemory = (processId: number): void => writeFileSync(`/proc/${processId}/clear_refs`, '5')

/** The most resident memory that a process had since the reset. */
export function peakMemoryBytes(processId: number): number {
  const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${processId}/status`, 'utf8')) ?? []
  return Number(kilobytes) * KIB
}
