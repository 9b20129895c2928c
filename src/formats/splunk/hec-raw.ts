import { BRACE_OPEN, byteOrderMark, JsonFailure, NEWLINE, skipSpace, skipValue } from '../../blocks/json-text'
import { BATCH_RECORDS_MAX, DEPTH_REFUSED, HEC_RAW_CLUE_MS } from '../../limits/limits'
import { LEVELS } from '../../records/levels'
import { CLUE_CHARACTERS, readLineClues } from '../../records/line-clues'
import { DocumentWriter, memberName } from '../document-writer'
import type { OpenedBody } from '../format'
import { openTranscript } from '../transcript'
import { HEC_METADATA, type HecMetadata } from './hec-metadata'

/**
 * Reads what Splunk's HTTP Event Collector takes at `/services/collector/raw`: lines, each of which becomes the `event` of a document
 * with what the address says of all. A line that is a JSON object is one there too. As Splunk does when it indexes, the time and the
 * level at the beginning of a line are taken from it.
 */
export function openHecRaw(body: Uint8Array, metadata: HecMetadata, receivedMs: number): OpenedBody {
  const writer = new DocumentWriter(body.length * 2)
  const about = HEC_METADATA.flatMap((name) => {
    const value = metadata[name]
    return value === undefined ? [] : [{ name: memberName(name), value: JSON.stringify(value) }]
  })
  let at = byteOrderMark(body)
  while (at < body.length && writer.ends.length <= BATCH_RECORDS_MAX) {
    const newline = body.indexOf(NEWLINE, at)
    const next = newline < 0 ? body.length : newline
    const end = withoutSpace(body, at, next)
    if (end > at) {
      writer.beginObject()
      for (const { name, value } of about) {
        writer.member(name)
        writer.json(value)
      }
      writeLine(writer, body, at, end, { receivedMs, hasTime: metadata.time !== undefined })
      writer.endObject()
      writer.endDocument()
    }
    at = next + 1
  }
  return openTranscript(writer)
}

const EVENT = memberName('event')
const TIME = memberName('time')
const SEVERITY = memberName('severity')
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

function writeLine(
  writer: DocumentWriter,
  body: Uint8Array,
  from: number,
  to: number,
  { receivedMs, hasTime }: { readonly receivedMs: number; readonly hasTime: boolean },
): void {
  const start = skipSpace(body, from)
  if (isObject(body, start, to)) {
    writer.member(EVENT)
    writer.raw(body, start, to)
    return
  }
  const clues = readLineClues(decoder.decode(body.subarray(from, Math.min(to, from + CLUE_CHARACTERS))))
  const { instant, levelRank } = clues
  // A line is not refused for what it only seems to say.
  if (!hasTime && instant !== undefined && Math.abs(instant.ms - receivedMs) <= HEC_RAW_CLUE_MS) {
    const seconds = Math.floor(instant.ms / 1000)
    writer.member(TIME)
    writer.instant(seconds, (instant.ms - seconds * 1000) * 1_000_000 + instant.nanos)
  }
  if (levelRank !== undefined) {
    writer.member(SEVERITY)
    writer.string(LEVELS[levelRank])
  }
  writer.member(EVENT)
  writer.text(body, from, to)
}

function isObject(body: Uint8Array, start: number, to: number): boolean {
  if (body[start] !== BRACE_OPEN) return false
  try {
    return skipValue(body, start, { at: 1, max: DEPTH_REFUSED }) === to
  } catch (error) {
    if (error instanceof JsonFailure) return false
    throw error
  }
}

/** The end of a line without the white space there; its beginning where there is nothing else. */
function withoutSpace(body: Uint8Array, from: number, to: number): number {
  let end = to
  while (end > from && (body[end - 1] === 0x20 || body[end - 1] === 0x09 || body[end - 1] === 0x0d)) end--
  return end
}
