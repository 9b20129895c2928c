import { BRACE_OPEN, byteOrderMark, skipSpace } from '../../blocks/json-text'
import type { Format } from '../format'
import { openTranscript } from '../transcript'
import { otlpClaim } from './names'
import { otlpJsonDocuments } from './read-json'
import { otlpProtobufDocuments } from './read-protobuf'

/** OTLP/HTTP logs (opentelemetry-proto, docs/specification.md): the same documents out of protobuf and JSON. */
export const OTLP: Format = {
  source: 'otlp',
  claims: otlpClaim,
  open: (body, { contentType }) => {
    const isJson = isOtlpJson(contentType) ?? body[skipSpace(body, byteOrderMark(body))] === BRACE_OPEN
    return openTranscript(isJson ? otlpJsonDocuments(body) : otlpProtobufDocuments(body))
  },
}

/** Whether a body is in the protocol's JSON, by its type; undefined for a type that the protocol does not have. */
export function isOtlpJson(contentType: string): boolean | undefined {
  if (contentType === 'application/json') return true
  return contentType === 'application/x-protobuf' || contentType === 'application/protobuf' ? false : undefined
}
