import { RETENTION_RUNS_MAX } from '../../src/limits/limits'
import { addRemoval, newRun, type RemovalReport, type RetentionRun } from '../../src/segments/retention-run'

/** The runs of retention that the tenant's object remembers, and the segments that it need not look at for now. */
export class RetentionRows {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Begins a run, unless it has begun, and forgets the oldest past RETENTION_RUNS_MAX. */
  begin(slotMs: number, nowMs: number): void {
    if (this.#find(slotMs) !== undefined) return
    this.#put(newRun(slotMs, nowMs))
    this.#sql.exec(
      'DELETE FROM retention_run WHERE slot_ms <= (SELECT slot_ms FROM retention_run ORDER BY slot_ms DESC LIMIT 1 OFFSET ?)',
      RETENTION_RUNS_MAX,
    )
  }

  add(removal: RemovalReport, nowMs: number): void {
    this.#put(addRemoval(this.#find(removal.slotMs) ?? newRun(removal.slotMs, nowMs), removal))
  }

  end(slotMs: number, nowMs: number): void {
    const run = this.#find(slotMs)
    if (run !== undefined) this.#put({ ...run, finishedMs: nowMs })
  }

  /** The runs, the last first. */
  list(): RetentionRun[] {
    return this.#sql
      .exec<{ json: string }>('SELECT json FROM retention_run ORDER BY slot_ms DESC')
      .toArray()
      .map(({ json }): RetentionRun => JSON.parse(json))
  }

  /** Which of these segments have nothing to be removed of, by the rules of an edition, until a moment later than this. */
  notDue(ids: readonly string[], edition: number, nowMs: number): ReadonlySet<string> {
    const rows = this.#sql.exec<{ segment_id: string }>(
      'SELECT segment_id FROM retention_look WHERE edition = ? AND due_ms > ? AND segment_id IN (SELECT value FROM json_each(?))',
      edition,
      nowMs,
      JSON.stringify(ids),
    )
    return new Set(rows.toArray().map((row) => row.segment_id))
  }

  noteLooks(looks: readonly { readonly id: string; readonly dueMs: number }[], edition: number): void {
    for (const { id, dueMs } of looks)
      this.#sql.exec(
        'INSERT OR REPLACE INTO retention_look (segment_id, edition, due_ms) VALUES (?, ?, ?)',
        id,
        edition,
        dueMs,
      )
  }

  /** Segments that are not there any more. */
  forgetLooks(ids: readonly string[]): void {
    this.#sql.exec(
      'DELETE FROM retention_look WHERE segment_id IN (SELECT value FROM json_each(?))',
      JSON.stringify(ids),
    )
  }

  #find(slotMs: number): RetentionRun | undefined {
    const row = this.#sql
      .exec<{ json: string }>('SELECT json FROM retention_run WHERE slot_ms = ?', slotMs)
      .toArray()
      .at(0)
    return row && JSON.parse(row.json)
  }

  #put(run: RetentionRun): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO retention_run (slot_ms, json) VALUES (?, ?)',
      run.slotMs,
      JSON.stringify(run),
    )
  }
}
