import type { ReadClaim } from '../../records/names'
import { decodeAnyText } from '../decode-text'
import { DocumentWriter } from '../document-writer'
import { claimEmbedded } from '../embedded-json'
import { BodyFailure, type Format, type FormatRequest, type OpenedBody } from '../format'
import type { Member } from '../json-members'
import { openTranscript } from '../transcript'
import { isFull, refuseTooLong, writeRecord } from '../write-record'
import { type Frame, syslogFrames } from './frames'
import { parseOffset } from './guess-time'
import { type SyslogReading, syslogJson } from './parse-syslog'

/** About how much larger a message is as a record. */
const GROWTH = 2

/** What a sender of security events is called, where no program is named. */
const DEVICE_STRENGTH = 60

/** Reads syslog's own members, and those of JSON or CEF in its message. */
export const claimSyslog: ReadClaim = (path) => {
  if (path === 'cef.device_product') return { role: 'service', strength: DEVICE_STRENGTH }
  return claimEmbedded(path)
}

/** Messages of syslog, RFC 5424 and RFC 3164, each counted or on its own line (RFC 6587). */
export const SYSLOG: Format = {
  source: 'syslog',
  claims: claimSyslog,
  open: (body, about) => openSyslog(body, { ...readingOf(about), hasStructuredData: true }, () => []),
}

/** Writes each message of a body out as a record. `moreOf` is what else its text tells. */
export function openSyslog(
  body: Uint8Array,
  reading: SyslogReading,
  moreOf: (text: string) => readonly Member[],
): OpenedBody {
  const writer = new DocumentWriter(body.length * GROWTH)
  for (const frame of syslogFrames(body)) {
    if (isFull(writer)) break
    if (refuseTooLong(writer, frame.from, frame.to)) continue
    const text = decodeAnyText(body.subarray(frame.from, frame.to))
    writeRecord(writer, syslogJson(text, reading, [...moreOf(text), ...cutShort(frame)]), frame.from)
  }
  return openTranscript(writer)
}

/** A message that ended before its length is kept, and says so. */
const cutShort = ({ isCutShort }: Frame): readonly Member[] => (isCutShort ? [['truncated', 'true']] : [])

/** What the request says about how to read times: `?timezone=+02:00` for senders that write local time. */
export function readingOf({
  parameters,
  receivedMs,
}: FormatRequest): Pick<SyslogReading, 'receivedMs' | 'offsetMinutes'> {
  // In an address a plus that is not escaped is a space.
  const zone = parameters.get('timezone')?.replace(/^ /, '+')
  if (zone === undefined) return { receivedMs, offsetMinutes: undefined }
  const offsetMinutes = parseOffset(zone)
  if (offsetMinutes === undefined) throw new BodyFailure('timezone is an offset such as +02:00, or Z.')
  return { receivedMs, offsetMinutes }
}
