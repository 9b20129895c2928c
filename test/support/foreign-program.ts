import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import path from 'node:path'

/** Where daemons are, which the path of a user leaves out. */
const DAEMON_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin', '/usr/lib/systemd', '/lib/systemd']

/** How much of what a program printed is kept for the message of a test that fails. */
const OUTPUT_CHARACTERS_MAX = 20_000

/** How long a program may take to end when it is asked to, before it is killed. */
const STOP_MS = 10_000

/** A program of others that a test runs. Throws, with how to get it, where this machine has none: nothing is left out in silence. */
export class ForeignProgram {
  readonly #child: ChildProcess
  readonly #file: string
  readonly #closed: Promise<unknown>
  #output = ''

  private constructor(file: string, child: ChildProcess) {
    this.#file = file
    this.#child = child
    this.#closed = once(child, 'close')
    // Whoever waits for the end hears of it; for all others a program that never began is one that answers nothing.
    this.#closed.catch(() => undefined)
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-OUTPUT_CHARACTERS_MAX)
      })
  }

  static start(name: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const file = fileOf(name)
    return new ForeignProgram(file, spawn(file, args, { stdio: 'pipe', env: { ...process.env, ...environment } }))
  }

  /** Runs it to its end; answers what it printed, and throws that where it failed. */
  static async run(name: string, args: readonly string[], input: string | Uint8Array = ''): Promise<string> {
    const program = ForeignProgram.start(name, args)
    program.#child.stdin?.end(input)
    return program.end()
  }

  /** Gives it its standard input. */
  write(text: string): void {
    this.#child.stdin?.end(text)
  }

  get output(): string {
    return this.#output
  }

  get processId(): number {
    return this.#child.pid ?? 0
  }

  /** Waits until it ends by itself; answers what it printed, and throws that where it failed. */
  async end(): Promise<string> {
    await this.#closed
    const { exitCode } = this.#child
    if (exitCode !== 0) throw new Error(`${this.#file} ended with ${exitCode}\n${this.#output}`)
    return this.#output
  }

  /** Ends it as a service manager would, which kills what does not end. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const late = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS)
    await exit
    clearTimeout(late)
  }
}

function fileOf(name: string): string {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), ...DAEMON_FOLDERS]
  const file = folders.map((folder) => path.resolve(folder, name)).find((candidate) => existsSync(candidate))
  if (file !== undefined) return file
  throw new Error(
    `${name} is not on this machine. docs/shippers/README.md says how to get it, in "What the tests run".`,
  )
}
