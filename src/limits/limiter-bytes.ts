import type { LimiterWindows, PolicyWindows, Take } from './limiter'
import { logOf, type WindowLog } from './sliding-window'

/**
 * How windows are stored: a byte that says the layout, then sections, each with its kind and length, so that a reader skips
 * the kinds that it does not know. Whole numbers are little-endian groups of seven bits; texts are UTF-8 after their length.
 * A log is its count, then for each entry the time since the one before and the cost.
 */
const LAYOUT = 1
const WINDOWS_SECTION = 1

/** All windows as bytes. */
export function encodeWindows({ policies }: LimiterWindows): Uint8Array {
  const body = new ByteWriter()
  body.number(policies.size)
  for (const [name, { own, shared, windowMs }] of policies) {
    body.text(name)
    body.number(windowMs)
    writeLog(body, shared)
    body.number(own.size)
    for (const [subject, log] of own) {
      body.text(subject)
      writeLog(body, log)
    }
  }
  const whole = new ByteWriter()
  whole.number(LAYOUT)
  whole.number(WINDOWS_SECTION)
  whole.bytes(body.done())
  return whole.done()
}

/** The windows that bytes say; undefined when they are in a layout of a later version of the code, which this one cannot know. */
export function decodeWindows(bytes: Uint8Array): LimiterWindows | undefined {
  const whole = new ByteReader(bytes)
  if (whole.number() !== LAYOUT) return undefined
  const policies = new Map<string, PolicyWindows>()
  while (!whole.isDone()) {
    const kind = whole.number()
    const section = whole.bytes()
    if (kind === WINDOWS_SECTION) readPolicies(new ByteReader(section), policies)
  }
  let entries = 0
  for (const { own, shared } of policies.values()) {
    entries += shared.count
    for (const { count } of own.values()) entries += count
  }
  return { policies, entries }
}

/**
 * What was taken since the windows were stored, as text that only grows: for each request base64 of the time and, for each
 * window, policy, subject and cost. A policy and a subject are written in full once, and as their number from then on; the
 * subject 0 is the shared window.
 */
export class TakeTail {
  text: string
  readonly #policies = new Map<string, KnownPolicy>()
  readonly #policiesInOrder: KnownPolicy[] = []
  readonly #subjects = new Map<string, number>()
  readonly #subjectsInOrder: string[] = []
  readonly #writer = new ByteWriter()

  constructor(text = '') {
    this.text = text
  }

  /** Adds what was taken at this time. */
  add(takes: readonly Take[], nowMs: number): void {
    const writer = this.#writer
    writer.clear()
    writer.number(nowMs)
    writer.number(takes.length)
    for (const take of takes) {
      this.#writePolicy(writer, take)
      this.#writeSubject(writer, take.subject)
      writer.number(take.cost)
    }
    const bytes = writer.done()
    const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
    this.text = this.text === '' ? base64 : `${this.text} ${base64}`
  }

  /** Reads it from the beginning. Call it once, before anything is added. */
  *read(): Generator<{ readonly takes: readonly Take[]; readonly atMs: number }> {
    for (const part of this.text.split(' ').filter(Boolean)) {
      const reader = new ByteReader(Buffer.from(part, 'base64'))
      const atMs = reader.number()
      const count = reader.number()
      yield { atMs, takes: Array.from({ length: count }, () => this.#readTake(reader)) }
    }
  }

  #writePolicy(writer: ByteWriter, { policy, units, windowMs }: Take): void {
    const known = this.#policies.get(policy)
    if (known?.units === units && known.windowMs === windowMs) {
      writer.number(known.number)
      return
    }
    writer.number(this.#rememberPolicy({ policy, units, windowMs }).number)
    writer.text(policy)
    writer.number(units)
    writer.number(windowMs)
  }

  #writeSubject(writer: ByteWriter, subject: string | undefined): void {
    const known = subject === undefined ? 0 : this.#subjects.get(subject)
    writer.number(known ?? this.#subjects.size + 1)
    if (known === undefined && subject !== undefined) writer.text(this.#rememberSubject(subject))
  }

  #readTake(reader: ByteReader): Take {
    const number = reader.number()
    if (number === this.#policiesInOrder.length)
      this.#rememberPolicy({ policy: reader.text(), units: reader.number(), windowMs: reader.number() })
    const { policy, units, windowMs } = this.#policiesInOrder[number]
    const subjectNumber = reader.number()
    if (subjectNumber > this.#subjectsInOrder.length) this.#rememberSubject(reader.text())
    const subject = subjectNumber === 0 ? undefined : this.#subjectsInOrder[subjectNumber - 1]
    return { policy, units, windowMs, subject, cost: reader.number() }
  }

  /** A policy whose limit has changed is another one here. */
  #rememberPolicy(about: Omit<KnownPolicy, 'number'>): KnownPolicy {
    const known = { ...about, number: this.#policiesInOrder.length }
    this.#policiesInOrder.push(known)
    this.#policies.set(about.policy, known)
    return known
  }

  #rememberSubject(subject: string): string {
    this.#subjectsInOrder.push(subject)
    this.#subjects.set(subject, this.#subjectsInOrder.length)
    return subject
  }
}

interface KnownPolicy extends Pick<Take, 'policy' | 'units' | 'windowMs'> {
  readonly number: number
}

function writeLog(writer: ByteWriter, { times, costs, first, count }: WindowLog): void {
  writer.number(count)
  let before = 0
  for (let index = first; index < first + count; index++) {
    writer.number(times[index] - before)
    writer.number(costs[index])
    before = times[index]
  }
}

function readLog(reader: ByteReader): WindowLog {
  const count = reader.number()
  const times = new Float64Array(Math.max(4, count))
  const costs = new Float64Array(Math.max(4, count))
  let before = 0
  for (let index = 0; index < count; index++) {
    before += reader.number()
    times[index] = before
    costs[index] = reader.number()
  }
  return logOf(times, costs, count)
}

function readPolicies(reader: ByteReader, policies: Map<string, PolicyWindows>): void {
  for (let left = reader.number(); left > 0; left--) {
    const name = reader.text()
    const windowMs = reader.number()
    const shared = readLog(reader)
    const own = new Map<string, WindowLog>()
    for (let subjects = reader.number(); subjects > 0; subjects--) own.set(reader.text(), readLog(reader))
    policies.set(name, { own, shared, windowMs, sweptMs: 0 })
  }
}

/** Holds a growing buffer. */
class ByteWriter {
  #bytes = new Uint8Array(256)
  #length = 0

  /** A whole number from 0 to 2^53 − 1. */
  number(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) + 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#length++] = rest
  }

  text(text: string): void {
    this.bytes(encoder.encode(text))
  }

  bytes(bytes: Uint8Array): void {
    this.number(bytes.length)
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** The bytes until the next call of this writer. */
  done(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  clear(): void {
    this.#length = 0
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const larger = new Uint8Array(this.#bytes.length * 2 + count)
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}

/** Holds a place in bytes. */
class ByteReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  isDone(): boolean {
    return this.#at >= this.#bytes.length
  }

  number(): number {
    let value = 0
    for (let weight = 1; ; weight *= 128) {
      if (this.isDone()) throw new RangeError('the windows of the limiter end too early')
      const byte = this.#bytes[this.#at++]
      value += (byte % 128) * weight
      if (byte < 128) return value
    }
  }

  text(): string {
    return decoder.decode(this.bytes())
  }

  bytes(): Uint8Array {
    const length = this.number()
    const from = this.#at
    this.#at += length
    if (this.#at > this.#bytes.length) throw new RangeError('the windows of the limiter end too early')
    return this.#bytes.subarray(from, this.#at)
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
