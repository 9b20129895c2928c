import * as z from 'zod'
import { type Log, receiptOf } from './answers'
import { Client } from './client'
import type { FoundRow, SentBatch } from './history'

/** A tenant as a writer reaches it. */
export interface Target {
  readonly name: string
  readonly ingestKey: string
}

/** A batch that was sent, byte for byte as it will be sent again. */
interface Pending {
  readonly target: Target
  readonly name: string
  readonly rows: number
  readonly body: string
}

export interface WriterOptions {
  readonly name: string
  readonly targets: readonly Target[]
  /** Seeded integers in [0, below). */
  readonly random: (below: number) => number
  readonly largeRowsMax: number
  readonly onAnswer: (target: Target, rows: number) => void
}

const DAY_MS = 86_400_000
const SMALL_ROWS_MAX = 20

/** One in this many unanswered batches is never sent again: whether it was stored stays unknown. */
const GIVES_UP_ONE_IN = 4

/** Writes batch after batch, and sends again under the same Idempotency-Key what was not answered. */
export class KillWriter {
  readonly #options: WriterOptions
  readonly #sent = new Map<string, SentBatch[]>()
  #pending: Pending | undefined
  #batches = 0
  #replayed = 0

  constructor(options: WriterOptions) {
    this.#options = options
  }

  /** How many batches turned out to be stored already when they were sent again. */
  get replayed(): number {
    return this.#replayed
  }

  sentTo = (target: Target): readonly SentBatch[] => this.#sent.get(target.name) ?? []

  /** Writes until it has sent about `rowsMax` records, or the server is gone. */
  async write(port: number, rowsMax: number): Promise<void> {
    const { targets, random } = this.#options
    if (this.#pending && random(GIVES_UP_ONE_IN) === 0) this.#settle(this.#pending, 'unknown')
    for (let rows = 0; rows < rowsMax; ) {
      this.#pending ??= this.#newBatch(targets[random(targets.length)])
      rows += this.#pending.rows
      if (!(await this.#send(port, this.#pending))) return
    }
  }

  /** Sends what is still unanswered, to a server that stays. */
  async finish(port: number): Promise<void> {
    if (this.#pending && !(await this.#send(port, this.#pending))) throw new Error('the server is gone')
  }

  async #send(port: number, batch: Pending): Promise<boolean> {
    const client = new Client({ port, key: batch.target.ingestKey })
    const answer = await client.post('/logs', batch.body, { 'idempotency-key': batch.name }).catch(() => undefined)
    client.close()
    if (answer === undefined) return false
    const receipt = receiptOf(answer)
    if (receipt.accepted !== batch.rows) throw new Error(`${batch.rows} were sent: ${answer.text}`)
    if (answer.headers['idempotency-replayed'] === 'true') this.#replayed++
    this.#settle(batch, 'acknowledged')
    this.#options.onAnswer(batch.target, batch.rows)
    return true
  }

  #settle({ target, name, rows }: Pending, outcome: SentBatch['outcome']): void {
    this.#sent.set(target.name, [...this.sentTo(target), { name, rows, outcome }])
    this.#pending = undefined
  }

  /** Small or large, without times, with one time for all, or with times of some days in any order. */
  #newBatch(target: Target): Pending {
    const { random, largeRowsMax } = this.#options
    const name = `${this.#options.name}-${this.#batches++}`
    const rows = 1 + random(random(3) === 0 ? largeRowsMax : SMALL_ROWS_MAX)
    const times = random(3)
    const oneMs = Date.now() - random(20 * DAY_MS)
    const lines = Array.from({ length: rows }, (_, row) => {
      const ms = times === 1 ? oneMs : oneMs - random(3 * DAY_MS)
      const time = times === 0 ? undefined : new Date(ms).toISOString()
      return JSON.stringify({ time, message: `killed or not, ${random(1e9)}`, batch: name, row })
    })
    return { target, name, rows, body: lines.join('\n') }
  }
}

const Body = z.object({ batch: z.string(), row: z.number() })

/** Which of a writer's records a log is. */
export function toFoundRow({ time, seq, body }: Log): FoundRow {
  const own = Body.safeParse(body)
  const { batch, row } = own.success ? own.data : { batch: 'nobody', row: 0 }
  return { batch, row, timeMs: Date.parse(time), seq }
}
