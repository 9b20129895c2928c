import { DEPTH_REFUSED } from '../../limits/limits'
import type { DocumentWriter } from '../document-writer'
import { fieldsOf, type ProtobufReader, tagOf, WIRE } from '../protobuf'

/** Values are nested deeper than a record may be. */
export class TooDeep extends Error {
  override readonly name = 'TooDeep'
  constructor() {
    super(`nested deeper than ${DEPTH_REFUSED} levels`)
  }
}

const VALUE = {
  string: tagOf(1, WIRE.bytes),
  bool: tagOf(2, WIRE.varint),
  int: tagOf(3, WIRE.varint),
  double: tagOf(4, WIRE.fixed64),
  array: tagOf(5, WIRE.bytes),
  list: tagOf(6, WIRE.bytes),
  bytes: tagOf(7, WIRE.bytes),
}
const VALUE_FIELDS = fieldsOf(1, 2, 3, 4, 5, 6, 7)
const VALUE_TAG_MAX = tagOf(7, 7)

/** Of an ArrayValue and of a KeyValueList. */
const MEMBER = tagOf(1, WIRE.bytes)

const PAIR = { key: tagOf(1, WIRE.bytes), value: tagOf(2, WIRE.bytes) }
const PAIR_FIELDS = fieldsOf(1, 2)

/**
 * Writes an AnyValue (opentelemetry-proto, common/v1) as JSON: bytes in Base64, numbers with all their digits, and what no JSON
 * number is as text, as the protocol's own JSON has it. The last of several values is the one. Throws TooDeep.
 */
export function writeValue(reader: ProtobufReader, end: number, writer: DocumentWriter, depth: number): void {
  const start = writer.length
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag > VALUE_TAG_MAX) {
      reader.skip(tag, end, VALUE_FIELDS)
      continue
    }
    writer.rewind(start)
    switch (tag) {
      case VALUE.string: {
        const textEnd = reader.lengthEnd(end)
        writer.text(reader.bytes, reader.at, textEnd)
        reader.at = textEnd
        break
      }
      case VALUE.bool:
        reader.varint64(end)
        writer.json(reader.low === 0 && reader.high === 0 ? 'false' : 'true')
        break
      case VALUE.int:
        writer.json(reader.int64Digits(end))
        break
      case VALUE.double:
        writer.json(doubleText(reader.double(end)))
        break
      case VALUE.array:
        writeList(reader, reader.lengthEnd(end), writer, depth + 1)
        break
      case VALUE.list:
        writePairs(reader, reader.lengthEnd(end), writer, depth + 1)
        break
      case VALUE.bytes: {
        const bytesEnd = reader.lengthEnd(end)
        writer.base64(reader.bytes, reader.at, bytesEnd)
        reader.at = bytesEnd
        break
      }
      default:
        reader.skip(tag, end, VALUE_FIELDS)
    }
  }
  if (writer.length === start) writer.json('null')
}

/** Writes a KeyValue as a member. */
export function writeKeyValue(reader: ProtobufReader, end: number, writer: DocumentWriter, depth: number): void {
  let key = 0
  let keyEnd = 0
  let value = 0
  let valueEnd = 0
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === PAIR.key) {
      keyEnd = reader.lengthEnd(end)
      key = reader.at
      reader.at = keyEnd
    } else if (tag === PAIR.value) {
      valueEnd = reader.lengthEnd(end)
      value = reader.at
      reader.at = valueEnd
    } else reader.skip(tag, end, PAIR_FIELDS)
  }
  writer.memberOf(reader.bytes, key, keyEnd)
  reader.at = value
  writeValue(reader, valueEnd, writer, depth)
  reader.at = end
}

function writeList(reader: ProtobufReader, end: number, writer: DocumentWriter, depth: number): void {
  if (depth > DEPTH_REFUSED) throw new TooDeep()
  writer.beginArray()
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === MEMBER) writeValue(reader, reader.lengthEnd(end), writer, depth)
    else reader.skip(tag, end, fieldsOf(1))
  }
  writer.endArray()
}

function writePairs(reader: ProtobufReader, end: number, writer: DocumentWriter, depth: number): void {
  if (depth > DEPTH_REFUSED) throw new TooDeep()
  writer.beginObject()
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === MEMBER) writeKeyValue(reader, reader.lengthEnd(end), writer, depth)
    else reader.skip(tag, end, fieldsOf(1))
  }
  writer.endObject()
}

/** A number as JSON, or as text where JSON has none for it. */
function doubleText(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`
  return Object.is(value, -0) ? '-0' : String(value)
}
