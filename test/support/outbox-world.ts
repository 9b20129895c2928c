import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { MIGRATIONS } from '../../durable-objects/tenant/migrations'
import { Outbox, type OutboxSurroundings } from '../../durable-objects/tenant/outbox'
import { logInto } from '../../src/log'
import type { OutsidePorts } from '../../src/outside/guarded-fetch'
import type { Delivery } from '../../src/webhooks/delivery'
import { UNKNOWN_HEALTH } from '../../src/webhooks/endpoint-health'
import type { TenantEvent } from '../../src/webhooks/event'
import type { Webhook, WebhookRow } from '../../src/webhooks/webhook'

/** Any secret: that it is sealed is of no concern to the outbox. */
export const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

/** One request that a receiver got. */
export interface Received {
  readonly url: string
  readonly atMs: number
  readonly headers: Headers
  readonly body: string
}

/** An outbox over a real SQLite, whose time and outside world belong to the test. */
export class OutboxWorld {
  nowMs = Date.UTC(2040, 0, 1)
  readonly received: Received[] = []
  readonly audited: unknown[] = []
  readonly reported: unknown[] = []
  readonly database = new DatabaseSync(':memory:')
  outbox: Outbox
  readonly #random: () => number
  readonly #answer: (request: Request, atMs: number) => Promise<Response> | Response
  #underWay = new Set<Promise<unknown>>()
  readonly #timeouts: { readonly atMs: number; readonly abort: () => void }[] = []

  constructor(random: () => number, answer: (request: Request, atMs: number) => Promise<Response> | Response) {
    this.#random = random
    this.#answer = answer
    for (const { sql } of MIGRATIONS) this.database.exec(sql)
    this.outbox = this.#newOutbox()
  }

  /** The process ends: what was under way is never heard of again, and another object finds what is on disk. */
  restart(): void {
    this.#underWay = new Set()
    this.outbox = this.#newOutbox()
  }

  addWebhook(id: string, members: Partial<Webhook> = {}): WebhookRow {
    const webhook: Webhook = {
      ...{ url: `https://${id}.example.com/hook`, events: ['*'], active: true, signing: 'symmetric' },
      ...{ secrets: [{ sealed: SECRET }], batchSeconds: 0, origin: 'https://logs.example.org' },
      ...{ createdMs: this.nowMs, createdBy: 'key_a' },
      ...members,
    }
    const row = { id, version: 1, webhook, health: UNKNOWN_HEALTH }
    this.outbox.webhooks.put(row)
    return row
  }

  put(event: Partial<TenantEvent> & { readonly id: string }): void {
    const whole = { type: 'critical_error', occurredMs: this.nowMs, data: {}, ...event }
    this.transaction(() => this.outbox.put(whole))
  }

  /** Lets everything happen that is due now, and whatever that leads to. */
  async settle(): Promise<void> {
    for (let isQuiet = false; !isQuiet; ) {
      this.outbox.kick()
      const before = this.received.length
      await turns()
      isQuiet = this.received.length === before
    }
  }

  /** Goes on to the next moment at which something is due; answers whether there was one before `untilMs`. */
  async step(untilMs: number): Promise<boolean> {
    const dueMs = this.outbox.dueMs(this.nowMs)
    const timeoutMs = Math.min(...this.#timeouts.map(({ atMs }) => atMs))
    const nextMs = Math.min(dueMs ?? Number.POSITIVE_INFINITY, timeoutMs)
    if (nextMs > untilMs) return false
    this.nowMs = Math.max(this.nowMs, nextMs)
    for (const { atMs, abort } of this.#timeouts) if (atMs <= this.nowMs) abort()
    this.#timeouts.splice(0, this.#timeouts.length, ...this.#timeouts.filter(({ atMs }) => atMs > this.nowMs))
    await this.settle()
    return true
  }

  deliveries(webhookId: string): Delivery[] {
    return this.outbox.deliveries.list(webhookId, {
      status: undefined,
      before: Number.MAX_SAFE_INTEGER,
      limit: 100_000,
    })
  }

  transaction<T>(turn: () => T): T {
    this.database.exec('BEGIN')
    try {
      const value = turn()
      this.database.exec('COMMIT')
      return value
    } catch (error) {
      this.database.exec('ROLLBACK')
      this.outbox.reload()
      throw error
    }
  }

  #newOutbox(): Outbox {
    const own = this.#underWay
    return new Outbox({
      sql: sqlStorage(this.database),
      transaction: (turn) => this.transaction(turn),
      clock: () => this.nowMs,
      random: this.#random,
      outside: () => this.#outside(own),
      rules: () => ({ ownHosts: new Set(), allowsLocalHttp: false }),
      openSecret: async (_purpose, sealed) => sealed,
      isOn: () => true,
      audit: (changes) => this.audited.push(...changes),
      waitUntil: () => undefined,
      armFor: () => undefined,
      log: () => logInto((line) => this.reported.push(line), 'error'),
    })
  }

  /** The world of one life of the process. */
  #outside(own: Set<Promise<unknown>>): OutsidePorts {
    return {
      fetch: async (request) => {
        if (own !== this.#underWay) return new Promise<Response>(() => {})
        const { url, headers } = request
        const body = await request.clone().text()
        this.received.push({ url, headers, body, atMs: this.nowMs })
        return this.#answer(request, this.nowMs)
      },
      timeout: (milliseconds) => {
        const controller = new AbortController()
        this.#timeouts.push({ atMs: this.nowMs + milliseconds, abort: () => controller.abort() })
        return controller.signal
      },
    }
  }
}

/** Everything that waits for nothing but its turn. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setTimeout(resolve, 0))
  await new Promise((resolve) => setImmediate(resolve))
}

/** As much of the platform's SqlStorage as the rows use. */
function sqlStorage(database: DatabaseSync): OutboxSurroundings['sql'] {
  const statements = new Map<string, ReturnType<DatabaseSync['prepare']>>()
  const exec = (query: string, ...bindings: SQLInputValue[]) => {
    const statement = statements.get(query) ?? database.prepare(query)
    statements.set(query, statement)
    const rows = statement.all(...bindings)
    return { toArray: () => rows, one: () => rows[0] }
  }
  return Object.create({ exec })
}
