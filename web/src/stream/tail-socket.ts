import { parseExactly } from '../api/exact-json'
import type { LogRecord } from '../api/logs'
import { reconnectDelayMs } from './follow'

/** What the server tells of a tail; docs/tail.md has the whole table. */
type Frame =
  | { readonly t: 'hello'; readonly sub: number; readonly cursor: string }
  | { readonly t: 'rows'; readonly sub: number; readonly cursor: string; readonly rows: readonly LogRecord[] }
  | { readonly t: 'stat'; readonly sub: number; readonly cursor: string; readonly behind: number }
  | {
      readonly t: 'gap'
      readonly sub: number
      readonly from: string
      readonly to: string
      readonly count: number
      readonly reason: string
    }
  | {
      readonly t: 'problem'
      readonly sub: number
      readonly code: string
      readonly detail: string
      readonly hint?: string
    }
  | { readonly t: 'bye'; readonly code: string; readonly detail: string; readonly retry_after_ms: number | null }

/** What a tail tells the page. */
export interface TailListener {
  readonly connected: () => void
  readonly rows: (rows: readonly LogRecord[]) => void
  readonly gap: (gap: {
    readonly from: string
    readonly to: string
    readonly count: number
    readonly reason: string
  }) => void
  /** The connection is gone and is made again at `atMs`. */
  readonly lost: (atMs: number) => void
  /** It will not be made again by itself. */
  readonly refused: (why: string) => void
  /** The query cannot be followed. */
  readonly problem: (detail: string, hint: string | undefined) => void
}

/** Byes after which connecting again cannot help. */
const FINAL_BYES: ReadonlySet<string> = new Set(['credential_ended', 'tenant_closed', 'feature_disabled'])

/** Refused before it ever opened: after so many tries it is said. */
const TRIES_BEFORE_ASKING = 3

/**
 * One tail, for as long as the page shows live logs: it connects again by itself, from the last record that it had, and drops
 * what is still on the way for a query that was changed.
 */
export class TailSocket {
  readonly #listener: TailListener
  readonly #isStillAllowed: () => Promise<string | undefined>
  #socket: WebSocket | undefined
  #query = ''
  #sub = 0
  /** The subscription whose hello has come. */
  #acknowledged = -1
  #cursor: string | undefined
  #attempt = 0
  #timer: number | undefined
  #isPaused = false
  #isClosed = true

  /** `isStillAllowed` is asked when connecting fails again and again: it answers why it does, if that is for good. */
  constructor(listener: TailListener, isStillAllowed: () => Promise<string | undefined>) {
    this.#listener = listener
    this.#isStillAllowed = isStillAllowed
  }

  /** Begins to follow a query, from behind `after` or from now on. */
  open(query: string, after?: string): void {
    this.#query = query
    this.#cursor = after
    this.#sub++
    this.#isClosed = false
    this.#isPaused = false
    if (this.#socket?.readyState === WebSocket.OPEN) this.#subscribe()
    else this.#connect()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#socket?.close(1000)
    this.#socket = undefined
  }

  /** Connects without waiting for the next try, behind the last record that came: the service is there again, or somebody has signed in. */
  connectNow(): void {
    if (this.#isClosed || this.#socket !== undefined) return
    this.#connect()
  }

  /** Has the server send nothing until `resume`. */
  pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.#send({ t: 'pause' })
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#send({ t: 'resume', ...(this.#cursor !== undefined && { after: this.#cursor }) })
  }

  #connect(): void {
    clearTimeout(this.#timer)
    this.#socket?.close(1000)
    const url = new URL('/logs/tail', location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    if (this.#query !== '') url.searchParams.set('q', this.#query)
    if (this.#cursor !== undefined) url.searchParams.set('after', this.#cursor)
    const socket = new WebSocket(url, ['sluice.tail.v1'])
    this.#socket = socket
    // The subscription in the address is number 1.
    this.#sub = 1
    this.#acknowledged = -1
    let isRefused = false
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket || typeof data !== 'string' || !data.startsWith('{')) return
      const frame = readFrame(data)
      if (frame.t === 'bye' && FINAL_BYES.has(frame.code)) isRefused = true
      if (isRefused && frame.t === 'bye') this.#listener.refused(frame.detail)
      this.#take(frame)
    }
    socket.onclose = () => {
      if (socket !== this.#socket || this.#isClosed) return
      this.#socket = undefined
      if (!isRefused) void this.#again()
    }
  }

  async #again(): Promise<void> {
    this.#attempt++
    if (this.#attempt % TRIES_BEFORE_ASKING === 0) {
      const why = await this.#isStillAllowed()
      if (why !== undefined) return this.#listener.refused(why)
    }
    if (this.#isClosed) return
    const delayMs = reconnectDelayMs(this.#attempt, Math.random())
    this.#listener.lost(Date.now() + delayMs)
    this.#timer = setTimeout(() => this.#connect(), delayMs)
  }

  #subscribe(): void {
    const after = this.#cursor === undefined ? {} : { after: this.#cursor }
    this.#send({ t: 'sub', sub: this.#sub, q: this.#query, ...after })
  }

  #take(frame: Frame) {
    if (frame.t === 'bye') return
    // What is still on the way of an older query is of no use to anybody.
    if (frame.sub !== this.#sub) return
    if (frame.t === 'problem') return this.#listener.problem(frame.detail, frame.hint)
    if (frame.t === 'hello') {
      this.#acknowledged = frame.sub
      this.#cursor = frame.cursor
      this.#attempt = 0
      if (this.#isPaused) this.#send({ t: 'pause' })
      return this.#listener.connected()
    }
    if (this.#acknowledged !== frame.sub) return
    if (frame.t === 'rows') this.#listener.rows(frame.rows)
    if (frame.t === 'gap') this.#listener.gap(frame)
    this.#cursor = frame.t === 'gap' ? frame.to : frame.cursor
    if (frame.t !== 'stat') this.#send({ t: 'ack', cursor: this.#cursor })
  }

  #send(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }
}

/** Frames are what docs/tail.md says: the service at the page's own origin is believed. */
function readFrame(text: string): Frame {
  const frame: Frame = { t: 'bye', code: '', detail: '', retry_after_ms: null }
  return Object.assign(frame, parseExactly(text))
}
