/** What a look-up found, if anything. */
export interface Hint<Value> {
  readonly value: Value | undefined
  /** When it was found. */
  readonly foundMs: number
  /** When it was last looked up, also in vain. */
  readonly triedMs: number
  /** When D1 said so to this isolate; 0 for what KV said. */
  readonly readMs: number
}

/** An isolate's own memory of what a look-up found. It is bounded: what was used longest ago goes first. */
export class HintCache<Value> {
  readonly #hints = new Map<string, Hint<Value>>()
  readonly #entriesMax: number

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  get(key: string): Hint<Value> | undefined {
    const hint = this.#hints.get(key)
    if (hint) this.#putLast(key, hint)
    return hint
  }

  put(key: string, hint: Hint<Value>): void {
    this.#putLast(key, hint)
    if (this.#hints.size <= this.#entriesMax) return
    for (const oldest of this.#hints.keys()) {
      this.#hints.delete(oldest)
      return
    }
  }

  /** A Map keeps the order of insertion, so what was used last stands last. */
  #putLast(key: string, hint: Hint<Value>): void {
    this.#hints.delete(key)
    this.#hints.set(key, hint)
  }
}
