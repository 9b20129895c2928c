import { TAIL_WINDOW_BYTES } from '../../src/limits/limits'
import { BYES, type ByeCode, byeText, problemText, type TailProblem } from '../../src/tail/frame-text'
import { type MessageMeter, NO_MESSAGES } from '../../src/tail/message-meter'
import type { Seat } from '../../src/tail/seat'
import type { Viewer } from '../../src/tail/viewer'
import type { TailGroup } from './tail-group'

/** A socket that is open, and what is known of it beside what it carries. */
export class TailVisitor {
  readonly socket: WebSocket
  seat: Seat
  /** Undefined while there is nothing to follow: a query is being looked for, or has failed. */
  group: TailGroup | undefined
  /** Counts the queries of the socket: what belongs to an older one is not begun any more. */
  turn = 0
  meter: MessageMeter
  /** When it was told last how far it is, and where it was then. */
  statMs: number
  statSeq = 0
  /** What the socket carries now. */
  #stored: Seat | undefined
  readonly #gone: () => void

  /** `gone` hears of a socket that takes nothing any more. */
  constructor(socket: WebSocket, seat: Seat, { nowMs, gone }: { readonly nowMs: number; readonly gone: () => void }) {
    this.socket = socket
    this.seat = seat
    this.meter = { ...NO_MESSAGES, faults: seat.faults }
    this.statMs = nowMs
    this.#gone = gone
  }

  get viewer(): Viewer {
    return this.seat.viewer
  }

  /** Whether what was sent has left: a client may acknowledge what it never reads. */
  get isDrained(): boolean {
    const { readyState, bufferedAmount = 0 }: Pick<WebSocket, 'readyState'> & Buffered = this.socket
    return readyState === WebSocket.OPEN && bufferedAmount < TAIL_WINDOW_BYTES
  }

  /** It is at another place of the log now. */
  moveTo(viewer: Viewer): void {
    this.seat = { ...this.seat, viewer }
  }

  send(text: string): void {
    try {
      this.socket.send(text)
    } catch {
      // It is closing: the event of it comes.
      this.#gone()
    }
  }

  tell(problem: TailProblem, sub = this.viewer.sub): void {
    this.send(problemText(sub, problem))
  }

  /** Puts what is to outlive the object's memory on the socket. */
  store(): void {
    if (this.#stored === this.seat) return
    this.#stored = this.seat
    this.socket.serializeAttachment(this.seat)
  }
}

/** Not every runtime tells. */
interface Buffered {
  readonly bufferedAmount?: number
}

/** Says why, and closes. */
export function endSocket(socket: WebSocket, code: ByeCode): void {
  try {
    socket.send(byeText(code))
    socket.close(BYES[code].close, code)
  } catch {
    // It is closed already.
  }
}

/** Codes that no frame may have (RFC 6455, 7.4.1): none was sent, or the line has broken. */
const NO_STATUS = [1005, 1006, 1015]

/** Closes a socket that its client closes. */
export function answerClose(socket: WebSocket, code: number): void {
  try {
    if (NO_STATUS.includes(code)) socket.close()
    else socket.close(code)
  } catch {
    // It is closed already.
  }
}
