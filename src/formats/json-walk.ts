import type { RecordProblem } from '../blocks/batch-builder'
import {
  BRACE_CLOSE,
  BRACE_OPEN,
  BRACKET_CLOSE,
  BRACKET_OPEN,
  byteOrderMark,
  COLON,
  COMMA,
  closingQuote,
  fail,
  JsonFailure,
  NEWLINE,
  QUOTE,
  skipSpace,
  skipValue,
} from '../blocks/json-text'
import { DEPTH_REFUSED } from '../limits/limits'
import { BodyFailure } from './format'
import { notRead, VainReading } from './vain-reading'

/** Where a value stands in a body. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** A record of a body, or why there is none in its place. */
export interface WalkedRecord extends Span {
  readonly problem: RecordProblem | undefined
}

/** A member of an object: its name, and where its value stands. */
export interface WalkedMember extends Span {
  readonly name: string
}

/**
 * The records of a body of JSON that is an array, or objects one after another. An array that is broken is no array, and
 * throws a BodyFailure; among objects a broken one costs its line.
 */
export function* jsonRecords(body: Uint8Array): Generator<WalkedRecord> {
  const start = skipSpace(body, byteOrderMark(body))
  if (body[start] !== BRACKET_OPEN) return yield* sequence(body, start)
  for (const element of wholeArray(body, start)) {
    const isObject = body[element.from] === BRACE_OPEN
    yield { ...element, problem: isObject ? undefined : notAnObject(element.from) }
  }
}

function* wholeArray(body: Uint8Array, start: number): Generator<Span> {
  try {
    let end = start + 1
    for (const element of jsonElements(body, start)) {
      yield element
      end = element.to
    }
    const after = skipSpace(body, skipSpace(body, end) + 1)
    if (after < body.length) fail(after, 'the text goes on after the end of the array')
  } catch (error) {
    if (error instanceof JsonFailure) throw new BodyFailure(`At byte ${error.problem.at}: ${error.problem.detail}.`)
    throw error
  }
}

function* sequence(body: Uint8Array, start: number): Generator<WalkedRecord> {
  const vain = new VainReading(body)
  let at = start
  while (at < body.length) {
    const record = body[at] === BRACE_OPEN ? walkValue(body, at) : { from: at, to: at, problem: notAnObject(at) }
    yield record
    const { problem } = record
    const isTooMuch = problem !== undefined && !vain.note(at, problem.at)
    at = skipSpace(body, problem ? lineAfter(body, at) : record.to)
    if (body[at] === COMMA) at = skipSpace(body, at + 1)
    if (!isTooMuch) continue
    if (at < body.length) yield { from: at, to: at, problem: notRead(at) }
    return
  }
}

function walkValue(body: Uint8Array, from: number): WalkedRecord {
  try {
    return { from, to: skipWhole(body, from), problem: undefined }
  } catch (error) {
    if (error instanceof JsonFailure) return { from, to: from, problem: error.problem }
    throw error
  }
}

const skipWhole = (body: Uint8Array, from: number): number => skipValue(body, from, { at: 1, max: DEPTH_REFUSED })

const notAnObject = (at: number): RecordProblem => ({ code: 'invalid_json', detail: 'a log is a JSON object', at })

function lineAfter(body: Uint8Array, at: number): number {
  const newline = body.indexOf(NEWLINE, at)
  return newline < 0 ? body.length : newline + 1
}

/** The elements of the array that begins at `from`. Throws a JsonFailure where it is none. */
export function* jsonElements(body: Uint8Array, from: number): Generator<Span> {
  let at = skipSpace(body, from + 1)
  if (body[at] === BRACKET_CLOSE) return
  for (;;) {
    const to = skipWhole(body, at)
    yield { from: at, to }
    at = skipSpace(body, to)
    if (body[at] === BRACKET_CLOSE) return
    if (body[at] !== COMMA) fail(at, '"," or "]" is expected here')
    at = skipSpace(body, at + 1)
  }
}

/** The members of the value that begins at `from`, of which is known that it is JSON: none where it is no object. */
export function* jsonMembers(body: Uint8Array, from: number): Generator<WalkedMember> {
  if (body[from] !== BRACE_OPEN) return
  let at = skipSpace(body, from + 1)
  while (body[at] === QUOTE) {
    const quote = closingQuote(body, at + 1)
    const name: unknown = JSON.parse(textOf(body, { from: at, to: quote + 1 }))
    const colon = skipSpace(body, quote + 1)
    if (body[colon] !== COLON) fail(colon, '":" is expected here')
    const value = skipSpace(body, colon + 1)
    const to = skipWhole(body, value)
    yield { name: String(name), from: value, to }
    at = skipSpace(body, to)
    if (body[at] === BRACE_CLOSE) return
    at = skipSpace(body, at + 1)
  }
}

/** The members of an object by name; of several with the same name the last. */
export const membersByName = (body: Uint8Array, from: number): ReadonlyMap<string, Span> =>
  new Map([...jsonMembers(body, from)].map(({ name, from: start, to }) => [name, { from: start, to }]))

/** The JSON text of a value. */
export const textOf = (body: Uint8Array, { from, to }: Span): string => decoder.decode(body.subarray(from, to))

const decoder = new TextDecoder()
