import { WEBHOOK_CLEARED_MAX, WEBHOOK_DELIVERIES_KEPT_MAX, WEBHOOK_DELIVERIES_KEPT_MS } from '../../src/limits/limits'
import type { DeadReason, DeliveryStatus, NextStep } from '../../src/webhooks/after-attempt'
import type { DueDelivery } from '../../src/webhooks/choose-deliveries'
import type { Attempt, Delivery } from '../../src/webhooks/delivery'
import type { AttemptError, AttemptResult } from '../../src/webhooks/judge-answer'

type Row = {
  number: number
  webhook: string
  message: string
  type: string
  status: DeliveryStatus
  reason: DeadReason | null
  created_ms: number
  due_ms: number | null
  ended_ms: number | null
  attempts: number
  failures: number
  interruptions: number
}

type AttemptRow = {
  number: number
  started_ms: number
  ended_ms: number | null
  latency_ms: number | null
  status: number | null
  error: AttemptError | null
  detail: string | null
  answer: string | null
}

/** A delivery that begins. */
export interface NewDelivery {
  readonly webhookId: string
  readonly eventId: string
  readonly messageId: string
  readonly type: string
  readonly body: string
  readonly createdMs: number
  /** Undefined for one that goes to the dead letters at once. */
  readonly dueMs?: number
  readonly reason?: DeadReason
  /** More events may be added to it until it is due. */
  readonly isOpenBatch?: boolean
}

/** Deliveries of a webhook that a list shows. */
export interface DeliveryRange {
  readonly status: DeliveryStatus | undefined
  /** Only those with a smaller number. */
  readonly before: number
  readonly limit: number
}

const COLUMNS =
  'number, webhook, message, type, status, reason, created_ms, due_ms, ended_ms, attempts, failures, interruptions'

/** What is sent, was sent or could not be sent, with every attempt. Part of a transaction of the caller. */
export class DeliveryRows {
  readonly #sql: SqlStorage
  /** How many wait; undefined while it is not known. */
  #waiting: number | undefined
  /** Rows that came since the last were cleared away. */
  #sinceCleared = WEBHOOK_CLEARED_MAX

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  countWaiting(): number {
    this.#waiting ??= this.#sql
      .exec<{ count: number }>('SELECT count(*) AS count FROM delivery WHERE due_ms IS NOT NULL')
      .one().count
    return this.#waiting
  }

  /** Writes a delivery; the same event is delivered to a webhook once. Answers its number, if it is new. */
  put(delivery: NewDelivery): number | undefined {
    const { webhookId, eventId, messageId, type, body, createdMs, dueMs, reason, isOpenBatch = false } = delivery
    const isDead = dueMs === undefined
    const row = this.#sql
      .exec<{ number: number }>(
        `INSERT OR IGNORE INTO delivery
          (webhook, event, message, type, status, reason, created_ms, due_ms, ended_ms, is_open_batch, body)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number`,
        ...[webhookId, eventId, messageId, type, isDead ? 'dead' : 'waiting', reason ?? null],
        ...[createdMs, dueMs ?? null, isDead ? createdMs : null, isOpenBatch ? 1 : 0, body],
      )
      .toArray()
      .at(0)
    if (row === undefined) return undefined
    this.#sinceCleared++
    if (!isDead && this.#waiting !== undefined) this.#waiting++
    return row.number
  }

  /** The batch of a webhook that more events may be added to. */
  openBatch(webhookId: string, nowMs: number): { readonly number: number; readonly body: string } | undefined {
    return this.#sql
      .exec<{ number: number; body: string }>(
        `SELECT number, body FROM delivery
         WHERE webhook = ? AND due_ms > ? AND is_open_batch = 1 ORDER BY number DESC LIMIT 1`,
        ...[webhookId, nowMs],
      )
      .toArray()
      .at(0)
  }

  putBatch(number: number, body: string): void {
    this.#sql.exec('UPDATE delivery SET body = ? WHERE number = ?', body, number)
  }

  /** A batch that is full is sent now. */
  closeBatch(number: number, nowMs: number): void {
    this.#sql.exec('UPDATE delivery SET is_open_batch = 0, due_ms = ? WHERE number = ?', nowMs, number)
  }

  /** When the first of a webhook is due; undefined when none waits. */
  nextDueMs(webhookId: string): number | undefined {
    return (
      this.#sql
        .exec<{ due: number | null }>(
          'SELECT min(due_ms) AS due FROM delivery WHERE webhook = ? AND due_ms IS NOT NULL',
          webhookId,
        )
        .one().due ?? undefined
    )
  }

  listDue(webhookId: string, nowMs: number, limit: number): DueDelivery[] {
    return this.#sql
      .exec<{ number: number; due_ms: number }>(
        'SELECT number, due_ms FROM delivery WHERE webhook = ? AND due_ms <= ? ORDER BY due_ms, number LIMIT ?',
        ...[webhookId, nowMs, limit],
      )
      .toArray()
      .map(({ number, due_ms: dueMs }) => ({ number, dueMs }))
  }

  find(number: number): Delivery | undefined {
    return this.#sql
      .exec<Row>(`SELECT ${COLUMNS} FROM delivery WHERE number = ?`, number)
      .toArray()
      .map(toDelivery)
      .at(0)
  }

  readBody(number: number): string {
    return this.#sql.exec<{ body: string }>('SELECT body FROM delivery WHERE number = ?', number).one().body
  }

  /** Those of a webhook, the newest first. */
  list(webhookId: string, { status, before, limit }: DeliveryRange): Delivery[] {
    // The index holds the status: the rows, which are long, are read only where they are shown.
    return this.#sql
      .exec<Row>(
        `SELECT ${COLUMNS} FROM delivery WHERE number IN (
           SELECT number FROM delivery WHERE webhook = ? AND number < ? AND (? IS NULL OR status = ?)
           ORDER BY number DESC LIMIT ?
         ) ORDER BY number DESC`,
        ...[webhookId, before, status ?? null, status ?? null, limit],
      )
      .toArray()
      .map(toDelivery)
  }

  /** Notes that an attempt is about to be made. Until `lostMs` it is taken to be under way. */
  beginAttempt(delivery: Delivery, nowMs: number, lostMs: number): void {
    const { number, attempts } = delivery
    this.#sql.exec(
      'UPDATE delivery SET attempts = ?, due_ms = ?, is_open_batch = 0 WHERE number = ?',
      ...[attempts + 1, lostMs, number],
    )
    this.#sql.exec(
      'INSERT INTO attempt (delivery, number, started_ms) VALUES (?, ?, ?)',
      ...[number, attempts + 1, nowMs],
    )
  }

  endAttempt(
    delivery: number,
    attempt: number,
    ended: {
      readonly result: AttemptResult
      /** Undefined where it is not known when it was really made. */
      readonly startedMs: number | undefined
      readonly nowMs: number
      readonly latencyMs: number | null
    },
  ): void {
    const { result, startedMs, nowMs, latencyMs } = ended
    this.#sql.exec(
      `UPDATE attempt SET started_ms = coalesce(?, started_ms), ended_ms = ?, latency_ms = ?, status = ?, error = ?, detail = ?, answer = ?
       WHERE delivery = ? AND number = ?`,
      ...[startedMs ?? null, nowMs, latencyMs],
      ...[result.status ?? null, result.error ?? null, result.detail ?? null, result.answer ?? null],
      ...[delivery, attempt],
    )
  }

  /** An attempt that was noted is not made after all: the delivery is as it was. */
  takeBack({ number, dueMs }: Delivery, attempt: number): void {
    this.#sql.exec('DELETE FROM attempt WHERE delivery = ? AND number = ?', number, attempt)
    this.#sql.exec(
      `UPDATE delivery SET attempts = attempts - 1, due_ms = CASE WHEN status = 'waiting' THEN ? ELSE due_ms END
       WHERE number = ?`,
      ...[dueMs, number],
    )
  }

  /** Attempts that are noted as under way. */
  listOpenAttempts(): readonly { readonly delivery: number; readonly number: number }[] {
    return this.#sql
      .exec<{ delivery: number; number: number }>('SELECT delivery, number FROM attempt WHERE ended_ms IS NULL')
      .toArray()
  }

  listAttempts(delivery: number): Attempt[] {
    return this.#sql
      .exec<AttemptRow>(
        `SELECT number, started_ms, ended_ms, latency_ms, status, error, detail, answer
         FROM attempt WHERE delivery = ? ORDER BY number`,
        delivery,
      )
      .toArray()
      .map(toAttempt)
  }

  /** What comes after an attempt that has ended. */
  putNext(number: number, next: NextStep, nowMs: number): void {
    const isWaiting = next.status === 'waiting'
    this.#sql.exec(
      `UPDATE delivery SET status = ?, reason = ?, due_ms = ?, ended_ms = ?, failures = coalesce(?, failures)
       WHERE number = ?`,
      ...[next.status, next.status === 'dead' ? next.reason : null, isWaiting ? next.dueMs : null],
      ...[isWaiting ? null : nowMs, next.status === 'delivered' ? null : next.failures, number],
    )
    if (!isWaiting && this.#waiting !== undefined) this.#waiting--
  }

  noteInterruption(number: number): void {
    this.#sql.exec('UPDATE delivery SET interruptions = interruptions + 1 WHERE number = ?', number)
  }

  /** Ends all of a webhook that wait. */
  bury(webhookId: string, reason: DeadReason, nowMs: number): void {
    this.#sql.exec(
      `UPDATE delivery SET status = 'dead', reason = ?, due_ms = NULL, ended_ms = ?, is_open_batch = 0
       WHERE webhook = ? AND due_ms IS NOT NULL`,
      ...[reason, nowMs, webhookId],
    )
    this.#waiting = undefined
  }

  /** Begins the schedule of a delivery anew, under the same webhook-id. */
  redeliver(number: number, nowMs: number): void {
    this.#sql.exec(
      `UPDATE delivery SET status = 'waiting', reason = NULL, due_ms = ?, ended_ms = NULL, failures = 0, interruptions = 0
       WHERE number = ?`,
      ...[nowMs, number],
    )
    this.#waiting = undefined
  }

  /** Those of a webhook that came in a range of time and have ended so, the oldest first. */
  listEnded(
    webhookId: string,
    range: { readonly fromMs: number; readonly toMs: number; readonly status: DeliveryStatus; readonly limit: number },
  ): number[] {
    return this.#sql
      .exec<{ number: number }>(
        `SELECT number FROM delivery
         WHERE webhook = ? AND status = ? AND created_ms >= ? AND created_ms < ? ORDER BY number LIMIT ?`,
        ...[webhookId, range.status, range.fromMs, range.toMs, range.limit],
      )
      .toArray()
      .map(({ number }) => number)
  }

  /** Takes all of a webhook away. */
  removeOf(webhookId: string): void {
    this.#sql.exec('DELETE FROM attempt WHERE delivery IN (SELECT number FROM delivery WHERE webhook = ?)', webhookId)
    this.#sql.exec('DELETE FROM delivery WHERE webhook = ?', webhookId)
    this.#waiting = undefined
  }

  /** Clears the oldest of those away that have ended, where there are too many, or they are too old. */
  clear(nowMs: number): void {
    if (this.#sinceCleared < WEBHOOK_CLEARED_MAX / 2) return
    this.#sinceCleared = 0
    const last = this.#sql.exec<{ last: number | null }>('SELECT max(number) AS last FROM delivery').one().last ?? 0
    const old = this.#sql
      .exec<{ number: number }>(
        `SELECT number FROM (
           SELECT number, created_ms FROM delivery WHERE due_ms IS NULL ORDER BY number LIMIT ?
         ) WHERE number <= ? OR created_ms < ?`,
        ...[WEBHOOK_CLEARED_MAX, last - WEBHOOK_DELIVERIES_KEPT_MAX, nowMs - WEBHOOK_DELIVERIES_KEPT_MS],
      )
      .toArray()
    for (const { number } of old) {
      this.#sql.exec('DELETE FROM attempt WHERE delivery = ?', number)
      this.#sql.exec('DELETE FROM delivery WHERE number = ?', number)
    }
  }

  /** Forgets what is in memory: for after a transaction that was rolled back. */
  reload(): void {
    this.#waiting = undefined
  }
}

const toDelivery = (row: Row): Delivery => ({
  number: row.number,
  webhookId: row.webhook,
  messageId: row.message,
  type: row.type,
  status: row.status,
  reason: row.reason,
  createdMs: row.created_ms,
  dueMs: row.due_ms,
  endedMs: row.ended_ms,
  attempts: row.attempts,
  failures: row.failures,
  interruptions: row.interruptions,
})

const toAttempt = (row: AttemptRow): Attempt => ({
  number: row.number,
  startedMs: row.started_ms,
  endedMs: row.ended_ms,
  latencyMs: row.latency_ms,
  status: row.status,
  error: row.error,
  detail: row.detail,
  answer: row.answer,
})
