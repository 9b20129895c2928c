import { byteOrderMark, fail, JsonFailure, QUOTE, skipBrackets, skipSpace } from '../../blocks/json-text'
import { DocumentWriter } from '../document-writer'
import { BodyFailure } from '../format'
import { JsonCursor } from '../json-cursor'
import { NameTable } from '../name-table'
import { readUnixNanos } from '../unix-nanos'
import { TooDeep } from './any-value'
import { writeJsonPairs, writeJsonValue } from './json-any-value'
import { NAME } from './names'

/**
 * Writes the same out of the protocol's JSON (opentelemetry-proto, docs/specification.md, "JSON Protobuf Encoding"): 64-bit
 * numbers as digits in quotes or without, ids in hexadecimal, names in either spelling, members that are not known left out.
 * Throws a BodyFailure.
 */
export function otlpJsonDocuments(body: Uint8Array): DocumentWriter {
  const writers = { writer: new DocumentWriter(body.length), scratch: new DocumentWriter(0), hasUrls: hasUrls(body) }
  try {
    // A collector's file has a request on each line.
    for (let at = skipSpace(body, byteOrderMark(body)); at < body.length; ) {
      at = skipSpace(body, readRequest(body, at, writers))
    }
  } catch (error) {
    if (error instanceof JsonFailure) throw new BodyFailure(`At byte ${error.problem.at}: ${error.problem.detail}.`)
    if (error instanceof TooDeep) throw new BodyFailure('A resource or scope is nested too deep.')
    throw error
  }
  return writers.writer
}

interface Writers {
  readonly writer: DocumentWriter
  /** For what is written once and stands in many documents. */
  readonly scratch: DocumentWriter
  /** Whether there may be addresses of schemas, which stand behind the records that they are of. */
  readonly hasUrls: boolean
}

function hasUrls(body: Uint8Array): boolean {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  return text.includes('schemaUrl') || text.includes('schema_url')
}

const REQUEST = new NameTable({ resourceLogs: 1, resource_logs: 1 })

function readRequest(body: Uint8Array, at: number, writers: Writers): number {
  const cursor = new JsonCursor(body, at)
  if (!cursor.enterObject()) fail(at, 'an object is expected here')
  while (cursor.member(REQUEST)) {
    if (cursor.name === 0) cursor.skip()
    else if (cursor.enterArray()) while (cursor.element()) readGroup(cursor, writers, RESOURCE_LOGS, [])
  }
  return cursor.at
}

/** What ResourceLogs and ScopeLogs have in common: something that their members share, and members. */
interface Group {
  /** 1 is what they share, 2 their members, 3 the address of a schema. */
  readonly table: NameTable
  readonly name: Uint8Array
  readonly writeAbout: (cursor: JsonCursor, writer: DocumentWriter) => void
  readonly readMember: (cursor: JsonCursor, writers: Writers, shared: readonly Uint8Array[]) => void
}

function readGroup(cursor: JsonCursor, writers: Writers, group: Group, above: readonly Uint8Array[]): void {
  const start = cursor.at
  if (!cursor.enterObject()) return
  let about = -1
  while (cursor.member(group.table)) {
    if (cursor.name === 1) about = cursor.at
    if (cursor.name !== 2) {
      cursor.skip()
      continue
    }
    const places = about < 0 || writers.hasUrls ? placesIn(cursor.bytes, start, group.table) : { about, schemaUrl: -1 }
    const shared = sharedOf(cursor.bytes, places, writers.scratch, group)
    if (!cursor.enterArray()) continue
    while (cursor.element()) group.readMember(cursor, writers, shared.length === 0 ? above : [...above, shared])
  }
}

interface Places {
  readonly about: number
  readonly schemaUrl: number
}

/** Where what the members of a group share stands, when that may be behind them. */
function placesIn(body: Uint8Array, start: number, table: NameTable): Places {
  const cursor = new JsonCursor(body, start)
  const places = { about: -1, schemaUrl: -1 }
  cursor.enterObject()
  while (cursor.member(table)) {
    if (cursor.name === 1) places.about = cursor.at
    if (cursor.name === 3) places.schemaUrl = cursor.at
    cursor.skip()
  }
  return places
}

function sharedOf(body: Uint8Array, { about, schemaUrl }: Places, scratch: DocumentWriter, group: Group): Uint8Array {
  scratch.rewind(0)
  scratch.member(group.name)
  scratch.beginObject()
  const empty = scratch.length
  if (about >= 0) group.writeAbout(new JsonCursor(body, about), scratch)
  if (schemaUrl >= 0) writeText(new JsonCursor(body, schemaUrl), scratch, NAME.schemaUrl)
  if (scratch.length === empty) return NOTHING
  scratch.endObject()
  return scratch.copySince(0)
}

const NOTHING = new Uint8Array(0)

const RESOURCE = new NameTable({
  ...{ attributes: 1, droppedAttributesCount: 2, dropped_attributes_count: 2, entityRefs: 3, entity_refs: 3 },
})

function writeResource(cursor: JsonCursor, writer: DocumentWriter): void {
  if (!cursor.enterObject()) return
  while (cursor.member(RESOURCE)) {
    if (cursor.name === 1) writeAttributes(cursor, writer)
    else if (cursor.name === 2) writeCount(cursor, writer, NAME.droppedAttributesCount)
    else if (cursor.name === 3) writeEntityRefs(cursor, writer)
    else cursor.skip()
  }
}

const ENTITY = new NameTable({
  ...{ schemaUrl: 1, schema_url: 1, type: 2, idKeys: 3, id_keys: 3, descriptionKeys: 4, description_keys: 4 },
})

function writeEntityRefs(cursor: JsonCursor, writer: DocumentWriter): void {
  if (!cursor.enterArray()) return
  writer.member(NAME.entityRefs)
  writer.beginArray()
  while (cursor.element()) {
    if (!cursor.enterObject()) continue
    writer.beginObject()
    while (cursor.member(ENTITY)) {
      if (cursor.name === 1) writeText(cursor, writer, NAME.schemaUrl)
      else if (cursor.name === 2) writeText(cursor, writer, NAME.type)
      else if (cursor.name === 0) cursor.skip()
      else writeRaw(cursor, writer, cursor.name === 3 ? NAME.idKeys : NAME.descriptionKeys)
    }
    writer.endObject()
  }
  writer.endArray()
}

const SCOPE = new NameTable({
  ...{ name: 1, version: 2, attributes: 3, droppedAttributesCount: 4, dropped_attributes_count: 4 },
})

function writeScope(cursor: JsonCursor, writer: DocumentWriter): void {
  if (!cursor.enterObject()) return
  while (cursor.member(SCOPE)) {
    if (cursor.name === 1) writeText(cursor, writer, NAME.name)
    else if (cursor.name === 2) writeText(cursor, writer, NAME.version)
    else if (cursor.name === 3) writeAttributes(cursor, writer)
    else if (cursor.name === 4) writeCount(cursor, writer, NAME.droppedAttributesCount)
    else cursor.skip()
  }
}

const FIELD = {
  ...{ time: 1, severityNumber: 2, severityText: 3, body: 5, attributes: 6, dropped: 7, flags: 8 },
  ...{ traceId: 9, spanId: 10, observedTime: 11, eventName: 12 },
}

const RECORD = new NameTable({
  ...{ timeUnixNano: FIELD.time, time_unix_nano: FIELD.time },
  ...{ observedTimeUnixNano: FIELD.observedTime, observed_time_unix_nano: FIELD.observedTime },
  ...{ severityNumber: FIELD.severityNumber, severity_number: FIELD.severityNumber },
  ...{ severityText: FIELD.severityText, severity_text: FIELD.severityText },
  ...{ body: FIELD.body, attributes: FIELD.attributes, flags: FIELD.flags },
  ...{ droppedAttributesCount: FIELD.dropped, dropped_attributes_count: FIELD.dropped },
  ...{ traceId: FIELD.traceId, trace_id: FIELD.traceId, spanId: FIELD.spanId, span_id: FIELD.spanId },
  ...{ eventName: FIELD.eventName, event_name: FIELD.eventName },
})

/** A record that is nested too deep costs only itself. */
function readLogRecord(cursor: JsonCursor, { writer }: Writers, shared: readonly Uint8Array[]): void {
  const start = cursor.at
  try {
    if (!cursor.enterObject()) return
    writer.beginObject()
    while (cursor.member(RECORD)) writeField(cursor, writer)
    for (const member of shared) writer.raw(member, 0, member.length)
    writer.endObject()
    writer.endDocument()
  } catch (error) {
    const end = isTooDeep(error) ? skipBrackets(cursor.bytes, start) : undefined
    if (end === undefined) throw error
    writer.refuseDocument({ code: 'too_deep', detail: new TooDeep().message, at: start })
    cursor.at = end
  }
}

const isTooDeep = (error: unknown): boolean =>
  error instanceof TooDeep || (error instanceof JsonFailure && error.problem.code === 'too_deep')

function writeField(cursor: JsonCursor, writer: DocumentWriter): void {
  switch (cursor.name) {
    case FIELD.time:
      writeTime(cursor, writer, NAME.timestamp)
      break
    case FIELD.observedTime:
      writeTime(cursor, writer, NAME.observedTimestamp)
      break
    case FIELD.severityNumber:
      writeSeverity(cursor, writer)
      break
    case FIELD.severityText:
      writeText(cursor, writer, NAME.severityText)
      break
    case FIELD.body:
      writeBody(cursor, writer)
      break
    case FIELD.attributes:
      writeAttributes(cursor, writer)
      break
    case FIELD.dropped:
      writeCount(cursor, writer, NAME.droppedAttributesCount)
      break
    case FIELD.flags:
      writeCount(cursor, writer, NAME.flags)
      break
    case FIELD.traceId:
      writeId(cursor, writer, { name: NAME.traceId, characters: 32 })
      break
    case FIELD.spanId:
      writeId(cursor, writer, { name: NAME.spanId, characters: 16 })
      break
    case FIELD.eventName:
      writeText(cursor, writer, NAME.eventName)
      break
    default:
      cursor.skip()
  }
}

const RESOURCE_LOGS: Group = {
  table: new NameTable({ resource: 1, scopeLogs: 2, scope_logs: 2, schemaUrl: 3, schema_url: 3 }),
  name: NAME.resource,
  writeAbout: writeResource,
  readMember: (cursor, writers, shared) => readGroup(cursor, writers, SCOPE_LOGS, shared),
}

const SCOPE_LOGS: Group = {
  table: new NameTable({ scope: 1, logRecords: 2, log_records: 2, schemaUrl: 3, schema_url: 3 }),
  name: NAME.scope,
  writeAbout: writeScope,
  readMember: readLogRecord,
}

/** Null is what is not there. */
const isNull = ({ bytes, at }: JsonCursor): boolean => bytes[at] === 0x6e

function writeBody(cursor: JsonCursor, writer: DocumentWriter): void {
  if (isNull(cursor)) {
    cursor.skip()
    return
  }
  writer.member(NAME.body)
  writeJsonValue(cursor, writer, 1)
}

function writeAttributes(cursor: JsonCursor, writer: DocumentWriter): void {
  const before = writer.length
  writer.member(NAME.attributes)
  writer.beginObject()
  const empty = writer.length
  writeJsonPairs(cursor, writer, 2)
  if (writer.length === empty) writer.rewind(before)
  else writer.endObject()
}

function writeRaw(cursor: JsonCursor, writer: DocumentWriter, name: Uint8Array): void {
  const { at } = cursor
  cursor.skip()
  writer.member(name)
  writer.raw(cursor.bytes, at, cursor.at)
}

/** An empty text is one that is not there. */
function writeText(cursor: JsonCursor, writer: DocumentWriter, name: Uint8Array): void {
  if (isNull(cursor) || (cursor.bytes[cursor.at] === QUOTE && cursor.bytes[cursor.at + 1] === QUOTE)) cursor.skip()
  else writeRaw(cursor, writer, name)
}

/** Passes over a number; answers where it stands, without the quotes that it may have. */
function spanOf(cursor: JsonCursor): { from: number; to: number } {
  const { at, bytes } = cursor
  cursor.skip()
  return bytes[at] === QUOTE ? { from: at + 1, to: cursor.at - 1 } : { from: at, to: cursor.at }
}

/** No time is 0. What is no time is written as it is: then it is refused like any other. */
function writeTime(cursor: JsonCursor, writer: DocumentWriter, name: Uint8Array): void {
  if (isNull(cursor)) {
    cursor.skip()
    return
  }
  const { at } = cursor
  const { from, to } = spanOf(cursor)
  const time = readUnixNanos(cursor.bytes, from, to)
  if (time?.seconds === 0 && time.nanos === 0) return
  writer.member(name)
  if (time === undefined) writer.raw(cursor.bytes, at, cursor.at)
  else writer.instant(time.seconds, time.nanos)
}

function writeCount(cursor: JsonCursor, writer: DocumentWriter, name: Uint8Array): void {
  if (isNull(cursor)) {
    cursor.skip()
    return
  }
  const { at } = cursor
  const { from, to } = spanOf(cursor)
  const count = readUnixNanos(cursor.bytes, from, to)
  if (count?.seconds === 0 && count.nanos === 0) return
  writer.member(name)
  if (count === undefined) writer.raw(cursor.bytes, at, cursor.at)
  else writer.json(String(count.seconds * 1_000_000_000 + count.nanos))
}

/** Enumerations are numbers, and by careless senders names: SEVERITY_NUMBER_INFO2. */
function writeSeverity(cursor: JsonCursor, writer: DocumentWriter): void {
  const { at, bytes } = cursor
  if (bytes[at] !== QUOTE || bytes[at + 1] !== 0x53) {
    writeCount(cursor, writer, NAME.severityNumber)
    return
  }
  cursor.skip()
  const [, word, step = '1'] = SEVERITY.exec(Buffer.from(bytes.subarray(at + 1, cursor.at - 1)).toString()) ?? []
  const rank = SEVERITIES.indexOf(word ?? '')
  if (rank < 0) return
  writer.member(NAME.severityNumber)
  writer.json(String(rank * 4 + Number(step)))
}

const SEVERITY = /^SEVERITY_NUMBER_([A-Z]+)([2-4])?$/
const SEVERITIES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']

/** An id of another length, or of zeros only, is none. Some senders write it in Base64, as JSON of protobuf mostly is. */
function writeId(
  cursor: JsonCursor,
  writer: DocumentWriter,
  { name, characters }: { readonly name: Uint8Array; readonly characters: number },
): void {
  const { at, bytes } = cursor
  cursor.skip()
  if (bytes[at] !== QUOTE || cursor.at - at === 2) return
  if (cursor.at - at === characters + 2 && isPlainHex(bytes, at + 1, cursor.at - 1)) {
    writer.member(name)
    writer.raw(bytes, at, cursor.at)
    return
  }
  const text = Buffer.from(bytes.subarray(at + 1, cursor.at - 1)).toString()
  const hex = isHex(text, characters) ? text.toLowerCase() : hexOfBase64(text, characters)
  if (hex === undefined || /^0*$/.test(hex)) return
  writer.member(name)
  writer.string(hex)
}

/** Lower-case hexadecimal that is not all zeros: as nearly all senders have it. */
function isPlainHex(bytes: Uint8Array, from: number, to: number): boolean {
  let isZero = true
  for (let at = from; at < to; at++) {
    const byte = bytes[at]
    if (!((byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66))) return false
    if (byte !== 0x30) isZero = false
  }
  return !isZero
}

const isHex = (text: string, characters: number): boolean => text.length === characters && /^[0-9a-f]+$/i.test(text)

function hexOfBase64(text: string, characters: number): string | undefined {
  const decoded = Buffer.from(text, 'base64')
  const isWhole =
    decoded.length * 2 === characters && decoded.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '')
  return isWhole ? decoded.toString('hex') : undefined
}
