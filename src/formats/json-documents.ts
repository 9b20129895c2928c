import type { BatchBuilder, RecordProblem } from '../blocks/batch-builder'
import {
  BRACE_CLOSE,
  BRACE_OPEN,
  BRACKET_CLOSE,
  BRACKET_OPEN,
  byteOrderMark,
  COMMA,
  JsonFailure,
  NEWLINE,
  skipBrackets,
  skipSpace,
  skipValue,
} from '../blocks/json-text'
import { DEPTH_REFUSED } from '../limits/limits'
import { notRead, VainReading } from './vain-reading'

/** A record that was not taken, by its place in the batch. */
export interface Rejection extends RecordProblem {
  readonly index: number
}

/** What became of the records of one body. */
export interface ReadOutcome {
  readonly received: number
  readonly rejected: readonly Rejection[]
  /** The body as a whole is not what it says it is: nothing of it may be stored. */
  readonly broken: RecordProblem | undefined
}

/** Called after each record, so that the caller can cut blocks and check limits; an answer ends the reading with it. */
export type AfterRecord = (received: number) => RecordProblem | undefined

/**
 * Reads JSON in any of the ways in which logs are sent: one object, an array, `{"logs": […]}`, one object a line, objects
 * one after another. In the last two a broken record costs only itself: reading goes on at the next line.
 */
export function readJsonDocuments(body: Uint8Array, builder: BatchBuilder, afterRecord: AfterRecord): ReadOutcome {
  const start = skipSpace(body, byteOrderMark(body))
  const reading = new Reading(body, builder, afterRecord)
  if (body[start] === BRACKET_OPEN) return reading.readArray(start, { closeEnvelope: false })
  const logs = envelopeStart(body, start)
  if (logs !== undefined) {
    const outcome = reading.readArray(logs, { closeEnvelope: true })
    const all = builder.rows + outcome.rejected.length === outcome.received
    if (outcome.broken?.detail !== NOT_AN_ENVELOPE || !all) return outcome
    // Logs of which the first happens to begin with "logs". It is no larger than a block, so none has been cut yet.
    builder.discard()
    return new Reading(body, builder, afterRecord).readSequence(start)
  }
  return reading.readSequence(start)
}

const NOT_AN_ENVELOPE = 'the text goes on after the end of "logs"'

class Reading {
  readonly #body: Uint8Array
  readonly #builder: BatchBuilder
  readonly #afterRecord: AfterRecord
  readonly #vain: VainReading
  readonly #rejected: Rejection[] = []
  #received = 0

  constructor(body: Uint8Array, builder: BatchBuilder, afterRecord: AfterRecord) {
    this.#body = body
    this.#vain = new VainReading(body)
    this.#builder = builder
    this.#afterRecord = afterRecord
  }

  /** One document that is broken anywhere is no document: nothing of an array is stored when its JSON is invalid. */
  readArray(start: number, options: { readonly closeEnvelope: boolean }): ReadOutcome {
    const body = this.#body
    let at = skipSpace(body, start + 1)
    if (body[at] === BRACKET_CLOSE) return this.#close(at + 1, options)
    for (;;) {
      const { end, problem } = body[at] === BRACE_OPEN ? this.#addJson(at) : notALog(body, at)
      if (end === undefined) return this.#outcome(problem)
      const stop = this.#count(problem)
      if (stop) return this.#outcome(stop)
      at = skipSpace(body, end)
      if (body[at] === BRACKET_CLOSE) return this.#close(at + 1, options)
      if (body[at] !== COMMA) return this.#broken(at, '"," or "]" is expected here')
      at = skipSpace(body, at + 1)
    }
  }

  readSequence(start: number): ReadOutcome {
    const body = this.#body
    let at = start
    while (at < body.length) {
      const { end, problem } =
        body[at] === BRACE_OPEN ? this.#addJson(at) : { end: undefined, problem: notAnObject(at) }
      const stop = this.#count(problem)
      if (stop) return this.#outcome(stop)
      at = skipSpace(body, end ?? this.#afterBroken(at, problem))
      // Lines may be separated by commas where somebody joined them by hand.
      if (body[at] === COMMA) at = skipSpace(body, at + 1)
    }
    return this.#outcome(undefined)
  }

  /** What is nested too deep and has no end was looked for to the end of the body. */
  #afterBroken(at: number, problem: RecordProblem | undefined): number {
    const readTo = problem?.code === 'too_deep' ? this.#body.length : (problem?.at ?? at)
    const next = nextRecord(this.#body, at)
    if (this.#vain.note(at, readTo)) return next
    if (next < this.#body.length) this.#count(notRead(next))
    return this.#body.length
  }

  /** A record that breaks the grammar has no end. */
  #addJson(at: number): Element {
    const { end, problem } = this.#builder.addJson(at)
    if (problem?.code === 'invalid_json') return { end: undefined, problem }
    return { end: problem?.code === 'too_deep' ? skipBrackets(this.#body, at) : end, problem }
  }

  #close(at: number, options: { readonly closeEnvelope: boolean }): ReadOutcome {
    let end = skipSpace(this.#body, at)
    if (options.closeEnvelope) {
      if (this.#body[end] === COMMA) return this.#broken(end, NOT_AN_ENVELOPE)
      if (this.#body[end] !== BRACE_CLOSE) return this.#broken(end, '"}" is expected here')
      end = skipSpace(this.#body, end + 1)
      if (end < this.#body.length) return this.#broken(end, NOT_AN_ENVELOPE)
    }
    if (end < this.#body.length) return this.#broken(end, 'the text goes on after the end of the array')
    return this.#outcome(undefined)
  }

  #count(problem: RecordProblem | undefined): RecordProblem | undefined {
    if (problem) this.#rejected.push({ ...problem, index: this.#received })
    this.#received++
    return this.#afterRecord(this.#received)
  }

  #broken(at: number, detail: string): ReadOutcome {
    return this.#outcome({ code: 'invalid_json', detail, at })
  }

  #outcome(broken: RecordProblem | undefined): ReadOutcome {
    return { received: this.#received, rejected: this.#rejected, broken }
  }
}

/** What stands where a record should: where it ends, if that can be said, and why it was not taken. */
interface Element {
  readonly end: number | undefined
  readonly problem: RecordProblem | undefined
}

const notAnObject = (at: number): RecordProblem => ({ code: 'invalid_json', detail: 'a log is a JSON object', at })

/** A number or a text among the logs of an array costs only itself; what is no JSON at all breaks the array. */
function notALog(body: Uint8Array, at: number): Element {
  try {
    return { end: skipValue(body, at, { at: 1, max: DEPTH_REFUSED }), problem: notAnObject(at) }
  } catch (error) {
    if (error instanceof JsonFailure) return { end: undefined, problem: error.problem }
    throw error
  }
}

/**
 * Where reading goes on after the record at `from` broke: at the next line. Lines that stand further in than the record's
 * first, or close what it opened, are still its own: it was written over several lines.
 */
function nextRecord(body: Uint8Array, from: number): number {
  let first = from
  while (first > 0 && body[first - 1] !== NEWLINE) first--
  const indent = skipBlank(body, first) - first
  for (let at = lineAfter(body, from); at < body.length; at = lineAfter(body, at)) {
    const text = skipBlank(body, at)
    const closes = body[text] === BRACE_CLOSE || body[text] === BRACKET_CLOSE
    if (text - at <= indent && !closes) return at
  }
  return body.length
}

function lineAfter(body: Uint8Array, at: number): number {
  const newline = body.indexOf(NEWLINE, at)
  return newline < 0 ? body.length : newline + 1
}

function skipBlank(body: Uint8Array, from: number): number {
  let at = from
  while (body[at] === 0x20 || body[at] === 0x09) at++
  return at
}

/** Where the array of `{"logs": […` begins, or undefined. */
function envelopeStart(body: Uint8Array, start: number): number | undefined {
  if (body[start] !== BRACE_OPEN) return undefined
  const name = skipSpace(body, start + 1)
  for (let index = 0; index < LOGS.length; index++) if (body[name + index] !== LOGS[index]) return undefined
  const colon = skipSpace(body, name + LOGS.length)
  if (body[colon] !== 0x3a) return undefined
  const array = skipSpace(body, colon + 1)
  if (body[array] !== BRACKET_OPEN) return undefined
  const first = body[skipSpace(body, array + 1)]
  return first === BRACE_OPEN || first === BRACKET_CLOSE ? array : undefined
}

const LOGS = [...'"logs"'].map((character) => character.charCodeAt(0))
