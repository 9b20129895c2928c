import { BRACE_CLOSE, BRACE_OPEN, byteOrderMark, fail, JsonFailure, QUOTE, skipSpace } from '../../blocks/json-text'
import { DocumentWriter } from '../document-writer'
import { BodyFailure } from '../format'
import { JsonCursor } from '../json-cursor'
import { NameTable } from '../name-table'
import { readUnixNanos } from '../unix-nanos'
import { NAME } from './names'
import { StreamLabels } from './stream-labels'
import { namesLevel, writeClues } from './write-entry'

/**
 * Writes the same out of JSON, in the form of v1 (`stream` and `values`) and in that of the legacy path (`labels` and `entries`).
 * Throws a BodyFailure.
 */
export function lokiJsonDocuments(body: Uint8Array): DocumentWriter {
  const writers = { writer: new DocumentWriter(body.length * GROWTH), scratch: new DocumentWriter(0) }
  const cursor = new JsonCursor(body, byteOrderMark(body))
  try {
    if (!cursor.enterObject()) fail(cursor.at, 'an object is expected here')
    while (cursor.member(PUSH)) {
      if (cursor.name === 0) cursor.skip()
      else if (cursor.enterArray()) while (cursor.element()) readStream(cursor, writers)
    }
    const rest = skipSpace(body, cursor.at)
    if (rest < body.length) fail(rest, 'the text goes on after its end')
  } catch (error) {
    if (error instanceof JsonFailure) throw new BodyFailure(`At byte ${error.problem.at}: ${error.problem.detail}.`)
    throw error
  }
  return writers.writer
}

const GROWTH = 2

interface Writers {
  readonly writer: DocumentWriter
  /** For what is written once and stands in many documents, and for lines that are looked into. */
  readonly scratch: DocumentWriter
}

/** The same with what the stream at hand says of its entries. */
interface StreamWriters extends Writers {
  readonly labels: Uint8Array | undefined
  /** They say a level. */
  readonly hasLevel: boolean
}

const PUSH = new NameTable({ streams: 1 })
const STREAM = new NameTable({ stream: 1, labels: 2, values: 3, entries: 4 })

function readStream(cursor: JsonCursor, writers: Writers): void {
  const start = cursor.at
  if (!cursor.enterObject()) return
  let labels: Uint8Array | undefined
  let problem: string | undefined
  let isKnown = false
  while (cursor.member(STREAM)) {
    const isValues = cursor.name === 3
    if (!isValues && cursor.name !== 4) {
      cursor.skip()
      continue
    }
    if (!isKnown) ({ labels, problem } = labelsOf(cursor.bytes, start, writers.scratch))
    isKnown = true
    if (!cursor.enterArray()) continue
    const stream = { ...writers, labels, hasLevel: namesLevel(labels) }
    while (cursor.element()) {
      const { at } = cursor
      const refusal = isValues ? writeValues(cursor, stream) : writeEntry(cursor, stream)
      const detail = problem ?? refusal
      if (detail === undefined) writers.writer.endDocument()
      else writers.writer.refuseDocument({ code: 'invalid_record', detail, at })
    }
  }
}

/** The labels of a stream, which may stand behind its entries. */
function labelsOf(
  body: Uint8Array,
  start: number,
  scratch: DocumentWriter,
): { labels: Uint8Array | undefined; problem: string | undefined } {
  const cursor = new JsonCursor(body, start)
  cursor.enterObject()
  while (cursor.member(STREAM)) {
    if (cursor.name === 1) return { labels: labelMember(cursor, scratch), problem: undefined }
    if (cursor.name === 2) {
      const { at } = cursor
      cursor.skip()
      const text: unknown = JSON.parse(decoder.decode(body.subarray(at, cursor.at)))
      const known = new StreamLabels()
      const labels = typeof text === 'string' ? known.memberOf(text) : undefined
      return { labels, problem: labels === undefined ? known.problemOf(String(text)) : undefined }
    }
    cursor.skip()
  }
  return { labels: undefined, problem: undefined }
}

/** The table knows no name: all of them are labels. */
const NO_NAMES = new NameTable({})

/** Values are texts in Loki; clients that write numbers or booleans mean their text. */
function labelMember(cursor: JsonCursor, scratch: DocumentWriter): Uint8Array | undefined {
  scratch.rewind(0)
  scratch.member(NAME.labels)
  scratch.beginObject()
  const empty = scratch.length
  if (cursor.enterObject()) {
    while (cursor.member(NO_NAMES)) {
      scratch.memberRaw(cursor.bytes, cursor.nameFrom, cursor.nameTo)
      const { at, bytes } = cursor
      cursor.skip()
      if (bytes[at] === QUOTE) scratch.raw(bytes, at, cursor.at)
      else scratch.text(bytes, at, cursor.at)
    }
  }
  if (scratch.length === empty) return undefined
  scratch.endObject()
  return scratch.copySince(0)
}

/** `[time, line, metadata]`. Answers what is wrong with it. */
function writeValues(cursor: JsonCursor, writers: StreamWriters): string | undefined {
  const { writer, labels } = writers
  begin(writer, labels)
  let place = 0
  let problem: string | undefined
  if (!cursor.enterArray()) problem = 'an entry is an array of a time and a line'
  else
    for (; cursor.element(); place++) {
      if (place === 0) problem = writeNanos(cursor, writer)
      else if (place === 1) problem = writeLine(cursor, writers) ?? problem
      else if (place === 2) writeMetadata(cursor, writer)
      else cursor.skip()
    }
  writer.endObject()
  return place < 2 ? (problem ?? 'an entry has a time and a line') : problem
}

const ENTRY = new NameTable({ ts: 1, timestamp: 1, line: 2 })

/** `{ts, line}` of the legacy path, whose time is RFC 3339. */
function writeEntry(cursor: JsonCursor, writers: StreamWriters): string | undefined {
  const { writer, labels } = writers
  begin(writer, labels)
  let problem: string | undefined
  if (!cursor.enterObject()) problem = 'an entry is an object with ts and line'
  else
    while (cursor.member(ENTRY)) {
      if (cursor.name === 1) writeMember(cursor, writer, NAME.timestamp)
      else if (cursor.name === 2) problem = writeLine(cursor, writers) ?? problem
      else cursor.skip()
    }
  writer.endObject()
  return problem
}

function begin(writer: DocumentWriter, labels: Uint8Array | undefined): void {
  writer.beginObject()
  if (labels !== undefined) writer.raw(labels, 0, labels.length)
}

/** A count of nanoseconds in quotes: a number would lose digits on the way. */
function writeNanos(cursor: JsonCursor, writer: DocumentWriter): string | undefined {
  const { at, bytes } = cursor
  cursor.skip()
  const time = bytes[at] === QUOTE ? readUnixNanos(bytes, at + 1, cursor.at - 1) : undefined
  if (time === undefined) return 'the time of an entry is a string of nanoseconds since 1970'
  // As in protobuf, where a time of 0 is one that is not there.
  if (time.seconds === 0 && time.nanos === 0) return undefined
  writer.member(NAME.timestamp)
  writer.instant(time.seconds, time.nanos)
  return undefined
}

function writeLine(cursor: JsonCursor, { writer, scratch, hasLevel }: StreamWriters): string | undefined {
  const { at, bytes } = cursor
  cursor.skip()
  if (bytes[at] !== QUOTE) return 'the line of an entry is a string'
  writer.member(NAME.line)
  writer.raw(bytes, at, cursor.at)
  const first = bytes[skipSpace(bytes, at + 1)]
  if (first !== BRACE_OPEN) {
    writeClues({ bytes, from: at + 1, to: cursor.at - 1, hasLevel }, writer)
    return undefined
  }
  scratch.rewind(0)
  if (unescapeInto(scratch, bytes, at + 1, cursor.at - 1))
    writeClues({ bytes: scratch.bytes, from: 0, to: scratch.length, hasLevel }, writer)
  return undefined
}

/** What a string means, without its quotes. False for what is no text. */
function unescapeInto(scratch: DocumentWriter, bytes: Uint8Array, from: number, to: number): boolean {
  const text: unknown = JSON.parse(decoder.decode(bytes.subarray(from - 1, to + 1)))
  if (typeof text !== 'string' || !text.isWellFormed()) return false
  scratch.json(text)
  return true
}

function writeMetadata(cursor: JsonCursor, writer: DocumentWriter): void {
  const { at, bytes } = cursor
  const isEmpty = bytes[skipSpace(bytes, at + 1)] === BRACE_CLOSE
  if (bytes[at] !== BRACE_OPEN || isEmpty || !isTwofold(bytes, at)) {
    if (bytes[at] !== BRACE_OPEN || isEmpty) cursor.skip()
    else writeMember(cursor, writer, NAME.metadata)
    return
  }
  cursor.enterObject()
  while (cursor.member(METADATA)) {
    if (cursor.name === 0 || bytes[cursor.at] !== BRACE_OPEN) cursor.skip()
    else writeMember(cursor, writer, cursor.name === 1 ? NAME.metadata : NAME.parsed)
  }
}

const METADATA = new NameTable({ structuredMetadata: 1, parsed: 2 })

/** Whether it is the form that keeps apart what was sent and what was parsed out of the line. */
function isTwofold(bytes: Uint8Array, at: number): boolean {
  const cursor = new JsonCursor(bytes, at)
  cursor.enterObject()
  return cursor.member(METADATA) && cursor.name !== 0 && bytes[cursor.at] === BRACE_OPEN
}

function writeMember(cursor: JsonCursor, writer: DocumentWriter, name: Uint8Array): void {
  const { at } = cursor
  cursor.skip()
  writer.member(name)
  writer.raw(cursor.bytes, at, cursor.at)
}

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })
