import { UsageAnswer } from './answers'
import type { Operation } from './operation'

const account = {
  received: 1287,
  stored: 1284,
  duplicate: 0,
  sampled: 0,
  dropped: 0,
  rejected: { invalid_timestamp: 3 },
  bytes_in: 291480,
}

/** What a tenant's admin asks. */
export const ADMIN_OPERATIONS: readonly Operation[] = [
  {
    id: 'showUsage',
    group: 'admin',
    method: 'GET',
    path: '/admin/usage',
    scope: 'admin:read',
    summary: 'The account of the tenant',
    description:
      'received = stored + duplicate + sampled + all rejected, for the tenant and each key, at every moment: ' +
      '`imbalance` is always 0. Bytes in are uncompressed bodies.',
    answers: { 200: { description: 'The account.', content: { 'application/json': UsageAnswer } } },
    problems: ['ingest_paused'],
    example: {
      status: 200,
      answer: {
        ...account,
        rejected_total: 3,
        imbalance: 0,
        bytes_stored: 38112,
        sampled_by_rule: {},
        keys: { key_01kaj2m4x8v3c9t0w5b6n7p2qr: account },
        operations: { requests: 14, rows_written: 40, kv_writes: 2, d1_rows_written: 4, archive_writes: 0 },
        journal: { rows: 284, bytes: 60210 },
        unpublished: { segments: 0, bytes: 0 },
        generation: 1,
      },
    },
  },
]
