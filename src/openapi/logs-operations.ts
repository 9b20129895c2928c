import * as z from 'zod'
import { SearchBody } from '../http/search-body'
import { SearchQuery } from '../http/search-query'
import { BATCH_RECORDS_MAX, CONTEXT_DEFAULT, CONTEXT_MAX, IDEMPOTENCY_KEY_CHARACTERS_MAX } from '../limits/limits'
import { ContextAnswer, LogAnswer, ReceiptAnswer, SearchAnswer, TableAnswer } from './answers'
import { logExample, SEARCH_PROBLEMS, searchExample } from './examples'
import type { Operation } from './operation'
import { TAIL_OPERATIONS } from './tail-operations'

const IngestQuery = z.strictObject({
  strict: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'true: one bad record refuses the whole batch.', examples: ['true'] }),
})

const IngestHeaders = z.strictObject({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(IDEMPOTENCY_KEY_CHARACTERS_MAX)
    .optional()
    .meta({ description: 'Names the batch: sent again within 24 hours it is answered with the first receipt.' }),
  'Content-Encoding': z
    .string()
    .optional()
    .meta({ description: 'gzip, deflate, br, zstd, snappy, or several of them.' }),
})

const Document = z.record(z.string(), z.unknown())
const IngestBody = z.union([Document, z.array(Document), z.strictObject({ logs: z.array(Document) })])

const ExportQuery = z.strictObject({
  format: z
    .enum(['ndjson', 'csv'])
    .default('ndjson')
    .meta({ description: 'What a line is.', examples: ['csv'] }),
  ...SearchQuery.shape,
})

const LogPath = z.strictObject({ id: z.string().meta({ description: 'The id of a record: log_…' }) })

const neighbours = (side: string) =>
  z
    .int()
    .min(0)
    .max(CONTEXT_MAX)
    .default(CONTEXT_DEFAULT)
    .meta({ description: `Records ${side} it.`, examples: [5] })

const ContextQuery = z.strictObject({
  before: neighbours('before'),
  after: neighbours('after'),
  scope: z
    .enum(['same', 'all'])
    .default('same')
    .meta({ description: 'same: of the same service and host; all: of everybody.', examples: ['all'] }),
})

/** Sending logs, and finding them again. */
export const LOGS_OPERATIONS: readonly Operation[] = [
  {
    id: 'ingestLogs',
    group: 'logs',
    method: 'POST',
    path: '/logs',
    scope: 'logs:write',
    summary: 'Sends logs',
    description:
      'One object, an array, `{"logs": […]}`, NDJSON, JSON values one after the other, lines of text, or what the type names: ' +
      'CSV with a header, logfmt, syslog, the journal’s export, MessagePack. The type is ' +
      `believed only where the body agrees. Up to ${BATCH_RECORDS_MAX.toLocaleString('en')} records. The answer comes once ` +
      'everything accepted is on disk. Good records of a mixed batch are stored; a batch of which nothing is stored is ' +
      'a problem, never a 2xx. Time, level, service, message and trace ids are found under their usual names, and the ' +
      'document is kept as it was sent, but for secrets, which are redacted (docs/redaction.md).',
    query: IngestQuery,
    headers: IngestHeaders,
    body: {
      description: 'Logs in any of these types.',
      content: {
        'application/json': IngestBody,
        'application/x-ndjson': z.string(),
        'text/plain': z.string(),
        'text/csv': z.string(),
        'application/logfmt': z.string(),
        'application/syslog': z.string(),
        'application/vnd.fdo.journal': z.string(),
        'application/msgpack': z.string(),
      },
    },
    answers: {
      202: {
        description: 'Stored. With `Idempotency-Replayed: true` it is the first receipt of a batch that came again.',
        content: { 'application/json': ReceiptAnswer },
      },
    },
    problems: [
      'invalid_json',
      'invalid_body',
      'empty_body',
      'validation_failed',
      'payload_too_large',
      'batch_too_large',
      'event_too_large',
      'unsupported_media_type',
      'strict_rejected',
      'idempotency_conflict',
      'ingest_paused',
    ],
    example: {
      headers: { 'Idempotency-Key': 'batch-2026-11-21-1' },
      body: { level: 'error', service: 'checkout', message: 'payment timeout after 30s', orderId: 'o_17' },
      status: 202,
      answer: { batch_id: 'batch-2026-11-21-1', accepted: 1, rejected: 0, duplicate: 0, errors: [] },
    },
  },
  {
    id: 'searchLogs',
    group: 'logs',
    method: 'GET',
    path: '/logs',
    scope: 'logs:read',
    summary: 'Finds logs',
    description:
      'The records that match, newest first, a page at a time. Every log whose POST was answered is in it. `meta` says ' +
      'what range was looked at, how many rows, and whether the answer is whole. Follow `next_cursor` with the same ' +
      'question for the next page: pages neither skip nor repeat while logs arrive. With `Accept: application/x-ndjson` ' +
      'there is one record per line, and a last line with `_meta`. With pipes that count or compute (`level:error | count ' +
      'by service`) the answer is a table: `columns`, and in `data` an object for each row.',
    query: SearchQuery,
    answers: {
      200: {
        description: 'A page of records, or a table where the query ends in a pipe that counts or computes.',
        content: { 'application/json': z.union([SearchAnswer, TableAnswer]), 'application/x-ndjson': z.string() },
      },
    },
    problems: SEARCH_PROBLEMS,
    example: { query: { q: 'level:error timeout', limit: '10' }, status: 200, answer: searchExample },
  },
  {
    id: 'searchLogsByBody',
    group: 'logs',
    method: 'POST',
    path: '/logs/search',
    scope: 'logs:read',
    summary: 'Finds logs, with the question in a body',
    description: 'As `GET /logs`. `filters` takes any field, and all of them must hold.',
    body: { description: 'The question.', content: { 'application/json': SearchBody } },
    answers: {
      200: {
        description: 'A page of records, or a table where the query ends in a pipe that counts or computes.',
        content: { 'application/json': z.union([SearchAnswer, TableAnswer]), 'application/x-ndjson': z.string() },
      },
    },
    problems: [...SEARCH_PROBLEMS, 'invalid_json', 'empty_body', 'payload_too_large'],
    example: {
      body: {
        query: 'timeout',
        filters: { severity: ['error', 'critical'], component: 'checkout', timeRange: { start: '24h' } },
        limit: 50,
      },
      status: 200,
      answer: searchExample,
    },
  },
  {
    id: 'exportLogs',
    group: 'logs',
    method: 'GET',
    path: '/logs/export',
    scope: 'logs:read',
    summary: 'Everything that matches, streamed',
    description:
      'NDJSON, or CSV that is safe to open in a spreadsheet, of any size. The last line says that it is complete, or ' +
      'from which cursor to go on: `{"_meta":{"complete":true,"rows":1}}`, in CSV behind a `#`. `limit` is not used.',
    query: ExportQuery,
    answers: {
      200: {
        description: 'The records.',
        content: { 'application/x-ndjson': z.string(), 'text/csv; charset=utf-8': z.string() },
      },
    },
    problems: SEARCH_PROBLEMS,
    example: {
      query: { format: 'ndjson', q: 'level:error', fields: 'level,message' },
      status: 200,
      answer:
        '{"id":"log_100g1m7zdgcsf0000000001","time":"2026-11-21T10:00:00.000Z","level":"error","message":"payment timeout after 30s"}\n{"_meta":{"complete":true,"rows":1}}\n',
    },
  },
  ...TAIL_OPERATIONS,
  {
    id: 'getLog',
    group: 'logs',
    method: 'GET',
    path: '/logs/:id',
    scope: 'logs:read',
    summary: 'One log',
    description: 'Exactly as it was sent, under `body`.',
    pathParameters: LogPath,
    answers: { 200: { description: 'The record.', content: { 'application/json': LogAnswer } } },
    problems: ['ingest_paused'],
    example: { path: { id: logExample.id }, status: 200, answer: logExample },
  },
  {
    id: 'getLogContext',
    group: 'logs',
    method: 'GET',
    path: '/logs/:id/context',
    scope: 'logs:read',
    summary: 'What was logged just before and after one log',
    description: 'By the same service and host, where the record says which, or by everybody.',
    pathParameters: LogPath,
    query: ContextQuery,
    answers: { 200: { description: 'The record and its neighbours.', content: { 'application/json': ContextAnswer } } },
    problems: ['validation_failed', 'ingest_paused'],
    example: {
      path: { id: logExample.id },
      query: { before: '5', after: '5' },
      status: 200,
      answer: { before: [], log: logExample, after: [] },
    },
  },
]
