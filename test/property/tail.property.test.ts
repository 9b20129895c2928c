import { describe, expect, it } from 'vitest'
import { TAIL_LAG_RECORDS_MAX, TAIL_WINDOW_BYTES, TAIL_WINDOW_ENTRIES_MAX } from '../../src/limits/limits'
import { type Batch, pumpViewer, type ToldGap } from '../../src/tail/pump-viewer'
import {
  afterAcknowledging,
  beginViewer,
  pauseViewer,
  resumeViewer,
  unacknowledgedBytes,
  Viewer,
} from '../../src/tail/viewer'
import { randomIntegers } from '../support/sample-logs'

const SEEDS = process.env.SLUICE_SOAK ? 3000 : 150
const STEPS = 120

/** A frame on its way to the client: records by their sequence numbers, or a gap. */
type Frame = { readonly rows: readonly number[]; readonly cursor: number } | { readonly gap: ToldGap }

/** A log of which it is only known which records match, and a tail of it whose line, object and client fail at will. */
class World {
  readonly #random: (below: number) => number
  /** Whether the record with this sequence number matches; the first is nobody's. */
  readonly #matches: boolean[] = [false]
  /** What is too large to be sent at all. */
  readonly #large = new Set<number>()
  #viewer: Viewer
  #line: Frame[] = []
  #told: Frame[] = []
  #cursor = 0
  #budget = 0

  constructor(seed: number) {
    this.#random = randomIntegers(seed)
    this.#viewer = beginViewer({ sub: 1, nextSeq: 1, headSeq: 1 })
  }

  step(): void {
    const steps = [
      () => this.#append(),
      () => this.#append(),
      () => this.#pump(),
      () => this.#pump(),
      () => this.#deliver(),
      () => this.#acknowledge(),
      () => this.#evict(),
      () => this.#pause(),
      () => this.#resume(),
      () => this.#kill(),
    ]
    steps[this.#random(steps.length)]()
  }

  /** Everything that holds the tail up goes away. */
  settle(): void {
    for (let round = 0; round < 2000 && !this.#isDone(); round++) {
      if (this.#viewer.isPaused) this.#viewer = resumeViewer(this.#viewer, undefined, this.#headSeq)
      this.#pump({ budget: 1_000_000, isAtHand: true })
      this.#deliver(this.#line.length)
      this.#viewer = afterAcknowledging(this.#viewer, this.#cursor)
    }
    expect(this.#isDone(), 'the tail has come to the head').toBe(true)
  }

  /** Each match was sent once or is in one gap, in order, and gaps count exactly. */
  check(): void {
    const found: number[] = []
    let last = 0
    for (const frame of this.#told) {
      const seqs = 'gap' in frame ? this.#matchesIn(frame.gap) : frame.rows
      if ('gap' in frame) {
        expect(frame.gap.count, JSON.stringify(frame.gap)).toBe(seqs.length)
        expect(frame.gap.afterSeq).toBeGreaterThanOrEqual(last)
        last = frame.gap.toSeq
      }
      found.push(...seqs)
      last = Math.max(last, seqs.at(-1) ?? 0)
    }
    const expected = Array.from(this.#matches.keys()).filter((seq) => this.#matches[seq])
    expect(found).toEqual(expected)
  }

  get #headSeq(): number {
    return this.#matches.length
  }

  #isDone(): boolean {
    return this.#viewer.nextSeq === this.#headSeq && this.#viewer.gap === undefined && this.#line.length === 0
  }

  #append(): void {
    const count = this.#random(20) === 0 ? this.#random(2 * TAIL_LAG_RECORDS_MAX) : this.#random(400)
    const oneIn = 1 + this.#random(4)
    for (let index = 0; index < count; index++) {
      const isMatch = this.#random(oneIn) === 0
      if (isMatch && this.#random(2000) === 0) this.#large.add(this.#headSeq)
      this.#matches.push(isMatch)
    }
  }

  #pump({ budget = this.#random(4) * this.#random(2000), isAtHand = false } = {}): void {
    this.#budget = budget
    const isThere = (): boolean => isAtHand || this.#random(20) > 0
    this.#viewer = pumpViewer(this.#viewer, {
      headSeq: this.#headSeq,
      isMyTurn: () => isAtHand || this.#random(50) > 0,
      batchAt: (fromSeq) => (isThere() ? this.#batchAt(fromSeq) : undefined),
      countAt: (fromSeq) => (isThere() ? this.#countAt(fromSeq) : undefined),
      canSend: () => this.#budget > 0,
      sendRows: (_, batch) => {
        this.#budget -= batch.rows
        this.#line.push({ rows: JSON.parse(`[${batch.text}]`), cursor: batch.nextSeq - 1 })
      },
      sendGap: (_, gap) => {
        this.#budget--
        this.#line.push({ gap })
      },
    })
    expect(unacknowledgedBytes(this.#viewer)).toBeLessThanOrEqual(TAIL_WINDOW_BYTES)
    expect(this.#viewer.unacknowledged.length).toBeLessThanOrEqual(TAIL_WINDOW_ENTRIES_MAX)
  }

  #batchAt(fromSeq: number): Batch {
    const rows: number[] = []
    const end = Math.min(this.#headSeq, fromSeq + 1 + (fromSeq % 700))
    for (let seq = fromSeq; seq < end; seq++) {
      if (this.#large.has(seq) && rows.length === 0)
        return { rows: 0, text: '', bytes: 0, nextSeq: seq + 1, missing: { count: 1, reason: 'record_too_large' } }
      if (this.#large.has(seq) || rows.length === 100) return this.#batch(rows, seq)
      if (this.#matches[seq]) rows.push(seq)
    }
    return this.#batch(rows, end)
  }

  #batch(rows: readonly number[], nextSeq: number): Batch {
    return { rows: rows.length, text: rows.join(','), bytes: rows.length * 1900, nextSeq }
  }

  #countAt(fromSeq: number): { count: number; nextSeq: number } {
    const nextSeq = Math.min(this.#headSeq, fromSeq + 1 + (fromSeq % 3000))
    return { count: this.#matches.slice(fromSeq, nextSeq).filter(Boolean).length, nextSeq }
  }

  #matchesIn({ afterSeq, toSeq }: ToldGap): number[] {
    return Array.from(this.#matches.keys()).filter((seq) => seq > afterSeq && seq <= toSeq && this.#matches[seq])
  }

  #deliver(count = this.#random(this.#line.length + 1)): void {
    for (const frame of this.#line.splice(0, count)) {
      this.#told.push(frame)
      this.#cursor = 'gap' in frame ? frame.gap.toSeq : frame.cursor
    }
  }

  #acknowledge(): void {
    this.#viewer = afterAcknowledging(this.#viewer, this.#cursor)
  }

  /** The object's memory goes; what it knows of the tail is what the socket carries. */
  #evict(): void {
    this.#viewer = Viewer.parse(JSON.parse(JSON.stringify(this.#viewer)))
  }

  #pause(): void {
    if (this.#random(3) === 0) this.#viewer = pauseViewer(this.#viewer)
  }

  #resume(): void {
    if (this.#viewer.isPaused) this.#viewer = resumeViewer(this.#viewer, undefined, this.#headSeq)
  }

  /** The line breaks, and what was on it is lost. The client comes again behind the last frame that it got. */
  #kill(): void {
    if (this.#random(3) > 0) return
    this.#line = []
    this.#viewer = beginViewer({ sub: 1, nextSeq: this.#cursor + 1, headSeq: this.#headSeq })
  }
}

describe('a tail', () => {
  it('is a query: each match comes once and in order, or is counted in one gap, whatever happens to it', {
    timeout: 60_000,
  }, () => {
    const first = Number(process.env.SLUICE_SEED ?? 1)
    for (let seed = first; seed < first + SEEDS; seed++) {
      const world = new World(seed)
      for (let step = 0; step < STEPS; step++) world.step()
      world.settle()
      world.check()
    }
  })

  it('leaves nothing out for a reader who comes again and takes all that is sent, however late they are', () => {
    const headSeq = TAIL_LAG_RECORDS_MAX * 50
    const gaps: ToldGap[] = []
    let sent = 0
    let viewer = beginViewer({ sub: 1, nextSeq: 1, headSeq })
    while (viewer.nextSeq < headSeq) {
      let left = 3000
      viewer = pumpViewer(viewer, {
        headSeq,
        isMyTurn: () => true,
        batchAt: (fromSeq) => ({ rows: 100, text: '', bytes: 20_000, nextSeq: Math.min(headSeq, fromSeq + 100) }),
        countAt: (fromSeq) => ({ count: headSeq - fromSeq, nextSeq: headSeq }),
        canSend: () => left > 0,
        sendRows: (_, { rows }) => {
          left -= rows
          sent += rows
        },
        sendGap: (_, gap) => gaps.push(gap),
      })
      viewer = afterAcknowledging(viewer, viewer.nextSeq)
    }
    expect(gaps).toEqual([])
    expect(sent).toBeGreaterThanOrEqual(headSeq - 1)
  })
})
