import { BRACKET_OPEN } from '../blocks/json-text'
import type { ReadClaim, Role } from '../records/names'
import { DocumentWriter } from './document-writer'
import type { Format } from './format'
import { claimInvocation, type Invocation, invocationRecords } from './invocations/invocation'
import { readJsonDocuments } from './json-documents'
import { type Member, optionalMember, textMember } from './json-members'
import { jsonElements, jsonRecords, membersByName, type Span, textOf } from './json-walk'
import { openTranscript } from './transcript'
import { isFull, refuseTooLong, writeRecord } from './write-record'

const GROWTH = 2

/** What columns of Cloudflare's datasets mean; a host stands for a service where nothing else does. */
const CLAIMS: Readonly<Record<string, { readonly role: Role; readonly strength: number }>> = {
  EdgeStartTimestamp: { role: 'time', strength: 0 },
  EventTimestampMs: { role: 'time', strength: 1 },
  EventTimestamp: { role: 'time', strength: 2 },
  Datetime: { role: 'time', strength: 3 },
  Timestamp: { role: 'time', strength: 4 },
  When: { role: 'time', strength: 5 },
  TimestampMs: { role: 'time', strength: 6 },
  EdgeEndTimestamp: { role: 'time', strength: 7 },
  ScriptName: { role: 'service', strength: 0 },
  ClientRequestHost: { role: 'service', strength: 1 },
  ZoneName: { role: 'service', strength: 2 },
  ClientRequestURI: { role: 'message', strength: 80 },
  ActionType: { role: 'message', strength: 81 },
}

const claimLogpush: ReadClaim = (path) => CLAIMS[path] ?? claimInvocation(path)

/** What Cloudflare uploads to see whether an address takes its logs: a proof, not a log. */
const PROOF = /^\s*\{"content":"[^"\\]{0,256}"\}\s*$/
const PROOF_BYTES_MAX = 512

/**
 * Cloudflare's Logpush over HTTP: rows of any dataset as NDJSON or an array, whose times are RFC 3339, seconds, or nanoseconds as
 * bare digits. A row of `workers_trace_events` is a run of a Worker with its lines, each of which becomes a record
 * (developers.cloudflare.com/logs/logpush). The upload that tests the address holds no record.
 */
export const LOGPUSH: Format = {
  source: 'logpush',
  claims: claimLogpush,
  open: (body) => {
    if (isProof(body)) return openTranscript(new DocumentWriter(0))
    return hasRuns(body) ? openRuns(body) : { documents: body, read: readJsonDocuments }
  },
}

const isProof = (body: Uint8Array): boolean =>
  body.length <= PROOF_BYTES_MAX && PROOF.test(textOf(body, { from: 0, to: body.length }))

/** All rows of a job are of one dataset, so the first tells. */
function hasRuns(body: Uint8Array): boolean {
  for (const { problem, from } of jsonRecords(body)) {
    if (problem !== undefined) continue
    const members = membersByName(body, from)
    return members.has('Outcome') && members.has('EventType') && members.has('ScriptName')
  }
  return false
}

function openRuns(body: Uint8Array) {
  const writer = new DocumentWriter(body.length * GROWTH)
  for (const { problem, from, to } of jsonRecords(body)) {
    if (isFull(writer)) break
    if (problem !== undefined) writer.refuseDocument(problem)
    else if (refuseTooLong(writer, from, to)) continue
    else for (const record of invocationRecords(readRun(body, from))) writeRecord(writer, record, from)
  }
  return openTranscript(writer)
}

/** The members of a row, each as the text or number that it is. */
interface Row {
  readonly text: (name: string) => string | undefined
  readonly number: (name: string) => number | undefined
  /** As JSON text, with its digits. */
  readonly json: (name: string) => string | undefined
  readonly list: (name: string) => readonly Span[]
}

function rowAt(body: Uint8Array, from: number): Row {
  const members = membersByName(body, from)
  const json = (name: string): string | undefined => {
    const span = members.get(name)
    const text = span && textOf(body, span)
    return text === 'null' ? undefined : text
  }
  const parsed = (name: string): unknown => {
    const text = json(name)
    return text === undefined ? undefined : JSON.parse(text)
  }
  const list = (name: string): readonly Span[] => {
    const span = members.get(name)
    return span !== undefined && body[span.from] === BRACKET_OPEN ? [...jsonElements(body, span.from)] : []
  }
  return {
    json,
    list,
    text: (name) => {
      const value = parsed(name)
      return typeof value === 'string' && value !== '' ? value : undefined
    },
    number: (name) => {
      const value = parsed(name)
      return typeof value === 'number' ? value : undefined
    },
  }
}

function readRun(body: Uint8Array, from: number): Invocation {
  const row = rowAt(body, from)
  const scriptName = row.text('ScriptName')
  const type = row.text('EventType') ?? 'other'
  return {
    scriptName,
    script: scriptMembers(row, scriptName),
    outcome: row.text('Outcome') ?? 'unknown',
    startedMs: row.number('EventTimestampMs'),
    cpuTimeMs: row.number('CPUTimeMs'),
    wallTimeMs: row.number('WallTimeMs'),
    isTruncated: row.json('Truncated') === 'true',
    event: {
      title: titleOf(body, from) ?? type,
      brief: [textMember('type', type)],
      whole: [textMember('type', type), ...jsonMember('details', row.json('Event'))],
    },
    logs: row.list('Logs').map((span) => readLine(body, span)),
    exceptions: row.list('Exceptions').map((span) => readException(body, span)),
    diagnostics: [],
  }
}

/** `GET https://… 200`, for runs that a request has begun. */
function titleOf(body: Uint8Array, from: number): string | undefined {
  const event = membersByName(body, from).get('Event')
  const members = event && membersByName(body, event.from)
  const request = members?.get('Request')
  if (members === undefined || request === undefined) return undefined
  const { text } = rowAt(body, request.from)
  const response = members.get('Response')
  const status = response && rowAt(body, response.from).number('Status')
  return [text('Method'), text('URL'), status].filter((part) => part !== undefined).join(' ')
}

function scriptMembers(row: Row, scriptName: string | undefined): Member[] {
  return [
    ...optionalMember('name', scriptName),
    ...optionalMember('entrypoint', row.text('Entrypoint')),
    ...jsonMember('version', row.json('ScriptVersion')),
    ...jsonMember('tags', row.json('ScriptTags')),
    ...optionalMember('dispatch_namespace', row.text('DispatchNamespace')),
  ]
}

const jsonMember = (name: string, json: string | undefined): readonly Member[] =>
  json === undefined ? [] : [[name, json]]

function readLine(body: Uint8Array, span: Span): Invocation['logs'][number] {
  const line = rowAt(body, span.from)
  const parts = line.list('Message').map((part) => textOf(body, part))
  return {
    timestampMs: line.number('TimestampMs'),
    level: (line.text('Level') ?? 'log').toLowerCase(),
    arguments: parts.length > 0 ? parts : [line.json('Message') ?? '""'],
    error: undefined,
  }
}

function readException(body: Uint8Array, span: Span): Invocation['exceptions'][number] {
  const thrown = rowAt(body, span.from)
  return {
    timestampMs: thrown.number('TimestampMs'),
    name: thrown.text('Name') ?? 'Error',
    message: thrown.text('Message') ?? '',
    stack: thrown.text('Stack'),
  }
}
