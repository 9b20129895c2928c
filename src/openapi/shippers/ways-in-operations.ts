import * as z from 'zod'
import { WAYS_IN } from '../../formats/ways-in'
import type { Dialect } from '../../http/dialect'
import type { ProblemCode } from '../../http/problem'
import { AXIOM } from '../../routes/shippers/ingest-axiom'
import { FIREHOSE_DELIVERY } from '../../routes/shippers/ingest-firehose'
import { GELF_INPUT } from '../../routes/shippers/ingest-gelf'
import { LOGPLEX } from '../../routes/shippers/ingest-heroku'
import { JOURNAL_REMOTE } from '../../routes/shippers/ingest-journal'
import { LOGPUSH_JOB } from '../../routes/shippers/ingest-logpush'
import { BETTER_STACK } from '../../routes/shippers/ingest-logtail'
import { NEW_RELIC_LOGS } from '../../routes/shippers/ingest-new-relic'
import { VERCEL_DRAIN } from '../../routes/shippers/ingest-vercel'
import { PLAIN } from '../../routes/shippers/plain-dialect'
import { ReceiptAnswer } from '../answers'
import type { Example, Operation } from '../operation'

const INGEST_PROBLEMS: readonly ProblemCode[] = [
  'invalid_json',
  'invalid_body',
  'empty_body',
  'validation_failed',
  'payload_too_large',
  'batch_too_large',
  'event_too_large',
  'unsupported_media_type',
  'idempotency_conflict',
  'rate_limited',
  'quota_exceeded',
  'ingest_paused',
]

/** What the ways in differ in. */
interface WayIn {
  readonly id: string
  readonly path: string
  readonly dialect: Dialect
  readonly summary: string
  readonly description: string
  readonly types: Readonly<Record<string, z.ZodType>>
  readonly answers: Operation['answers']
  readonly example: Example
  readonly pathParameters?: z.ZodObject
  readonly query?: z.ZodObject
  readonly problems?: readonly ProblemCode[]
}

const wayIn = ({ types, problems = [], ...about }: WayIn): Operation => ({
  group: 'shippers',
  method: 'POST',
  scope: 'logs:write',
  body: { description: 'Logs as the sender sends them, compressed or not.', content: types },
  problems: [...INGEST_PROBLEMS, ...problems],
  ...about,
})

const Documents = z.union([z.record(z.string(), z.unknown()), z.array(z.record(z.string(), z.unknown()))])
const JSON_TYPES = { 'application/json': Documents, 'application/x-ndjson': z.string() } as const
const NO_CONTENT = { description: 'Stored.', content: {} } as const

const KindPath = z.strictObject({
  kind: z.enum(Object.keys(WAYS_IN)).meta({ description: 'What the body is.', examples: ['syslog'] }),
})

const KindQuery = z.strictObject({
  timezone: z
    .string()
    .optional()
    .meta({ description: 'syslog, render: the offset of times that name none, such as +02:00.', examples: ['+02:00'] }),
  delimiter: z
    .string()
    .optional()
    .meta({ description: 'csv: one ASCII character, where the first row does not show it.', examples: [';'] }),
})

const DatasetPath = z.strictObject({
  dataset: z.string().meta({ description: 'Becomes the member `dataset` of each record, and its service.' }),
})

const DatasetQuery = z.strictObject({
  'timestamp-field': z
    .string()
    .optional()
    .meta({ description: 'The member that has the time.', examples: ['at'] }),
  'timestamp-format': z.string().optional().meta({ description: 'Taken and not used: times show what they are.' }),
  'csv-delimiter': z
    .string()
    .optional()
    .meta({ description: 'For CSV.', examples: [';'] }),
})

const IngestStatus = z.strictObject({
  ingested: z.int(),
  failed: z.int(),
  failures: z.array(z.strictObject({ timestamp: z.string(), error: z.string() })),
  processedBytes: z.int(),
  blocksCreated: z.int(),
  walLength: z.int(),
})

const axiomWay = (id: string, path: string, summary: string): Operation =>
  wayIn({
    id,
    path,
    dialect: AXIOM,
    summary,
    description: 'JSON, NDJSON or CSV; the answer is Axiom’s ingest status. See docs/shippers/axiom.md.',
    types: { ...JSON_TYPES, 'text/csv': z.string() },
    pathParameters: DatasetPath,
    query: DatasetQuery,
    answers: {
      200: { description: 'What was stored, and what was not.', content: { 'application/json': IngestStatus } },
    },
    example: {
      path: { dataset: 'checkout' },
      headers: { 'Content-Type': 'application/json' },
      body: [{ level: 'error', message: 'payment timeout' }],
      status: 200,
      answer: { ingested: 1, failed: 0, failures: [], processedBytes: 412, blocksCreated: 0, walLength: 0 },
    },
  })

/** The ways in that are a format and little else, and the list of all ways in. */
export const WAYS_IN_OPERATIONS: readonly Operation[] = [
  {
    id: 'listWaysIn',
    group: 'shippers',
    method: 'GET',
    path: '/ingest',
    scope: 'logs:write',
    summary: 'Tells how to set up each shipper',
    description:
      'The configuration to copy for each, with this address filled in, and with the key that it was asked with where that can ' +
      'only send. For browsers it is a page.',
    answers: {
      200: {
        description: 'The ways in.',
        content: {
          'application/json': z.strictObject({
            url: z.string(),
            ways: z.array(
              z.strictObject({ title: z.string(), where: z.string(), page: z.string(), configuration: z.string() }),
            ),
          }),
          'text/html': z.string(),
        },
      },
    },
    problems: [],
    example: {
      status: 200,
      answer: {
        url: 'https://acme.example.com',
        ways: [
          {
            title: 'Promtail',
            where: 'promtail.yaml',
            page: 'docs/shippers/loki.md',
            configuration: 'clients:\n  - url: https://acme.example.com/loki/api/v1/push\n    bearer_token: slc_ing_…',
          },
        ],
      },
    },
  },
  wayIn({
    id: 'ingestHeroku',
    path: '/ingest/heroku',
    dialect: LOGPLEX,
    summary: 'Takes a drain of Heroku’s Logplex',
    description:
      'Counted messages of syslog. `?service=` says what to call the app. A frame that comes again is stored once. See ' +
      'docs/shippers/heroku.md.',
    types: { 'application/logplex-1': z.string() },
    query: z.strictObject({
      service: z
        .string()
        .optional()
        .meta({ description: 'What to call the app.', examples: ['shop'] }),
      timezone: KindQuery.shape.timezone,
    }),
    answers: { 204: NO_CONTENT },
    example: {
      headers: { 'Content-Type': 'application/logplex-1' },
      text: '74 <190>1 2026-11-21T10:15:00.123456+00:00 host app web.1 - payment timeout\n',
      status: 204,
      answer: '',
    },
  }),
  wayIn({
    id: 'ingestVercel',
    path: '/ingest/vercel',
    dialect: VERCEL_DRAIN,
    summary: 'Takes a drain of Vercel',
    description:
      'JSON or NDJSON, signed with the key that the Authorization header carries. `?verify=` comes back as x-vercel-verify. See ' +
      'docs/shippers/vercel.md.',
    types: JSON_TYPES,
    query: z.strictObject({
      verify: z
        .string()
        .optional()
        .meta({ description: 'Vercel’s verification code.', examples: ['c0ffee'] }),
    }),
    answers: { 200: { description: 'Stored.', content: { 'application/json': z.strictObject({}) } } },
    problems: ['invalid_signature'],
    example: {
      headers: { 'Content-Type': 'application/json', 'Content-Length': '0' },
      query: { verify: 'c0ffee' },
      status: 200,
      answer: {},
    },
  }),
  wayIn({
    id: 'ingestLogpush',
    path: '/ingest/logpush',
    dialect: LOGPUSH_JOB,
    summary: 'Takes batches of Cloudflare’s Logpush',
    description:
      'Rows of any dataset; those of workers_trace_events become a record for each line. The upload that tests the address is ' +
      'answered and not stored. See docs/shippers/cloudflare.md.',
    types: { 'application/x-ndjson': z.string(), 'text/plain': z.string() },
    answers: {
      200: {
        description: 'Stored.',
        content: { 'application/json': z.strictObject({ accepted: z.int(), rejected: z.int() }) },
      },
    },
    example: {
      headers: { 'Content-Type': 'text/plain' },
      text: '{"content":"tests"}',
      status: 200,
      answer: { accepted: 0, rejected: 0 },
    },
  }),
  wayIn({
    id: 'ingestFirehose',
    path: '/ingest/firehose',
    dialect: FIREHOSE_DELIVERY,
    summary: 'Takes deliveries of Amazon Data Firehose',
    description:
      'Texts, JSON, or subscriptions of CloudWatch Logs inside. The key is X-Amz-Firehose-Access-Key; a delivery that comes ' +
      'again is stored once. See docs/shippers/firehose.md.',
    types: {
      'application/json': z.object({
        requestId: z.string(),
        timestamp: z.int(),
        records: z.array(z.object({ data: z.string().meta({ description: 'Base64' }) })),
      }),
    },
    answers: {
      200: {
        description: 'Stored. Refusals have the same members, and errorMessage.',
        content: { 'application/json': z.strictObject({ requestId: z.string(), timestamp: z.int() }) },
      },
    },
    example: {
      headers: {
        'Content-Type': 'application/json',
        'X-Amz-Firehose-Request-Id': 'ed4acda5-034f-9f42-bba1-f29aea6d7d8f',
      },
      body: {
        requestId: 'ed4acda5-034f-9f42-bba1-f29aea6d7d8f',
        timestamp: 1_795_256_100_000,
        records: [{ data: 'cGF5bWVudCB0aW1lb3V0' }],
      },
      status: 200,
      answer: { requestId: 'ed4acda5-034f-9f42-bba1-f29aea6d7d8f', timestamp: 1_795_256_100_000 },
    },
  }),
  wayIn({
    id: 'ingestKind',
    path: '/ingest/:kind',
    dialect: PLAIN,
    summary: 'Takes logs in a format that the address names',
    description:
      'For senders that have a format and no protocol: syslog (RFC 5424, RFC 3164, CEF), logfmt, CSV, the journal’s export, GELF, ' +
      'text, and what platforms send. Good records are kept beside bad ones. See docs/shippers/.',
    types: { 'text/plain': z.string(), 'application/json': Documents },
    pathParameters: KindPath,
    query: KindQuery,
    answers: {
      202: { description: 'Stored; the receipt of POST /logs.', content: { 'application/json': ReceiptAnswer } },
    },
    example: {
      path: { kind: 'syslog' },
      headers: { 'Content-Type': 'text/plain', 'Idempotency-Key': 'syslog-1' },
      text: '<11>1 2026-11-21T10:15:00Z web-1 checkout 42 - - payment timeout',
      status: 202,
      answer: { batch_id: 'syslog-1', accepted: 1, rejected: 0, duplicate: 0, errors: [] },
    },
  }),
  wayIn({
    id: 'ingestGelf',
    path: '/gelf',
    dialect: GELF_INPUT,
    summary: 'Takes GELF over HTTP',
    description: 'As Graylog’s input does. Chunks are for UDP, and are refused. See docs/shippers/gelf.md.',
    types: JSON_TYPES,
    answers: { 202: NO_CONTENT },
    example: {
      headers: { 'Content-Type': 'application/json' },
      body: { version: '1.1', host: 'web-1', short_message: 'payment timeout', level: 3 },
      status: 202,
      answer: '',
    },
  }),
  wayIn({
    id: 'ingestJournal',
    path: '/upload',
    dialect: JOURNAL_REMOTE,
    summary: 'Takes the journal of systemd',
    description: 'As systemd-journal-remote does, from systemd-journal-upload. See docs/shippers/journald.md.',
    types: { 'application/vnd.fdo.journal': z.string() },
    answers: { 202: { description: 'Stored.', content: { 'text/plain; charset=utf-8': z.string() } } },
    example: {
      headers: { 'Content-Type': 'application/vnd.fdo.journal' },
      text: 'PRIORITY=3\nSYSLOG_IDENTIFIER=checkout\nMESSAGE=payment timeout\n\n',
      status: 202,
      answer: 'OK.\n',
    },
  }),
  wayIn({
    id: 'ingestNewRelic',
    path: '/log/v1',
    dialect: NEW_RELIC_LOGS,
    summary: 'Takes what is sent to New Relic’s Log API',
    description: 'Logs alone, or groups with what they have in common. See docs/shippers/newrelic.md.',
    types: JSON_TYPES,
    answers: {
      202: { description: 'Stored.', content: { 'application/json': z.strictObject({ requestId: z.string() }) } },
    },
    example: {
      headers: { 'Content-Type': 'application/json' },
      body: [{ common: { attributes: { service: 'checkout' } }, logs: [{ message: 'payment timeout' }] }],
      status: 202,
      answer: { requestId: '0b7e2b1c-6a5f-4a0e-9d31-0f6d0c1b2a3e' },
    },
  }),
  axiomWay('ingestAxiom', '/v1/datasets/:dataset/ingest', 'Takes what is sent to Axiom'),
  axiomWay('ingestAxiom_edge', '/v1/ingest/:dataset', 'The same where Axiom’s newer clients send it'),
  wayIn({
    id: 'ingestLogtail',
    path: '/',
    dialect: BETTER_STACK,
    summary: 'Takes what is sent to Better Stack',
    description: 'MessagePack, JSON or NDJSON. See docs/shippers/logtail.md.',
    types: { ...JSON_TYPES, 'application/msgpack': z.string() },
    answers: { 202: NO_CONTENT },
    example: {
      headers: { 'Content-Type': 'application/json' },
      body: [{ dt: '2026-11-21T10:15:00Z', level: 'error', message: 'payment timeout' }],
      status: 202,
      answer: '',
    },
  }),
]
