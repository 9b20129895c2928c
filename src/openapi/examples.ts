import type * as z from 'zod'
import type { LogAnswer, SearchAnswer, SearchMeta } from './answers'

/** The record that all examples are about. */
export const logExample = {
  id: 'log_100g1m7zdgcsf0000000001',
  time: '2026-11-21T10:00:00.000Z',
  received: '2026-11-21T10:00:00.012Z',
  seq: 1,
  level: 'error',
  service: 'checkout',
  message: 'payment timeout after 30s',
  source: 'http',
  body: { level: 'error', service: 'checkout', message: 'payment timeout after 30s', orderId: 'o_17' },
} satisfies z.input<typeof LogAnswer>

export const metaExample: z.input<typeof SearchMeta> = {
  query: { normalized: 'level:error timeout', diagnostics: [] },
  range: { from: '2026-10-22T10:00:00.000Z', to: '2026-11-22T10:00:00.000Z' },
  took_ms: 3,
  scanned_rows: 1,
  scanned_bytes: 0,
  bytes_read: { memory: 412, kv: 0, d1: 0, r2: 0 },
  matched: 1,
  matched_is_estimate: false,
  partial: false,
  partial_reason: null,
  searched_back_to: '2026-10-22T10:00:00.000Z',
  warnings: [],
}

export const searchExample: z.input<typeof SearchAnswer> = {
  data: [logExample],
  page: { next_cursor: null, prev_cursor: null, has_more: false },
  meta: metaExample,
}

/** What every search can be refused with. */
export const SEARCH_PROBLEMS = ['validation_failed', 'query_syntax', 'cursor_mismatch', 'ingest_paused'] as const
