import { type Garbage, withoutObjects } from '../../src/segments/change'

/** What changes have left behind, each with the time from which on no reader can need it. */
export class GarbageRows {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  put(garbage: Garbage, dueMs: number): void {
    this.#sql.exec('INSERT INTO garbage (due_ms, json) VALUES (?, ?)', dueMs, JSON.stringify(garbage))
  }

  /** The first that is due, without the archive objects that a later change has left behind too: their grace is longer. */
  next(nowMs: number): { number: number; garbage: Garbage } | undefined {
    const row = this.#sql
      .exec<{ number: number; json: string }>(
        'SELECT number, json FROM garbage WHERE due_ms <= ? ORDER BY number LIMIT 1',
        nowMs,
      )
      .toArray()
      .at(0)
    if (row === undefined) return undefined
    const later = this.#sql
      .exec<{ key: string }>(
        "SELECT o.value AS key FROM garbage AS g, json_each(g.json, '$.objects') AS o WHERE g.number > ?",
        row.number,
      )
      .toArray()
      .map(({ key }) => key)
    const garbage: Garbage = JSON.parse(row.json)
    return { number: row.number, garbage: withoutObjects(garbage, later) }
  }

  /** When the first is due; undefined when there is none. */
  dueMs(): number | undefined {
    return this.#sql.exec<{ due: number | null }>('SELECT min(due_ms) AS due FROM garbage').one().due ?? undefined
  }

  forget(number: number): void {
    this.#sql.exec('DELETE FROM garbage WHERE number = ?', number)
  }
}
