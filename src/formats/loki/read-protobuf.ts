import { DocumentWriter } from '../document-writer'
import { fieldsOf, ProtobufReader, tagOf, WIRE } from '../protobuf'
import { NAME } from './names'
import { StreamLabels } from './stream-labels'
import { namesLevel, writeClues } from './write-entry'

/**
 * Writes a PushRequest (Loki, pkg/push/push.proto; decompressed) as documents: an entry each, with the labels of its stream.
 * Throws a BodyFailure.
 */
export function lokiProtobufDocuments(body: Uint8Array): DocumentWriter {
  const writer = new DocumentWriter(body.length * GROWTH)
  const reader = new ProtobufReader(body)
  const labels = new StreamLabels()
  while (reader.at < body.length) {
    const tag = reader.tag(body.length)
    if (tag === STREAMS) readStream(reader, reader.lengthEnd(body.length), writer, labels)
    else reader.skip(tag, body.length, fieldsOf(1, 2))
  }
  return writer
}

/** Entries have the names of members as JSON, and each has its labels. */
const GROWTH = 2

const STREAMS = tagOf(1, WIRE.bytes)
const STREAM = { labels: tagOf(1, WIRE.bytes), entries: tagOf(2, WIRE.bytes), hash: tagOf(3, WIRE.varint) }
const STREAM_FIELDS = fieldsOf(1, 2)

function readStream(reader: ProtobufReader, end: number, writer: DocumentWriter, known: StreamLabels): void {
  const start = reader.at
  let text = ''
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === STREAM.labels) {
      const textEnd = reader.lengthEnd(end)
      text = decoder.decode(reader.bytes.subarray(reader.at, textEnd))
      reader.at = textEnd
    } else if (tag === STREAM.entries) reader.at = reader.lengthEnd(end)
    else reader.skip(tag, end, STREAM_FIELDS)
  }
  const labels = known.memberOf(text)
  const stream = { labels, hasLevel: namesLevel(labels) }
  reader.at = start
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag !== STREAM.entries) {
      reader.skip(tag, end, 0)
      continue
    }
    const at = reader.at
    const entryEnd = reader.lengthEnd(end)
    writeEntry(reader, entryEnd, writer, stream)
    if (labels === undefined) writer.refuseDocument({ code: 'invalid_record', detail: known.problemOf(text), at })
    else writer.endDocument()
    reader.at = entryEnd
  }
}

const ENTRY = {
  time: tagOf(1, WIRE.bytes),
  line: tagOf(2, WIRE.bytes),
  metadata: tagOf(3, WIRE.bytes),
  parsed: tagOf(4, WIRE.bytes),
}
const ENTRY_FIELDS = fieldsOf(1, 2, 3, 4)

interface StreamFacts {
  readonly labels: Uint8Array | undefined
  /** They say a level. */
  readonly hasLevel: boolean
}

function writeEntry(reader: ProtobufReader, end: number, writer: DocumentWriter, stream: StreamFacts): void {
  const { labels = NOTHING, hasLevel } = stream
  const start = reader.at
  let metadata = 0
  writer.beginObject()
  if (labels.length > 0) writer.raw(labels, 0, labels.length)
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === ENTRY.time) writeTime(reader, reader.lengthEnd(end), writer)
    else if (tag === ENTRY.line) writeLine(reader, reader.lengthEnd(end), writer, hasLevel)
    else if (tag === ENTRY.metadata || tag === ENTRY.parsed) {
      metadata |= tag === ENTRY.metadata ? 1 : 2
      reader.at = reader.lengthEnd(end)
    } else reader.skip(tag, end, ENTRY_FIELDS)
  }
  if ((metadata & 1) !== 0) writePairs(reader, { start, end }, writer, { tag: ENTRY.metadata, name: NAME.metadata })
  if ((metadata & 2) !== 0) writePairs(reader, { start, end }, writer, { tag: ENTRY.parsed, name: NAME.parsed })
  writer.endObject()
}

const NOTHING = new Uint8Array(0)

function writeLine(reader: ProtobufReader, end: number, writer: DocumentWriter, hasLevel: boolean): void {
  writer.member(NAME.line)
  writer.text(reader.bytes, reader.at, end)
  writeClues({ bytes: reader.bytes, from: reader.at, to: end, hasLevel }, writer)
  reader.at = end
}

const TIME = { seconds: tagOf(1, WIRE.varint), nanos: tagOf(2, WIRE.varint) }
const TIME_FIELDS = fieldsOf(1, 2)
const SECONDS_MAX = 253_402_300_800
const NANOS = 1_000_000_000

/** google.protobuf.Timestamp. What no calendar has is written as it is, and refused like any other time that is none. */
function writeTime(reader: ProtobufReader, end: number, writer: DocumentWriter): void {
  let seconds = 0
  let nanos = 0
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === TIME.seconds) {
      reader.varint64(end)
      seconds = (reader.high | 0) * 2 ** 32 + reader.low
    } else if (tag === TIME.nanos) nanos = reader.uint32(end)
    else reader.skip(tag, end, TIME_FIELDS)
  }
  if (seconds === 0 && nanos === 0) return
  writer.member(NAME.timestamp)
  if (seconds >= 0 && seconds < SECONDS_MAX && nanos < NANOS) writer.instant(seconds, nanos)
  else writer.json(`"${seconds} seconds and ${nanos} nanoseconds"`)
}

const PAIR = { name: tagOf(1, WIRE.bytes), value: tagOf(2, WIRE.bytes) }
const PAIR_FIELDS = fieldsOf(1, 2)

function writePairs(
  reader: ProtobufReader,
  { start, end }: { readonly start: number; readonly end: number },
  writer: DocumentWriter,
  { tag: wanted, name }: { readonly tag: number; readonly name: Uint8Array },
): void {
  writer.member(name)
  writer.beginObject()
  reader.at = start
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === wanted) writePair(reader, reader.lengthEnd(end), writer)
    else reader.skip(tag, end, 0)
  }
  writer.endObject()
}

function writePair(reader: ProtobufReader, end: number, writer: DocumentWriter): void {
  let name = 0
  let nameEnd = 0
  let value = 0
  let valueEnd = 0
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === PAIR.name) {
      nameEnd = reader.lengthEnd(end)
      name = reader.at
      reader.at = nameEnd
    } else if (tag === PAIR.value) {
      valueEnd = reader.lengthEnd(end)
      value = reader.at
      reader.at = valueEnd
    } else reader.skip(tag, end, PAIR_FIELDS)
  }
  writer.memberOf(reader.bytes, name, nameEnd)
  writer.text(reader.bytes, value, valueEnd)
}

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })
