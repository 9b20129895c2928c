import * as z from 'zod'
import { AUDIT_ACTIONS } from '../audit/audit-action'
import { SearchQuery } from '../http/search-query'
import { AUDIT_SCAN_ENTRIES_MAX } from '../limits/limits'
import { VerifyAuditQuery } from '../routes/verify-audit-query'
import type { Operation } from './operation'

const count = z.int().min(0)
const Text = z.string()

const Change = z.strictObject({
  what: Text.meta({ description: 'What became of which kind of thing: `key.added`, `settings.put`.' }),
  kind: Text,
  id: Text,
  before: z.unknown().meta({ description: 'The members that differ, without secrets; null where there was none.' }),
  after: z.unknown().meta({ description: 'The same as they are now; null where it is gone.' }),
})

const Entry = z
  .object({
    id: Text,
    number: count.meta({ description: 'Counts up by one, without a gap.' }),
    time: Text.meta({ description: 'RFC 3339, UTC.' }),
    level: z.enum(['info', 'warn', 'error']),
    message: Text,
    action: z
      .enum([...AUDIT_ACTIONS, 'trim'])
      .meta({ description: 'What kind of thing was done; `ingest` only where it was refused.' }),
    outcome: z
      .enum(['done', 'refused', 'failed', 'unknown'])
      .meta({ description: '`unknown`: a read whose end nobody told.' }),
    actor: z.strictObject({ id: Text, kind: Text, role: Text.optional() }),
    from: z.strictObject({ address: Text, host: Text }).optional(),
    request: Text.optional().meta({ description: 'X-Request-Id of the answer.' }),
    route: Text.optional(),
    params: z.record(Text, Text).optional(),
    asked: Text.optional().meta({ description: 'The parameters of the address, or the body of a search.' }),
    status: z.int().optional(),
    code: Text.optional(),
    rows: count.optional().meta({ description: 'Records that were handed out.' }),
    matched: count.optional().meta({ description: 'Records that were counted.' }),
    omitted: count.optional().meta({ description: 'Refusals of the same caller that have no entry of their own.' }),
    changes: z.array(Change).optional(),
    hash: Text.meta({ description: 'SHA-256 of the entry and all before it: see docs/audit.md.' }),
  })
  .loose()

const AuditAnswer = z.strictObject({
  data: z.array(Entry),
  page: z.strictObject({ next_cursor: Text.nullable(), prev_cursor: z.null(), has_more: z.boolean() }),
  meta: z.strictObject({
    query: z.object({ normalized: Text, diagnostics: z.array(z.unknown()) }).loose(),
    took_ms: z.number(),
    scanned_entries: count,
    partial: z.boolean().meta({ description: 'true: the page ended early; its cursor goes on.' }),
  }),
})

const Point = z.strictObject({ number: count, hash: Text })

const VerifyAnswer = z.strictObject({
  ok: z.boolean(),
  checked: count,
  start: Point.meta({ description: 'The last entry that is kept no longer; number 0 when all are kept.' }),
  verified: Point.meta({ description: 'The last entry up to which all is right.' }),
  head: Point.meta({ description: 'The newest entry. Whoever keeps it can ask for it later.' }),
  broken: z
    .strictObject({
      number: count,
      why: z.enum(['entry_missing', 'entry_changed', 'not_the_same', 'beginning_missing']),
    })
    .nullable(),
  next_after: count.nullable().meta({ description: 'Where to go on, when one request was not enough.' }),
})

const { limit: _limit, cursor: _cursor, fields: _fields, ...Question } = SearchQuery.shape

const ExportQuery = z.strictObject({
  format: z
    .enum(['ndjson', 'csv', 'chain'])
    .default('ndjson')
    .meta({
      description: '`chain`: every entry as it is hashed, as NDJSON; with no other parameter.',
      examples: ['csv'],
    }),
  ...Question,
  order: SearchQuery.shape.order
    .unwrap()
    .default('asc')
    .meta({ description: 'By time.', examples: ['desc'] }),
})

const entryExample = {
  id: 'aud_17',
  time: '2026-11-21T10:00:00.000Z',
  level: 'info',
  message: 'search by key_01kaj2m4x8v3c9t0w5b6n7p2qr: GET /logs: q=timeout: done',
  action: 'search',
  outcome: 'done',
  number: 17,
  route: 'GET /logs',
  actor: { id: 'key_01kaj2m4x8v3c9t0w5b6n7p2qr', kind: 'key', role: 'viewer' },
  from: { address: '203.0.113.7', host: 'acme.localhost' },
  request: 'req_01kaj2m4x8v3c9t0w5b6n7p2qr',
  asked: 'q=timeout',
  status: 200,
  rows: 1,
  matched: 1,
  hash: '5f1a6d0c5b7c4e2d9f3a8b6c7d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e',
}

const head = { number: 17, hash: entryExample.hash }

/** What an auditor of a tenant asks. */
export const AUDIT_OPERATIONS: readonly Operation[] = [
  {
    id: 'showAudit',
    group: 'admin',
    method: 'GET',
    path: '/admin/audit',
    scope: 'admin:audit',
    summary: 'Who did what',
    description:
      'Administrative changes with what they changed, sign-ins, refusals, searches, exports and views of logs. The query ' +
      'language is that of logs: `action:search actor.id:key_…`, `outcome:refused`, `rows:>1000`. Reading the audit is an ' +
      `entry too, and not part of its own answer. A request looks at ${AUDIT_SCAN_ENTRIES_MAX} entries at most; the cursor ` +
      'goes on behind them.',
    query: z.strictObject({ ...SearchQuery.omit({ fields: true }).shape }),
    answers: { 200: { description: 'The entries.', content: { 'application/json': AuditAnswer } } },
    problems: ['validation_failed', 'query_syntax', 'cursor_mismatch'],
    example: {
      query: { q: 'action:search', limit: '10' },
      status: 200,
      answer: {
        data: [entryExample],
        page: { next_cursor: null, prev_cursor: null, has_more: false },
        meta: {
          query: { normalized: 'action:search', diagnostics: [] },
          took_ms: 2,
          scanned_entries: 17,
          partial: false,
        },
      },
    },
  },
  {
    id: 'exportAudit',
    group: 'admin',
    method: 'GET',
    path: '/admin/audit/export',
    scope: 'admin:audit',
    summary: 'The audit as a file',
    description:
      'Streamed, oldest first. As `chain` each line has `number`, `before`, `entry` and `hash`, with which anybody can ' +
      'verify the chain: docs/audit.md says how.',
    query: ExportQuery,
    answers: {
      200: {
        description: 'A line for each entry.',
        content: { 'application/x-ndjson': Text, 'text/csv; charset=utf-8': Text },
      },
    },
    problems: ['validation_failed', 'query_syntax'],
    example: { query: { q: 'action:search' }, status: 200, answer: `${JSON.stringify(entryExample)}\n` },
  },
  {
    id: 'verifyAudit',
    group: 'admin',
    method: 'GET',
    path: '/admin/audit/verify',
    scope: 'admin:audit',
    summary: 'Whether the audit is as it was written',
    description:
      'Walks the chain of hashes. With `number` and `hash` that somebody kept, it also says whether that entry is still the ' +
      'same: whoever rewrites all of the chain makes another hash.',
    query: VerifyAuditQuery,
    answers: { 200: { description: 'What was found.', content: { 'application/json': VerifyAnswer } } },
    problems: ['validation_failed'],
    example: {
      status: 200,
      answer: {
        ...{ ok: true, checked: 17, start: { number: 0, hash: '0'.repeat(64) } },
        ...{ verified: head, head, broken: null, next_after: null },
      },
    },
  },
]
