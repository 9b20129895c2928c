import { draftOf } from '../../src/audit/audit-entry'
import type { Env } from '../../src/env'
import { TAIL_TICKET_MS } from '../../src/limits/limits'
import { errorFields, type Log } from '../../src/log'
import { type TailOutcome, type TicketOutcome, type TicketPlace, tailsRefusal } from '../../src/tail/contract'
import type { TailProblem } from '../../src/tail/frame-text'
import type { HistoryPage, HistoryRequest } from '../../src/tail/history'
import { TailAsk } from '../../src/tail/seat'
import { endOfVisit, noteIssuer, TailGuest } from '../../src/tail/tail-guest'
import { ALWAYS_CURRENT, type Caller, type Refusal } from '../../src/tenant/contract'
import type { Holdings } from './holdings'
import { workingSettings } from './retention-in-force'
import { openGuestBook } from './tail-guests'
import { TailHub } from './tail-hub'
import type { TailSurroundings } from './tail-surroundings'
import { TailTickets } from './tail-tickets'

/** What the desk needs of its object. */
export interface TailDeskSurroundings extends Pick<TailSurroundings, 'ctx' | 'tenantId' | 'clock' | 'armFor'> {
  readonly env: Env
  readonly held: Holdings
  readonly sql: SqlStorage
  readonly transaction: <T>(turn: () => T) => T
  /** Holds a request against the directory and the limits, and takes what it costs; answers why it may not be, if so. */
  readonly take: (by: Caller) => Refusal | undefined
  readonly tailsMax: (by: Pick<Caller, 'tenantId'>) => number | undefined
  readonly reader: () => { read(request: HistoryRequest): Promise<HistoryPage> }
  readonly log: () => Log
}

/** Where tails are let in: by credentials that the front door has proved, or by a ticket that was made for them. */
export class TailDesk {
  readonly hub: TailHub
  readonly #around: TailDeskSurroundings
  readonly #tickets: TailTickets

  constructor(around: TailDeskSurroundings) {
    const { env, held, tenantId, reader, tailsMax, log } = around
    this.#around = around
    this.#tickets = new TailTickets(around.sql)
    this.hub = new TailHub({
      ...around,
      retention: () => workingSettings(env, held, tenantId()),
      guestBook: () => openGuestBook(env, held, tenantId()),
      tailsMax: () => tailsMax({ tenantId: tenantId() }),
      readHistory: (request) => reader().read(request),
      accountFor: (guest, requestId, asked) => this.#accountFor(guest, requestId, asked),
      failed: (error) => log().error('tail_failed', { tenantId: tenantId(), ...errorFields(error) }),
      historyFailed: (error) => log().warn('tail_history_failed', { tenantId: tenantId(), ...errorFields(error) }),
    })
  }

  /** Lets a tail in, and accounts for it; its socket comes next. `ask` is a TailAsk as JSON. */
  open(by: Caller, ask: string): TailOutcome {
    const wanted = TailAsk.parse(JSON.parse(ask))
    const refusal = this.#refusalFor(by)
    if (refusal !== undefined) return { ok: false, refusal }
    const { held, clock, transaction } = this.#around
    if (wanted.afterSeq !== undefined && wanted.afterSeq >= held.state.read().nextSeq)
      return { ok: true, entrance: undefined }
    const audit = transaction(() => held.audit.append(draftOf(by), clock()))
    const guest = this.#noted(wanted.guest)
    return { ok: true, entrance: this.hub.letIn({ ...wanted, guest }, by.request?.requestId ?? ''), audit }
  }

  /** Takes the socket of a tail that was let in. */
  accept(request: Request): Response {
    const { pathname } = new URL(request.url)
    const client = request.headers.get('upgrade') === 'websocket' ? this.hub.accept(pathname.slice(1)) : undefined
    if (client === undefined) return new Response(null, { status: 404 })
    return new Response(null, { status: 101, webSocket: client })
  }

  /** Keeps a ticket for a guest, by the hash of its text; answers why not, if so. */
  addTicket(by: Caller, hash: string, guest: string): Refusal | undefined {
    const { clock, transaction, take } = this.#around
    const refusal = take(by)
    if (refusal !== undefined) return refusal
    const nowMs = clock()
    const isKept = transaction(() =>
      this.#tickets.put(hash, this.#noted(TailGuest.parse(JSON.parse(guest))), nowMs + TAIL_TICKET_MS, nowMs),
    )
    return isKept ? undefined : { kind: 'conflict', detail: 'Too many tickets of the tenant are out and not used.' }
  }

  /** Takes a ticket, which is good once; undefined where it is not good, or its owner may not tail any more. */
  takeTicket(hash: string, place: TicketPlace): TicketOutcome {
    const { env, held, clock, tenantId, transaction } = this.#around
    const found = transaction(() => this.#tickets.take(hash, clock()))
    if (found === undefined) return undefined
    const guest = { ...found, ...place }
    const end = endOfVisit(guest, openGuestBook(env, held, tenantId()), clock())
    return end === undefined ? { guest, version: held.state.read().settingsVersion } : undefined
  }

  #noted(guest: TailGuest): TailGuest {
    const { env, held, tenantId } = this.#around
    return noteIssuer(guest, openGuestBook(env, held, tenantId()))
  }

  #refusalFor(by: Caller): Refusal | undefined {
    const limit = this.#around.tailsMax(by)
    if (limit !== undefined && this.hub.room <= 0) return tailsRefusal(limit)
    return this.#around.take(by)
  }

  /** Another query on an open socket is a request like any other. */
  #accountFor(guest: TailGuest, requestId: string, asked: string): TailProblem | undefined {
    const { held, clock, tenantId, take, transaction } = this.#around
    const { id, payerId, host, address, kind, role } = guest
    const by: Caller = {
      ...{ tenantId: tenantId(), host, keyId: id, address, settingsVersion: ALWAYS_CURRENT },
      ...(payerId !== undefined && { payerId }),
      request: { requestId, kind, role, action: 'tail', route: 'GET /logs/tail', params: {}, asked },
    }
    const refusal = take(by)
    if (refusal !== undefined) return QUOTA
    transaction(() => held.audit.append(draftOf(by), clock()))
    return undefined
  }
}

const QUOTA: TailProblem = {
  code: 'quota_exceeded',
  detail: 'The limits of the tenant have no room for another query now. The one before goes on.',
  hint: 'Wait, and send it again.',
}
