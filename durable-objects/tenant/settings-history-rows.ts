import { SETTINGS_HISTORY_MAX } from '../../src/limits/limits'
import type { SettingsChange } from '../../src/tenant/settings-history'

/** The last changes of the tenant's settings, by the version that each made. */
export class SettingsHistoryRows {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Adds a change, and forgets the oldest past SETTINGS_HISTORY_MAX. */
  add(change: SettingsChange): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO settings_history (version, json) VALUES (?, ?)',
      change.version,
      JSON.stringify(change),
    )
    this.#sql.exec(
      'DELETE FROM settings_history WHERE version <= (SELECT version FROM settings_history ORDER BY version DESC LIMIT 1 OFFSET ?)',
      SETTINGS_HISTORY_MAX,
    )
  }

  /** Changes before a version, the newest first. */
  list(beforeVersion: number, limit: number): SettingsChange[] {
    return this.#sql
      .exec<{ json: string }>(
        'SELECT json FROM settings_history WHERE version < ? ORDER BY version DESC LIMIT ?',
        beforeVersion,
        limit,
      )
      .toArray()
      .map(({ json }): SettingsChange => JSON.parse(json))
  }
}
