import type { BatchBuilder, RecordProblem } from '../blocks/batch-builder'
import { BRACE_CLOSE, BRACE_OPEN, BRACKET_CLOSE, BRACKET_OPEN, COMMA, NEWLINE, skipSpace } from '../blocks/json-text'

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
  const start = skipSpace(body, body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0)
  const reading = new Reading(body, builder, afterRecord)
  if (body[start] === BRACKET_OPEN) return reading.readArray(start, { closeEnvelope: false })
  const logs = envelopeStart(body, start)
  if (logs !== undefined) {
    const outcome = reading.readArray(logs, { closeEnvelope: true })
    if (outcome.broken?.detail !== NOT_AN_ENVELOPE) return outcome
  }
  return reading.readSequence(start)
}

const NOT_AN_ENVELOPE = 'the envelope has members beside "logs"'

class Reading {
  readonly #body: Uint8Array
  readonly #builder: BatchBuilder
  readonly #afterRecord: AfterRecord
  readonly #rejected: Rejection[] = []
  #received = 0

  constructor(body: Uint8Array, builder: BatchBuilder, afterRecord: AfterRecord) {
    this.#body = body
    this.#builder = builder
    this.#afterRecord = afterRecord
  }

  /** One document that is broken anywhere is no document: nothing of an array is stored when its JSON is invalid. */
  readArray(start: number, options: { readonly closeEnvelope: boolean }): ReadOutcome {
    const body = this.#body
    let at = skipSpace(body, start + 1)
    if (body[at] === BRACKET_CLOSE) return this.#close(at + 1, options)
    for (;;) {
      if (body[at] !== BRACE_OPEN) return this.#broken(at, 'a log is a JSON object')
      const { end, problem } = this.#builder.addJson(at)
      if (problem && isSyntax(problem)) return this.#outcome(problem)
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
      const { end, problem } = body[at] === BRACE_OPEN ? this.#builder.addJson(at) : notAnObject(at)
      const stop = this.#count(problem)
      if (stop) return this.#outcome(stop)
      const next = problem && isSyntax(problem) ? lineAfter(body, at) : end
      at = skipSpace(body, next)
      // Lines may be separated by commas where somebody joined them by hand.
      if (body[at] === COMMA) at = skipSpace(body, at + 1)
    }
    return this.#outcome(undefined)
  }

  #close(at: number, options: { readonly closeEnvelope: boolean }): ReadOutcome {
    let end = skipSpace(this.#body, at)
    if (options.closeEnvelope) {
      if (this.#body[end] === COMMA) return this.#broken(end, NOT_AN_ENVELOPE)
      if (this.#body[end] !== BRACE_CLOSE) return this.#broken(end, '"}" is expected here')
      end = skipSpace(this.#body, end + 1)
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

const isSyntax = (problem: RecordProblem): boolean => problem.code === 'invalid_json' || problem.code === 'too_deep'

function notAnObject(at: number): { end: number; problem: RecordProblem } {
  return { end: at, problem: { code: 'invalid_json', detail: 'a log is a JSON object', at } }
}

function lineAfter(body: Uint8Array, at: number): number {
  const newline = body.indexOf(NEWLINE, at)
  return newline < 0 ? body.length : newline + 1
}

/** Where the array of `{"logs": […` begins, or undefined. */
function envelopeStart(body: Uint8Array, start: number): number | undefined {
  if (body[start] !== BRACE_OPEN) return undefined
  const name = skipSpace(body, start + 1)
  for (let index = 0; index < LOGS.length; index++) if (body[name + index] !== LOGS[index]) return undefined
  const colon = skipSpace(body, name + LOGS.length)
  if (body[colon] !== 0x3a) return undefined
  const array = skipSpace(body, colon + 1)
  return body[array] === BRACKET_OPEN && body[skipSpace(body, array + 1)] === BRACE_OPEN ? array : undefined
}

const LOGS = [...'"logs"'].map((character) => character.charCodeAt(0))
