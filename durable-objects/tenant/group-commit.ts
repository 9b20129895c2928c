/**
 * Writes that arrive together share one transaction, and so one fsync: the dearest part of a small batch. What arrives while
 * a timer waits its turn, of no length unless told otherwise, goes along; each write still happens as a whole or not at all.
 */
export class GroupCommit {
  readonly #transaction: <T>(write: () => T) => T
  readonly #waitMs: number
  #waiting: Waiting[] = []

  constructor(transaction: <T>(write: () => T) => T, waitMs = 0) {
    this.#transaction = transaction
    this.#waitMs = waitMs
  }

  /** Answers what `write` answers, once it is part of a transaction. `write` may run again, if one beside it throws. */
  run<T>(write: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: { readonly value: T } | undefined
      const attempt = (): void => {
        result = { value: write() }
      }
      const settle = (): void => {
        if (result !== undefined) resolve(result.value)
      }
      this.#waiting.push({ attempt, settle, reject })
      if (this.#waiting.length === 1) setTimeout(() => this.flush(), this.#waitMs)
    })
  }

  /** Commits what waits, now. */
  flush(): void {
    const together = this.#waiting
    this.#waiting = []
    if (together.length === 0) return
    try {
      this.#transaction(() => {
        for (const { attempt } of together) attempt()
      })
      for (const { settle } of together) settle()
    } catch {
      // One of them is at fault: alone, the others succeed.
      for (const one of together) this.#commitAlone(one)
    }
  }

  #commitAlone({ attempt, settle, reject }: Waiting): void {
    try {
      this.#transaction(attempt)
      settle()
    } catch (error) {
      reject(error)
    }
  }
}

interface Waiting {
  readonly attempt: () => void
  readonly settle: () => void
  readonly reject: (error: unknown) => void
}
