import type { DocumentWriter } from './document-writer'
import type { OpenedBody, RecordReader } from './format'
import type { Rejection } from './json-documents'

/** A body of which every record was written as a document, but for those that could not be. */
export function openTranscript({ bytes, ends, refused }: DocumentWriter): OpenedBody {
  const read: RecordReader = (_documents, builder, afterRecord) => {
    const rejected: Rejection[] = []
    for (let index = 0; index < ends.length; index++) {
      const problem = refused.get(index) ?? builder.addJson(index === 0 ? 0 : ends[index - 1]).problem
      if (problem !== undefined) rejected.push({ ...problem, index })
      const stop = afterRecord(index + 1)
      if (stop !== undefined) return { received: index + 1, rejected, broken: stop }
    }
    return { received: ends.length, rejected, broken: undefined }
  }
  return { documents: bytes, read }
}
