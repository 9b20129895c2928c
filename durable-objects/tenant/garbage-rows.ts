import type { Garbage } from '../../src/segments/change'

/** What changes have left behind, each with the time from which on no reader can need it. */
export class GarbageRows {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  put(garbage: Garbage, dueMs: number): void {
    this.#sql.exec('INSERT INTO garbage (due_ms, json) VALUES (?, ?)', dueMs, JSON.stringify(garbage))
  }

  next(nowMs: number): { number: number; garbage: Garbage } | undefined {
    const row = this.#sql
      .exec<{ number: number; json: string }>(
        'SELECT number, json FROM garbage WHERE due_ms <= ? ORDER BY number LIMIT 1',
        nowMs,
      )
      .toArray()
      .at(0)
    return row && { number: row.number, garbage: JSON.parse(row.json) }
  }

  /** When the first is due; undefined when there is none. */
  dueMs(): number | undefined {
    return this.#sql.exec<{ due: number | null }>('SELECT min(due_ms) AS due FROM garbage').one().due ?? undefined
  }

  forget(number: number): void {
    this.#sql.exec('DELETE FROM garbage WHERE number = ?', number)
  }
}
