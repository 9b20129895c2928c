import { BODY_BYTES_MAX } from '../../limits/limits'
import { BodyFailure, BodyTooLarge, type Format } from '../format'
import { unsnap } from '../snappy'
import { openTranscript } from '../transcript'
import { lokiClaim } from './names'
import { lokiJsonDocuments } from './read-json'
import { lokiProtobufDocuments } from './read-protobuf'

/**
 * Loki's push (Loki, pkg/loghttp/push): JSON where the type is exactly that, protobuf in a block of Snappy under any other. The
 * same documents out of both.
 */
export const LOKI: Format = {
  source: 'loki',
  claims: lokiClaim,
  open: (body, { contentType }) =>
    openTranscript(
      contentType === 'application/json' ? lokiJsonDocuments(body) : lokiProtobufDocuments(unsnapBody(body)),
    ),
}

/** The block says how large it becomes: what is too large is not decompressed. */
function unsnapBody(body: Uint8Array): Uint8Array {
  try {
    return unsnap(body, BODY_BYTES_MAX)
  } catch (error) {
    if (!(error instanceof RangeError)) throw new BodyFailure(`snappy: corrupt input: ${faultOf(body, error)}`)
    const limit = { name: 'BODY_BYTES_MAX', value: BODY_BYTES_MAX }
    throw new BodyTooLarge(limit, `request body too large: limit: ${BODY_BYTES_MAX} bytes`)
  }
}

/** curl names no JSON by itself: whoever tries the protocol by hand is told what is missing. */
function faultOf(body: Uint8Array, error: unknown): string {
  if (body[0] === OPENING_BRACE) return 'this looks like JSON, which needs the header Content-Type: application/json'
  return error instanceof Error ? error.message : ''
}

const OPENING_BRACE = 0x7b
