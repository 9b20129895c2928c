import { TAIL_TICKETS_MAX } from '../../src/limits/limits'
import { TailGuest } from '../../src/tail/tail-guest'

/** Tickets for tails that are out: whom each was made for, under the hash of its text. */
export class TailTickets {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Keeps a ticket; answers false when too many are out. */
  put(hash: string, guest: TailGuest, expiresMs: number, nowMs: number): boolean {
    this.#sql.exec('DELETE FROM tail_ticket WHERE expires_ms <= ?', nowMs)
    const { count } = this.#sql.exec<{ count: number }>('SELECT count(*) AS count FROM tail_ticket').one()
    if (count >= TAIL_TICKETS_MAX) return false
    this.#sql.exec(
      'INSERT INTO tail_ticket (hash, expires_ms, json) VALUES (?, ?, ?)',
      ...[hash, expiresMs, JSON.stringify(guest)],
    )
    return true
  }

  /** Takes a ticket away; undefined for one that is not there, or has been there for too long. */
  take(hash: string, nowMs: number): TailGuest | undefined {
    const [row] = this.#sql
      .exec<{ expires_ms: number; json: string }>(
        'DELETE FROM tail_ticket WHERE hash = ? RETURNING expires_ms, json',
        hash,
      )
      .toArray()
    if (row === undefined || row.expires_ms <= nowMs) return undefined
    return TailGuest.safeParse(JSON.parse(row.json)).data
  }
}
