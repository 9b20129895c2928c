import type { Format } from '../../src/formats/format'
import { type ReadBatch, readFormat } from '../../src/formats/read-batch'
import { nothingRedacted, RECEIVED_MS } from './read-back'

/** The documents that a format makes of a body, before anything is stored of them. */
export function transcribed(format: Format, body: Uint8Array, contentType: string): string[] {
  const { documents } = open(format, body, contentType)
  return Buffer.from(documents).toString().split('\n').slice(0, -1)
}

/** A body of a format as blocks, with nothing taken out and no time too far away unless that is asked for. */
export function readBody(format: Format, body: Uint8Array, contentType: string, retentionMs = RECEIVED_MS): ReadBatch {
  return readFormat(open(format, body, contentType), {
    receivedMs: RECEIVED_MS,
    retentionMs,
    redactor: nothingRedacted,
    source: format.source,
    claims: format.claims,
  })
}

const open = (format: Format, body: Uint8Array, contentType: string) =>
  format.open(body, {
    contentType,
    parameters: new URLSearchParams(),
    header: () => undefined,
    receivedMs: RECEIVED_MS,
  })
