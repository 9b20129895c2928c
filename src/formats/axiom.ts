import { claimOf, type ReadClaim } from '../records/names'
import { openCsv } from './csv'
import { DocumentWriter, memberName } from './document-writer'
import type { Format, OpenedBody } from './format'
import { textMember } from './json-members'
import { jsonRecords, type Span } from './json-walk'
import { openTranscript } from './transcript'
import { isFull } from './write-record'

const DATASET = memberName('dataset')
const DATASET_BYTES = 32

/**
 * Axiom's ingestion: JSON, NDJSON or CSV into a dataset, which becomes the first member of each record
 * (axiom.co/docs/restapi/endpoints/ingestIntoDataset). A dataset is what others call a service where no record names one.
 * `timestampField` is the member that the client says has the time.
 */
export const axiomFormat = (dataset: string, timestampField: string | undefined): Format => ({
  source: 'axiom',
  claims: claimAxiom(timestampField),
  open: (body, about) =>
    about.contentType === 'text/csv'
      ? openCsv(body, about, [textMember('dataset', dataset)])
      : withDataset(body, dataset),
})

const claimAxiom =
  (timestampField: string | undefined): ReadClaim =>
  (path) => {
    if (path === timestampField) return { role: 'time', strength: 0 }
    if (path === 'dataset') return { role: 'service', strength: DATASET_STRENGTH }
    return claimOf(path)
  }

/** Whatever a record itself says of its service counts more. */
const DATASET_STRENGTH = 200

function withDataset(body: Uint8Array, dataset: string): OpenedBody {
  const writer = new DocumentWriter(body.length + DATASET_BYTES)
  for (const { problem, ...span } of jsonRecords(body)) {
    if (isFull(writer)) break
    if (problem !== undefined) writer.refuseDocument(problem)
    else writeWith(writer, body, span, dataset)
  }
  return openTranscript(writer)
}

function writeWith(writer: DocumentWriter, body: Uint8Array, { from, to }: Span, dataset: string): void {
  writer.beginObject()
  writer.member(DATASET)
  writer.string(dataset)
  writeMembers(writer, body, { from, to })
  writer.endObject()
  writer.endDocument()
}

/** Puts the members of an object into the one that is being written. */
export function writeMembers(writer: DocumentWriter, body: Uint8Array, { from, to }: Span): void {
  const inner = body.subarray(from + 1, to - 1)
  if (inner.some((byte) => byte > 0x20)) writer.raw(body, from + 1, to - 1)
}
