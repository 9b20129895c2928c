import type { OutputLine } from './miniflare-options.ts'

/**
 * Holds back what the runtime says until the start has succeeded: a start that fails says one sentence, and with
 * SLUICE_DEBUG=1 all of it.
 */
export class RuntimeOutput {
  #held: OutputLine[] | undefined = process.env.SLUICE_DEBUG ? undefined : []

  readonly write = (line: OutputLine): void => {
    if (this.#held) this.#held.push(line)
    else print(line)
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const line of held) print(line)
  }
}

function print({ level, message }: OutputLine): void {
  const stream = level === 'error' || level === 'warn' ? process.stderr : process.stdout
  stream.write(`${message}\n`)
}
