import { decide, fits, forgetAllIdle, type LimiterWindows, noWindows, repeatTakes } from '../../src/limits/limiter'
import { decodeWindows, encodeWindows, TakeTail } from '../../src/limits/limiter-bytes'
import { LIMITER_TAIL_CHARACTERS_MAX } from '../../src/limits/limits'
import type { Charge } from '../../src/limits/policies'
import type { Refusal } from '../../src/tenant/contract'
import { type LimitOutcome, limitRefusal } from '../../src/tenant/take-limits'

/**
 * The windows of the tenant's limits, in memory. Storage has them as they were at some moment, in a row of their own, and
 * what was taken since, in the state row that each batch writes anyway: so what a batch takes is on disk with the batch, and
 * costs no row but one in a hundred or so, when that tail is full.
 */
export class Limiter {
  readonly #sql: SqlStorage
  readonly #windows: LimiterWindows
  #tail: TakeTail
  #tailMax: number

  /** `tail` is what the state row has. */
  constructor(sql: SqlStorage, tail: string) {
    this.#sql = sql
    const row = sql.exec<{ bytes: ArrayBuffer }>('SELECT bytes FROM limiter').toArray().at(0)
    this.#windows = (row && decodeWindows(new Uint8Array(row.bytes))) ?? noWindows()
    this.#tailMax = tailMaxFor(row?.bytes.byteLength ?? 0)
    this.#tail = new TakeTail(tail)
    for (const { takes, atMs } of this.#tail.read()) repeatTakes(this.#windows, takes, atMs)
  }

  /** Takes all charges or none. The caller writes the tail to the state row in the same transaction. */
  take(charges: readonly Charge[], nowMs: number): LimitOutcome {
    if (charges.length === 0) return { ok: true, limits: [], tail: this.#tail.text, rowsWritten: 0 }
    const decision = decide(this.#windows, charges, nowMs)
    if (!decision.ok) return { ok: false, refusal: limitRefusal(decision) }
    this.#tail.add(decision.takes, nowMs)
    const isFull = this.#tail.text.length > this.#tailMax
    if (isFull) this.#store(nowMs)
    return { ok: true, limits: decision.statuses, tail: this.#tail.text, rowsWritten: isFull ? 1 : 0 }
  }

  /** Why these charges would not be taken now; undefined where they would. Takes nothing. */
  refusal(charges: readonly Charge[], nowMs: number): Refusal | undefined {
    if (charges.length === 0 || this.fits(charges, nowMs)) return undefined
    const decision = decide(this.#windows, charges, nowMs)
    return decision.ok ? undefined : limitRefusal(decision)
  }

  /** Whether all charges would be taken now. */
  fits(charges: readonly Charge[], nowMs: number): boolean {
    return fits(this.#windows, charges, nowMs)
  }

  #store(nowMs: number): void {
    forgetAllIdle(this.#windows, nowMs)
    const bytes = encodeWindows(this.#windows)
    this.#sql.exec('INSERT OR REPLACE INTO limiter (id, bytes) VALUES (0, ?)', bytes)
    this.#tailMax = tailMaxFor(bytes.length)
    this.#tail = new TakeTail()
  }
}

/**
 * How long the tail may get. With each batch half of it is written on average, and of the windows as much as a batch adds to
 * it: the two are least together where they are the same.
 */
const tailMaxFor = (windowsBytes: number): number =>
  Math.min(
    LIMITER_TAIL_CHARACTERS_MAX,
    Math.max(TAIL_CHARACTERS_MIN, Math.sqrt(2 * windowsBytes * CHARACTERS_PER_BATCH)),
  )

const TAIL_CHARACTERS_MIN = 1024
/** What a batch adds to the tail with half a dozen limits. */
const CHARACTERS_PER_BATCH = 64
