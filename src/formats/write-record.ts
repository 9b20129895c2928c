import { BATCH_RECORDS_MAX, RECORD_BYTES_MAX } from '../limits/limits'
import type { DocumentWriter } from './document-writer'

/** Whether a batch cannot take more records than were written: the reader then says so, and the rest need not be looked at. */
export const isFull = (writer: DocumentWriter): boolean => writer.ends.length > BATCH_RECORDS_MAX

/**
 * Refuses a record by the bytes that it was sent as, before anything is made of them: a line of megabytes would become millions of
 * members, only to be refused by its length. Answers whether it was.
 */
export function refuseTooLong(writer: DocumentWriter, from: number, to: number): boolean {
  if (to - from <= RECORD_BYTES_MAX) return false
  const detail = `the record has ${to - from} bytes; the limit is ${RECORD_BYTES_MAX} bytes`
  writer.refuseDocument({ code: 'record_too_large', detail, at: from })
  return true
}

/** Writes a record that was put together as JSON text. `at` is where it stands in what was sent. */
export function writeRecord(writer: DocumentWriter, json: string, at: number): void {
  if (json.length > RECORD_BYTES_MAX) {
    const detail = `the record has ${json.length} characters as JSON; the limit is ${RECORD_BYTES_MAX} bytes`
    writer.refuseDocument({ code: 'record_too_large', detail, at })
    return
  }
  writer.json(json)
  writer.endDocument()
}
