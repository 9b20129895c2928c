import { vi } from 'vitest'
import * as z from 'zod'

const Row = z.object({ id: z.string(), seq: z.number().optional() }).loose()

/** What a tail sends, checked. */
export const TailFrame = z.discriminatedUnion('t', [
  z.object({ t: z.literal('hello'), sub: z.number(), cursor: z.string(), query: z.object({ normalized: z.string() }) }),
  z.object({ t: z.literal('rows'), sub: z.number(), cursor: z.string(), rows: z.array(Row) }),
  z.object({
    ...{ t: z.literal('stat'), sub: z.number(), cursor: z.string() },
    ...{ matched: z.number(), sent: z.number(), behind: z.number() },
  }),
  z.object({
    ...{ t: z.literal('gap'), sub: z.number(), from: z.string(), to: z.string() },
    ...{ count: z.number(), reason: z.string() },
  }),
  z.object({ t: z.literal('problem'), sub: z.number(), code: z.string(), detail: z.string(), hint: z.string() }),
  z.object({ t: z.literal('bye'), code: z.string(), retry_after_ms: z.number().nullable() }),
])
export type TailFrame = z.infer<typeof TailFrame>

/** What of a socket a client of a tail uses: that of the runtime and that of Node have it. */
export interface TailSocket {
  send(data: string | ArrayBuffer): void
  close(code?: number): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly code: number }) => void): void
}

/** A client of a tail that keeps all it was sent. */
export class TailClient {
  readonly frames: TailFrame[] = []
  /** Frames as they came, those that are no JSON too. */
  readonly texts: string[] = []
  closed: number | undefined
  readonly #socket: TailSocket

  constructor(socket: TailSocket, { acknowledges = true }: { readonly acknowledges?: boolean } = {}) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      const text = String(data)
      this.texts.push(text)
      if (!text.startsWith('{')) return
      const frame = TailFrame.parse(JSON.parse(text))
      this.frames.push(frame)
      if (acknowledges && frame.t === 'rows') this.say({ t: 'ack', cursor: frame.cursor })
    })
    socket.addEventListener('close', ({ code }) => {
      this.closed = code
    })
  }

  /** The records that came, in their order. */
  get rows(): z.infer<typeof Row>[] {
    return this.frames.flatMap((frame) => (frame.t === 'rows' ? frame.rows : []))
  }

  /** The cursor of the last frame that has one. */
  get cursor(): string {
    const cursors = this.frames.map((frame) => ('cursor' in frame ? frame.cursor : 'to' in frame ? frame.to : ''))
    return cursors.findLast((cursor) => cursor !== '') ?? ''
  }

  say(message: object): void {
    try {
      this.#socket.send(JSON.stringify(message))
    } catch {
      // It is closing.
    }
  }

  send(data: string | ArrayBuffer): void {
    this.#socket.send(data)
  }

  close(): void {
    if (this.closed === undefined) this.#socket.close(1000)
  }

  /** Waits for the first frame of a kind, behind those that were there before. */
  async until<Kind extends TailFrame['t']>(
    kind: Kind,
    isIt: (frame: Extract<TailFrame, { t: Kind }>) => boolean = () => true,
    after = 0,
  ): Promise<Extract<TailFrame, { t: Kind }>> {
    const isKind = (frame: TailFrame): frame is Extract<TailFrame, { t: Kind }> => frame.t === kind
    return vi.waitFor(
      () => {
        const found = this.frames.slice(after).filter(isKind).find(isIt)
        if (found === undefined) throw new Error(`no ${kind} among ${JSON.stringify(this.frames).slice(0, 500)}`)
        return found
      },
      { timeout: 15_000, interval: 5 },
    )
  }

  async untilRows(count: number): Promise<void> {
    await vi.waitFor(
      () => {
        if (this.rows.length < count) throw new Error(`${this.rows.length} of ${count} records have come`)
      },
      { timeout: 15_000, interval: 5 },
    )
  }

  async untilClosed(): Promise<number> {
    return vi.waitFor(() => this.closed ?? Promise.reject(new Error('the socket is open')), {
      timeout: 15_000,
      interval: 5,
    })
  }
}
