import { computed, effect, signal, untracked } from '@preact/signals'
import { isReachable, isSignedOut, type Problem } from '../api/ask'
import { type LogPage, type LogRecord, type Meta, type Scope, searchLogs } from '../api/logs'
import { readSession } from '../api/session'
import { type Follow, type FollowEvent, follow, type PauseReason } from '../stream/follow'
import { Rows } from '../stream/rows'
import { TailSocket } from '../stream/tail-socket'
import { nowMs } from '../time/now'
import { boundsOf } from '../time/range'
import { view } from './view'

const PAGE_ROWS = 200
/** Rows that come while the list is paused and are held; beyond that the server is told to wait. */
const WAITING_MAX = 5000

/** How a search is going. */
export interface Progress {
  readonly startedMs: number
  readonly scannedRows: number
  readonly backTo: string | undefined
}

/** What Explore shows of one question: its rows, what the server said of them, and how the list follows. */
export class Explorer {
  readonly rows = new Rows()
  readonly meta = signal<Meta | undefined>(undefined)
  readonly problem = signal<Problem | undefined>(undefined)
  readonly tailProblem = signal<string | undefined>(undefined)
  /** There while a search runs. */
  readonly progress = signal<Progress | undefined>(undefined)
  readonly following = signal<Follow>({ state: 'off' })
  /** Whether there are older rows to be read. */
  readonly hasOlder = signal(false)
  /** Counts questions: the list goes to its end when it changes. */
  readonly question = signal(0)
  /** The row that is to be brought into sight. */
  readonly revealed = signal<string | undefined>(undefined)
  /** Rows a second that came lately. */
  readonly rate = signal(0)
  /** The instants of the question that is shown. */
  readonly bounds = signal(boundsOf(view.peek().range, nowMs()))
  readonly #tail: TailSocket
  #cursor: string | null = null
  #again: number | undefined
  #scope: Scope = { q: '' }
  #abort = new AbortController()
  #waiting: LogRecord[] = []
  #isTailHeld = false
  #arrived: { readonly atMs: number; readonly rows: number }[] = []

  constructor() {
    this.#tail = new TailSocket(
      {
        connected: () => this.happened({ what: 'connected' }),
        rows: (rows) => this.#arrive(rows),
        gap: ({ from, to, count, reason }) => {
          this.#flush()
          this.rows.appendGap({ from, to, count, reason, isExact: true })
        },
        lost: (atMs) => this.happened({ what: 'lost', atMs }),
        refused: (why) => {
          this.happened({ what: 'refused', why })
          // If it is the session that has ended, the page asks for another.
          void readSession()
        },
        problem: (detail, hint) => {
          this.tailProblem.value = hint === undefined ? detail : `${detail} ${hint}`
          this.happened({ what: 'stop' })
          this.#tail.close()
        },
      },
      whyNotAllowed,
    )
  }

  /** Asks what the view asks, and again whenever its question changes. Answers how to end that. */
  start(): () => void {
    const asked = computed(() => {
      const { q, range, isLive } = view.value
      return JSON.stringify([q, range.from, range.to, isLive])
    })
    const stop = effect(() => {
      asked.value
      // What asking reads is no reason to ask again.
      untracked(() => void this.ask())
    })
    // Whoever has signed in again sees what they asked for.
    const stopAgain = effect(() => {
      if (isSignedOut.value) return
      untracked(() => {
        if (this.problem.peek()?.status === 401) void this.ask()
        else if (this.following.peek().state === 'stopped') this.#followAgain()
      })
    })
    const stopReached = effect(() => {
      if (!isReachable.value) return
      untracked(() => {
        if (this.problem.peek()?.status === 0) void this.ask()
        else if (this.following.peek().state === 'reconnecting') this.#tail.connectNow()
      })
    })
    const hidden = watchHidden(() => this.pause('hidden'))
    return () => {
      stop()
      stopAgain()
      stopReached()
      hidden()
      this.stop()
      this.#tail.close()
    }
  }

  /** Asks the view's question anew. */
  async ask(): Promise<void> {
    const { q, range, isLive } = view.peek()
    this.stop()
    this.#abort = new AbortController()
    const bounds = boundsOf(range, nowMs())
    this.bounds.value = bounds
    const isOpen = range.to === 'now'
    this.#scope = {
      q,
      from: new Date(bounds.fromMs).toISOString(),
      ...(!isOpen && { to: new Date(bounds.toMs).toISOString() }),
    }
    this.rows.clear()
    this.#waiting = []
    this.problem.value = undefined
    this.tailProblem.value = undefined
    this.meta.value = undefined
    this.hasOlder.value = false
    this.#cursor = null
    // The tail begins first: what comes while the search runs is in both, and is shown once.
    if (isLive && isOpen && !hasPipes(q)) {
      this.following.value = { state: 'connecting' }
      this.#tail.open(q)
    } else {
      this.following.value = { state: 'off' }
      this.#tail.close()
    }
    await this.#read(undefined)
    this.question.value++
  }

  /** Reads what is older than the first row. */
  async readOlder(): Promise<void> {
    if (this.#cursor === null || this.progress.peek() !== undefined) return
    await this.#read(this.#cursor)
  }

  /** Ends the search that runs. What was found stays. */
  stop(): void {
    this.#abort.abort()
    clearTimeout(this.#again)
    this.progress.value = undefined
  }

  pause(reason: PauseReason): void {
    this.happened({ what: 'pause', reason })
  }

  /** Shows what has come meanwhile, and follows again. */
  resume(): void {
    this.happened({ what: 'resume' })
    this.#flush()
    if (this.#isTailHeld) {
      this.#isTailHeld = false
      this.#tail.resume()
    }
  }

  /** Has the list show a row. */
  reveal(key: string): void {
    this.revealed.value = key
  }

  happened(event: FollowEvent): void {
    this.following.value = follow(this.following.peek(), event)
  }

  /** The records of a gap, put in its place. */
  async fillGap(key: string): Promise<Problem | undefined> {
    const row = this.rows.list.find((one) => one.key === key)
    if (row?.kind !== 'gap') return undefined
    const { from, to } = row.gap
    const seqs = `seq:>${seqOf(from)} seq:<=${seqOf(to)}`
    const q = this.#scope.q === '' ? seqs : `(${this.#scope.q}) ${seqs}`
    const asked = await searchLogs({ q }, { limit: 1000, order: 'asc' })
    if (!asked.ok) return asked.problem
    this.rows.fillGap(key, asked.value.data, 0)
    return undefined
  }

  /** Goes on behind the last record that came. */
  #followAgain(): void {
    this.happened({ what: 'start' })
    this.#tail.connectNow()
  }

  #arrive(rows: readonly LogRecord[]): void {
    const nowMs = Date.now()
    this.#arrived = [...this.#arrived.filter(({ atMs }) => atMs > nowMs - 5000), { atMs: nowMs, rows: rows.length }]
    this.rate.value = this.#arrived.reduce((sum, one) => sum + one.rows, 0) / 5
    const { state } = this.following.peek()
    if (state === 'live' || state === 'connecting') {
      this.rows.append(rows, nowMs)
      return
    }
    this.#waiting.push(...rows)
    this.happened({ what: 'arrived', rows: rows.length })
    if (this.#waiting.length < WAITING_MAX || this.#isTailHeld) return
    this.#isTailHeld = true
    this.#tail.pause()
  }

  #flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    if (waiting.length > 0) this.rows.append(waiting, Date.now())
  }

  /** Reads pages until one is full, the range is done, or somebody stops it: a page may hold nothing and still lead on. */
  async #read(cursor: string | undefined): Promise<void> {
    const { signal: aborted } = this.#abort
    const startedMs = Date.now()
    let next = cursor
    let found = 0
    let scannedRows = 0
    this.progress.value = { startedMs, scannedRows, backTo: undefined }
    try {
      do {
        const asked = await searchLogs(this.#scope, { limit: PAGE_ROWS, ...(next && { cursor: next }) }, aborted)
        if (aborted.aborted) return
        if (!asked.ok) {
          this.problem.value = asked.problem
          this.#askAgainLater(asked.problem)
          break
        }
        const { data, page, meta } = asked.value
        found += this.#keep(asked.value)
        scannedRows += meta.scanned_rows
        this.#cursor = page.next_cursor
        next = page.next_cursor ?? undefined
        this.hasOlder.value = next !== undefined
        this.progress.value = { startedMs, scannedRows, backTo: meta.searched_back_to }
        if (data.length > 0 && found >= PAGE_ROWS / 2) break
      } while (next !== undefined)
    } catch (error) {
      if (!aborted.aborted) throw error
      return
    }
    this.progress.value = undefined
  }

  /** What may be otherwise soon is asked again by itself. */
  #askAgainLater({ status, retryAfterSeconds }: Problem): void {
    if (status !== 0 && status !== 429 && status !== 503) return
    this.#again = setTimeout(() => void this.ask(), (retryAfterSeconds ?? 5) * 1000)
  }

  #keep({ data, meta }: LogPage): number {
    this.meta.value ??= meta
    return this.rows.prepend([...data].reverse(), 0)
  }
}

/** A tail follows records: a question whose pipes count something is asked once. */
const hasPipes = (query: string): boolean => /\|/.test(query.replace(/"(?:[^"\\]|\\.)*"/g, ''))

const seqOf = (cursor: string): number => Number(cursor.slice(cursor.indexOf('-') + 1))

async function whyNotAllowed(): Promise<string | undefined> {
  const asked = await readSession()
  if (asked.ok || asked.problem.status === 0) return undefined
  if (isSignedOut.peek()) return 'You are signed out.'
  return asked.problem.detail ?? asked.problem.title
}

const HIDDEN_MS = 30_000

/** Calls when nobody has seen the page for long. */
function watchHidden(act: () => void): () => void {
  let timer: number | undefined
  const changed = (): void => {
    clearTimeout(timer)
    if (document.hidden) timer = setTimeout(act, HIDDEN_MS)
  }
  document.addEventListener('visibilitychange', changed)
  return () => {
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', changed)
  }
}
