import { TAIL_EVENTS_PING_MS } from '../limits/limits'
import { EVENTS_COMMENT, EVENTS_RETRY, eventsOf } from '../tail/event-stream'

/**
 * A tail as server-sent events (HTML standard, 9.2). The Worker is a client of the socket like any other: it acknowledges a
 * frame once the reader has taken it, so that a reader who is slow holds up the tail and not the memory of a Worker.
 */
export function eventResponse(socket: WebSocket): Response {
  const inbox = new Inbox(socket)
  const encoder = new TextEncoder()
  let unread: string | undefined
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(EVENTS_RETRY)),
    pull: async (controller) => {
      // Asking for more says that what was there has been taken.
      if (unread !== undefined) inbox.acknowledge(unread)
      const frame = await inbox.next()
      if (frame === undefined) return controller.close()
      const { text, cursor, isLast } = frame === COMMENT ? COMMENT_EVENT : eventsOf(frame)
      unread = cursor
      controller.enqueue(encoder.encode(text))
      if (isLast) controller.close()
    },
    cancel: () => inbox.close(),
  })
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, private',
      // A proxy that collects what it passes on would hold events back.
      'x-accel-buffering': 'no',
    },
  })
}

const COMMENT = 'comment'
const COMMENT_EVENT = { text: EVENTS_COMMENT, cursor: undefined, isLast: false }

/** The frames of a socket that were not read yet: no more than its tail sends without an acknowledgement. */
class Inbox {
  readonly #socket: WebSocket
  readonly #frames: string[] = []
  readonly #timer: ReturnType<typeof setInterval>
  #isOver = false
  #wake: (() => void) | undefined

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      if (typeof data === 'string' && data !== 'pong') this.#add(data)
    })
    socket.addEventListener('close', () => this.#end())
    socket.addEventListener('error', () => this.#end())
    socket.accept()
    this.#timer = setInterval(() => this.#keepOpen(), TAIL_EVENTS_PING_MS)
  }

  /** The next frame, once there is one; undefined after the last. */
  async next(): Promise<string | undefined> {
    while (this.#frames.length === 0 && !this.#isOver)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    return this.#frames.shift()
  }

  acknowledge(cursor: string): void {
    this.#send(JSON.stringify({ t: 'ack', cursor }))
  }

  close(): void {
    this.#end()
    this.#socket.close(1000)
  }

  #add(frame: string): void {
    this.#frames.push(frame)
    this.#wake?.()
  }

  #keepOpen(): void {
    this.#send('ping')
    if (this.#frames.length === 0) this.#add(COMMENT)
  }

  #end(): void {
    clearInterval(this.#timer)
    this.#isOver = true
    this.#wake?.()
  }

  #send(text: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text)
  }
}
