import type { RecordProblem } from '../blocks/batch-builder'
import { byteOrderMark, NEWLINE } from '../blocks/json-text'
import { RECORD_BYTES_MAX } from '../limits/limits'
import type { ReadClaim, Role } from '../records/names'
import { decodeText } from './decode-text'
import { DocumentWriter } from './document-writer'
import { claimEmbedded, EMBEDDED, embeddedJson } from './embedded-json'
import type { Format } from './format'
import { type Member, textMember, toObjectJson } from './json-members'
import { openTranscript } from './transcript'
import { isFull, writeRecord } from './write-record'

const GROWTH = 2
const EQUALS = 0x3d
const LENGTH_BYTES = 8

/** What members of the journal mean (systemd.journal-fields). A service without a name is known by its unit. */
const CLAIMS: Readonly<Record<string, { readonly role: Role; readonly strength: number }>> = {
  __REALTIME_TIMESTAMP: { role: 'time', strength: 1 },
  PRIORITY: { role: 'level', strength: 20 },
  MESSAGE: { role: 'message', strength: 20 },
  SYSLOG_IDENTIFIER: { role: 'service', strength: 21 },
  _SYSTEMD_UNIT: { role: 'service', strength: 22 },
  _COMM: { role: 'service', strength: 23 },
}

const claimJournal: ReadClaim = (path) => CLAIMS[path] ?? claimEmbedded(path)

/**
 * The journal's export format: entries of `NAME=value` lines, or of a name, a length and bytes; an empty line between them
 * (systemd.io/JOURNAL_EXPORT_FORMATS). Members keep their names; bytes that are no text are Base64 under `base64`.
 */
export const JOURNAL: Format = {
  source: 'journal',
  claims: claimJournal,
  open: (body) => {
    const writer = new DocumentWriter(body.length * GROWTH)
    for (const entry of journalEntries(body)) {
      if (isFull(writer)) break
      if (entry.problem === undefined) writeRecord(writer, toObjectJson(entry.members), entry.from)
      else writer.refuseDocument({ ...entry.problem, at: entry.from })
    }
    return openTranscript(writer)
  },
}

interface Entry {
  readonly from: number
  readonly members: readonly Member[]
  readonly problem: Pick<RecordProblem, 'code' | 'detail'> | undefined
}

const TOO_LARGE = { code: 'record_too_large', detail: `the entry has more than ${RECORD_BYTES_MAX} bytes` } as const

function* journalEntries(body: Uint8Array): Generator<Entry> {
  let at = byteOrderMark(body)
  while (at < body.length) {
    if (body[at] === NEWLINE) {
      at++
      continue
    }
    const from = at
    const members: Member[] = []
    let fault: string | undefined
    while (at < body.length && body[at] !== NEWLINE && fault === undefined) {
      const field = readField(body, at)
      // One that is too large is read to where the next begins, and nothing of it is kept.
      if (field.end - from <= RECORD_BYTES_MAX) members.push(...field.members)
      fault = field.problem
      at = field.end
    }
    const tooLarge = at - from > RECORD_BYTES_MAX ? TOO_LARGE : undefined
    yield { from, members, problem: fault === undefined ? tooLarge : { code: 'invalid_record', detail: fault } }
  }
}

interface Field {
  readonly members: readonly Member[]
  readonly end: number
  readonly problem: string | undefined
}

function readField(body: Uint8Array, from: number): Field {
  const newline = body.indexOf(NEWLINE, from)
  const lineEnd = newline < 0 ? body.length : newline
  // In the line alone: what follows may be megabytes without one.
  const equals = body.subarray(from, lineEnd).indexOf(EQUALS) + from
  if (equals >= from) {
    const name = decodeText(body.subarray(from, equals))
    if (name === undefined || name === '') return broken(body.length, 'a field has no name')
    return { members: fieldMembers(name, body.subarray(equals + 1, lineEnd)), end: lineEnd + 1, problem: undefined }
  }
  return readBinaryField(body, from, lineEnd)
}

/** A length that does not fit leaves no way to tell where the next field begins: the rest cannot be read. */
function readBinaryField(body: Uint8Array, from: number, lineEnd: number): Field {
  const start = lineEnd + 1 + LENGTH_BYTES
  const name = decodeText(body.subarray(from, lineEnd))
  if (start > body.length || name === undefined) return broken(body.length, 'a field has neither "=" nor a length')
  const view = new DataView(body.buffer, body.byteOffset + lineEnd + 1, LENGTH_BYTES)
  const length = Number(view.getBigUint64(0, true))
  if (start + length > body.length) return broken(body.length, `a field of ${length} bytes goes on past the end`)
  if (body[start + length] !== NEWLINE && start + length !== body.length)
    return broken(body.length, `a field of ${length} bytes does not end where it says`)
  const members = fieldMembers(name, body.subarray(start, start + length))
  return { members, end: start + length + 1, problem: undefined }
}

const broken = (end: number, problem: string): Field => ({ members: [], end, problem })

function fieldMembers(name: string, value: Uint8Array): readonly Member[] {
  const text = decodeText(value)
  if (text === undefined) return [[name, toObjectJson([textMember('base64', Buffer.from(value).toString('base64'))])]]
  const json = name === 'MESSAGE' ? embeddedJson(text) : undefined
  return [json === undefined ? textMember(name, text) : [EMBEDDED, json]]
}
