import { INCIDENTS_MAX } from '../../src/limits/limits'
import type { Incident } from '../../src/rules/incident'

/** An incident with what says which firing it is. */
export interface KeptIncident extends Incident {
  /** The name of its group, and the number of the firing that it began with. */
  readonly key: string
  readonly firing: number
}

/** Which incidents to read, the newest first. */
export interface IncidentPage {
  readonly limit: number
  /** Only those with a smaller number. */
  readonly before?: number | undefined
  readonly rule?: string | undefined
  readonly state?: Incident['state'] | undefined
}

/** What the rules have found, by the order in which they did. The oldest go past INCIDENTS_MAX, open ones last. */
export class IncidentRows {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Adds an incident under the next number. One that is there already stays as it is. */
  add(incident: Omit<KeptIncident, 'number'>): void {
    if (this.find(incident.id) !== undefined) return
    const { next } = this.#sql.exec<{ next: number }>('SELECT coalesce(max(number), 0) + 1 AS next FROM incident').one()
    this.put({ ...incident, number: next })
    if (next % TRIM_EACH === 0) this.#trim()
  }

  put(incident: KeptIncident): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO incident (number, id, rule, state, json) VALUES (?, ?, ?, ?, ?)',
      ...[incident.number, incident.id, incident.rule.id, incident.state, JSON.stringify(incident)],
    )
  }

  find(id: string): KeptIncident | undefined {
    return this.#sql.exec<Row>('SELECT json FROM incident WHERE id = ?', id).toArray().map(toIncident).at(0)
  }

  list({ limit, before = Number.MAX_SAFE_INTEGER, rule = '', state }: IncidentPage): KeptIncident[] {
    const wanted = state ?? ''
    return this.#sql
      .exec<Row>(
        `SELECT json FROM incident WHERE number < ? AND (? = '' OR rule = ?) AND (? = '' OR state = ?)
         ORDER BY number DESC LIMIT ?`,
        ...[before, rule, rule, wanted, wanted, limit],
      )
      .toArray()
      .map(toIncident)
  }

  /** Those of a rule that are not resolved. */
  listUnresolved(rule: string): KeptIncident[] {
    return this.#sql
      .exec<Row>("SELECT json FROM incident WHERE rule = ? AND state <> 'resolved' ORDER BY number", rule)
      .toArray()
      .map(toIncident)
  }

  #trim(): void {
    this.#sql.exec(
      `DELETE FROM incident WHERE number IN (
         SELECT number FROM incident ORDER BY state = 'resolved', number DESC LIMIT -1 OFFSET ?
       )`,
      INCIDENTS_MAX,
    )
  }
}

type Row = { json: string }

const toIncident = ({ json }: Row): KeptIncident => JSON.parse(json)

/** Looking through all of them is not for each. */
const TRIM_EACH = 100
