import { NEW_HEALTH, type ServiceHealth } from '../../src/services/health'
import type { NumberedService, ServiceRow } from '../../src/services/service-row'

/** The tenant's registered services and how they were, kept in memory as well: the object is their only writer. */
export class ServiceRows {
  readonly #sql: SqlStorage
  #services: ReadonlyMap<string, NumberedService> | undefined
  readonly #health = new Map<string, ServiceHealth>()
  #hasHealth = false

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** All of them in the order of their ids, which is that of their age. */
  list(): readonly NumberedService[] {
    return [...this.#read().values()]
  }

  find(id: string): NumberedService | undefined {
    return this.#read().get(id)
  }

  put({ id, edition, row }: NumberedService): void {
    this.#services = undefined
    this.#sql.exec(
      'INSERT OR REPLACE INTO service (id, edition, json) VALUES (?, ?, ?)',
      ...[id, edition, JSON.stringify(row)],
    )
  }

  /** Forgets a service and how it was. */
  remove(id: string): void {
    this.#services = undefined
    this.#health.delete(id)
    this.#sql.exec('DELETE FROM service WHERE id = ?', id)
    this.#sql.exec('DELETE FROM service_health WHERE id = ?', id)
  }

  /** How a service was; of one that was never asked, that it is to be asked now. */
  health(id: string): ServiceHealth {
    if (!this.#hasHealth) this.#readHealth()
    return this.#health.get(id) ?? NEW_HEALTH
  }

  putHealth(id: string, health: ServiceHealth): void {
    if (!this.#hasHealth) this.#readHealth()
    this.#sql.exec('INSERT OR REPLACE INTO service_health (id, json) VALUES (?, ?)', id, JSON.stringify(health))
    this.#health.set(id, health)
  }

  /** Goes by what storage has. */
  reload(): void {
    this.#services = undefined
    this.#health.clear()
    this.#hasHealth = false
  }

  #read(): ReadonlyMap<string, NumberedService> {
    this.#services ??= new Map(
      this.#sql
        .exec<{ id: string; edition: number; json: string }>('SELECT id, edition, json FROM service ORDER BY id')
        .toArray()
        .map(({ id, edition, json }) => [id, { id, edition, row: rowOf(json) }]),
    )
    return this.#services
  }

  #readHealth(): void {
    this.#hasHealth = true
    // What an older version of the code did not know has its initial value.
    for (const { id, json } of this.#sql.exec<{ id: string; json: string }>('SELECT id, json FROM service_health'))
      this.#health.set(id, { ...NEW_HEALTH, ...JSON.parse(json) })
  }
}

const rowOf = (json: string): ServiceRow => JSON.parse(json)
