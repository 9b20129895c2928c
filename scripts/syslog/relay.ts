import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { MessageQueue } from './message-queue.ts'
import type { PostOutcome } from './post-batch.ts'

const BATCH_COUNT_MAX = 2000
const BATCH_BYTES_MAX = 4 * 1024 * 1024
const RETRY_MS_MIN = 100
const RETRY_MS_MAX = 5000

/** What the relay does through others. */
export interface RelayPorts {
  readonly queue: MessageQueue
  readonly post: (messages: readonly Buffer[], batchId: string) => Promise<PostOutcome>
  readonly wait: (ms: number) => Promise<void>
  /** Says something to whoever runs the service. */
  readonly say: (sentence: string) => void
  readonly now: () => Date
  /** There is room in the queue again. */
  readonly onRoom: () => void
}

/**
 * Hands messages on from the queue, one batch after the other. A batch that fails keeps its name, so that trying it again
 * stores it once. What had to be dropped is counted, and told as a message of its own as soon as there is room for one.
 */
export class Relay {
  readonly #ports: RelayPorts
  readonly #lost = new Map<string, number>()

  constructor(ports: RelayPorts) {
    this.#ports = ports
  }

  /** Counts messages that are lost, by why. */
  lose(why: string, count: number): void {
    if (count === 0) return
    this.#lost.set(why, (this.#lost.get(why) ?? 0) + count)
  }

  /** Hands on whatever there is, however long that takes. */
  async handOn(): Promise<void> {
    const { queue } = this.#ports
    for (;;) {
      this.#tellLost()
      const messages = queue.peek(BATCH_COUNT_MAX, BATCH_BYTES_MAX)
      if (messages.length === 0) return
      await this.#deliver(messages)
      queue.drop(messages.length)
      if (queue.hasRoom) this.#ports.onRoom()
    }
  }

  /** What is lost and was not told in the log any more, in words. */
  lossesInWords(): string | undefined {
    const { queue } = this.#ports
    if (queue.count > 0) this.lose('the service did not take them in time', queue.count)
    if (this.#lost.size === 0) return undefined
    return [...this.#lost].map(([why, count]) => `${count} messages lost: ${why}`).join('; ')
  }

  async #deliver(messages: readonly Buffer[]): Promise<void> {
    const { post, wait, say } = this.#ports
    const batchId = `syslog-${randomUUID()}`
    for (let pauseMs = RETRY_MS_MIN, tries = 1; ; tries++) {
      const outcome = await post(messages, batchId)
      if (outcome.kind === 'taken') {
        if (outcome.rejected > 0) this.#tellRejected(outcome.rejected)
        if (tries > 1) say('Syslog: the service takes messages again.')
        return
      }
      if (outcome.kind === 'refused') {
        say(`Syslog: ${messages.length} messages were refused: ${outcome.reason}`)
        this.lose('the service refused them', messages.length)
        return
      }
      if (tries === 1) say(`Syslog: the service does not take messages, which wait: ${outcome.reason}`)
      await wait(Math.max(outcome.afterMs ?? 0, pauseMs))
      pauseMs = Math.min(pauseMs * 2, RETRY_MS_MAX)
    }
  }

  /** Records that were not kept are in the ledger; here is where somebody looks who misses them. */
  #tellRejected(count: number): void {
    this.#ports.say(`Syslog: ${count} messages were not kept, most often for their time; GET /admin/usage counts why.`)
  }

  #tellLost(): void {
    const { queue, now } = this.#ports
    for (const [why, count] of this.#lost) {
      const text = `<44>1 ${now().toISOString()} ${hostname()} sluice-syslog ${process.pid} - [sluice lost="${count}"] ${count} messages were lost: ${why}`
      if (queue.add(Buffer.from(text))) this.#lost.delete(why)
    }
  }
}
