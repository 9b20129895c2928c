import { countByCode, type ReadBatch, readBatch } from '../formats/read-batch'
import type { LogLine } from '../log'
import { createRedactor, DEFAULT_KINDS } from '../records/redact/redact'
import type { Caller, Provenance } from '../tenant/contract'
import { ACTIVITY_KEY_ID } from './activity-tenant'

const redactor = createRedactor({ kinds: DEFAULT_KINDS })

/** Records that the service itself writes, as a batch. */
export type OwnBatch = ReadBatch & { readonly bytes: number }

/** Makes a batch of lines. Their source is `agent`, so that nobody takes them for what a program of the tenant sent. */
export function toOwnBatch(
  lines: readonly LogLine[],
  service: string,
  receivedMs: number,
  retentionMs: number,
): OwnBatch {
  const records = lines.map(({ time, level, event, fields }) =>
    JSON.stringify({ ...fields, time, level, service, message: event }),
  )
  const body = new TextEncoder().encode(records.join('\n'))
  const settings = { receivedMs, retentionMs, redactor, source: 'agent' }
  return { ...readBatch(body, 'application/x-ndjson', settings), bytes: body.length }
}

/** What the object of the tenant is told of such a batch. `batchId` is for one that may be sent again. */
export const toOwnProvenance = (
  batch: OwnBatch,
  about: Pick<Caller, 'tenantId' | 'settingsVersion'> & { readonly batchId?: string },
): Provenance => ({
  tenantId: about.tenantId,
  host: '',
  keyId: ACTIVITY_KEY_ID,
  address: '',
  settingsVersion: about.settingsVersion,
  batchId: about.batchId ?? crypto.randomUUID(),
  minted: about.batchId === undefined,
  fingerprint: '',
  received: batch.received,
  bytesIn: batch.bytes,
  rejected: countByCode(batch.rejected),
  errors: [],
  blocks: batch.summaries,
})
