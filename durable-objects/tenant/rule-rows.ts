import { RULE_VERSIONS_MAX } from '../../src/limits/limits'
import { Rule } from '../../src/rules/rule'

/** The tenant's own rules and its edits of built-in ones, and what the rules remembered when that was stored last. */
export class RuleRows {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** In the order of their ids. What another version of the code wrote and this one cannot read is left out. */
  list(): Rule[] {
    return this.#sql
      .exec<{ json: string }>('SELECT json FROM rule ORDER BY id')
      .toArray()
      .flatMap(({ json }) => Rule.safeParse(JSON.parse(json)).data ?? [])
  }

  /** The rule in force. Of its versions the last RULE_VERSIONS_MAX are kept. */
  put(rule: Rule): void {
    const { id, version } = rule
    const json = JSON.stringify(rule)
    this.#sql.exec('INSERT OR REPLACE INTO rule (id, json) VALUES (?, ?)', id, json)
    this.#sql.exec('INSERT OR REPLACE INTO rule_version (id, version, json) VALUES (?, ?, ?)', id, version, json)
    this.#sql.exec('DELETE FROM rule_version WHERE id = ? AND version <= ?', id, version - RULE_VERSIONS_MAX)
  }

  /** The versions of a rule that are kept, the newest first. */
  listVersions(id: string): Rule[] {
    return this.#sql
      .exec<{ json: string }>('SELECT json FROM rule_version WHERE id = ? ORDER BY version DESC', id)
      .toArray()
      .flatMap(({ json }) => Rule.safeParse(JSON.parse(json)).data ?? [])
  }

  /** The rule is gone; of a built-in one, what was edited of it. */
  forget(id: string): void {
    this.#sql.exec('DELETE FROM rule WHERE id = ?', id)
    this.#sql.exec('DELETE FROM rule_version WHERE id = ?', id)
  }

  readState(): Uint8Array | undefined {
    const row = this.#sql.exec<{ bytes: ArrayBuffer }>('SELECT bytes FROM rules_state').toArray().at(0)
    return row && new Uint8Array(row.bytes)
  }

  putState(bytes: Uint8Array): void {
    this.#sql.exec('INSERT OR REPLACE INTO rules_state (id, bytes) VALUES (0, ?)', bytes)
  }
}
