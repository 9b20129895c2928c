import { claimOf, type Role } from '../records/names'
import { BodyFailure, type Format } from './format'
import { readJsonDocuments } from './json-documents'

/** What GELF's own members mean. Additional ones have an underscore before their name. */
const CLAIMS: Readonly<Record<string, { readonly role: Role; readonly strength: number }>> = {
  short_message: { role: 'message', strength: 0 },
  full_message: { role: 'message', strength: 1 },
  facility: { role: 'service', strength: 50 },
  host: { role: 'service', strength: 60 },
}

/**
 * Graylog's GELF over HTTP: one JSON object, several one after another, or an array, as Fluent Bit and Docker send them. A NUL,
 * which ends a message over TCP, counts as the end of a line.
 */
export const GELF: Format = {
  source: 'gelf',
  claims: (path) => CLAIMS[path] ?? claimAdditional(path),
  open: (body) => {
    if (body[0] === 0x1e && body[1] === 0x0f)
      throw new BodyFailure('chunked GELF is for UDP; over HTTP a message is sent whole')
    return { documents: withoutNul(body), read: readJsonDocuments }
  },
}

function claimAdditional(path: string): ReturnType<typeof claimOf> {
  if (!path.startsWith('_')) return claimOf(path)
  const claim = claimOf(path.slice(1))
  // GELF has a time, a level and a message of its own: `_time` or `_status` say something about the subject.
  return claim?.role === 'service' || claim?.role === 'trace_id' || claim?.role === 'span_id' ? claim : undefined
}

function withoutNul(body: Uint8Array): Uint8Array {
  return body.includes(0) ? body.map((byte) => (byte === 0 ? 0x0a : byte)) : body
}
