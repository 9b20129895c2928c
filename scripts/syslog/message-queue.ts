/** What each message costs beside its bytes. */
const MESSAGE_COST_BYTES = 128

/** Messages that wait to be posted: never more bytes than there is room for. */
export class MessageQueue {
  readonly #bytesMax: number
  #messages: Buffer[] = []
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get count(): number {
    return this.#messages.length
  }

  /** Less than half of the room is taken: whoever was told to wait may go on. */
  get hasRoom(): boolean {
    return this.#bytes < this.#bytesMax / 2
  }

  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax
  }

  /** Takes a message, or answers false when there is no room: then it is lost unless the sender keeps it. */
  add(message: Buffer): boolean {
    const cost = message.length + MESSAGE_COST_BYTES
    if (this.#bytes + cost > this.#bytesMax) return false
    this.#messages.push(Buffer.from(message))
    this.#bytes += cost
    return true
  }

  /** The oldest messages that fit into a batch. They stay until they are done with. */
  peek(countMax: number, bytesMax: number): readonly Buffer[] {
    let bytes = 0
    let count = 0
    while (count < this.#messages.length && count < countMax) {
      bytes += this.#messages[count].length
      if (bytes > bytesMax && count > 0) break
      count++
    }
    return this.#messages.slice(0, count)
  }

  /** Forgets the oldest messages. */
  drop(count: number): void {
    for (const message of this.#messages.slice(0, count)) this.#bytes -= message.length + MESSAGE_COST_BYTES
    this.#messages = this.#messages.slice(count)
  }
}
