import { type AuditChange, draftOf } from '../../src/audit/audit-entry'
import { WEBHOOK_REDELIVERIES_MAX, WEBHOOKS_MAX } from '../../src/limits/limits'
import type { Caller, Refusal } from '../../src/tenant/contract'
import { isMatch, patchedWebhook, resumedWebhook, rotatedWebhook } from '../../src/webhooks/change-webhook'
import type { Delivery } from '../../src/webhooks/delivery'
import { UNKNOWN_HEALTH } from '../../src/webhooks/endpoint-health'
import { webhookChange } from '../../src/webhooks/shown-webhook'
import type { WebhookRow } from '../../src/webhooks/webhook'
import type { WebhookAsk, WebhookOutcome, WebhookWhat } from '../../src/webhooks/webhook-ask'
import type { Holdings } from './holdings'
import type { Outbox } from './outbox'

/** What the desk needs of its object. */
export interface DeskSurroundings {
  readonly outbox: Outbox
  readonly audit: Holdings['audit']
  readonly refusalFor: (by: Caller) => Refusal | undefined
  readonly transaction: <T>(turn: () => T) => T
  readonly clock: () => number
}

type AskOf<What extends WebhookWhat> = Extract<WebhookAsk, { readonly what: What }>

/** Answers what is asked of the tenant's webhooks and their deliveries: each change is one transaction, with its account. */
export class WebhookDesk {
  readonly #around: DeskSurroundings

  constructor(around: DeskSurroundings) {
    this.#around = around
  }

  ask(by: Caller, ask: WebhookAsk): WebhookOutcome {
    const { refusalFor, transaction, outbox } = this.#around
    const refusal = refusalFor(by)
    if (refusal) return refused(refusal)
    const outcome = transaction(() => this.#answer(by, ask))
    outbox.kick()
    return outcome
  }

  #answer(by: Caller, ask: WebhookAsk): WebhookOutcome {
    if (ask.what === 'list') return { ok: true, rows: this.#around.outbox.webhooks.list(ask.after, ask.limit) }
    if (ask.what === 'create') return this.#create(by, ask)
    const row = this.#around.outbox.webhooks.find(ask.id)
    return row === undefined ? refused({ kind: 'not_found' }) : this.#answerAbout(by, ask, row)
  }

  #answerAbout(by: Caller, ask: Exclude<WebhookAsk, AskOf<'list' | 'create'>>, row: WebhookRow): WebhookOutcome {
    switch (ask.what) {
      case 'read':
        return { ok: true, row }
      case 'change':
      case 'rotate':
      case 'resume':
        return isMatch(ask.match, row) ? this.#put(by, ask, row) : refused({ kind: 'precondition_failed' })
      case 'remove':
        return isMatch(ask.match, row) ? this.#remove(by, row) : refused({ kind: 'precondition_failed' })
      case 'test':
        return this.#test(by, ask, row)
      case 'deliveries':
        return { ok: true, deliveries: this.#around.outbox.deliveries.list(row.id, ask) }
      case 'delivery':
        return this.#delivery(row, ask.number)
      case 'redeliver':
        return this.#redeliver(by, ask, row)
      case 'redeliverRange':
        return this.#redeliverRange(by, ask, row)
    }
  }

  #create(by: Caller, { id, webhook }: AskOf<'create'>): WebhookOutcome {
    const { webhooks } = this.#around.outbox
    if (webhooks.find(id)) return refused({ kind: 'conflict', detail: `There is a webhook ${id} already.` })
    if (webhooks.all().size >= WEBHOOKS_MAX)
      return refused({ kind: 'conflict', detail: `A tenant has at most ${WEBHOOKS_MAX} webhooks.` })
    const row = { id, version: 1, webhook, health: UNKNOWN_HEALTH }
    webhooks.put(row)
    return { ok: true, row, audit: this.#account(by, webhookChange('added', id, { after: webhook })) }
  }

  #put(by: Caller, ask: AskOf<'change' | 'rotate' | 'resume'>, row: WebhookRow): WebhookOutcome {
    const after = this.#changed(ask, row)
    this.#around.outbox.webhooks.put(after)
    this.#around.outbox.forget(row.id)
    const what = { change: 'edited', rotate: 'rotated', resume: 'resumed' } as const
    const change = webhookChange(what[ask.what], row.id, { before: row.webhook, after: after.webhook })
    return { ok: true, row: after, audit: this.#account(by, change) }
  }

  #changed(ask: AskOf<'change' | 'rotate' | 'resume'>, row: WebhookRow): WebhookRow {
    if (ask.what === 'change') return patchedWebhook(row, ask.patch)
    if (ask.what === 'resume') return resumedWebhook(row)
    const nowMs = this.#around.clock()
    return rotatedWebhook(row, ask.secret, nowMs + ask.overlapMs, nowMs)
  }

  #remove(by: Caller, row: WebhookRow): WebhookOutcome {
    const { webhooks, deliveries } = this.#around.outbox
    webhooks.remove(row.id)
    deliveries.removeOf(row.id)
    this.#around.outbox.forget(row.id)
    return { ok: true, row, audit: this.#account(by, webhookChange('removed', row.id, { before: row.webhook })) }
  }

  #test(by: Caller, { eventId }: AskOf<'test'>, row: WebhookRow): WebhookOutcome {
    const refusal = refusalOfSending(row)
    if (refusal) return refused(refusal)
    const delivery = this.#around.outbox.putAlone(row, {
      type: 'webhook_ping',
      id: eventId,
      occurredMs: this.#around.clock(),
      data: { webhookId: row.id, message: 'A test, sent by hand.', link: `/integration/webhooks/${row.id}` },
    })
    if (delivery === undefined) return refused({ kind: 'conflict', detail: 'The test is under way already.' })
    return { ok: true, delivery, audit: this.#account(by, webhookChange('tested', row.id, {})) }
  }

  #delivery(row: WebhookRow, number: number): WebhookOutcome {
    const { deliveries } = this.#around.outbox
    const delivery = this.#own(row, number)
    if (delivery === undefined) return refused({ kind: 'not_found' })
    return { ok: true, delivery, attempts: deliveries.listAttempts(number), body: deliveries.readBody(number) }
  }

  #redeliver(by: Caller, { number }: AskOf<'redeliver'>, row: WebhookRow): WebhookOutcome {
    const refusal = refusalOfSending(row)
    if (refusal) return refused(refusal)
    const before = this.#own(row, number)
    if (before === undefined) return refused({ kind: 'not_found' })
    this.#sendAgain(row, [number])
    const delivery = this.#own(row, number) ?? before
    return { ok: true, delivery, audit: this.#account(by, webhookChange('redelivered', row.id, {})) }
  }

  #redeliverRange(by: Caller, ask: AskOf<'redeliverRange'>, row: WebhookRow): WebhookOutcome {
    const refusal = refusalOfSending(row)
    if (refusal) return refused(refusal)
    const { fromMs, toMs, status } = ask
    const found = this.#around.outbox.deliveries.listEnded(row.id, {
      ...{ fromMs, toMs, status },
      limit: WEBHOOK_REDELIVERIES_MAX + 1,
    })
    const again = found.slice(0, WEBHOOK_REDELIVERIES_MAX)
    this.#sendAgain(row, again)
    const more = found.length > again.length
    const audit = this.#account(by, webhookChange('redelivered', row.id, {}))
    return { ok: true, redelivered: again.length, more, audit }
  }

  #sendAgain({ id }: WebhookRow, numbers: readonly number[]): void {
    const { outbox, clock } = this.#around
    const nowMs = clock()
    for (const number of numbers) outbox.deliveries.redeliver(number, nowMs)
    outbox.forget(id)
  }

  #own({ id }: WebhookRow, number: number): Delivery | undefined {
    const delivery = this.#around.outbox.deliveries.find(number)
    return delivery?.webhookId === id ? delivery : undefined
  }

  #account(by: Caller, change: AuditChange): number {
    return this.#around.audit.append(draftOf(by, { changes: [change] }), this.#around.clock())
  }
}

const refused = (refusal: Refusal): WebhookOutcome => ({ ok: false, refusal })

/** Why nothing can be sent to a webhook now. */
function refusalOfSending({ webhook }: WebhookRow): Refusal | undefined {
  if (webhook.disabled !== undefined)
    return { kind: 'conflict', detail: 'The webhook was switched off: resume it first.' }
  return webhook.active ? undefined : { kind: 'conflict', detail: 'The webhook is not active.' }
}
