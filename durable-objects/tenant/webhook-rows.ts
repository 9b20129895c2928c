import type { EndpointHealth } from '../../src/webhooks/endpoint-health'
import type { Webhook, WebhookRow } from '../../src/webhooks/webhook'

type Row = { id: string; version: number; json: string; health: string }

/** The tenant's webhooks, kept in memory as well: the object is their only writer. */
export class WebhookRows {
  readonly #sql: SqlStorage
  #rows: Map<string, WebhookRow> | undefined

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** All of them, by their ids. */
  all(): ReadonlyMap<string, WebhookRow> {
    return this.#read()
  }

  find(id: string): WebhookRow | undefined {
    return this.#read().get(id)
  }

  /** A page of them in the order of their ids. */
  list(after: string, limit: number): readonly WebhookRow[] {
    return [...this.#read().values()].filter(({ id }) => id > after).slice(0, limit)
  }

  put({ id, version, webhook, health }: WebhookRow): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO webhook (id, version, json, health) VALUES (?, ?, ?, ?)',
      ...[id, version, JSON.stringify(webhook), JSON.stringify(health)],
    )
    this.#rows = undefined
  }

  putHealth(id: string, health: EndpointHealth): void {
    this.#sql.exec('UPDATE webhook SET health = ? WHERE id = ?', JSON.stringify(health), id)
    const row = this.#rows?.get(id)
    if (row !== undefined) this.#rows?.set(id, { ...row, health })
  }

  remove(id: string): void {
    this.#sql.exec('DELETE FROM webhook WHERE id = ?', id)
    this.#rows = undefined
  }

  /** Forgets what is in memory: for after a transaction that was rolled back. */
  reload(): void {
    this.#rows = undefined
  }

  #read(): Map<string, WebhookRow> {
    this.#rows ??= new Map(
      this.#sql
        .exec<Row>('SELECT id, version, json, health FROM webhook ORDER BY id')
        .toArray()
        .map((row) => [row.id, toWebhookRow(row)]),
    )
    return this.#rows
  }
}

function toWebhookRow({ id, version, json, health }: Row): WebhookRow {
  const webhook: Webhook = JSON.parse(json)
  return { id, version, webhook, health: JSON.parse(health) }
}
