import { signal } from '@preact/signals'
import type { LogRecord } from '../api/logs'

/** A line of the list. */
export type Row =
  | {
      readonly kind: 'log'
      readonly key: string
      readonly ms: number
      readonly log: LogRecord
      readonly arrivedMs: number
    }
  | { readonly kind: 'gap'; readonly key: string; readonly gap: Gap }

/** Records that are not in the list although they match, and why. */
export interface Gap {
  readonly count: number
  readonly isExact: boolean
  readonly reason: string
  /** Sequence numbers or instants between which they are, as the server told them. */
  readonly from: string
  readonly to: string
}

/** So many rows are kept; what is older is let go, and read again when somebody scrolls there. */
export const ROWS_MAX = 200_000

/** The list's rows, the oldest first. It changes in place; `version` tells that it has. */
export class Rows {
  readonly version = signal(0)
  #rows: Row[] = []
  #ids = new Set<string>()
  #gaps = 0

  get list(): readonly Row[] {
    return this.#rows
  }

  get length(): number {
    return this.#rows.length
  }

  clear(): void {
    this.#rows = []
    this.#ids = new Set()
    this.version.value++
  }

  /** Puts records before all others. Those that are there already are left out. Answers how many came in. */
  prepend(logs: readonly LogRecord[], arrivedMs: number): number {
    const fresh = this.#fresh(logs, arrivedMs)
    if (fresh.length > 0) {
      this.#rows = [...fresh, ...this.#rows]
      this.version.value++
    }
    return fresh.length
  }

  /** Puts records behind all others, in the order in which they come. */
  append(logs: readonly LogRecord[], arrivedMs: number): number {
    const fresh = this.#fresh(logs, arrivedMs)
    for (const row of fresh) this.#rows.push(row)
    this.#trim()
    if (fresh.length > 0) this.version.value++
    return fresh.length
  }

  appendGap(gap: Gap): string {
    const key = `gap-${this.#gaps++}`
    this.#rows.push({ kind: 'gap', key, gap })
    this.version.value++
    return key
  }

  /** Puts records where a gap was. Undefined records only take the gap away. */
  fillGap(key: string, logs: readonly LogRecord[], arrivedMs: number): void {
    const at = this.#rows.findIndex((row) => row.key === key)
    if (at < 0) return
    this.#rows.splice(at, 1, ...this.#fresh(logs, arrivedMs))
    this.version.value++
  }

  indexOf(key: string): number {
    return this.#rows.findIndex((row) => row.key === key)
  }

  #fresh(logs: readonly LogRecord[], arrivedMs: number): Row[] {
    const fresh: Row[] = []
    for (const log of logs) {
      if (this.#ids.has(log.id)) continue
      this.#ids.add(log.id)
      fresh.push({ kind: 'log', key: log.id, ms: Date.parse(log.time), log, arrivedMs })
    }
    return fresh
  }

  #trim(): void {
    const over = this.#rows.length - ROWS_MAX
    if (over <= 0) return
    for (const row of this.#rows.splice(0, over)) this.#ids.delete(row.key)
  }
}
