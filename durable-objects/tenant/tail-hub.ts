import { TAIL_CHECK_MS, TAIL_ENTRANCE_MS, TAIL_IDLE_MS, TAIL_STALLED_MS } from '../../src/limits/limits'
import type { ByeCode } from '../../src/tail/frame-text'
import { Seat, type TailAsk } from '../../src/tail/seat'
import { readSubscription } from '../../src/tail/subscription'
import { endOfVisit, type GuestBook, guestExpiresMs, type TailGuest } from '../../src/tail/tail-guest'
import { beginViewer } from '../../src/tail/viewer'
import { TailListener } from './tail-listener'
import { TailPump } from './tail-pump'
import type { TailSurroundings } from './tail-surroundings'
import { answerClose, endSocket } from './tail-visitor'
import type { TailVisitors } from './tail-visitors'

/** A tail that was let in, and whose socket has not come yet. */
interface Entrance {
  readonly ask: TailAsk
  readonly requestId: string
  readonly untilMs: number
}

/**
 * The tails of a tenant. Each is a place in the log from which it is pumped: out of the journal, and out of what is sealed for
 * one that is further behind. So nothing is lost or doubled by whatever happens to the object: the place is on the socket.
 */
export class TailHub {
  readonly #around: TailSurroundings
  readonly #pump: TailPump
  readonly #listener: TailListener
  readonly #visitors: TailVisitors
  readonly #entrances = new Map<string, Entrance>()
  #checkedMs: number
  #expiresMs = Number.POSITIVE_INFINITY

  constructor(around: TailSurroundings) {
    this.#around = around
    this.#pump = new TailPump(around)
    this.#listener = new TailListener(around, this.#pump)
    this.#visitors = this.#pump.visitors
    this.#checkedMs = around.clock()
    for (const socket of around.ctx.getWebSockets()) this.#wake(socket)
  }

  /** How many more tails there may be; infinite where nobody limits them. */
  get room(): number {
    const { tailsMax } = this.#around
    return (tailsMax() ?? Number.POSITIVE_INFINITY) - this.#visitors.size - this.#entrances.size
  }

  /** Lets a tail in whose socket comes next; answers the name of its entrance. */
  letIn(ask: TailAsk, requestId: string): string {
    const nowMs = this.#around.clock()
    for (const [name, { untilMs }] of this.#entrances) if (untilMs <= nowMs) this.#entrances.delete(name)
    const name = crypto.randomUUID()
    this.#entrances.set(name, { ask, requestId, untilMs: nowMs + TAIL_ENTRANCE_MS })
    return name
  }

  /** Takes the socket of a tail that was let in; undefined for who was not. */
  accept(name: string): WebSocket | undefined {
    const entrance = this.#entrances.get(name)
    this.#entrances.delete(name)
    const nowMs = this.#around.clock()
    if (entrance === undefined || entrance.untilMs <= nowMs) return undefined
    const { 0: client, 1: server } = new WebSocketPair()
    const { ctx, held, armFor } = this.#around
    ctx.acceptWebSocket(server)
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'))
    const headSeq = held.state.read().nextSeq
    const { ask, requestId } = entrance
    const viewer = beginViewer({ sub: 1, nextSeq: headSeq, headSeq })
    const seat: Seat = { v: 1, guest: ask.guest, requestId, q: ask.q, viewer, seenMs: nowMs, fullSinceMs: 0, faults: 0 }
    const visitor = this.#visitors.seat(server, seat, nowMs)
    const stopSeq = ask.isFollowing ? undefined : Math.min(headSeq, (ask.untilSeq ?? headSeq) + 1)
    this.#listener.begin(visitor, { sub: 1, q: ask.q, backlog: ask.backlog, afterSeq: ask.afterSeq, stopSeq })
    this.#noteExpiry(ask.guest)
    armFor(Math.max(nowMs, this.dueMs() ?? nowMs + TAIL_CHECK_MS))
    return client
  }

  /** There are new records. */
  publish(): void {
    this.#pump.publish()
  }

  /** A client has sent something. */
  message(socket: WebSocket, data: string | ArrayBuffer): void {
    const visitor = this.#visitors.of(socket)
    if (visitor !== undefined) this.#listener.hear(visitor, data)
  }

  /** A client closes its socket, and waits for an answer to that (RFC 6455, 7.1.2). */
  close(socket: WebSocket, code: number): void {
    answerClose(socket, code)
    this.leave(socket)
  }

  /** A socket is gone. */
  leave(socket: WebSocket): void {
    this.#visitors.leave(socket)
  }

  /** Holds every tail against the directory as it is now, and ends those that may not go on. */
  recheck(): void {
    if (this.#visitors.size === 0) return
    const nowMs = this.#around.clock()
    this.#checkedMs = nowMs
    this.#expiresMs = Number.POSITIVE_INFINITY
    const book = this.#around.guestBook()
    const verdicts = new Map<string, ByeCode | undefined>()
    for (const visitor of this.#visitors.list()) {
      const { guest } = visitor.seat
      const key = JSON.stringify(guest)
      if (!verdicts.has(key)) verdicts.set(key, endOfVisit(guest, book, nowMs))
      const verdict = verdicts.get(key)
      if (verdict !== undefined) this.#visitors.end(visitor, verdict)
      else this.#noteExpiry(guest, book)
    }
    const tooMany = Math.max(0, -this.room)
    // The newest go: who was there before stays.
    for (const visitor of this.#visitors.list().slice(this.#visitors.size - tooMany))
      this.#visitors.end(visitor, 'quota')
  }

  /** The alarm has rung: looks at the credentials, and at who is still there. */
  tick(): void {
    const nowMs = this.#around.clock()
    if (this.#visitors.size === 0 || nowMs < (this.dueMs() ?? 0)) return
    this.recheck()
    for (const visitor of this.#visitors.list()) {
      const { seenMs, fullSinceMs } = visitor.seat
      const pinged = this.#around.ctx.getWebSocketAutoResponseTimestamp(visitor.socket)?.getTime() ?? 0
      if (nowMs - Math.max(seenMs, pinged) >= TAIL_IDLE_MS) this.#visitors.end(visitor, 'idle')
      else if (fullSinceMs > 0 && nowMs - fullSinceMs >= TAIL_STALLED_MS) this.#visitors.end(visitor, 'stalled')
    }
    // Whatever timer was lost, nobody waits longer than this.
    this.#pump.pumpIn(0)
  }

  /** When the alarm has to ring for the tails; undefined where there are none. */
  dueMs(): number | undefined {
    if (this.#visitors.size === 0) return undefined
    // A clock that went back is no reason to look away until it has come as far again.
    const checkedMs = this.#checkedMs > this.#around.clock() ? 0 : this.#checkedMs
    return Math.min(checkedMs + TAIL_CHECK_MS, this.#expiresMs)
  }

  /** Ends all tails: the tenant is gone. */
  endAll(): void {
    for (const visitor of this.#visitors.list()) this.#visitors.end(visitor, 'tenant_closed')
  }

  /** A socket that outlived the object's memory, or its code. */
  #wake(socket: WebSocket): void {
    if (socket.readyState !== WebSocket.OPEN) return
    const nowMs = this.#around.clock()
    const seat = Seat.safeParse(socket.deserializeAttachment()).data
    const read = seat && readSubscription(seat.q, nowMs)
    if (seat === undefined || !read?.ok) {
      endSocket(socket, 'restart')
      return
    }
    this.#visitors.seat(socket, seat, nowMs).group = this.#pump.groups.of(read.subscription, seat.guest.filter)
    this.#noteExpiry(seat.guest)
    this.#pump.pumpIn(0)
  }

  #noteExpiry(guest: TailGuest, book: GuestBook = this.#around.guestBook()): void {
    this.#expiresMs = Math.min(this.#expiresMs, guestExpiresMs(guest, book) ?? Number.POSITIVE_INFINITY)
  }
}
