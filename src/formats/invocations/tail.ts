import { DocumentWriter } from '../document-writer'
import type { Format, OpenedBody } from '../format'
import { jsonRecords, textOf } from '../json-walk'
import { openTranscript } from '../transcript'
import { isFull, refuseTooLong, writeRecord } from '../write-record'
import { claimInvocation, invocationRecords } from './invocation'
import { isTraceItem, readTraceItem } from './trace-items'

const GROWTH = 2

/** Trace items that some other Tail Worker has posted as JSON, an array or one alone. */
export const TAIL: Format = {
  source: 'tail',
  claims: claimInvocation,
  open: (body) => {
    const writer = new DocumentWriter(body.length * GROWTH)
    for (const { problem, ...span } of jsonRecords(body)) {
      if (isFull(writer)) break
      if (problem !== undefined) writer.refuseDocument(problem)
      else if (!refuseTooLong(writer, span.from, span.to)) writePosted(writer, textOf(body, span), span.from)
    }
    return openTranscript(writer)
  },
}

function writePosted(writer: DocumentWriter, json: string, at: number): void {
  const item: unknown = JSON.parse(json)
  if (!isTraceItem(item)) {
    writer.refuseDocument({
      code: 'invalid_record',
      detail: 'this is no trace item: it has no outcome and logs',
      at,
    })
    return
  }
  for (const record of invocationRecords(readTraceItem(item))) writeRecord(writer, record, at)
}

/** The records of what the platform handed to `tail()`. Throws BodyTooLarge past what one batch may have. */
export function openTraceItems(items: readonly unknown[]): OpenedBody {
  const writer = new DocumentWriter(0)
  for (const item of items) for (const record of invocationRecords(readTraceItem(item))) writeRecord(writer, record, 0)
  return openTranscript(writer)
}
