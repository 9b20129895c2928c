import { INITIAL_STATE, type TenantState } from '../../src/tenant/state'

/** The object's one row of counters, kept in memory as well: the object is its only writer. */
export class StateRow {
  readonly #sql: SqlStorage
  #state: TenantState

  constructor(sql: SqlStorage) {
    this.#sql = sql
    const row = sql.exec<{ json: string }>('SELECT json FROM state').toArray().at(0)
    // What an older version of the code did not know has its initial value.
    this.#state = row ? { ...INITIAL_STATE, ...JSON.parse(row.json) } : INITIAL_STATE
  }

  read(): TenantState {
    return this.#state
  }

  put(state: TenantState): void {
    this.#sql.exec('INSERT OR REPLACE INTO state (id, json) VALUES (0, ?)', JSON.stringify(state))
    this.#state = state
  }

  /** Forgets what is in memory: for after a transaction that was rolled back. */
  reload(): void {
    const row = this.#sql.exec<{ json: string }>('SELECT json FROM state').toArray().at(0)
    this.#state = row ? { ...INITIAL_STATE, ...JSON.parse(row.json) } : INITIAL_STATE
  }
}
