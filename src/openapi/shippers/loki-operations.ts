import * as z from 'zod'
import { LOKI_DIALECT } from '../../routes/shippers/loki'
import type { Operation } from '../operation'

const Labels = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))

const Push = z.object({
  streams: z
    .array(
      z.object({
        stream: Labels.optional(),
        values: z.array(z.array(z.unknown())).optional(),
        labels: z.string().optional().meta({ description: 'Of the legacy path, with entries.' }),
        entries: z.array(z.object({ ts: z.string().optional(), line: z.string() })).optional(),
      }),
    )
    .meta({ description: 'Values are `[nanoseconds as a string, line, metadata]`; 0 is the time of receipt.' }),
})

const PUSH: Omit<Operation, 'id' | 'path' | 'summary' | 'description' | 'example'> = {
  group: 'shippers',
  method: 'POST',
  scope: 'logs:write',
  dialect: LOKI_DIALECT,
  body: {
    description: 'Streams of entries in JSON, or a PushRequest of protobuf in a block of Snappy under any other type.',
    content: { 'application/json': Push, 'application/x-protobuf': z.string() },
  },
  answers: { 204: { description: 'Stored.', content: {} } },
  problems: [
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
  ],
}

const READY: Pick<Operation, 'group' | 'method' | 'scope' | 'problems'> = {
  ...{ group: 'shippers', method: 'GET', scope: 'public', problems: [] },
}

/** Loki's push API, and what its clients ask before they use it. */
export const LOKI_OPERATIONS: readonly Operation[] = [
  {
    ...PUSH,
    id: 'pushLoki',
    path: '/loki/api/v1/push',
    summary: 'Takes logs as Loki does',
    description:
      'For Promtail, Grafana Alloy, Vector, Fluent Bit and the Loki transports of loggers. Entries that cannot be kept are ' +
      'a 400 whose text lists them; the others are stored all the same. X-Scope-OrgID is not looked at. See ' +
      'docs/shippers/loki.md.',
    example: {
      headers: { 'content-type': 'application/json' },
      body: { streams: [{ stream: { job: 'api', level: 'error' }, values: [['0', 'payment timeout']] }] },
      status: 204,
      answer: '',
    },
  },
  {
    ...PUSH,
    id: 'pushLoki_legacy',
    path: '/api/prom/push',
    summary: 'The same at the path of Loki before 1.0',
    description: 'Both paths take both forms.',
    example: {
      headers: { 'content-type': 'application/json' },
      body: { streams: [{ labels: '{job="api"}', entries: [{ line: 'payment timeout' }] }] },
      status: 204,
      answer: '',
    },
  },
  {
    ...READY,
    id: 'showLokiReady',
    path: '/ready',
    summary: 'Tells shippers that logs are taken',
    description: 'The text `ready`.',
    answers: { 200: { description: 'Ready.', content: { 'text/plain; charset=utf-8': z.string() } } },
    example: { status: 200, answer: 'ready\n' },
  },
  {
    ...READY,
    id: 'showLokiBuild',
    path: '/loki/api/v1/status/buildinfo',
    summary: 'Tells clients which Loki they may take this for',
    description: 'The version is that of the protocol, not ours.',
    answers: {
      200: {
        description: 'The version.',
        content: {
          'application/json': z.strictObject({
            version: z.string(),
            revision: z.string(),
            branch: z.string(),
            buildUser: z.string(),
            buildDate: z.string(),
            goVersion: z.string(),
          }),
        },
      },
    },
    example: {
      status: 200,
      answer: { version: '3.0.0', revision: '', branch: '', buildUser: '', buildDate: '', goVersion: '' },
    },
  },
]
