import { type Claim, claimOf, type ReadClaim } from '../../records/names'
import type { Format } from '../format'
import { openHecEvents } from './hec-events'
import { readHecMetadata } from './hec-metadata'
import { openHecRaw } from './hec-raw'

/** What fields mean in events of Splunk. */
export const claimOfSplunk: ReadClaim = (path) => {
  if (path === 'event') return { role: 'message', strength: 0 }
  if (path.startsWith('event.')) return inEvent(path.slice('event.'.length))
  return claimOf(path) ?? FIELD_CLAIMS.get(path.toLowerCase())
}

/** Splunk's HTTP Event Collector: events. */
export const HEC_EVENTS: Format = {
  source: 'splunk',
  claims: claimOfSplunk,
  open: (body, { parameters }) => openHecEvents(body, readHecMetadata(parameters)),
}

/** Splunk's HTTP Event Collector: lines of text. */
export const HEC_RAW: Format = {
  source: 'splunk',
  claims: claimOfSplunk,
  open: (body, { parameters, receivedMs }) => openHecRaw(body, readHecMetadata(parameters), receivedMs),
}

/** What stands in an event counts, but less than what stands beside it. A number under `status` is an outcome. */
function inEvent(path: string): Claim | undefined {
  if (path.toLowerCase() === 'status') return undefined
  if (path === 'tag') return { role: 'service', strength: 60 }
  // Splunk's own library has what a program logs as the message of an event.
  const isMessage = path.startsWith(IN_MESSAGE)
  const inner = claimOf(isMessage ? path.slice(IN_MESSAGE.length) : path)
  return inner && { role: inner.role, strength: inner.strength + (isMessage ? 2 * IN_EVENT : IN_EVENT) }
}

const IN_EVENT = 20
const IN_MESSAGE = 'message.'

/** Indexed fields as the OpenTelemetry Collector and others name them. */
const FIELD_CLAIMS: ReadonlyMap<string, Claim> = new Map([
  ['fields.level', { role: 'level', strength: 40 }],
  ['fields.severity', { role: 'level', strength: 41 }],
  ['fields.log_level', { role: 'level', strength: 42 }],
  ['fields.otel.log.severity.text', { role: 'level', strength: 43 }],
])
