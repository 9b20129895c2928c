import { DocumentWriter } from '../document-writer'
import { BodyFailure } from '../format'
import { fieldsOf, ProtobufReader, tagOf, WIRE } from '../protobuf'
import { unixNanosOf } from '../unix-nanos'
import { TooDeep, writeKeyValue, writeValue } from './any-value'
import { NAME } from './names'

/**
 * Writes an ExportLogsServiceRequest (opentelemetry-proto, collector/logs/v1 and logs/v1) as documents: a record each, with the
 * resource and the scope that it is of. Members come in the order of the wire. Throws a BodyFailure.
 */
export function otlpProtobufDocuments(body: Uint8Array): DocumentWriter {
  const writer = new DocumentWriter(body.length * GROWTH)
  const writers = { writer, scratch: new DocumentWriter(0) }
  const reader = new ProtobufReader(body)
  try {
    while (reader.at < body.length) {
      const tag = reader.tag(body.length)
      if (tag === RESOURCE_LOGS) readResourceLogs(reader, reader.lengthEnd(body.length), writers)
      else reader.skip(tag, body.length, fieldsOf(1))
    }
  } catch (error) {
    if (error instanceof TooDeep) throw new BodyFailure('A resource or scope is nested too deep.')
    throw error
  }
  return writer
}

/** Records are longer as JSON, and each has its resource. */
const GROWTH = 2

const RESOURCE_LOGS = tagOf(1, WIRE.bytes)

interface Writers {
  readonly writer: DocumentWriter
  /** For what is written once and stands in many documents. */
  readonly scratch: DocumentWriter
}

/** ResourceLogs and ScopeLogs both have what their members share in field 1, the members in field 2, and an address in field 3. */
const GROUP = { about: tagOf(1, WIRE.bytes), member: tagOf(2, WIRE.bytes), schemaUrl: tagOf(3, WIRE.bytes) }
const GROUP_FIELDS = fieldsOf(1, 2, 3)

function readResourceLogs(reader: ProtobufReader, end: number, writers: Writers): void {
  const start = reader.at
  const resource = sharedOf(reader, end, writers.scratch, { name: NAME.resource, write: writeResource })
  reader.at = start
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === GROUP.member) readScopeLogs(reader, reader.lengthEnd(end), writers, resource)
    else reader.skip(tag, end, 0)
  }
}

function readScopeLogs(reader: ProtobufReader, end: number, writers: Writers, resource: Uint8Array): void {
  const start = reader.at
  const scope = sharedOf(reader, end, writers.scratch, { name: NAME.scope, write: writeScope })
  reader.at = start
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === GROUP.member) readLogRecord(reader, reader.lengthEnd(end), writers.writer, { resource, scope })
    else reader.skip(tag, end, 0)
  }
}

interface Shared {
  readonly name: Uint8Array
  readonly write: (reader: ProtobufReader, end: number, writer: DocumentWriter) => void
}

/** What the records of a group share, as the member that each of them gets. It may stand behind them. */
function sharedOf(reader: ProtobufReader, end: number, scratch: DocumentWriter, { name, write }: Shared): Uint8Array {
  scratch.rewind(0)
  scratch.member(name)
  scratch.beginObject()
  const empty = scratch.length
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === GROUP.about) write(reader, reader.lengthEnd(end), scratch)
    else if (tag === GROUP.schemaUrl) writeText(reader, end, scratch, NAME.schemaUrl)
    else if (tag === GROUP.member) reader.at = reader.lengthEnd(end)
    else reader.skip(tag, end, GROUP_FIELDS)
  }
  if (scratch.length === empty) return NOTHING
  scratch.endObject()
  return scratch.copySince(0)
}

const NOTHING = new Uint8Array(0)

const RESOURCE = { attributes: tagOf(1, WIRE.bytes), dropped: tagOf(2, WIRE.varint), entityRefs: tagOf(3, WIRE.bytes) }
const RESOURCE_FIELDS = fieldsOf(1, 2, 3)

function writeResource(reader: ProtobufReader, end: number, writer: DocumentWriter): void {
  const start = reader.at
  writeAttributes(reader, end, writer, RESOURCE.attributes)
  reader.at = start
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === RESOURCE.dropped) writeCount(reader, end, writer, NAME.droppedAttributesCount)
    else if (tag === RESOURCE.attributes || tag === RESOURCE.entityRefs) reader.at = reader.lengthEnd(end)
    else reader.skip(tag, end, RESOURCE_FIELDS)
  }
  reader.at = start
  writeEntityRefs(reader, end, writer)
}

function writeEntityRefs(reader: ProtobufReader, end: number, writer: DocumentWriter): void {
  const before = writer.length
  writer.member(NAME.entityRefs)
  writer.beginArray()
  const empty = writer.length
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === RESOURCE.entityRefs) writeEntityRef(reader, reader.lengthEnd(end), writer)
    else reader.skip(tag, end, 0)
  }
  if (writer.length === empty) writer.rewind(before)
  else writer.endArray()
}

const ENTITY = {
  schemaUrl: tagOf(1, WIRE.bytes),
  type: tagOf(2, WIRE.bytes),
  idKeys: tagOf(3, WIRE.bytes),
  descriptionKeys: tagOf(4, WIRE.bytes),
}
const ENTITY_FIELDS = fieldsOf(1, 2, 3, 4)

function writeEntityRef(reader: ProtobufReader, end: number, writer: DocumentWriter): void {
  const start = reader.at
  writer.beginObject()
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === ENTITY.schemaUrl) writeText(reader, end, writer, NAME.schemaUrl)
    else if (tag === ENTITY.type) writeText(reader, end, writer, NAME.type)
    else if (tag === ENTITY.idKeys || tag === ENTITY.descriptionKeys) reader.at = reader.lengthEnd(end)
    else reader.skip(tag, end, ENTITY_FIELDS)
  }
  writeTexts(reader, { start, end }, writer, { tag: ENTITY.idKeys, name: NAME.idKeys })
  writeTexts(reader, { start, end }, writer, { tag: ENTITY.descriptionKeys, name: NAME.descriptionKeys })
  writer.endObject()
}

const SCOPE = {
  name: tagOf(1, WIRE.bytes),
  version: tagOf(2, WIRE.bytes),
  attributes: tagOf(3, WIRE.bytes),
  dropped: tagOf(4, WIRE.varint),
}
const SCOPE_FIELDS = fieldsOf(1, 2, 3, 4)

function writeScope(reader: ProtobufReader, end: number, writer: DocumentWriter): void {
  const start = reader.at
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === SCOPE.name) writeText(reader, end, writer, NAME.name)
    else if (tag === SCOPE.version) writeText(reader, end, writer, NAME.version)
    else if (tag === SCOPE.dropped) writeCount(reader, end, writer, NAME.droppedAttributesCount)
    else if (tag === SCOPE.attributes) reader.at = reader.lengthEnd(end)
    else reader.skip(tag, end, SCOPE_FIELDS)
  }
  reader.at = start
  writeAttributes(reader, end, writer, SCOPE.attributes)
}

const RECORD = {
  time: tagOf(1, WIRE.fixed64),
  severityNumber: tagOf(2, WIRE.varint),
  severityText: tagOf(3, WIRE.bytes),
  body: tagOf(5, WIRE.bytes),
  attributes: tagOf(6, WIRE.bytes),
  dropped: tagOf(7, WIRE.varint),
  flags: tagOf(8, WIRE.fixed32),
  traceId: tagOf(9, WIRE.bytes),
  spanId: tagOf(10, WIRE.bytes),
  observedTime: tagOf(11, WIRE.fixed64),
  eventName: tagOf(12, WIRE.bytes),
}
const RECORD_FIELDS = fieldsOf(1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12)

const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8

interface SharedMembers {
  readonly resource: Uint8Array
  readonly scope: Uint8Array
}

/** A record that is nested too deep costs only itself. */
function readLogRecord(reader: ProtobufReader, end: number, writer: DocumentWriter, shared: SharedMembers): void {
  const start = reader.at
  try {
    writer.beginObject()
    writeLogRecord(reader, end, writer)
    if (shared.resource.length > 0) writer.raw(shared.resource, 0, shared.resource.length)
    if (shared.scope.length > 0) writer.raw(shared.scope, 0, shared.scope.length)
    writer.endObject()
    writer.endDocument()
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error
    writer.refuseDocument({ code: 'too_deep', detail: error.message, at: start })
    reader.at = end
  }
}

function writeLogRecord(reader: ProtobufReader, end: number, writer: DocumentWriter): void {
  let hasAttributes = false
  while (reader.at < end) {
    const tag = reader.tag(end)
    switch (tag) {
      case RECORD.time:
        writeTime(reader, end, writer, NAME.timestamp)
        break
      case RECORD.observedTime:
        writeTime(reader, end, writer, NAME.observedTimestamp)
        break
      case RECORD.severityNumber:
        writeCount(reader, end, writer, NAME.severityNumber)
        break
      case RECORD.severityText:
        writeText(reader, end, writer, NAME.severityText)
        break
      case RECORD.body:
        writer.member(NAME.body)
        writeValue(reader, reader.lengthEnd(end), writer, 1)
        break
      case RECORD.attributes:
        if (hasAttributes) reader.at = reader.lengthEnd(end)
        else hasAttributes = writeAttributesFrom(reader, end, writer)
        break
      case RECORD.dropped:
        writeCount(reader, end, writer, NAME.droppedAttributesCount)
        break
      case RECORD.flags:
        writeFlags(reader, end, writer)
        break
      case RECORD.traceId:
        writeId(reader, end, writer, { name: NAME.traceId, bytes: TRACE_ID_BYTES })
        break
      case RECORD.spanId:
        writeId(reader, end, writer, { name: NAME.spanId, bytes: SPAN_ID_BYTES })
        break
      case RECORD.eventName:
        writeText(reader, end, writer, NAME.eventName)
        break
      default:
        reader.skip(tag, end, RECORD_FIELDS)
    }
  }
}

/** All attributes of a record, from the first, whose tag was just read. Between them there may stand other fields. */
function writeAttributesFrom(reader: ProtobufReader, end: number, writer: DocumentWriter): true {
  writer.member(NAME.attributes)
  writer.beginObject()
  writeKeyValue(reader, reader.lengthEnd(end), writer, 2)
  let resume = -1
  while (reader.at < end) {
    const before = reader.at
    const tag = reader.tag(end)
    if (tag === RECORD.attributes) writeKeyValue(reader, reader.lengthEnd(end), writer, 2)
    else {
      if (resume < 0) resume = before
      reader.skip(tag, end, 0)
    }
  }
  writer.endObject()
  if (resume >= 0) reader.at = resume
  return true
}

/** All attributes of a message, wherever they stand in it; nothing where there is none. */
function writeAttributes(reader: ProtobufReader, end: number, writer: DocumentWriter, attribute: number): void {
  const before = writer.length
  writer.member(NAME.attributes)
  writer.beginObject()
  const empty = writer.length
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === attribute) writeKeyValue(reader, reader.lengthEnd(end), writer, 3)
    else reader.skip(tag, end, 0)
  }
  if (writer.length === empty) writer.rewind(before)
  else writer.endObject()
}

/** No time is 0. */
function writeTime(reader: ProtobufReader, end: number, writer: DocumentWriter, name: Uint8Array): void {
  reader.fixed64(end)
  if (reader.low === 0 && reader.high === 0) return
  const { seconds, nanos } = unixNanosOf(reader.high, reader.low)
  writer.member(name)
  writer.instant(seconds, nanos)
}

function writeCount(reader: ProtobufReader, end: number, writer: DocumentWriter, name: Uint8Array): void {
  const count = reader.uint32(end)
  if (count === 0) return
  writer.member(name)
  writer.json(String(count))
}

function writeFlags(reader: ProtobufReader, end: number, writer: DocumentWriter): void {
  const flags = reader.fixed32(end)
  if (flags === 0) return
  writer.member(NAME.flags)
  writer.json(String(flags))
}

function writeText(reader: ProtobufReader, end: number, writer: DocumentWriter, name: Uint8Array): void {
  const textEnd = reader.lengthEnd(end)
  if (textEnd > reader.at) {
    writer.member(name)
    writer.text(reader.bytes, reader.at, textEnd)
  }
  reader.at = textEnd
}

/** An id of another length, or of zeros only, is none (opentelemetry-proto, logs/v1). */
function writeId(
  reader: ProtobufReader,
  end: number,
  writer: DocumentWriter,
  { name, bytes }: { readonly name: Uint8Array; readonly bytes: number },
): void {
  const idEnd = reader.lengthEnd(end)
  if (idEnd - reader.at === bytes && !isZero(reader.bytes, reader.at, idEnd)) {
    writer.member(name)
    writer.hex(reader.bytes, reader.at, idEnd)
  }
  reader.at = idEnd
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false
  return true
}

/** A repeated field of texts as an array; nothing where there is none. */
function writeTexts(
  reader: ProtobufReader,
  { start, end }: { readonly start: number; readonly end: number },
  writer: DocumentWriter,
  { tag: wanted, name }: { readonly tag: number; readonly name: Uint8Array },
): void {
  const before = writer.length
  writer.member(name)
  writer.beginArray()
  const empty = writer.length
  reader.at = start
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag !== wanted) {
      reader.skip(tag, end, 0)
      continue
    }
    const textEnd = reader.lengthEnd(end)
    writer.text(reader.bytes, reader.at, textEnd)
    reader.at = textEnd
  }
  if (writer.length === empty) writer.rewind(before)
  else writer.endArray()
}
