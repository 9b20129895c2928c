import { TAIL_BATCH_BYTES } from '../../src/limits/limits'
import { FilterFailure } from '../../src/query/term'
import { type ClientMessage, readClientMessage } from '../../src/tail/client-message'
import { helloText, type TailProblem } from '../../src/tail/frame-text'
import { countFault, countMessage, endOfPatience, forgiveMessage, unreadable } from '../../src/tail/message-meter'
import { readSubscription } from '../../src/tail/subscription'
import { afterAcknowledging, beginViewer, hasRoom, pauseViewer, resumeViewer } from '../../src/tail/viewer'
import type { TailGroup } from './tail-group'
import type { TailPump } from './tail-pump'
import type { TailSurroundings } from './tail-surroundings'
import type { TailVisitor } from './tail-visitor'

/** How a query of a socket begins. */
export interface QueryStart {
  readonly sub: number
  readonly q: string
  readonly backlog: number
  /** The cursor to go on behind; undefined for the newest. */
  readonly afterSeq: number | undefined
  /** Where it ends; undefined for one that goes on. */
  readonly stopSeq: number | undefined
}

/** Heeds what clients say, and begins their queries. */
export class TailListener {
  readonly #around: TailSurroundings
  readonly #pump: TailPump

  constructor(around: TailSurroundings, pump: TailPump) {
    this.#around = around
    this.#pump = pump
  }

  /** A client has sent something. */
  hear(visitor: TailVisitor, data: string | ArrayBuffer): void {
    const { visitors } = this.#pump
    const nowMs = this.#around.clock()
    visitor.meter = countMessage(visitor.meter, nowMs)
    const end = unreadable(data) ?? endOfPatience(visitor.meter)
    if (end !== undefined || typeof data !== 'string') {
      visitors.end(visitor, end ?? 'binary_message')
      return
    }
    visitor.seat = { ...visitor.seat, seenMs: nowMs }
    this.#read(visitor, data)
    if (visitors.isHere(visitor)) visitor.store()
  }

  /** Begins a query. No record of the one before is sent from here on. */
  begin(visitor: TailVisitor, { sub, q, backlog, afterSeq, stopSeq }: QueryStart): void {
    const { visitors, groups } = this.#pump
    const headSeq = this.#headSeq()
    const read = readSubscription(q, this.#around.clock())
    if (!read.ok) {
      visitor.tell(read.problem, sub)
      return
    }
    if (afterSeq !== undefined && afterSeq >= headSeq) {
      visitor.tell(AHEAD, sub)
      return
    }
    const groupOfQuery = (): TailGroup => groups.of(read.subscription, visitor.seat.guest.filter)
    const turn = ++visitor.turn
    const isWanted = (): boolean => visitor.turn === turn && visitors.isHere(visitor)
    const follow = (nextSeq: number): void => {
      if (!isWanted()) return
      const viewer = beginViewer({ sub, nextSeq, headSeq: this.#headSeq(), stopSeq }, visitor.viewer)
      visitor.seat = { ...visitor.seat, q, viewer }
      // The group that was asked for the backlog may be forgotten by now: nobody was in it.
      visitor.group = groupOfQuery()
      visitor.send(helloText(viewer, read.subscription))
      visitor.store()
      this.#pump.pumpIn(0)
    }
    visitor.group = undefined
    if (afterSeq !== undefined) follow(afterSeq + 1)
    else if (backlog === 0) follow(headSeq)
    else this.#findBacklog(visitor, groupOfQuery(), { backlog, isWanted, follow })
  }

  #read(visitor: TailVisitor, text: string): void {
    // The platform answers it by itself, once it was told to.
    if (text === 'ping') {
      visitor.send('pong')
      return
    }
    const read = readClientMessage(text)
    if (read.ok) this.#heed(visitor, read.message)
    else this.#fault(visitor, read.detail)
  }

  #heed(visitor: TailVisitor, message: ClientMessage): void {
    if (message.t === 'ack') this.#acknowledge(visitor, message.cursor)
    else if (message.t === 'resume') this.#resume(visitor, message.after)
    else if (message.t === 'sub') this.#subscribe(visitor, message)
    else visitor.moveTo(pauseViewer(visitor.viewer))
  }

  #acknowledge(visitor: TailVisitor, seq: number): void {
    const { viewer } = visitor
    const acknowledged = afterAcknowledging(viewer, seq)
    if (acknowledged === viewer) return
    visitor.meter = forgiveMessage(visitor.meter)
    visitor.seat = { ...visitor.seat, viewer: acknowledged, fullSinceMs: 0 }
    // One that had room is not waiting for this.
    if (acknowledged.nextSeq < this.#headSeq() && !hasRoom(viewer, TAIL_BATCH_BYTES)) this.#pump.pumpIn(0)
  }

  #resume(visitor: TailVisitor, afterSeq: number | undefined): void {
    const headSeq = this.#headSeq()
    if (afterSeq !== undefined && afterSeq >= headSeq) {
      visitor.tell(AHEAD)
      return
    }
    visitor.moveTo(resumeViewer(visitor.viewer, afterSeq, headSeq))
    this.#pump.pumpIn(0)
  }

  #subscribe(visitor: TailVisitor, { sub, q, backlog, after }: Extract<ClientMessage, { t: 'sub' }>): void {
    const { guest, requestId } = visitor.seat
    const problem = this.#around.accountFor(guest, requestId, new URLSearchParams({ q }).toString())
    if (problem !== undefined) {
      visitor.tell(problem, sub)
      return
    }
    this.begin(visitor, { sub, q, backlog, afterSeq: after, stopSeq: undefined })
  }

  /** Looks for the place from which on there are so many matches, in the journal first. */
  #findBacklog(
    visitor: TailVisitor,
    group: TailGroup,
    wanted: {
      readonly backlog: number
      readonly isWanted: () => boolean
      readonly follow: (nextSeq: number) => void
    },
  ): void {
    const { backlog, isWanted, follow } = wanted
    const turn = this.#pump.newTurn()
    try {
      this.#pump.groups.begin(group, turn)
      const { fromSeq, found } = group.lastInJournal(backlog, turn)
      const isAll = found >= backlog || turn.journalSeq <= 1 || fromSeq > turn.journalSeq
      if (isAll) {
        follow(fromSeq)
        return
      }
      this.#pump.history
        .back(group, turn.journalSeq, backlog - found)
        .then(({ nextSeq, tooCostly }) => {
          if (tooCostly === undefined) follow(nextSeq)
          else if (isWanted()) this.#pump.refuse(visitor, group)
        })
        .catch((error) => {
          this.#around.historyFailed(error)
          if (isWanted()) visitor.tell(BACKLOG_MISSING)
          follow(fromSeq)
        })
    } catch (error) {
      if (error instanceof FilterFailure) this.#pump.refuse(visitor, group)
      else this.#pump.failed(visitor, error)
    }
  }

  #fault(visitor: TailVisitor, detail: string): void {
    visitor.meter = countFault(visitor.meter)
    visitor.seat = { ...visitor.seat, faults: visitor.meter.faults }
    const end = endOfPatience(visitor.meter)
    if (end === undefined) visitor.tell({ ...INVALID_MESSAGE, detail })
    else this.#pump.visitors.end(visitor, end)
  }

  #headSeq(): number {
    return this.#around.held.state.read().nextSeq
  }
}

const AHEAD: TailProblem = {
  code: 'cursor_mismatch',
  detail: 'The cursor is ahead of all records of the tenant.',
  hint: 'Use a cursor that a tail of this tenant has sent, or none.',
}

const INVALID_MESSAGE = {
  code: 'invalid_message',
  hint: 'docs/tail.md lists the messages that a tail takes.',
}

const BACKLOG_MISSING: TailProblem = {
  code: 'partition_unavailable',
  detail: 'Older records cannot be read now; the tail begins with those that can.',
  hint: 'GET /logs finds them once the store answers again.',
}
