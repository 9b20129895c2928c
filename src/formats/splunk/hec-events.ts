import type { RecordProblem } from '../../blocks/batch-builder'
import {
  BRACE_CLOSE,
  BRACE_OPEN,
  BRACKET_CLOSE,
  BRACKET_OPEN,
  byteOrderMark,
  COMMA,
  JsonFailure,
  NEWLINE,
  QUOTE,
  skipBrackets,
  skipSpace,
} from '../../blocks/json-text'
import { BATCH_RECORDS_MAX } from '../../limits/limits'
import { DocumentWriter } from '../document-writer'
import type { OpenedBody } from '../format'
import { isNamed, walkMembers } from '../object-members'
import { openPlaced } from '../placed-documents'
import { notRead, VainReading } from '../vain-reading'
import { HEC_METADATA, type HecMetadata } from './hec-metadata'

/**
 * Reads what Splunk's HTTP Event Collector takes at `/services/collector/event`: objects one after another, with or without anything
 * between them, or an array. What one of them says of its time, host, source, sourcetype or index holds for those after it that
 * say nothing of it. A bad event costs only itself.
 */
export function openHecEvents(body: Uint8Array, metadata: HecMetadata): OpenedBody {
  const events = new HecEvents(body, metadata)
  events.readAll()
  return openPlaced(events.placed())
}

const NAMES = HEC_METADATA.map((name) => new TextEncoder().encode(name))
const EVENT = new TextEncoder().encode('event')
const FIELDS = new TextEncoder().encode('fields')
const ALL = (1 << NAMES.length) - 1

const MISSING: RecordProblem = { code: 'missing_event', detail: 'the event field is required', at: 0 }
const BLANK: RecordProblem = { code: 'blank_event', detail: 'the event field cannot be blank', at: 0 }
const NOT_FLAT: RecordProblem = {
  code: 'invalid_fields',
  detail: 'fields is an object whose values are no objects',
  at: 0,
}

/** Reads events in place for as long as each says all of itself; from the first that does not, all are written out. */
class HecEvents {
  readonly #body: Uint8Array
  readonly #vain: VainReading
  readonly #from: number[] = []
  readonly #to: number[] = []
  readonly #refused = new Map<number, RecordProblem>()
  /** What was said last of each of the metadata, as JSON. */
  readonly #said: ({ readonly source: Uint8Array; readonly from: number; readonly to: number } | undefined)[]
  #saidMask = 0
  #writer: DocumentWriter | undefined
  /** Where the line of the last broken event ends: there may be many on it. */
  #lineEnd = -1
  /** Of the event that is being read. */
  #mask = 0
  readonly #valueFrom = new Int32Array(NAMES.length)
  readonly #valueTo = new Int32Array(NAMES.length)
  #problem: RecordProblem | undefined = MISSING

  constructor(body: Uint8Array, metadata: HecMetadata) {
    this.#body = body
    this.#vain = new VainReading(body)
    this.#said = HEC_METADATA.map((name) => {
      const value = metadata[name]
      if (value === undefined) return undefined
      const source = new TextEncoder().encode(JSON.stringify(value))
      return { source, from: 0, to: source.length }
    })
    for (const [index, said] of this.#said.entries()) if (said !== undefined) this.#saidMask |= 1 << index
  }

  readAll(): void {
    const body = this.#body
    let at = between(body, byteOrderMark(body))
    while (at < body.length && this.#from.length <= BATCH_RECORDS_MAX) at = between(body, this.#readEvent(at))
  }

  placed() {
    const documents = this.#writer?.bytes ?? this.#body
    return { documents, from: this.#from, to: this.#to, refused: this.#refused }
  }

  #readEvent(at: number): number {
    this.#mask = 0
    this.#problem = MISSING
    try {
      const end = walkMembers(this.#body, at, this.#note)
      if (this.#problem !== undefined) this.#refuse({ ...this.#problem, at })
      else this.#take(at, end)
      this.#remember()
      return end
    } catch (error) {
      if (!(error instanceof JsonFailure)) throw error
      this.#refuse(error.problem)
      const next = this.#nextEvent(at)
      if (this.#vain.note(at, error.problem.at)) return next
      if (next < this.#body.length) this.#refuse(notRead(next))
      return this.#body.length
    }
  }

  /** Where reading goes on after a broken event: after its own brackets if they close on its line, else on the next line. */
  #nextEvent(from: number): number {
    const body = this.#body
    if (this.#lineEnd < from) {
      const newline = body.indexOf(NEWLINE, from)
      this.#lineEnd = newline < 0 ? body.length : newline
    }
    if (body[from] === BRACE_CLOSE) return from + 1
    const end = body[from] === BRACE_OPEN ? skipBrackets(body.subarray(0, this.#lineEnd), from) : undefined
    return end ?? this.#lineEnd
  }

  readonly #note = (nameFrom: number, nameTo: number, from: number, to: number): void => {
    const body = this.#body
    if (isNamed(body, nameFrom, nameTo, EVENT)) {
      if (this.#problem === MISSING) this.#problem = eventProblem(body, from, to)
      return
    }
    if (isNamed(body, nameFrom, nameTo, FIELDS)) {
      if (!isFlat(body, from)) this.#problem = NOT_FLAT
      return
    }
    for (let index = 0; index < NAMES.length; index++) {
      if (!isNamed(body, nameFrom, nameTo, NAMES[index])) continue
      this.#mask |= 1 << index
      this.#valueFrom[index] = from
      this.#valueTo[index] = to
    }
  }

  #refuse(problem: RecordProblem): void {
    this.#refused.set(this.#from.length, problem)
    this.#from.push(0)
    this.#to.push(0)
  }

  #take(from: number, to: number): void {
    const missing = this.#saidMask & ~this.#mask & ALL
    if (missing !== 0 && this.#writer === undefined) this.#beginWriting()
    if (this.#writer === undefined) {
      this.#from.push(from)
      this.#to.push(to)
      return
    }
    this.#write(this.#writer, this.#body, from, to, missing)
  }

  /** What was in place so far is copied. */
  #beginWriting(): void {
    const writer = new DocumentWriter(this.#body.length + this.#body.length / 4)
    for (let index = 0; index < this.#from.length; index++) {
      if (this.#refused.has(index)) continue
      const begin = writer.length
      writer.raw(this.#body, this.#from[index], this.#to[index])
      this.#from[index] = begin
      this.#to[index] = writer.length
      writer.endDocument()
    }
    this.#writer = writer
  }

  #write(writer: DocumentWriter, body: Uint8Array, from: number, to: number, missing: number): void {
    this.#from.push(writer.length)
    writer.beginObject()
    for (let index = 0; index < NAMES.length; index++) {
      const said = this.#said[index]
      if (said === undefined || (missing & (1 << index)) === 0) continue
      writer.member(MEMBERS[index])
      writer.raw(said.source, said.from, said.to)
    }
    // An event has a member at least.
    writer.raw(body, skipSpace(body, from + 1), to)
    this.#to.push(writer.length)
    writer.endDocument()
  }

  #remember(): void {
    if (this.#mask === 0) return
    this.#saidMask |= this.#mask
    for (let index = 0; index < NAMES.length; index++) {
      if ((this.#mask & (1 << index)) === 0) continue
      this.#said[index] = { source: this.#body, from: this.#valueFrom[index], to: this.#valueTo[index] }
    }
  }
}

const MEMBERS = HEC_METADATA.map((name) => new TextEncoder().encode(`"${name}":`))

function eventProblem(body: Uint8Array, from: number, to: number): RecordProblem | undefined {
  // `null`: a value of four bytes that begins like it is nothing else.
  if (body[from] === 0x6e) return MISSING
  return body[from] === QUOTE && to - from === 2 ? BLANK : undefined
}

function isFlat(body: Uint8Array, from: number): boolean {
  if (body[from] !== BRACE_OPEN) return false
  let flat = true
  walkMembers(body, from, (_nameFrom, _nameTo, value) => {
    if (body[value] === BRACE_OPEN) flat = false
  })
  return flat
}

/** Where the next event begins: white space, commas and the brackets of an array stand between them. */
function between(body: Uint8Array, from: number): number {
  let at = from
  for (;;) {
    at = skipSpace(body, at)
    if (body[at] !== COMMA && body[at] !== BRACKET_OPEN && body[at] !== BRACKET_CLOSE) return at
    at++
  }
}
