import type { ByeCode } from '../../src/tail/frame-text'
import type { Seat } from '../../src/tail/seat'
import { endSocket, TailVisitor } from './tail-visitor'

/** Who is there, in the order in which they came. */
export class TailVisitors {
  readonly #all = new Map<WebSocket, TailVisitor>()
  readonly #left: () => void

  /** `left` hears that somebody has gone. */
  constructor(left: () => void) {
    this.#left = left
  }

  get size(): number {
    return this.#all.size
  }

  /** All of them as they are now: some may go while one looks at them. */
  list(): TailVisitor[] {
    return [...this.#all.values()]
  }

  of(socket: WebSocket): TailVisitor | undefined {
    return this.#all.get(socket)
  }

  isHere({ socket }: TailVisitor): boolean {
    return this.#all.has(socket)
  }

  seat(socket: WebSocket, seat: Seat, nowMs: number): TailVisitor {
    const visitor = new TailVisitor(socket, seat, { nowMs, gone: () => this.leave(socket) })
    this.#all.set(socket, visitor)
    return visitor
  }

  leave(socket: WebSocket): void {
    this.#all.delete(socket)
    this.#left()
  }

  end({ socket }: TailVisitor, code: ByeCode): void {
    endSocket(socket, code)
    this.leave(socket)
  }
}
