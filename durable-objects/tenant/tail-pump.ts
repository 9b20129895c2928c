import {
  TAIL_BATCH_MS,
  TAIL_BATCH_MS_MIN,
  TAIL_BATCH_ROWS,
  TAIL_HISTORY_RETRY_MS,
  TAIL_SEND_FRAMES_PER_SECOND,
  TAIL_STAT_MS,
  TAIL_TURN_RECORDS_MAX,
  TAIL_WINDOW_BYTES,
} from '../../src/limits/limits'
import { FilterFailure } from '../../src/query/term'
import { gapText, rowsText, statText, type TailProblem } from '../../src/tail/frame-text'
import { pumpViewer } from '../../src/tail/pump-viewer'
import { fullBudget, hasBudget, refill, type SendBudget, spend } from '../../src/tail/send-budget'
import { hasRoom } from '../../src/tail/viewer'
import type { TailGroup, TailTurn } from './tail-group'
import { TailGroups } from './tail-groups'
import { TailHistory } from './tail-history'
import type { TailSurroundings } from './tail-surroundings'
import type { TailVisitor } from './tail-visitor'
import { TailVisitors } from './tail-visitors'

/** Brings every tail as near to the newest record as may be now, and sees to it that none waits for longer than it must. */
export class TailPump {
  readonly visitors: TailVisitors
  readonly groups: TailGroups
  readonly history: TailHistory
  readonly #around: TailSurroundings
  #budget: SendBudget
  #timer: { readonly id: ReturnType<typeof setTimeout>; readonly dueMs: number } | undefined
  #pumpedMs = Number.NEGATIVE_INFINITY
  #pumpedSeq = 0
  /** Everything that may be sent was sent: before this, nobody needs to be asked. */
  #heldUntilMs = Number.NEGATIVE_INFINITY
  #rotation = 0

  constructor(around: TailSurroundings) {
    this.#around = around
    this.#budget = fullBudget(around.clock())
    this.visitors = new TailVisitors(() => this.#forgetGroups())
    this.history = new TailHistory(around, {
      pumpIn: (delayMs) => this.pumpIn(delayMs),
      refuse: (group) => this.#eachOf(group, (visitor) => this.refuse(visitor, group)),
    })
    this.groups = new TailGroups(around, (...asked) => this.history.ask(...asked))
  }

  /**
   * There are new records. Costs nothing where nobody looks. After a quiet moment a few for a few are sent in this very turn;
   * where it is more, who sent them has their answer first.
   */
  publish(): void {
    if (this.visitors.size === 0) return
    const nowMs = this.#around.clock()
    const waiting = this.#headSeq() - this.#pumpedSeq
    if (waiting === 0) return
    const batchMs = Math.min(TAIL_BATCH_MS, (1000 * this.visitors.size) / TAIL_SEND_FRAMES_PER_SECOND)
    const restMs = this.#pumpedMs + Math.max(TAIL_BATCH_MS_MIN, batchMs) - nowMs
    const isQuiet = restMs <= 0 || nowMs < this.#pumpedMs
    const isLittle = waiting > 0 && waiting * this.visitors.size <= TAIL_BATCH_ROWS
    if (isQuiet && isLittle && nowMs >= this.#heldUntilMs) this.#pump()
    else this.pumpIn(isQuiet || waiting >= TAIL_BATCH_ROWS ? 0 : restMs)
  }

  /** Pumps within so long, or earlier where that was said before. */
  pumpIn(delayMs: number): void {
    const nowMs = this.#around.clock()
    const heldMs = Math.min(this.#heldUntilMs - nowMs, TAIL_BATCH_MS)
    const waitMs = Math.max(delayMs, heldMs)
    if (this.#timer !== undefined && this.#timer.dueMs <= nowMs + waitMs) return
    clearTimeout(this.#timer?.id)
    this.#timer = { dueMs: nowMs + waitMs, id: setTimeout(() => this.#pump(), waitMs) }
  }

  newTurn(): TailTurn {
    const headSeq = this.#headSeq()
    return {
      nowMs: this.#around.clock(),
      headSeq,
      journalSeq: this.#around.held.journal.firstSeq() ?? headSeq,
      recordsLeft: TAIL_TURN_RECORDS_MAX,
    }
  }

  /** A query that costs too much, or what nobody has foreseen, ends the query and not the socket. */
  failed(visitor: TailVisitor, error: unknown): void {
    if (error instanceof FilterFailure && visitor.group !== undefined) {
      this.refuse(visitor, visitor.group)
      return
    }
    this.#around.failed(error)
    this.visitors.end(visitor, 'restart')
  }

  /** The query of a group has come to its end, for one that is in it or was about to be. */
  refuse(visitor: TailVisitor, group: TailGroup): void {
    if (visitor.group !== group && visitor.group !== undefined) return
    visitor.group = undefined
    visitor.tell(TOO_COSTLY)
  }

  /** Whatever goes wrong here is nothing to who has sent the logs, in whose turn this may be. */
  #pump(): void {
    clearTimeout(this.#timer?.id)
    this.#timer = undefined
    try {
      this.#pumpAll(this.newTurn())
    } catch (error) {
      this.#around.failed(error)
      this.pumpIn(TAIL_HISTORY_RETRY_MS)
    }
  }

  #pumpAll(turn: TailTurn): void {
    const { nowMs, headSeq } = turn
    this.#budget = refill(this.#budget, nowMs)
    this.#pumpedMs = nowMs
    this.#pumpedSeq = headSeq
    const ready = this.groups.beginAll(turn, (group, error) =>
      this.#eachOf(group, (visitor) => this.failed(visitor, error)),
    )
    const visitors = this.#rotated().filter(({ group }) => group !== undefined && ready.has(group))
    let isHeld = false
    const hold = (): void => {
      isHeld = true
    }
    // Each has its share first; what is left over goes to who has more to take.
    for (let isMore = visitors.length > 0; isMore && hasBudget(this.#budget); ) {
      const share = Math.max(TAIL_BATCH_ROWS, Math.floor(this.#budget.rows / visitors.length))
      isMore = visitors.map((visitor) => this.#pumpOne(visitor, turn, share, hold)).includes(true)
    }
    if (visitors.length > 0 && !hasBudget(this.#budget)) for (const one of visitors) this.#pumpOne(one, turn, 0, hold)
    for (const visitor of visitors) this.#settle(visitor, turn)
    this.groups.forgetPages(this.visitors.list().map(({ viewer }) => viewer.nextSeq))
    if (isHeld) this.#heldUntilMs = nowMs + TAIL_BATCH_MS
    if (turn.recordsLeft <= 0 || isHeld) this.pumpIn(0)
  }

  /** Answers whether it would go on if it had a larger share. `hold` hears that the budget of all has come to its end. */
  #pumpOne(visitor: TailVisitor, turn: TailTurn, share: number, hold: () => void): boolean {
    const { group, socket, viewer: before } = visitor
    if (group === undefined || !this.visitors.isHere(visitor)) return false
    let left = share
    let isOverShare = false
    try {
      const viewer = pumpViewer(before, {
        headSeq: turn.headSeq,
        isMyTurn: () => {
          isOverShare = left <= 0 && hasBudget(this.#budget)
          return !isOverShare
        },
        batchAt: (fromSeq) => group.batchAt(fromSeq, before.stopSeq ?? turn.headSeq, turn),
        countAt: (fromSeq) => group.countAt(fromSeq, turn),
        canSend: () => {
          if (!hasBudget(this.#budget)) hold()
          return hasBudget(this.#budget) && visitor.isDrained
        },
        sendRows: (at, batch) => {
          socket.send(rowsText(at, batch))
          this.#budget = spend(this.#budget, batch)
          left -= batch.rows
        },
        sendGap: (at, gap) => {
          socket.send(gapText(at, gap))
          this.#budget = spend(this.#budget, { rows: 1, bytes: 256 })
          left--
        },
      })
      if (viewer !== before) visitor.moveTo(viewer)
      return isOverShare
    } catch (error) {
      this.failed(visitor, error)
      return false
    }
  }

  /** After a pump: what the socket carries, how far it is, and whether it has come to its end. */
  #settle(visitor: TailVisitor, { nowMs, headSeq }: TailTurn): void {
    if (!this.visitors.isHere(visitor)) return
    const { viewer } = visitor
    const isBehind = !viewer.isPaused && viewer.nextSeq < headSeq
    const isFull = isBehind && !hasRoom(viewer, TAIL_WINDOW_BYTES / 2)
    const { fullSinceMs } = visitor.seat
    if (!isFull && fullSinceMs > 0) visitor.seat = { ...visitor.seat, fullSinceMs: 0 }
    else if (isFull && fullSinceMs === 0) visitor.seat = { ...visitor.seat, fullSinceMs: nowMs }
    const isDone = viewer.stopSeq !== undefined && viewer.nextSeq >= viewer.stopSeq && viewer.gap === undefined
    if (isDone) {
      this.visitors.end(visitor, 'caught_up')
      return
    }
    const isNews = viewer.nextSeq !== visitor.statSeq && viewer.gap === undefined
    if (isNews && nowMs - visitor.statMs >= TAIL_STAT_MS) {
      visitor.send(statText(viewer, headSeq))
      visitor.statMs = nowMs
      visitor.statSeq = viewer.nextSeq
    }
    visitor.store()
  }

  #eachOf(group: TailGroup, turn: (visitor: TailVisitor) => void): void {
    for (const visitor of this.visitors.list()) if (visitor.group === group) turn(visitor)
  }

  /** Nobody is always the first. */
  #rotated(): TailVisitor[] {
    const all = this.visitors.list()
    this.#rotation = all.length === 0 ? 0 : (this.#rotation + 1) % all.length
    return [...all.slice(this.#rotation), ...all.slice(0, this.#rotation)]
  }

  #forgetGroups(): void {
    const used = this.visitors.list().flatMap(({ group }) => (group === undefined ? [] : [group]))
    this.groups.forgetUnused(new Set(used))
  }

  #headSeq(): number {
    return this.#around.held.state.read().nextSeq
  }
}

const TOO_COSTLY: TailProblem = {
  code: 'query_too_expensive',
  detail: 'Searching these logs for this pattern takes too long. The tail stands still until another query comes.',
  hint: 'Put a word that every match has beside the pattern, or repeat less in it.',
}
