import type { Arrival } from './evaluate'

/**
 * What the rules took since their memory was stored, as text that only grows: for each call its time and what came, in the
 * digits of base 36. A rule and a group are written in full once, and as their number from then on.
 */
export class RulesTail {
  text: string
  readonly #numbers = new Map<string, number>()
  readonly #names: string[] = []
  /** The last entry, where it says only that time went by: where it begins, and its time. */
  #passed: { readonly from: number; readonly atMs: number } | undefined

  constructor(text = '') {
    this.text = text
  }

  /** Adds a call in which nothing came and nothing happened: it only says what time it is. */
  pass(nowMs: number): void {
    this.#dropPassed(nowMs)
    const from = this.text.length
    this.#append(nowMs.toString(36))
    this.#passed = { from, atMs: nowMs }
  }

  /** Adds a call. */
  add(arrivals: readonly Arrival[], nowMs: number): void {
    this.#dropPassed(nowMs)
    const parts = arrivals.map(({ rule, key, count, total }) =>
      [this.#write(rule), this.#write(key), count.toString(36), ...(total === 0 ? [] : [total.toString(36)])].join(':'),
    )
    this.#append([nowMs.toString(36), ...parts].join(' '))
  }

  /** Reads it from the beginning. Call it once, before anything is added. */
  *read(): Generator<{ readonly arrivals: readonly Arrival[]; readonly atMs: number }> {
    for (const entry of this.text.split(';').filter(Boolean)) {
      const [at, ...parts] = entry.split(' ')
      yield { atMs: Number.parseInt(at, 36), arrivals: parts.map((part) => this.#readArrival(part)) }
    }
  }

  #append(entry: string): void {
    this.text = this.text === '' ? entry : `${this.text};${entry}`
  }

  /** A later time says more; an earlier one, of a clock that was set back, does not. */
  #dropPassed(nowMs: number): void {
    if (this.#passed !== undefined && this.#passed.atMs <= nowMs) this.text = this.text.slice(0, this.#passed.from)
    this.#passed = undefined
  }

  #write(name: string): string {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known.toString(36)
    this.#remember(name)
    return `=${encodeURIComponent(name)}`
  }

  #readArrival(part: string): Arrival {
    const [rule, key, count, total = '0'] = part.split(':')
    return {
      rule: this.#readName(rule),
      key: this.#readName(key),
      count: Number.parseInt(count, 36),
      total: Number.parseInt(total, 36),
    }
  }

  #readName(text: string): string {
    if (!text.startsWith('=')) return this.#names[Number.parseInt(text, 36)]
    const name = decodeURIComponent(text.slice(1))
    this.#remember(name)
    return name
  }

  #remember(name: string): void {
    this.#numbers.set(name, this.#names.push(name) - 1)
  }
}
