import { BRACE_OPEN, BRACKET_OPEN } from '../blocks/json-text'
import { claimOf, type ReadClaim } from '../records/names'
import { writeMembers } from './axiom'
import { DocumentWriter, memberName } from './document-writer'
import type { Format } from './format'
import { jsonElements, jsonRecords, membersByName, type Span } from './json-walk'
import { openTranscript } from './transcript'
import { isFull } from './write-record'

const COMMON = memberName('common')
const GROWTH = 2

/** What a record says itself counts more than what it has in common with others. */
const COMMON_STRENGTH = 50

/** Attributes are members like all others: they are only written one level further in. */
const claimMember: ReadClaim = (path) => claimOf(path.replace(/^attributes\./, ''))

const claimNewRelic: ReadClaim = (path) => {
  if (!path.startsWith('common.')) return claimMember(path)
  const claim = claimMember(path.slice('common.'.length))
  return claim && { role: claim.role, strength: claim.strength + COMMON_STRENGTH }
}

/**
 * New Relic's Log API: logs alone, or groups of them with what they have in common, which is put before each under `common`
 * (docs.newrelic.com/docs/logs/log-api/introduction-log-api).
 */
export const NEW_RELIC: Format = {
  source: 'newrelic',
  claims: claimNewRelic,
  open: (body) => {
    const writer = new DocumentWriter(body.length * GROWTH)
    for (const { problem, ...span } of jsonRecords(body)) {
      if (isFull(writer)) break
      if (problem !== undefined) writer.refuseDocument(problem)
      else writeGroup(writer, body, span)
    }
    return openTranscript(writer)
  },
}

function writeGroup(writer: DocumentWriter, body: Uint8Array, span: Span): void {
  const members = membersByName(body, span.from)
  const logs = members.get('logs')
  if (logs === undefined || body[logs.from] !== BRACKET_OPEN) {
    writeLog(writer, body, span, undefined)
    return
  }
  for (const log of jsonElements(body, logs.from)) {
    if (isFull(writer)) return
    writeLog(writer, body, log, members.get('common'))
  }
}

function writeLog(writer: DocumentWriter, body: Uint8Array, span: Span, common: Span | undefined): void {
  if (body[span.from] !== BRACE_OPEN) {
    writer.refuseDocument({ code: 'invalid_json', detail: 'a log is a JSON object', at: span.from })
    return
  }
  writer.beginObject()
  if (common !== undefined) {
    writer.member(COMMON)
    writer.raw(body, common.from, common.to)
  }
  writeMembers(writer, body, span)
  writer.endObject()
  writer.endDocument()
}
