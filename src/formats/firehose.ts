import { gunzipSync } from 'node:zlib'
import { BRACE_OPEN, BRACKET_OPEN, byteOrderMark, QUOTE, skipSpace } from '../blocks/json-text'
import { BATCH_RECORDS_MAX, BODY_BYTES_MAX, FIREHOSE_ATTRIBUTES_CHARACTERS_MAX } from '../limits/limits'
import type { ReadClaim } from '../records/names'
import { writeMembers } from './axiom'
import { decodeAnyText } from './decode-text'
import { DocumentWriter, memberName } from './document-writer'
import { claimEmbedded, EMBEDDED, embeddedJson } from './embedded-json'
import { BodyFailure, BodyTooLarge, type Format, type FormatRequest } from './format'
import { type Member, textMember, toObjectJson } from './json-members'
import { jsonElements, jsonRecords, membersByName, type Span, textOf } from './json-walk'
import { readLines } from './lines'
import { openTranscript } from './transcript'
import { isFull, writeRecord } from './write-record'

const COMMON = memberName('common_attributes')
const LOG_GROUP_STRENGTH = 80

const claimFirehose: ReadClaim = (path) =>
  path === 'log_group' ? { role: 'service', strength: LOG_GROUP_STRENGTH } : claimEmbedded(path)

/**
 * Amazon Data Firehose's deliveries over HTTP: records in Base64, each a text, JSON, or a CloudWatch Logs subscription's message,
 * with gzip or without (docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html). The messages by which CloudWatch
 * tests a subscription hold no logs.
 */
export const FIREHOSE: Format = {
  source: 'firehose',
  claims: claimFirehose,
  open: (body, about) => {
    const common = commonAttributes(about)
    const writer = new DocumentWriter(body.length)
    let room = BODY_BYTES_MAX
    let records = 0
    for (const record of deliveredRecords(body)) {
      if (isFull(writer)) break
      // Some hold no log, and each is opened.
      if (++records > BATCH_RECORDS_MAX) throw tooMany()
      const content = inflated(recordBytes(body, record), room)
      room -= content.length
      writeContent(writer, content, common, record.from)
    }
    return openTranscript(writer)
  },
}

/** The object in a header that Firehose sends with all records of a stream, as JSON text. */
function commonAttributes({ header }: FormatRequest): string | undefined {
  const text = header('x-amz-firehose-common-attributes')
  if (text === undefined || text.length > FIREHOSE_ATTRIBUTES_CHARACTERS_MAX) return undefined
  const json = embeddedJson(text)
  if (json === undefined) return undefined
  const bytes = Buffer.from(json)
  const attributes = membersByName(bytes, skipSpace(bytes, 0)).get('commonAttributes')
  return attributes && bytes[attributes.from] === BRACE_OPEN ? textOf(bytes, attributes) : undefined
}

/** The elements of the request's `records`. */
function* deliveredRecords(body: Uint8Array): Generator<Span> {
  const [request] = jsonRecords(body)
  if (request === undefined || request.problem !== undefined)
    throw new BodyFailure('The body is no request of Firehose.')
  const records = membersByName(body, request.from).get('records')
  if (records === undefined || body[records.from] !== BRACKET_OPEN)
    throw new BodyFailure('The body has no "records", which is a list.')
  yield* jsonElements(body, records.from)
}

function recordBytes(body: Uint8Array, record: Span): Uint8Array {
  const data = body[record.from] === BRACE_OPEN ? membersByName(body, record.from).get('data') : undefined
  if (data === undefined || body[data.from] !== QUOTE) throw new BodyFailure('A record has no "data" in Base64.')
  return Buffer.from(textOf(body, { from: data.from + 1, to: data.to - 1 }), 'base64')
}

/** All records of a request together may become no more than a body may be. */
function inflated(bytes: Uint8Array, room: number): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) {
    if (bytes.length > room) throw tooLarge()
    return bytes
  }
  if (room < 1) throw tooLarge()
  try {
    return gunzipSync(bytes, { maxOutputLength: room })
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge()
    throw new BodyFailure('A record is not whole gzip data.')
  }
}

const tooLarge = (): BodyTooLarge =>
  new BodyTooLarge(
    { name: 'BODY_BYTES_MAX', value: BODY_BYTES_MAX },
    `The records have more than ${BODY_BYTES_MAX} bytes. Set a smaller buffer size for the stream.`,
  )

const tooMany = (): BodyTooLarge =>
  new BodyTooLarge(
    { name: 'BATCH_RECORDS_MAX', value: BATCH_RECORDS_MAX },
    `The request has more than ${BATCH_RECORDS_MAX} records. Set a smaller buffer size for the stream.`,
  )

function writeContent(writer: DocumentWriter, content: Uint8Array, common: string | undefined, at: number): void {
  const start = skipSpace(content, byteOrderMark(content))
  if (content[start] !== BRACE_OPEN && content[start] !== BRACKET_OPEN) {
    writeLines(writer, content, common, at)
    return
  }
  const before = writer.ends.length
  for (const { problem, ...span } of jsonRecords(content)) {
    if (isFull(writer)) return
    // A text that only begins like JSON is a text.
    if (problem !== undefined && writer.ends.length === before) {
      writeLines(writer, content, common, at)
      return
    }
    if (problem !== undefined) writer.refuseDocument({ ...problem, at })
    else writeDocument(writer, content, span, common, at)
  }
}

function writeLines(writer: DocumentWriter, content: Uint8Array, common: string | undefined, at: number): void {
  for (const { from, to } of readLines(content)) {
    if (isFull(writer)) return
    const message = decodeAnyText(content.subarray(from, to))
    writeRecord(writer, toObjectJson([textMember('message', message), ...commonMember(common)]), at)
  }
}

function writeDocument(
  writer: DocumentWriter,
  content: Uint8Array,
  span: Span,
  common: string | undefined,
  at: number,
): void {
  const members = membersByName(content, span.from)
  const type = members.get('messageType')
  const events = members.get('logEvents')
  if (type !== undefined && events !== undefined && content[events.from] === BRACKET_OPEN) {
    if (textOf(content, type) === '"CONTROL_MESSAGE"') return
    const shared = [...groupMembers(content, members), ...commonMember(common)]
    if (shared.reduce((sum, [, json]) => sum + json.length, 0) > SHARED_CHARACTERS_MAX) {
      writer.refuseDocument({ code: 'record_too_large', detail: SHARED_TOO_LARGE, at })
      return
    }
    for (const event of jsonElements(content, events.from)) {
      if (isFull(writer)) return
      writeRecord(writer, toObjectJson([...eventMembers(content, event), ...shared]), at)
    }
    return
  }
  writer.beginObject()
  writeMembers(writer, content, span)
  if (common !== undefined) {
    writer.member(COMMON)
    writer.json(common)
  }
  writer.endObject()
  writer.endDocument()
}

/** What stands in each record of a message is put together for each, those too that turn out to be too large. */
const SHARED_CHARACTERS_MAX = 2 * FIREHOSE_ATTRIBUTES_CHARACTERS_MAX
const SHARED_TOO_LARGE = `owner, logGroup, logStream and the common attributes have more than ${SHARED_CHARACTERS_MAX} characters`

const commonMember = (common: string | undefined): readonly Member[] =>
  common === undefined ? [] : [['common_attributes', common]]

/** An event's id, time and message; fields that a filter has extracted come along. */
function eventMembers(content: Uint8Array, event: Span): Member[] {
  if (content[event.from] !== BRACE_OPEN) return [['message', textOf(content, event)]]
  return [...membersByName(content, event.from)].map(([name, span]): Member => {
    const json = textOf(content, span)
    const inner = name === 'message' && json.startsWith('"') ? embeddedJson(unquoted(json)) : undefined
    return inner === undefined ? [name, json] : [EMBEDDED, inner]
  })
}

function unquoted(json: string): string {
  const text: unknown = JSON.parse(json)
  return String(text)
}

const GROUP_NAMES: readonly (readonly [sent: string, kept: string])[] = [
  ['owner', 'owner'],
  ['logGroup', 'log_group'],
  ['logStream', 'log_stream'],
]

const groupMembers = (content: Uint8Array, members: ReadonlyMap<string, Span>): Member[] =>
  GROUP_NAMES.flatMap(([sent, kept]): Member[] => {
    const span = members.get(sent)
    return span === undefined ? [] : [[kept, textOf(content, span)]]
  })
