import type { AuditDraft } from '../../src/audit/audit-entry'
import {
  WEBHOOK_LOST_MS,
  WEBHOOK_RUN_MAX,
  WEBHOOK_RUN_MS,
  WEBHOOK_TIMER_MS_MAX,
  WEBHOOK_WAITING_MAX,
  WEBHOOK_WATCH_MS,
  WEBHOOKS_IN_FLIGHT_MAX,
} from '../../src/limits/limits'
import { errorFields, type Log } from '../../src/log'
import { afterAttempt, afterInterruption, type Consequence, type DeadReason } from '../../src/webhooks/after-attempt'
import { type Candidate, chooseDeliveries, isPaused } from '../../src/webhooks/choose-deliveries'
import type { Delivery } from '../../src/webhooks/delivery'
import type { EndpointHealth } from '../../src/webhooks/endpoint-health'
import { subscribedName, type TenantEvent } from '../../src/webhooks/event'
import type { AttemptResult } from '../../src/webhooks/judge-answer'
import { addToBatch, batchBody, batchIdOf, eventBody, messageIdOf } from '../../src/webhooks/payload'
import type { Disabled, WebhookRow } from '../../src/webhooks/webhook'
import { DeliveryRows } from './delivery-rows'
import { WebhookRows } from './webhook-rows'
import { type SenderSurroundings, WebhookSender } from './webhook-sender'

/** What the outbox needs of its object and of the world. */
export interface OutboxSurroundings extends SenderSurroundings {
  readonly sql: SqlStorage
  readonly transaction: <T>(turn: () => T) => T
  /** From 0 to 1. */
  readonly random: () => number
  /** Whether anything may be sent: the tenant lives, and has webhooks. */
  readonly isOn: () => boolean
  /** Accounts for what the service has done by itself. Part of the transaction. */
  readonly audit: (changes: NonNullable<AuditDraft['changes']>) => void
  readonly waitUntil: (work: Promise<unknown>) => void
  /** Has the alarm ring by then: the second line behind this object's memory. */
  readonly armFor: (dueMs: number) => void
  readonly log: () => Log
}

/** An attempt that was noted and may be made. */
interface BegunAttempt {
  readonly delivery: Delivery
  readonly number: number
  readonly body: string
}

/** Attempts that were noted together, and are made one after the other: one place of those that a tenant has. */
interface Run {
  readonly webhookId: string
  readonly attempts: readonly BegunAttempt[]
}

interface EndedAttempt extends BegunAttempt {
  readonly result: AttemptResult
  readonly startedMs: number
  readonly endedMs: number
}

/** A run that is over, with what of it was not made: because one before it failed, or it took long enough. */
interface EndedRun extends Run {
  readonly ended: readonly EndedAttempt[]
  readonly unmade: readonly BegunAttempt[]
}

/**
 * What has to be sent to the tenant's webhooks. An event is written in the transaction of whoever causes it, and stays until it
 * is delivered or dead. Each attempt is noted before it is made: whatever ends the process, it is made again, under the same
 * webhook-id. Nothing here waits for another store.
 */
export class Outbox {
  readonly webhooks: WebhookRows
  readonly deliveries: DeliveryRows
  readonly #around: OutboxSurroundings
  readonly #sender: WebhookSender
  /** What this object is sending. */
  readonly #runs = new Set<Run>()
  /** What has ended and is not written yet. */
  #ended: { readonly run: Run; readonly outcome: EndedRun }[] = []
  /** When each webhook has something due, Infinity for never; what is not in it has to be looked up. */
  #dueMs = new Map<string, number>()
  /** What another object had begun before this one was made is not under way any more. */
  #isRecovered = false
  #timer: { readonly atMs: number; readonly id: ReturnType<typeof setTimeout> } | undefined
  #isSettling = false
  /** Whether the alarm would not ring now. */
  #isHeldUp = false

  constructor(around: OutboxSurroundings) {
    this.#around = around
    this.webhooks = new WebhookRows(around.sql)
    this.deliveries = new DeliveryRows(around.sql)
    this.#sender = new WebhookSender(around)
  }

  /** Writes an event for every webhook that has subscribed to it. Part of a transaction of the caller; `kick` sends it. */
  put(event: TenantEvent): void {
    if (!this.#around.isOn()) return
    for (const row of this.webhooks.all().values()) this.#putWhereWanted(row, event)
  }

  /** Writes an event for one webhook, whatever that has subscribed to. Never part of a batch. Answers its delivery. */
  putAlone(row: WebhookRow, event: TenantEvent): Delivery | undefined {
    const body = eventBody({ event, type: event.type, origin: row.webhook.origin })
    const number = this.#insert(row, event, { type: event.type, messageId: messageIdOf(event.id), body, waitMs: 0 })
    return number === undefined ? undefined : this.deliveries.find(number)
  }

  /** Sends what is due, as far as there are places. Cheap when nothing is; never throws, and waits for nobody. */
  kick(): void {
    const nowMs = this.#around.clock()
    const hasPlace = this.#runs.size < WEBHOOKS_IN_FLIGHT_MAX && this.#firstMs(nowMs) <= nowMs
    if (!this.#isRecovered || this.#ended.length > 0 || hasPlace) this.#turn()
  }

  /**
   * Keeps the time itself while the alarm's own work goes on: until that is over, no alarm rings. At all other times a timer
   * would only keep the object in memory.
   */
  async during(work: Promise<void>): Promise<void> {
    this.#isHeldUp = true
    try {
      this.#wait()
    } catch (error) {
      // The alarm's work is not to fail with it.
      this.#around.log().error('webhook_turn_failed', errorFields(error))
    }
    try {
      await work
    } finally {
      this.#isHeldUp = false
      clearTimeout(this.#timer?.id)
      this.#timer = undefined
    }
  }

  /** When there is something to do, for the alarm; undefined when nothing waits. */
  dueMs(nowMs: number): number | undefined {
    if (!this.#around.isOn()) return undefined
    const firstMs = this.#isRecovered ? this.#firstMs(nowMs) : this.#unrecoveredMs(nowMs)
    if (firstMs === Number.POSITIVE_INFINITY) return undefined
    // What is due now is on its way or waits for a place: this is for when that is lost.
    return firstMs <= nowMs ? nowMs + WEBHOOK_WATCH_MS : firstMs
  }

  /** What is known of a webhook is old. */
  forget(webhookId: string): void {
    this.#dueMs.delete(webhookId)
    this.#sender.forget()
  }

  /** Goes by what storage has: for after a transaction that was rolled back, and after the object was emptied. */
  reload(): void {
    this.webhooks.reload()
    this.deliveries.reload()
    this.#dueMs = new Map()
  }

  /** Switches a webhook off: what waits for it goes to the dead letters, and the other webhooks are told. */
  disable(row: WebhookRow, disabled: Disabled): void {
    const reason: DeadReason = disabled.code === 'gone' ? 'endpoint_gone' : 'endpoint_disabled'
    this.webhooks.put({ ...row, version: row.version + 1, webhook: { ...row.webhook, disabled } })
    this.deliveries.bury(row.id, reason, disabled.atMs)
    this.forget(row.id)
    this.#around.audit([
      {
        ...{ what: 'webhook.disabled', kind: 'webhook', id: row.id },
        before: { disabled: null },
        after: { disabled: { code: disabled.code, detail: disabled.detail } },
      },
    ])
    this.#around.log().warn('webhook_disabled', { webhookId: row.id, code: disabled.code })
    const event = disabledEvent(row, disabled)
    for (const other of this.webhooks.all().values()) if (other.id !== row.id) this.#putWhereWanted(other, event)
  }

  #putWhereWanted(row: WebhookRow, event: TenantEvent): void {
    const type = subscribedName(row.webhook.events, event.type)
    if (type !== undefined && row.webhook.active) this.#putFor(row, event, type)
  }

  #putFor(row: WebhookRow, event: TenantEvent, type: string): void {
    const { webhook } = row
    const sent = { event, type, origin: webhook.origin }
    if (webhook.batchSeconds > 0 && webhook.disabled === undefined && this.#addToBatch(row, sent)) return
    const isBatch = webhook.batchSeconds > 0
    this.#insert(row, event, {
      type: isBatch ? 'webhook_batch' : type,
      messageId: isBatch ? batchIdOf(event.id) : messageIdOf(event.id),
      body: isBatch ? batchBody(sent) : eventBody(sent),
      waitMs: webhook.batchSeconds * 1000,
    })
  }

  #addToBatch({ id }: WebhookRow, sent: Parameters<typeof addToBatch>[1]): boolean {
    const nowMs = this.#around.clock()
    const open = this.deliveries.openBatch(id, nowMs)
    if (open === undefined) return false
    const longer = addToBatch(open.body, sent)
    if (longer === undefined) {
      this.deliveries.closeBatch(open.number, nowMs)
      this.forget(id)
      return false
    }
    this.deliveries.putBatch(open.number, longer)
    return true
  }

  #insert(
    row: WebhookRow,
    event: TenantEvent,
    sent: { readonly type: string; readonly messageId: string; readonly body: string; readonly waitMs: number },
  ): number | undefined {
    const nowMs = this.#around.clock()
    const { type, messageId, body, waitMs } = sent
    const reason = this.#deadAtOnce(row)
    const created = { webhookId: row.id, eventId: event.id, messageId, type, body, createdMs: nowMs }
    if (reason !== undefined) return this.deliveries.put({ ...created, reason })
    const dueMs = nowMs + waitMs
    const number = this.deliveries.put({ ...created, dueMs, isOpenBatch: waitMs > 0 })
    const known = this.#dueMs.get(row.id)
    if (known !== undefined && dueMs < known) this.#dueMs.set(row.id, dueMs)
    this.#around.armFor(Math.max(dueMs, nowMs + WEBHOOK_WATCH_MS))
    // Whoever put it may kick sooner; when this rings the transaction is over.
    this.#settleSoon()
    return number
  }

  #deadAtOnce({ webhook }: WebhookRow): DeadReason | undefined {
    if (webhook.disabled !== undefined) return webhook.disabled.code === 'gone' ? 'endpoint_gone' : 'endpoint_disabled'
    return this.deliveries.countWaiting() >= WEBHOOK_WAITING_MAX ? 'outbox_full' : undefined
  }

  /** Writes what has ended and begins what comes next, in one transaction; then sends. */
  #turn(): void {
    const ended = this.#ended
    try {
      const runs = this.#around.transaction(() => {
        this.#recover()
        this.#writeEnded(ended.map(({ outcome }) => outcome))
        if (!this.#around.isOn()) return []
        this.deliveries.clear(this.#around.clock())
        return this.#begin(new Set(ended.map(({ run }) => run)))
      })
      this.#isRecovered = true
      this.#ended = this.#ended.slice(ended.length)
      for (const { run } of ended) this.#runs.delete(run)
      for (const run of runs) this.#start(run)
    } catch (error) {
      // What was noted as under way is taken up again when it is given up for lost.
      this.#around.log().error('webhook_turn_failed', errorFields(error))
    }
    this.#wait()
  }

  /** The attempts that whoever was before this object did not live to see the end of. */
  #recover(): void {
    if (this.#isRecovered) return
    const { clock, random } = this.#around
    const nowMs = clock()
    for (const { delivery: number, number: attempt } of this.deliveries.listOpenAttempts()) {
      const result: AttemptResult = {
        error: 'interrupted',
        detail: 'Whether it arrived is not known: the service has restarted.',
      }
      this.deliveries.endAttempt(number, attempt, { result, startedMs: undefined, nowMs, latencyMs: null })
      this.deliveries.noteInterruption(number)
      const delivery = this.deliveries.find(number)
      if (delivery?.status === 'waiting')
        this.deliveries.putNext(number, afterInterruption(delivery, nowMs, random()), nowMs)
    }
    this.#dueMs = new Map()
  }

  #writeEnded(runs: readonly EndedRun[]): void {
    const health = new Map<string, EndpointHealth>()
    for (const { webhookId, ended, unmade } of runs) {
      for (const { delivery, number } of unmade) this.deliveries.takeBack(delivery, number)
      for (const attempt of ended) this.#writeAttempt(webhookId, attempt, health)
      this.#dueMs.delete(webhookId)
    }
    for (const [id, value] of health) if (this.webhooks.find(id)) this.webhooks.putHealth(id, value)
  }

  #writeAttempt(webhookId: string, attempt: EndedAttempt, health: Map<string, EndpointHealth>): void {
    const { number } = attempt.delivery
    const { result, startedMs, endedMs: nowMs } = attempt
    const delivery = this.deliveries.find(number)
    const row = this.webhooks.find(webhookId)
    // Both may have been taken away meanwhile.
    if (delivery === undefined || row === undefined) return
    const latencyMs = Math.max(0, nowMs - startedMs)
    this.deliveries.endAttempt(number, attempt.number, { result, startedMs, nowMs, latencyMs })
    const before = health.get(row.id) ?? row.health
    const random = this.#around.random()
    const consequence = afterAttempt({ result, failures: delivery.failures, health: before, latencyMs, nowMs, random })
    health.set(row.id, consequence.health)
    this.#writeNext(delivery, row, consequence, nowMs)
  }

  #writeNext(delivery: Delivery, row: WebhookRow, { next, health, disabled }: Consequence, nowMs: number): void {
    // What was buried meanwhile stays so, unless it has arrived after all.
    if (delivery.status === 'waiting' || next.status === 'delivered')
      this.deliveries.putNext(delivery.number, next, nowMs)
    if (disabled !== undefined && row.webhook.disabled === undefined) this.disable({ ...row, health }, disabled)
  }

  #begin(over: ReadonlySet<Run>): Run[] {
    const nowMs = this.#around.clock()
    const underWay = [...this.#runs].filter((run) => !over.has(run))
    const claimed = new Set(underWay.flatMap(({ attempts }) => attempts.map(({ delivery }) => delivery.number)))
    const rows = [...this.webhooks.all().values()].filter(isSending)
    const ownOf = (id: string): number => underWay.filter(({ webhookId }) => webhookId === id).length
    const isDue = (row: WebhookRow): boolean => this.#nextMs(row.id) <= nowMs && !isPaused(row.health, nowMs)
    const candidates = rows.filter(isDue).map(({ id, health }) => ({
      webhookId: id,
      health,
      inFlight: ownOf(id),
      due: this.deliveries
        .listDue(id, nowMs, WEBHOOKS_IN_FLIGHT_MAX * WEBHOOK_RUN_MAX)
        .filter(({ number }) => !claimed.has(number)),
    }))
    // What was expected may be gone by now.
    for (const { webhookId, due } of candidates) if (due.length === 0) this.#dueMs.delete(webhookId)
    const failing = rows.filter(({ health }) => health.failures > 0).reduce((sum, { id }) => sum + ownOf(id), 0)
    const places = { all: underWay.length, failing, isAlone: rows.length === 1 }
    const chosen = chooseDeliveries(candidates, places, nowMs)
    return candidates.flatMap((candidate) => this.#beginRuns(candidate, chosen, nowMs))
  }

  /** Each delivery that was chosen takes some of those along that wait behind it, where the receiver is well. */
  #beginRuns({ webhookId, health, due }: Candidate, chosen: readonly number[], nowMs: number): Run[] {
    const first = due.map(({ number }) => number).filter((number) => chosen.includes(number))
    const rest = due.map(({ number }) => number).filter((number) => !chosen.includes(number))
    if (first.length > 0) this.#dueMs.delete(webhookId)
    const share = health.failures > 0 ? 0 : Math.min(WEBHOOK_RUN_MAX - 1, Math.ceil(rest.length / first.length))
    return first.map((number, index) => {
      const numbers = [number, ...rest.slice(index * share, (index + 1) * share)]
      return { webhookId, attempts: numbers.flatMap((one) => this.#beginOne(one, nowMs)) }
    })
  }

  #beginOne(number: number, nowMs: number): BegunAttempt[] {
    const delivery = this.deliveries.find(number)
    if (delivery === undefined) return []
    this.deliveries.beginAttempt(delivery, nowMs, nowMs + WEBHOOK_LOST_MS)
    return [{ delivery, number: delivery.attempts + 1, body: this.deliveries.readBody(number) }]
  }

  #start(run: Run): void {
    this.#runs.add(run)
    const made = this.#make(run).then((outcome) => {
      this.#ended.push({ run, outcome })
      this.#settleSoon()
    })
    this.#around.waitUntil(made)
  }

  /** One attempt after the other, as long as they succeed and it does not take long: other webhooks wait for the place. */
  async #make(run: Run): Promise<EndedRun> {
    const { clock } = this.#around
    const untilMs = clock() + WEBHOOK_RUN_MS
    const ended: EndedAttempt[] = []
    for (const attempt of run.attempts) {
      const row = this.webhooks.find(run.webhookId)
      if (row === undefined || !isSending(row)) break
      const startedMs = clock()
      const { messageId } = attempt.delivery
      const result = await this.#sender.send(row, { messageId, body: attempt.body }).catch((error) => {
        this.#around.log().error('webhook_attempt_failed', errorFields(error))
        return { error: 'unreachable', detail: 'It could not be sent.' } as const
      })
      const endedMs = clock()
      ended.push({ ...attempt, result, startedMs, endedMs })
      if (result.error !== undefined || endedMs >= untilMs) break
    }
    return { ...run, ended, unmade: run.attempts.slice(ended.length) }
  }

  /** Attempts that end together are written together. */
  #settleSoon(): void {
    if (this.#isSettling) return
    this.#isSettling = true
    setTimeout(() => {
      this.#isSettling = false
      this.kick()
    }, 0)
  }

  /** What is due soon does not wait for an alarm that is held up by the rest of the object's work. */
  #wait(): void {
    const nowMs = this.#around.clock()
    const firstMs = this.#firstMs(nowMs)
    const dueMs = this.dueMs(nowMs)
    if (dueMs !== undefined) this.#around.armFor(dueMs)
    if (!this.#isHeldUp || firstMs <= nowMs || firstMs - nowMs > WEBHOOK_TIMER_MS_MAX) return
    if (this.#timer !== undefined && this.#timer.atMs <= firstMs && this.#timer.atMs > nowMs) return
    clearTimeout(this.#timer?.id)
    const ring = (): void => {
      this.#timer = undefined
      this.kick()
    }
    this.#timer = { atMs: firstMs, id: setTimeout(ring, firstMs - nowMs) }
  }

  /** When the first of all webhooks has something due that it may be sent. */
  #firstMs(nowMs: number): number {
    let firstMs = Number.POSITIVE_INFINITY
    for (const row of this.webhooks.all().values()) {
      if (!isSending(row)) continue
      const nextMs = this.#nextMs(row.id)
      if (nextMs === Number.POSITIVE_INFINITY) continue
      firstMs = Math.min(firstMs, Math.max(nextMs, isPaused(row.health, nowMs) ? row.health.pausedUntilMs : 0))
    }
    return firstMs
  }

  /** Attempts of before may be under way as far as the rows tell: they are not. */
  #unrecoveredMs(nowMs: number): number {
    return this.deliveries.listOpenAttempts().length > 0 ? nowMs : this.#firstMs(nowMs)
  }

  #nextMs(webhookId: string): number {
    const known = this.#dueMs.get(webhookId)
    if (known !== undefined) return known
    const dueMs = this.deliveries.nextDueMs(webhookId) ?? Number.POSITIVE_INFINITY
    this.#dueMs.set(webhookId, dueMs)
    return dueMs
  }
}

/** Whether anything may be sent to a webhook. What waits for one that its owner has stopped waits on. */
const isSending = ({ webhook }: WebhookRow): boolean => webhook.active && webhook.disabled === undefined

/** What the other webhooks are told of one that was switched off. Its version makes it happen once. */
const disabledEvent = ({ id, version, webhook }: WebhookRow, { code, detail, atMs }: Disabled): TenantEvent => ({
  type: 'endpoint_disabled',
  id: messageIdOf(`evt_disabled_${id}_${version}`),
  occurredMs: atMs,
  data: { webhookId: id, url: webhook.url, code, reason: detail, link: `/integration/webhooks/${id}` },
})
